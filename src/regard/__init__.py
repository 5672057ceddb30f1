"""Regard: R1-style training of models that see."""

__version__ = "0.1.0"
