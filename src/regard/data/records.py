"""Examples as JSON, and back: the native schema, which docs/data.md shows by example.

A record has either `prompt` and `images`, with one `<image>` in the text for each image, or
`messages`, whose content is parts in reading order.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from regard.data.faults import target_faults
from regard.data.fields import Fields, shown
from regard.data.images import ImageStore, decode_base64, decode_text
from regard.data.jsonable import json_safe
from regard.data.targets import target_from_json, target_to_json
from regard.errors import DataError, nearest
from regard.types import Example, ImageRef, Message, Part, Role

PLACEHOLDER = "<image>"
"""Stands in a text where an image belongs."""

_ROLES: tuple[Role, ...] = get_args(Role)

_FIELDS = (
    "id", "split", "prompt", "images", "messages", "target", "gold", "source", "kind", "meta",
)  # fmt: skip

_HINTS = {
    **dict.fromkeys(("problem", "question", "query", "instruction", "text"), "prompt"),
    **dict.fromkeys(("answer", "solution", "ground_truth", "label"), "target"),
    **dict.fromkeys(("conversations", "conversation"), "messages"),
    **dict.fromkeys(("image", "image_path"), "images"),
    **dict.fromkeys(("response", "completion", "output"), "gold"),
    **dict.fromkeys(("data_source", "dataset"), "source"),
    **dict.fromkeys(("category", "task"), "kind"),
}
"""What the fields of other libraries are called here."""

_RENAMES = {
    other: f"it is called '{ours}' here; a record has prompt and images, or messages; and target; "
    f"it may have id, gold, source, kind, split, meta (see docs/data.md)"
    for other, ours in _HINTS.items()
}

# ------------------------------------------------------------------------------------------ reading


@dataclass(frozen=True)
class ImageReader:
    """Finds the image a record speaks of: a path, a `data:` URI, base64, or bytes."""

    store: ImageStore
    folder: Path
    """Paths are relative to it."""

    def __call__(self, value: Any) -> ImageRef:
        if isinstance(value, str):
            data = decode_text(value)
            return self._file(value) if data is None else self.store.put(data)
        if isinstance(value, bytes):
            return self.store.put(value)
        if isinstance(value, Mapping):
            return self._object(Fields(value, "image"))
        raise DataError(
            f"image: expected a path, base64, or an object with 'path' or 'bytes', "
            f"got {shown(value)}"
        )

    def _object(self, field: Fields) -> ImageRef:
        # Where both are given, as in the files of Hugging Face datasets, the path is but a name.
        data, path = field.take("bytes"), field.take("path")
        field.done()
        if isinstance(data, str):
            return self.store.put(decode_base64(data))
        if data is not None or path is not None:
            return self(path if data is None else data)
        raise DataError("image: neither 'bytes' nor 'path' is given")

    def _file(self, path: str) -> ImageRef:
        if path.startswith(("http://", "https://")):
            raise DataError(f"image {path}: is on the network; download it first, name the file")
        return self.store.add(self.folder / path)


def example_from_json(
    record: Any, read_image: Callable[[Any], ImageRef], *, default_id: str = ""
) -> Example:
    """The example a record describes; what is wrong with it is a DataError that says so."""
    field = Fields(record, "record")
    name = record_id(record, default_id)
    try:
        return _read_example(field, name, read_image)
    except DataError as error:
        raise DataError(f"example '{name}': {error}") from error


def record_id(record: Any, default_id: str = "") -> str:
    """The id of a record, known before anything else of it is read."""
    value = record.get("id") if isinstance(record, Mapping) else None
    if value is None or value == "":
        value = default_id
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise DataError(f"record: 'id' should be a text or a whole number, got {shown(value)}")
    return str(value)


def _read_example(field: Fields, name: str, read_image: Callable[[Any], ImageRef]) -> Example:
    for known in _FIELDS:
        field.take(known)
    field.done(_RENAMES)
    meta = field.take("meta", {})
    if not isinstance(meta, Mapping):
        raise field.wrong("meta", "an object", meta)
    example = Example(
        id=name,
        messages=_read_messages(field, read_image),
        target=target_from_json(field.take("target")),
        gold=field.text("gold") if "gold" in field else None,
        source=field.text("source", default=""),
        kind=field.text("kind", default=""),
        meta=dict(meta),
    )
    for fault in target_faults(example):
        raise DataError(fault)
    return example


_Place = Part | None
"""A part, or None where one of the record's `images` belongs."""


