"""Images by content: bytes or files become an `ImageRef`, and nothing is decoded on the way.

The bytes are read once, for their digest; the size comes from the header. So loading a file of
records finds every missing or foreign image, while a picture that is cut off further down is found
when it is decoded (or by `regard check-data`, which decodes).
"""

from __future__ import annotations

import binascii
import hashlib
import io
import os
import re
import struct
import tempfile
from base64 import b64decode
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PIL import ExifTags, Image, UnidentifiedImageError

from regard.errors import DataError
from regard.types import ImageRef

_LYING = frozenset({5, 6, 7, 8})
"""EXIF orientations that exchange width and height."""

_ORIENTATION_MARKS = (b"eXIf", b"exif", b"tiff:Orientation")
"""Where a PNG may hide an orientation, perhaps behind its pixels."""

_BASE64_IMAGE = re.compile(r"(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR)[A-Za-z0-9+/=\s]*")
"""The first bytes of PNG, JPEG, GIF and WebP in base64; a path would have a dot somewhere."""


class ImageStore:
    """Turns bytes and files into image references; equal bytes are kept once.

    With a `root`, bytes given to `put` become files `<digest>.<format>` in that folder; without
    one they stay in memory. Files given to `add` stay where they are.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = root
        self._by_digest: dict[str, ImageRef] = {}
        self._by_path: dict[Path, ImageRef] = {}

    def put(self, data: bytes) -> ImageRef:
        """The image with these encoded bytes."""
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._by_digest:
            width, height, format_name = read_header(data, f"of {len(data):,} bytes")
            location = data if self.root is None else self._write(digest, format_name, data)
            self._by_digest[digest] = ImageRef(digest, width, height, location)
        return self._by_digest[digest]

    def add(self, path: Path) -> ImageRef:
        """The image in this file."""
        if path not in self._by_path:
            data = _read(path)
            width, height, _ = read_header(data, str(path))
            digest = hashlib.sha256(data).hexdigest()
            self._by_path[path] = ImageRef(digest, width, height, path)
        return self._by_path[path]

    def _write(self, digest: str, format_name: str, data: bytes) -> Path:
        """Write the file whole or not at all, whoever else is writing the same image."""
        assert self.root is not None
        suffix = {"JPEG": "jpg"}.get(format_name, format_name.lower())
        path = self.root / f"{digest}.{suffix}"
        try:
            # A file of another length was cut off when the machine went down.
            if path.exists() and path.stat().st_size == len(data):
                return path
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.root, delete=False) as file:
                try:
                    file.write(data)
                    file.close()
                    os.replace(file.name, path)
                except BaseException:
                    os.unlink(file.name)
                    raise
        except OSError as error:
            raise DataError(
                f"image store {self.root}: cannot write {path.name} ({error.strerror}); make room, "
                f"or set REGARD_CACHE to a folder that can be written"
            ) from error
        return path


def read_header(data: bytes, name: str) -> tuple[int, int, str]:
    """Width and height of the upright image, and the name of its format; no pixel is decoded."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = _upright_size(image, data)
            format_name = image.format or "bin"
    except Image.DecompressionBombError as error:
        raise _too_large(name, str(error)) from error
    except UnidentifiedImageError as error:
        raise DataError(
            f"image {name}: not an image that can be read; it begins with {data[:12]!r}"
        ) from error
    except (OSError, ValueError, LookupError, SyntaxError, struct.error) as error:
        raise DataError(f"image {name}: its header cannot be read ({error})") from error
    # Pillow only warns until twice its limit.
    if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
        raise _too_large(name, f"{width:,}x{height:,} pixels")
    return width, height, format_name


def decode_text(text: str) -> bytes | None:
    """The bytes of an image written as text, a `data:` URI or base64; None where it is a path.

    >>> decode_text("data:;base64,AAEC")
    b'\\x00\\x01\\x02'
    >>> decode_text("pictures/0001.png") is None
    True
    """
    if text.startswith("data:"):
        header, comma, body = text.partition(",")
        if not comma:
            raise DataError(f"image {text[:40]!r}: a data: URI has a comma before its bytes")
        return decode_base64(body) if header.endswith(";base64") else unquote_to_bytes(body)
    return decode_base64(text) if _BASE64_IMAGE.fullmatch(text) else None


def decode_base64(text: str) -> bytes:
    """The bytes a base64 text stands for."""
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError(f"image {text[:40]!r}…: not base64 ({error})") from error


def _upright_size(image: Image.Image, data: bytes) -> tuple[int, int]:
    width, height = image.size
    # Pillow decodes a whole PNG to look for EXIF behind the pixels: ask only where there is some.
    if image.format == "PNG" and not any(mark in data for mark in _ORIENTATION_MARKS):
        return width, height
    exif = image.getexif()
    if image.format == "TIFF":
        # Since version 11 Pillow has turned these two already; the file's own numbers lie.
        width, height = exif[ExifTags.Base.ImageWidth], exif[ExifTags.Base.ImageLength]
    is_lying = exif.get(ExifTags.Base.Orientation) in _LYING
    return (height, width) if is_lying else (width, height)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"image {path}: no such file") from error
    except OSError as error:
        raise DataError(f"image {path}: cannot be read ({error.strerror})") from error


def _too_large(name: str, size: str) -> DataError:
    return DataError(
        f"image {name}: too large to decode ({size}); make it smaller, or raise "
        f"PIL.Image.MAX_IMAGE_PIXELS (now {Image.MAX_IMAGE_PIXELS:,}) if you trust it"
    )
