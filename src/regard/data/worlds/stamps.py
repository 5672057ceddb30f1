"""Pictures of real things that Tux Paint's stamps carry, in place of clip art.

Debian's `tuxpaint-stamps-default` (GPL-2) has cut-outs, mostly photographs, each with a caption.
They are read where the package has put them; nothing of them is in this library.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image

from regard.data.worlds.drawing import Split
from regard.errors import DataError

FOLDER: Final = Path("/usr/share/tuxpaint/stamps")
"""Where Debian has them."""

_SHOWN: Final = (
    "cat", "dog", "fish", "bird", "butterfly", "spider", "flower", "tree", "house", "car", "plane",
    "apple", "banana", "grapes", "cake", "guitar", "ball", "hat", "scissors", "dolphin", "penguin",
    "lemon", "trumpet", "hammer", "snail",
)  # fmt: skip
"""Classes of clip art that stamps show; captioned bulbs are of garlic, and beetles are cars."""

_SIDE: Final = 96
"""Pixels of the longer side at which a stamp is kept, more than any scene shows."""

_CAPTION: Final = re.compile(r"(?:an?|the) (?:.* )?(\w+)[.!]?", re.IGNORECASE)
"""What a caption of a single thing is like: its last word names it."""


def stamps_of(name: str, split: Split) -> list[Image.Image]:
    """The stamps of a class in a split, in RGBA; none where the package or the class is absent."""
    return list(_opened(FOLDER, name, split))


def found(split: Split) -> dict[str, int]:
    """How many stamps of each class this machine has for a split."""
    counts = {name: len(_paths(FOLDER).get((name, split), ())) for name in _SHOWN}
    return {name: count for name, count in counts.items() if count}


def class_of(path: Path, caption: str) -> str | None:
    """The class of a stamp by its folder, else by its caption.

    >>> class_of(Path("animals/birds/owl.png"), "An owl.")
    'bird'
    >>> class_of(Path("food/fruit/fuji.png"), "A “Fuji” apple.")
    'apple'
    >>> class_of(Path("space/planets/mercury.png"), "Mercury, next to the Sun.") is None
    True
    """
    for folder in path.parts[:-1]:
        if folder in _SHOWN or folder.removesuffix("s") in _SHOWN:
            return folder if folder in _SHOWN else folder.removesuffix("s")
    found = _CAPTION.fullmatch(caption.strip())
    name = found[1].lower() if found else ""
    return name if name in _SHOWN else None


@lru_cache(maxsize=2)
def _paths(folder: Path) -> dict[tuple[str, Split], tuple[Path, ...]]:
    """The files by class and split: of each class every third is for testing."""
    by_class: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.png")):
        told = path.with_suffix(".txt")
        caption = (
            told.read_text("utf-8", errors="replace").partition("\n")[0] if told.is_file() else ""
        )
        if name := class_of(path.relative_to(folder), caption):
            by_class.setdefault(name, []).append(path)
    paths: dict[tuple[str, Split], tuple[Path, ...]] = {}
    for name, files in by_class.items():
        paths[name, "test"] = tuple(files[1::3])
        paths[name, "train"] = tuple(file for file in files if file not in files[1::3])
    return paths


@lru_cache(maxsize=64)
def _opened(folder: Path, name: str, split: Split) -> tuple[Image.Image, ...]:
    return tuple(_cut_out(path) for path in _paths(folder).get((name, split), ()))


def _cut_out(path: Path) -> Image.Image:
    """A stamp without what is transparent around it, made small."""
    try:
        with Image.open(path) as opened:
            stamp = opened.convert("RGBA")
    except OSError as error:
        raise DataError(f"{path}: {error}; install tuxpaint-stamps-default anew") from error
    shows = stamp.getchannel("A").point([0] * 128 + [255] * 128)
    stamp = stamp.crop(shows.getbbox())
    stamp.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    return stamp
