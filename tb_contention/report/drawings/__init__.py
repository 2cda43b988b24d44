"""Drawings of a report: SVG that needs no script."""
