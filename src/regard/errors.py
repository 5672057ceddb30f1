"""What can go wrong, by whose hand: each error says what came, what was expected and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RegardError(Exception):
    """The root of every error Regard raises on purpose; the command prints it and no traceback."""


class ConfigError(RegardError, ValueError):
    """A run, a recipe or an option that cannot work."""


class DataError(RegardError, ValueError):
    """A record, an image or a file of ours that is not what it should be."""


class CheckpointError(RegardError, RuntimeError):
    """A checkpoint that is missing, incomplete or of another architecture."""


class TrainingError(RegardError, RuntimeError):
    """Training that cannot go on: a loss that is not a number, a disk that is full."""


class MissingExtra(RegardError, ImportError):
    """An optional package that is needed here and not installed."""

    def __init__(self, package: str, extra: str, what_for: str) -> None:
        super().__init__(
            f"{what_for} needs the package '{package}', which is not installed; "
            f"install it with: pip install 'regard[{extra}]'"
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """A half sentence that helps whoever mistyped `name`.

    >>> nearest("box_iuo", ["box_iou", "exact_answer"])
    "did you mean 'box_iou'? known: box_iou, exact_answer"
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}known: {', '.join(names) or 'none'}"
