"""Tables, bars and lines over samples of real tables, and pies.

The rows of a table and the places of a chart are called a, b, c, …. Training charts stand on two
axes or on a grid; test charts stand in a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from regard.data.worlds.common import Tier, one_of, read_up_to, some_of
from regard.data.worlds.drawing import INK, Split, font, font_name, paper, shade, write
from regard.data.worlds.figures.asked import Asked
from regard.data.worlds.figures.tables import Tables, column_names, some_rows

NAMES = ("a", "b", "c", "d", "e")
"""Of rows, bars and points."""

TINTS = ("red", "orange", "green", "blue", "purple", "brown")
"""Of bars, lines and pieces of pies; no two are alike."""

WAYS = ("up", "down")

Json = dict[str, Any]

# ------------------------------------------------------------------------------------- tables


def table(tier: Tier, split: Split, rng: np.random.Generator, tables: Tables = "embedded") -> Asked:
    """The value in a cell; at the hard tier also who has the most, or how much more."""
    rows, columns = {"easy": (2, 1), "middle": (3, 2), "hard": (4, 3)}[tier]
    names, values = some_rows(split, columns, rows, rng, tables=tables)
    image = Image.new("RGB", (28 + 56 * columns, 28 * (rows + 1)), paper(split, rng))
    draw = ImageDraw.Draw(image)
    face, head = font_name(split, rng), shade(one_of(TINTS, rng), split, rng)
    if split == "train":
        for y in range(28, image.height, 28):
            draw.line((0, y, image.width, y), (170, 170, 170))
    else:
        for x in range(28, image.width, 56):
            draw.line((x, 0, x, image.height), (178, 172, 180))
    for i, name in enumerate(names):
        at = (56 + 56 * i, 14)
        write(draw, at, name, font(face, 15), head)
        for j in range(rows):
            write(draw, (at[0], 42 + 28 * j), str(values[j, i]), font(face, 19), INK[split])
    for j in range(rows):
        write(draw, (14, 42 + 28 * j), NAMES[j], font(face, 19), head)
    row, column = int(rng.integers(rows)), int(rng.integers(columns))
    asked = "value" if tier != "hard" else one_of(("value", "most", "more"), rng)
    if asked == "most" or (asked == "more" and column != 0):
        column = 0  # where no two values are equal
    of_column = [int(value) for value in values[:, column]]
    meta = {"columns": names, "rows": values.tolist()}
    if asked == "value":
        return Asked(
            image=image,
            question=f"what is the {names[column]} of {NAMES[row]} ?",
            answer=of_column[row],
            thinking=_read(of_column, row),
            meta=meta,
        )
    if asked == "most":
        return Asked(
            image=image,
            question=f"which row has the largest {names[column]} ?",
            answer=NAMES[int(np.argmax(of_column))],
            thinking=" ".join(map(str, of_column)),
            classes=NAMES[:rows],
            meta=meta,
        )
    return _difference(image, names[column], of_column, rng, meta)


def _read(values: Sequence[int], last: int) -> str:
    """Values by the names of their rows or bars, up to the one that is asked for.

    >>> _read([20, 31, 12], 1)
    'a 20 , b 31'
    """
    named = [f"{name} {value}" for name, value in zip(NAMES, values, strict=False)]
    return read_up_to(last, named)


def _difference(
    image: Image.Image, what: str, values: Sequence[int], rng: np.random.Generator, meta: Json
) -> Asked:
    """How much larger one value is than another."""
    low, high = sorted(some_of(range(len(values)), 2, rng), key=lambda i: values[i])
    if values[low] == values[high]:
        low, high = values.index(min(values)), values.index(max(values))
    return Asked(
        image=image,
        question=f"how much larger is the {what} of {NAMES[high]} than of {NAMES[low]} ?",
        answer=values[high] - values[low],
        thinking=f"{values[high]} - {values[low]}",
        meta=meta,
    )


# ------------------------------------------------------------------------------------- bars


def bars(tier: Tier, split: Split, rng: np.random.Generator, tables: Tables = "embedded") -> Asked:
    """The tallest or lowest bar; a bar's written value; a bar's height on an axis."""
    count, width, height = {"easy": (3, 112, 112), "middle": (4, 140, 140), "hard": (5, 196, 168)}[
        tier
    ]
    names, rows = some_rows(
        split, 1, count, rng, tables=tables, gap=0.1 if tier == "easy" else 0.02
    )
    values = [int(value) for value in rows[:, 0]]
    unit = max(1, -(-max(values) // 10))  # the axis has ten units at most
    unit = next(round_one for round_one in (1, 2, 5, 10, 20, 50) if round_one >= unit)
    if tier == "hard":
        values = [max(1, round(value / unit)) * unit for value in values]
    # Bars that are only compared need not stand on zero, so that differences are large.
    base = int(min(values) * 0.8) if tier == "easy" else 0
    image = Image.new("RGB", (width, height), paper(split, rng))
    draw, face = ImageDraw.Draw(image), font_name(split, rng)
    left, top, bottom = (28 if tier == "hard" else 4), 28, height - 24
    _ground(draw, (left, 4, width - 4, bottom), split, rng)
    greatest = 10 * unit if tier == "hard" else max(values)
    tints = some_of(TINTS, count, rng) if rng.random() < 0.5 else [one_of(TINTS, rng)] * count
    room = (width - 4 - left) / count
    if tier == "hard":
        for tick in range(0, 11, 2):
            y = bottom - (bottom - top) * tick / 10
            draw.line((left - 3, y, left, y), INK[split])
            write(draw, (left - 4, y), str(tick * unit), font(face, 13), INK[split], anchor="rm")
    for i, (value, tint) in enumerate(zip(values, tints, strict=True)):
        x = left + room * (i + 0.5)
        half = room * (0.32 if split == "train" else 0.4)
        y = bottom - (bottom - top) * (value - base) / (greatest - base)
        draw.rectangle((x - half, y, x + half, bottom), shade(tint, split, rng))
        write(draw, (x, height - 12), NAMES[i], font(face, 20), INK[split])
        if tier == "middle":
            write(draw, (x, y - 10), str(value), font(face, 16), INK[split])
    meta = {"column": names[0], "values": values}
    if tier == "easy":
        word, find = one_of((("highest", max), ("lowest", min)), rng)
        return Asked(
            image=image,
            question=f"which bar is the {word} ?",
            answer=NAMES[values.index(find(values))],
            thinking=word,
            classes=NAMES[:count],
            meta=meta,
        )
    if tier == "hard" and rng.random() < 0.5 and len(set(values)) > 1:
        return _difference(image, "value", values, rng, meta)
    which = int(rng.integers(count))
    return Asked(
        image=image,
        question=f"what is the value of {NAMES[which]} ?",
        answer=values[which],
        thinking=_read(values, which),
        meta=meta,
    )


# ------------------------------------------------------------------------------------- lines


def lines(tier: Tier, split: Split, rng: np.random.Generator, tables: Tables = "embedded") -> Asked:
    """Up or down between two points; the highest point; which of two lines is above at one."""
    count, size = {"easy": (2, 112), "middle": (4, 140), "hard": (5, 168)}[tier]
    names, rows = some_rows(split, 1, count, rng, tables=tables, gap=0.08)
    image = Image.new("RGB", (size, size), paper(split, rng))
    draw, face = ImageDraw.Draw(image), font_name(split, rng)
    left, top, right, bottom = 14, 16, size - 14, size - 28
    _ground(draw, (4, 4, size - 4, bottom + 4), split, rng)
    xs = np.linspace(left, right, count)
    tints = some_of(TINTS, 2 if tier == "hard" else 1, rng)
    series = [[int(value) for value in rows[:, 0]]]
    if tier == "hard":
        series.append(series[0][::-1] if count % 2 == 0 else [*series[0][2:], *series[0][:2]])
    low, high = min(series[0]), max(series[0])
    for tint, values in zip(tints, series, strict=True):
        colour = shade(tint, split, rng)
        ys = [bottom - 6 - (bottom - 6 - top) * (value - low) / (high - low) for value in values]
        points = [(float(x), y) for x, y in zip(xs, ys, strict=True)]
        draw.line(points, colour, 4, joint="curve")
        for point in points:
            draw.circle(point, 4, colour)
    for x, name in zip(xs, NAMES, strict=False):
        write(draw, (float(x), size - 12), name, font(face, 20), INK[split])
    meta = {"column": names[0], "series": series}
    which = int(rng.integers(count))
    if tier == "hard":
        above = series[0][which] > series[1][which]
        return Asked(
            image=image,
            question=f"which line is higher at {NAMES[which]} , {tints[0]} or {tints[1]} ?",
            answer=tints[0] if above else tints[1],
            thinking=f"at {NAMES[which]}",
            classes=tuple(tints),
            meta=meta,
        )
    if tier == "middle":
        word, find = one_of((("highest", max), ("lowest", min)), rng)
        return Asked(
            image=image,
            question=f"where is the line {word} ?",
            answer=NAMES[series[0].index(find(series[0]))],
            thinking=word,
            classes=NAMES[:count],
            meta=meta,
        )
    return Asked(
        image=image,
        question="does the line go up or down ?",
        answer=WAYS[int(series[0][0] > series[0][1])],
        thinking="from a to b",
        classes=WAYS,
        meta=meta,
    )


def _ground(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    split: Split,
    rng: np.random.Generator,
) -> None:
    """What a chart stands on: axes, or a grid in training; in tests a frame."""
    left, top, right, bottom = box
    if split == "test":
        draw.rectangle(box, None, INK[split])
        return
    if rng.random() < 0.5:
        for y in np.linspace(top, bottom, 6)[:-1].tolist():
            draw.line((left, y, right, y), (205, 205, 205))
    draw.line([(left, top), (left, bottom), (right, bottom)], INK[split], 2)


# ------------------------------------------------------------------------------------- pies


def pies(tier: Tier, split: Split, rng: np.random.Generator) -> Asked:
    """The colour of the largest or smallest share; a share in per cent, of tenths."""
    count, size = {"easy": (2, 112), "middle": (4, 112), "hard": (3, 140)}[tier]
    shares = _tenths(count, rng)
    tints = some_of(TINTS, count, rng)
    image = Image.new("RGB", (size, size), paper(split, rng))
    draw = ImageDraw.Draw(image)
    edge = 8 if split == "train" else 14
    # Where the first piece begins tells training from test, and edges of pieces are drawn in one.
    start = float(rng.choice([-90, 0, 90, 180])) + (0 if split == "train" else 45)
    for (begin, end), tint in zip(pairwise([0, *accumulate(shares)]), tints, strict=True):
        sides = (start + 36 * begin, start + 36 * end)
        line = None if split == "train" else INK[split]
        draw.pieslice((edge, edge, size - edge, size - edge), *sides, shade(tint, split, rng), line)
    meta = {"shares": dict(zip(tints, shares, strict=True))}
    if tier == "hard":
        which = int(rng.integers(count))
        return Asked(
            image=image,
            question=f"how many per cent are {tints[which]} ?",
            answer=10 * shares[which],
            thinking=f"{shares[which]} of 10",
            meta=meta,
        )
    word, find = one_of((("largest", max), ("smallest", min)), rng)
    return Asked(
        image=image,
        question=f"which colour has the {word} share ?",
        answer=tints[shares.index(find(shares))],
        thinking=" ".join(tints),
        classes=tuple(tints),
        meta=meta,
    )


def _tenths(count: int, rng: np.random.Generator) -> list[int]:
    """Shares that sum to ten, of which one is the greatest and one the least."""
    many = {
        2: ((3, 7), (2, 8), (4, 6)),
        3: ((1, 2, 7), (1, 3, 6), (2, 3, 5), (1, 4, 5)),
        4: ((1, 2, 2, 5), (1, 2, 3, 4)),
    }[count]
    return some_of(one_of(many, rng), count, rng)


def words() -> tuple[str, ...]:
    """What questions and thoughts about these figures are made of."""
    said = (
        "what is the value of ? which row has the largest smallest how much larger is the than of "
        "which bar is the highest lowest does the line go up or down from to "
        "which line is higher at where is the line , how many per cent are of 10 "
        "which colour has the share - ="
    )
    return (said, *NAMES, *TINTS, *column_names())
