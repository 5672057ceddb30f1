"""A world on one page: examples by kind and tier, with question, gold answer and true places.

As HTML, where pictures are shown larger than they are, or as one PNG; with what a policy answers
beside it, if there is one.
"""

from __future__ import annotations

import base64
import html
import io
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, islice, repeat
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from regard.data.targets import target_to_json
from regard.errors import ConfigError
from regard.text.gui_actions import gui_actions
from regard.text.tags import inside
from regard.types import Dataset, Example, GuiAction, ImageRef, Point
from regard.viewer.files import digest, package_file, write_whole
from regard.viewer.reading import Json
from regard.viewer.shapes import Sight, target_shapes

LOOKED_THROUGH = 160
"""Examples that are made for each one that is shown of a kind and tier: worlds have that many."""

CELL = 240
"""Pixels of a PNG's cell, across."""

_LINE, _PER_LINE = 15, 36
"""Pixels from one line of text to the next, and letters of one."""

_GREY = (96, 96, 100)

_MARK = (230, 0, 120)
_SAID = (0, 150, 255)
"""Colours of true places, and of those a policy says."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a policy answers, whether that is right, and the places it names."""

    text: str
    is_right: bool
    shapes: tuple[Json, ...] = ()


Ask = Callable[[Sequence[Example]], Sequence[Said]]
"""What answers examples."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Some examples of one kind at one tier, and what a policy says to each, if there is one."""

    kind: str
    tier: str
    examples: tuple[Example, ...]
    said: tuple[Said | None, ...]

    @property
    def cells(self) -> list[tuple[Example, Said | None]]:
        return list(zip(self.examples, self.said, strict=True))


def write_contact_sheet(
    dataset: Dataset, about: str, path: Path, *, num_each: int = 4, ask: Ask | None = None
) -> Path:
    """Write `num_each` examples of each kind and tier to `path`, `.html` or `.png`."""
    path = Path(path)
    rows = rows_of(dataset, num_each=num_each, ask=ask)
    if path.suffix == ".png":
        buffer = io.BytesIO()
        drawn(rows).save(buffer, "PNG")
        write_whole(path, buffer.getvalue())
    elif path.suffix == ".html":
        write_whole(path, page(rows, about).encode("utf-8", "replace"))
    else:
        raise ConfigError(f"{path}: a contact sheet is written as .html or .png")
    return path


def rows_of(dataset: Dataset, *, num_each: int, ask: Ask | None = None) -> list[Row]:
    """The first examples of each kind and tier, in the order in which kinds and tiers come."""
    found: dict[tuple[str, str], list[Example]] = {}
    for index in range(min(len(dataset), LOOKED_THROUGH * num_each)):
        example = dataset[index]
        some = found.setdefault((example.kind, str(example.meta.get("tier", ""))), [])
        if len(some) < num_each:
            some.append(example)
    order = list(dict.fromkeys(kind for kind, _ in found))
    rows = sorted(found.items(), key=lambda item: order.index(item[0][0]))
    shown = [example for _, some in rows for example in some]
    said: Iterator[Said | None] = iter(ask(shown)) if ask else repeat(None)
    return [
        Row(kind=kind, tier=tier, examples=tuple(some), said=tuple(islice(said, len(some))))
        for (kind, tier), some in rows
    ]


# ------------------------------------------------------------------------------------- shapes


def true_shapes(example: Example) -> list[Json]:
    """What the target asks for, and where a gold action points, as shapes of the unit frame."""
    sights = [Sight(original=(image.width, image.height)) for image in example.images]
    shapes = target_shapes(target_to_json(example.target), sights)
    if isinstance(example.target, GuiAction) and example.gold:
        actions = gui_actions((inside("answer", example.gold) or "").strip()) or ()
        points = [action.target for action in actions if isinstance(action.target, Point)]
        for point in points:
            shapes += target_shapes(target_to_json(point), sights)
    return shapes


# ------------------------------------------------------------------------------------- HTML


def page(rows: Iterable[Row], about: str) -> str:
    """The whole page as text; it asks nothing of the network and runs nothing."""
    parts = []
    for kind, of_kind in groupby(rows, key=lambda row: row.kind):
        parts.append(f"<h2>{html.escape(kind)}</h2>")
        for row in of_kind:
            cards = "".join(_card(*cell) for cell in row.cells)
            parts.append(f"<h3>{html.escape(row.tier)}</h3><div class='row'>{cards}</div>")
    style = package_file("contact_sheet.css")
    policy = f"default-src 'none'; img-src data:; style-src '{digest(style)}'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>Contact sheet · Regard</title><style>{style}</style></head>\n"
        f"<body><p class='about'>{html.escape(about)}</p>\n{''.join(parts)}</body></html>\n"
    )


