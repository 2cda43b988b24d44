"""A report -> text: JSON, CSV, Markdown, HTML. Renderers only print; what they show is described in FORMAT.md."""
