"""Scores of benchmarks over recorded answers, and readers of the files they come in."""
