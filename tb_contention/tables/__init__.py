"""The tables of a report, each declared once: which rows of the JSON report they list, under which titles, in which units.

Every printer reads these declarations. CSV and the notebook take all columns as values; Markdown, HTML and the panel print those for
people.
"""