def _card(example: Example, said: Said | None) -> str:
    true, named = true_shapes(example), said.shapes if said else ()
    pictures = "".join(
        _picture(image, _on(i, true), _on(i, named)) for i, image in enumerate(example.images)
    )
    answer = ""
    if said:
        word = "right" if said.is_right else "wrong"
        answer = f"<p class='said {word}'>{word}: {html.escape(said.text)}</p>"
    return (
        f"<figure>{pictures}<figcaption><p>{html.escape(example.question)}</p>"
        f"<p class='gold'>{html.escape(example.gold or '')}</p>{answer}</figcaption></figure>\n"
    )


def _on(image: int, shapes: Iterable[Json]) -> list[Json]:
    return [shape for shape in shapes if shape["image"] == image]


def _picture(image: ImageRef, true: list[Json], said: list[Json]) -> str:
    """An SVG of the picture at twice its size, under its shapes."""
    width, height = image.width, image.height
    buffer = io.BytesIO()
    image.open().save(buffer, "PNG")
    uri = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    marks = "".join(_svg(shape["at"], width, height) for shape in true)
    marks += "".join(_svg(shape["at"], width, height, "said") for shape in said)
    scale = 2 if max(width, height) <= 320 else 1
    return (
        f'<svg width="{scale * width}" height="{scale * height}" '
        f'viewBox="0 0 {width} {height}"><image href="{uri}" width="{width}" '
        f'height="{height}"/>{marks}</svg>'
    )


def _svg(at: list[float], width: int, height: int, sort: str = "true") -> str:
    if len(at) == 2:
        x, y = at[0] * width, at[1] * height
        return f'<circle class="{sort}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
    x0, y0, x1, y1 = at[0] * width, at[1] * height, at[2] * width, at[3] * height
    return (
        f'<rect class="{sort}" x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" '
        f'height="{y1 - y0:.1f}"/>'
    )


# ------------------------------------------------------------------------------------- PNG


def drawn(rows: list[Row]) -> Image.Image:
    """The sheet as one picture: a line of cells for each kind, its tiers side by side."""
    lines = [
        [_cell(row, *cell) for row in of_kind for cell in row.cells]
        for _, of_kind in groupby(rows, key=lambda row: row.kind)
    ]
    tall = [max(cell.height for cell in line) for line in lines]
    columns = max((len(line) for line in lines), default=1)
    sheet = Image.new("RGB", (CELL * columns, max(sum(tall), 1)), _GREY)
    for top, line in zip(accumulate(tall, initial=0), lines, strict=False):
        for i, cell in enumerate(line):
            sheet.paste(cell, (i * CELL, top))
    return sheet


def _cell(row: Row, example: Example, said: Said | None) -> Image.Image:
    """An example's pictures under their shapes, and below them all that is said, however long."""
    font = ImageFont.load_default(12)
    texts = [(f"{row.kind} {row.tier}", "white"), (example.question, "white")]
    texts.append((example.gold or "", "white"))
    if said:
        texts.append((said.text, "palegreen" if said.is_right else "lightpink"))
    lines = [(line, ink) for text, ink in texts for line in textwrap.wrap(text, _PER_LINE)]
    pictures = [image.open().convert("RGB") for image in example.images]
    for picture in pictures:
        picture.thumbnail((CELL - 8, CELL - 8))
    below = 8 + max((picture.height for picture in pictures), default=0)
    cell = Image.new("RGB", (CELL, below + _LINE * (len(lines) + 1)), _GREY)
    draw, x = ImageDraw.Draw(cell), 4
    for i, picture in enumerate(pictures):
        cell.paste(picture, (x, 4))
        for colour, shapes in ((_MARK, true_shapes(example)), (_SAID, said.shapes if said else ())):
            for shape in _on(i, shapes):
                _draw_shape(draw, shape["at"], (x, 4), picture.size, colour)
        x += picture.width + 4
    for number, (line, ink) in enumerate(lines):
        draw.text((4, below + number * _LINE), line, ink, font)
    return cell


def _draw_shape(
    draw: ImageDraw.ImageDraw,
    at: list[float],
    corner: tuple[int, int],
    size: tuple[int, int],
    colour: tuple[int, int, int],
) -> None:
    ends = [
        (corner[0] + round(x * size[0]), corner[1] + round(y * size[1]))
        for x, y in zip(at[::2], at[1::2], strict=True)
    ]
    if len(ends) == 1:
        draw.circle(ends[0], 4, colour, "white")
    else:
        # A box said may be of no height, or lie outside.
        left, right = sorted(x for x, _ in ends)
        top, bottom = sorted(y for _, y in ends)
        draw.rectangle((left, top, right, bottom), None, colour, 2)
