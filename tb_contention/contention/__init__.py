"""Aligned traces -> who had work on a device when, and what that meant for the others."""
