"""Aligned traces -> bytes in use per session over time, and the highest point of their sum."""
