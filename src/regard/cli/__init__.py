"""The command."""

from __future__ import annotations

from regard.cli.main import main

__all__ = ["main"]
