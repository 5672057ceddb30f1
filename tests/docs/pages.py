"""What the pages of the documentation hold: their text, and the blocks of code in it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    """A page by its path from the top of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    pattern = rf"^```{language}\n(.*?)^```$"
    return re.findall(pattern, read(page), flags=re.MULTILINE | re.DOTALL)
