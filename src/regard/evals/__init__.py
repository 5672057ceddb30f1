"""Measuring policies on held-out data."""
