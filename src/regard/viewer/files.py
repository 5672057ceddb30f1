"""Files of the pages: what comes with the package, and how a page is put in its place."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path

from regard.errors import DataError


def package_file(name: str) -> str:
    """A style sheet, a program or a frame of a page, as text."""
    return (resources.files("regard.viewer") / name).read_text("utf-8")


def digest(text: str) -> str:
    """What a content security policy calls a text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def write_whole(path: Path, content: bytes) -> None:
    """Replace the file at once: whoever reloads the page during a run never sees half of it."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DataError(f"{path}: cannot be written ({error.strerror})") from error
