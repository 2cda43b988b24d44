"""State the version; setup.py and the reports read it here."""

__version__ = "0.1.0"
