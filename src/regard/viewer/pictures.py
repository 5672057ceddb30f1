"""The images of a page, each embedded once as a data URI, within a budget of bytes."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from PIL import Image, ImageOps

from regard.viewer.reading import Json

MAX_SIDE = 896
"""Pixels. Larger images are made smaller: a card on the page is never wider than this."""
MAX_BYTES_EACH = 200_000
"""A file above this is compressed again, as JPEG."""

# What browsers show as it is; everything else is written again as PNG or JPEG.
_MIME = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}


@dataclass
class Album:
    """Images by the first digits of their content's digest; the same bytes are kept once."""

    folder: Path
    max_bytes: int
    pictures: dict[str, Json] = field(default_factory=dict)
    num_left_out: int = 0
    """Images that would have gone beyond `max_bytes`."""
    num_unreadable: int = 0
    _by_path: dict[str, str | None] = field(default_factory=dict)
    _num_bytes: int = 0

    def add(self, path: str) -> str | None:
        """The name of the image in the album, or None where it cannot be shown."""
        if path not in self._by_path:
            self._by_path[path] = self._embedded(path)
        return self._by_path[path]

    def _embedded(self, path: str) -> str | None:
        parts = PurePosixPath(path)
        try:
            if parts.is_absolute() or ".." in parts.parts:  # a page shows the run, not the disk
                raise OSError("outside the run folder")
            content = (self.folder / parts).read_bytes()
            name = hashlib.sha256(content).hexdigest()[:16]
            if name in self.pictures:
                return name
            mime, data, (width, height) = _for_the_page(content)
        except (OSError, ValueError, Image.DecompressionBombError):
            self.num_unreadable += 1
            return None
        if self._num_bytes + len(data) > self.max_bytes:
            self.num_left_out += 1
            return None
        self._num_bytes += len(data)
        uri = f"data:{mime};base64,{base64.b64encode(data).decode()}"
        self.pictures[name] = {"uri": uri, "width": width, "height": height}
        return name


def _for_the_page(content: bytes) -> tuple[str, bytes, tuple[int, int]]:
    """Media type, bytes, and the original's upright size in pixels."""
    with Image.open(io.BytesIO(content)) as image:
        mime = _MIME.get(image.format or "")
        upright = ImageOps.exif_transpose(image)  # decodes: a truncated file is found here
        upright.load()
    if mime and max(upright.size) <= MAX_SIDE and len(content) <= MAX_BYTES_EACH:
        return mime, content, upright.size
    small = upright.convert("RGB")
    small.thumbnail((MAX_SIDE, MAX_SIDE))
    buffer = io.BytesIO()
    if mime == "image/jpeg" or len(content) > MAX_BYTES_EACH:
        small.save(buffer, "JPEG", quality=85)
        return "image/jpeg", buffer.getvalue(), upright.size
    small.save(buffer, "PNG")
    return "image/png", buffer.getvalue(), upright.size
