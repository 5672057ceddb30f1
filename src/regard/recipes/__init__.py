"""Recipes: whole runs as Python, a page for each system."""
