"""Aligned traces -> bytes in use over time, their highest sum and who holds it; what grows, and where memory costs time."""