def _read_messages(field: Fields, read_image: Callable[[Any], ImageRef]) -> tuple[Message, ...]:
    turns = _read_turns(field, read_image)
    num_places = sum(place is None for _, places in turns for place in places)
    images = field.items("images")
    if num_places != len(images):
        raise DataError(
            f"{num_places} {PLACEHOLDER} in the text, but {len(images)} in 'images'; "
            f"write {PLACEHOLDER} once for each image, where it belongs"
        )
    refs = iter([read_image(image) for image in images])
    return tuple(
        Message(role, tuple(next(refs) if place is None else place for place in places))
        for role, places in turns
    )


def _read_turns(
    field: Fields, read_image: Callable[[Any], ImageRef]
) -> list[tuple[Role, list[_Place]]]:
    if ("messages" in field) == ("prompt" in field):
        came = "both" if "prompt" in field else "neither"
        raise DataError(f"expected either 'prompt' or 'messages', got {came}")
    if "prompt" in field:
        return [("user", list(_split(field.text("prompt"))))]
    turns = [
        _read_turn(Fields(item, f"messages[{i}]"), read_image)
        for i, item in enumerate(field.items("messages"))
    ]
    if not any(role == "user" for role, _ in turns):
        raise DataError("messages: no message of the user")
    if turns[-1][0] == "assistant":
        raise DataError("messages: the last one is the assistant's; an answer belongs in 'gold'")
    return turns


def _read_turn(field: Fields, read_image: Callable[[Any], ImageRef]) -> tuple[Role, list[_Place]]:
    role, content = _read_role(field), field.take("content")
    field.done()
    if isinstance(content, str):
        return role, list(_split(content))
    if not isinstance(content, list):
        raise field.wrong("content", "a text or a list of parts", content)
    parts = (Fields(part, f"{field.what}.content[{i}]") for i, part in enumerate(content))
    return role, [place for part in parts for place in _read_part(part, read_image)]


def _read_role(field: Fields) -> Role:
    name = field.text("role")
    for role in _ROLES:
        if role == name:
            return role
    raise DataError(f"{field.what}: unknown role '{name}'; {nearest(name, _ROLES)}")


def _read_part(field: Fields, read_image: Callable[[Any], ImageRef]) -> list[_Place]:
    kind = field.text("type")
    if kind == "text":
        text = field.text("text")
        field.done()
        return list(_split(text))
    if kind != "image":
        raise DataError(f"{field.what}: unknown type '{kind}'; {nearest(kind, ('text', 'image'))}")
    value, width, height = (field.take(name) for name in ("image", "width", "height"))
    field.done()
    image = read_image(value)
    said = (width or image.width, height or image.height)
    if said != (image.width, image.height):
        raise DataError(
            f"image {image.name}: is {image.width}x{image.height}, "
            f"but the record says {said[0]}x{said[1]}"
        )
    return [image]


def _split(text: str) -> Iterator[str | None]:
    """The pieces of a text, with None for every placeholder.

    >>> list(_split("Compare <image><image>"))
    ['Compare ', None, None]
    """
    for number, piece in enumerate(text.split(PLACEHOLDER)):
        if number:
            yield None
        if piece:
            yield piece


# ------------------------------------------------------------------------------------------ writing


def example_to_json(
    example: Example, image: Callable[[ImageRef], str] | None = None
) -> dict[str, Any]:
    """The record `example_from_json` reads; `image` says what the record calls an image.

    By default it is called by its path, or written out in base64 where its bytes are in memory.
    """
    return {
        "id": example.id,
        "kind": example.kind,
        "messages": [
            {
                "role": message.role,
                "content": [_written(part, image or _as_text) for part in message.parts],
            }
            for message in example.messages
        ],
        "target": target_to_json(example.target),
        "gold": example.gold,
        "source": example.source,
        "meta": json_safe(example.meta),
    }


def _written(part: Part, image: Callable[[ImageRef], str]) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return {"type": "image", "image": image(part), "width": part.width, "height": part.height}


def _as_text(image: ImageRef) -> str:
    if isinstance(image.location, bytes):
        return f"data:;base64,{b64encode(image.location).decode()}"
    return str(image.location)
