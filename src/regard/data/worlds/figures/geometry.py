"""Shapes to count, lengths and angles to read or to work out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from regard.data.worlds.common import Tier, one_of, some_of
from regard.data.worlds.drawing import INK, Colour, Split, font, font_name, paper, shade, write
from regard.data.worlds.figures.asked import Asked

CELL = 28
"""Shapes to count stand in cells of so many pixels: what one token of a picture shows."""

SHAPES = {
    "circle": "circles",
    "square": "squares",
    "triangle": "triangles",
    "star": "stars",
    "cross": "crosses",
}
"""One and several."""

COLOURS = ("red", "yellow", "green", "blue", "purple", "black")
"""Those that nobody confuses."""

SORTS_OF_ANGLE = ("acute", "right", "obtuse")
TRIPLES = ((3, 4, 5), (6, 8, 10), (5, 12, 13), (8, 15, 17), (9, 12, 15), (12, 16, 20))
"""Sides of right triangles."""

Points = list[tuple[float, float]]

# ------------------------------------------------------------------------------------- counting


def counting(tier: Tier, split: Split, rng: np.random.Generator) -> Asked:
    """How many of one sort: alone, among another sort, or among sorts and colours."""
    cells, most, num_sorts, num_colours = {
        "easy": (4, 5, 1, 1), "middle": (5, 5, 2, 2), "hard": (6, 7, 3, 2),
    }[tier]  # fmt: skip
    shapes, colours = (some_of(list(SHAPES), num_sorts, rng), some_of(COLOURS, num_colours, rng))
    shape, colour = shapes[0], colours[0]
    if tier == "hard":
        asked, wanted = f"{colour} {SHAPES[shape]}", {(shape, colour)}
    elif tier == "middle" and rng.random() < 0.5:
        asked, wanted = f"{colour} shapes", {(each, colour) for each in shapes}
    else:
        asked, wanted = SHAPES[shape], {(shape, each) for each in colours}
    every = [(each, tint) for each in shapes for tint in colours]
    others = [pair for pair in every if pair not in wanted]
    count = int(rng.integers(1, most + 1))
    num_others = int(rng.integers(1, most + 1)) if others else 0
    chosen = [one_of(sorted(wanted), rng) for _ in range(count)]
    chosen += [one_of(others, rng) for _ in range(num_others)]
    image = Image.new("RGB", (cells * CELL, cells * CELL), paper(split, rng))
    draw = ImageDraw.Draw(image)
    places = rng.permutation(cells * cells)[: len(chosen)]
    seen = []
    for cell, (each, tint) in zip(places.tolist(), chosen, strict=True):
        centre = np.array([cell % cells, cell // cells]) * CELL + CELL / 2 + rng.uniform(-2, 2, 2)
        radius = float(rng.uniform(9, 11.5))
        x, y = centre.tolist()
        draw_shape(draw, each, (x, y), radius, shade(tint, split, rng), split, rng)
        seen.append({"shape": each, "colour": tint, "at": [round(x), round(y)]})
    return Asked(
        image=image,
        question=f"how many {asked} are there ?",
        answer=count,
        thinking=" ".join(str(number) for number in range(1, count + 1)),
        meta={"shapes": seen},
    )


def draw_shape(
    draw: ImageDraw.ImageDraw,
    shape: str,
    centre: tuple[float, float],
    radius: float,
    fill: Colour,
    split: Split,
    rng: np.random.Generator,
) -> None:
    """A filled shape; test shapes are turned further than training shapes, and have an outline."""
    outline = INK["test"] if split == "test" else None
    reach = (12.0, 18.0) if split == "test" else (0.0, 9.0)
    turn = math.radians(float(rng.uniform(*reach)) * (1 if rng.random() < 0.5 else -1))
    if shape == "circle":
        draw.circle(centre, radius, fill, outline)
    else:
        draw.polygon(_corners(shape, centre, radius, turn), fill, outline)


def _corners(shape: str, centre: tuple[float, float], radius: float, turn: float) -> Points:
    if shape == "cross":
        arm, half = radius, radius * 0.36
        plus = [(half, half), (half, arm), (-half, arm), (-half, half), (-arm, half), (-arm, -half),
                (-half, -half), (-half, -arm), (half, -arm), (half, -half), (arm, -half),
                (arm, half)]  # fmt: skip
        cos, sin = math.cos(turn), math.sin(turn)
        return [(centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos) for x, y in plus]
    if shape == "square":
        return _ring(centre, [radius * 1.2] * 4, turn + math.pi / 4)
    if shape == "triangle":
        return _ring(centre, [radius * 1.15] * 3, turn - math.pi / 2)
    return _ring(centre, [radius * 1.2, radius * 0.5] * 5, turn - math.pi / 2)


def _ring(centre: tuple[float, float], radii: Sequence[float], start: float) -> Points:
    """Points around a centre, at equal angles."""
    step = 2 * math.pi / len(radii)
    return [
        (centre[0] + r * math.cos(start + i * step), centre[1] + r * math.sin(start + i * step))
        for i, r in enumerate(radii)
    ]


# ------------------------------------------------------------------------------------- lengths


def length(tier: Tier, split: Split, rng: np.random.Generator) -> Asked:
    """A labelled line to read; a rectangle's area or perimeter; a right triangle's third side."""
    return {"easy": _line, "middle": _rectangle, "hard": _right_triangle}[tier](split, rng)


def _line(split: Split, rng: np.random.Generator) -> Asked:
    image, draw = _sheet((112, 112), split, rng)
    number = int(rng.integers(1, 21))
    half, lies = 20 + number, rng.random() < 0.5
    ends = [(56 - half, 70), (56 + half, 70)] if lies else [(40, 56 - half), (40, 56 + half)]
    draw.line(ends, shade(one_of(COLOURS, rng), split, rng), 5)
    _label(draw, (56, 46) if lies else (76, 56), str(number), 26, split, rng)
    return Asked(
        image=image, question="how long is the line ?", answer=number, thinking=f"{number}"
    )


def _rectangle(split: Split, rng: np.random.Generator) -> Asked:
    image, draw = _sheet((140, 112), split, rng)
    width, height = (int(side) for side in rng.integers(2, 10, 2))
    right, bottom = 34 + 8 * width, 34 + 7 * height
    fill = shade(one_of(("yellow", "pink", "orange"), rng), split, rng)
    draw.rectangle((34, 34, right, bottom), fill, INK[split], 2)
    name = font_name(split, rng)
    write(draw, ((34 + right) / 2, 18), str(width), font(name, 24), INK[split])
    write(draw, (17, (34 + bottom) / 2), str(height), font(name, 24), INK[split])
    if rng.random() < 0.5:
        question, answer = "what is the area ?", width * height
        thinking = f"{width} x {height}"
    else:
        question, answer = "what is the perimeter ?", 2 * (width + height)
        thinking = f"{width} + {height} + {width} + {height}"
    return Asked(image=image, question=question, answer=answer, thinking=thinking)


def _right_triangle(split: Split, rng: np.random.Generator) -> Asked:
    image, draw = _sheet((140, 140), split, rng)
    upright, flat, slope = one_of(TRIPLES, rng)
    if rng.random() < 0.5:
        upright, flat = flat, upright
    scale = 78 / max(upright, flat)
    right, top = 38 + flat * scale, 112 - upright * scale
    draw.polygon([(38, 112), (right, 112), (38, top)], None, INK[split], 3)
    draw.rectangle((38, 104, 46, 112), None, INK[split])
    sides, missing = [upright, flat, slope], int(rng.integers(3))
    said = ["x" if i == missing else str(side) for i, side in enumerate(sides)]
    name = font_name(split, rng)
    middle = ((38 + right) / 2, (top + 112) / 2)
    # beside the slope: from its middle, outwards
    out = np.array([upright, flat]) / math.hypot(upright, flat) * 18
    places = [(18, middle[1]), (middle[0], 126), (middle[0] + out[0], middle[1] - out[1])]
    for text, at in zip(said, places, strict=True):
        write(draw, at, text, font(name, 22), INK[split])
    known = [side * side for i, side in enumerate(sides) if i != missing]
    sign = "+" if missing == 2 else "-"
    first, second = max(known), min(known)
    return Asked(
        image=image,
        question="how long is side x ?",
        answer=sides[missing],
        thinking=f"{first} {sign} {second} = {sides[missing] ** 2}",
    )


# ------------------------------------------------------------------------------------- angles


def angle(tier: Tier, split: Split, rng: np.random.Generator) -> Asked:
    """The sort of an angle; the third angle of a triangle; the fourth of a quadrilateral."""
    if tier == "easy":
        return _sort_of_angle(split, rng)
    if tier == "middle" or rng.random() < 0.5:
        return _triangle(split, rng, step=10 if tier == "middle" else 5)
    return _quadrilateral(split, rng)


def _sort_of_angle(split: Split, rng: np.random.Generator) -> Asked:
    image, draw = _sheet((112, 112), split, rng)
    sort = one_of(SORTS_OF_ANGLE, rng)
    low, high = {"acute": (25, 65), "right": (90, 91), "obtuse": (115, 155)}[sort]
    opening, start = int(rng.integers(low, high)), 0 if sort == "right" else rng.uniform(-15, 15)
    ways = [math.radians(start), math.radians(start + opening)]
    at = (56 if sort == "obtuse" else 26, 84)
    ends = [(at[0] + 64 * math.cos(way), at[1] - 64 * math.sin(way)) for way in ways]
    tint = shade(one_of(COLOURS, rng), split, rng)
    draw.line([ends[0], at, ends[1]], tint, 5, joint="curve")
    box = (at[0] - 22, at[1] - 22, at[0] + 22, at[1] + 22)
    draw.arc(box, -start - opening, -start, INK[split], 2)
    return Asked(
        image=image,
        question="is the angle acute , right or obtuse ?",
        answer=sort,
        thinking={"acute": "less than 90", "right": "90", "obtuse": "more than 90"}[sort],
        classes=SORTS_OF_ANGLE,
    )


def _triangle(split: Split, rng: np.random.Generator, *, step: int) -> Asked:
    image, draw = _sheet((168, 140), split, rng)
    first = int(rng.integers(40 // step, 80 // step + 1)) * step
    second = int(rng.integers(40 // step, min(80, 140 - first) // step + 1)) * step
    angles = [first, second, 180 - first - second]
    tangents = [math.tan(math.radians(each)) for each in angles[:2]]
    width, height = 136.0, 136 / (1 / tangents[0] + 1 / tangents[1])
    if height > 112:
        width, height = width * 112 / height, 112.0
    left, base = (168 - width) / 2, 126.0
    corners = [(left, base), (left + width, base), (left + height / tangents[0], base - height)]
    return _missing_angle(image, draw, corners, angles, 180, split, rng)


def _quadrilateral(split: Split, rng: np.random.Generator) -> Asked:
    """Two parallel sides: the angles at each end of a slanted side make 180."""
    image, draw = _sheet((168, 140), split, rng)
    left, right = (int(rng.integers(13, 18)) * 5 for _ in range(2))
    angles = [left, right, 180 - right, 180 - left]
    height = 84
    shifts = [height / math.tan(math.radians(each)) for each in (left, right)]
    corners = [(12.0, 112.0), (156.0, 112.0), (156 - shifts[1], 28.0), (12 + shifts[0], 28.0)]
    return _missing_angle(image, draw, corners, angles, 360, split, rng)


def _missing_angle(
    image: Image.Image,
    draw: ImageDraw.ImageDraw,
    corners: Points,
    angles: Sequence[int],
    total: int,
    split: Split,
    rng: np.random.Generator,
) -> Asked:
    """All angles but one are written into their corners, and "x" into that one."""
    draw.polygon(corners, None, INK[split], 3)
    missing, name = int(rng.integers(len(angles))), font_name(split, rng)
    for i, (corner, each) in enumerate(zip(corners, angles, strict=True)):
        near = [np.subtract(corners[(i + by) % len(corners)], corner) for by in (-1, 1)]
        inwards = sum(way / np.linalg.norm(way) for way in near)
        inwards = inwards / np.linalg.norm(inwards)
        # The narrower the corner, the further in a number must stand to touch no side.
        reach = (25 if each > 90 and len(corners) == 4 else 18) / math.sin(math.radians(each / 2))
        x, y = corner + inwards * min(reach, 40)
        text = "x" if i == missing else str(each)
        write(draw, (float(x), float(y)), text, font(name, 18), INK[split])
    known = [str(each) for i, each in enumerate(angles) if i != missing]
    return Asked(
        image=image,
        question="how large is angle x ?",
        answer=angles[missing],
        thinking=" - ".join([str(total), *known]),
    )


# ------------------------------------------------------------------------------------- helpers


def _sheet(
    size: tuple[int, int], split: Split, rng: np.random.Generator
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", size, paper(split, rng))
    return image, ImageDraw.Draw(image)


def _label(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    split: Split,
    rng: np.random.Generator,
) -> None:
    write(draw, at, text, font(font_name(split, rng), size), INK[split])


def words() -> tuple[str, ...]:
    """What questions and thoughts about these figures are made of."""
    said = (
        "how many shapes are there ? how long is the line ? what is the area ? x + - = "
        "what is the perimeter ? how long is side x ? how large is angle x ? less more than "
        "is the angle acute , right or obtuse ?"
    )
    squares = [str(a * a) for triple in TRIPLES for a in triple]
    return (said, *SHAPES.values(), *COLOURS, *squares, "360")
