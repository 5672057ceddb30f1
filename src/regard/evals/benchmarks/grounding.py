"""Referring expressions: RefCOCO, RefCOCO+, RefCOCOg, and LISA-Grounding.

An answer is right when its box overlaps the true one by more than a half. The published scripts of
VLM-R1 read boxes in ways of their own (`Way`), and count pixels in theirs ("beyond_a_pixel").

The file is a JSON list; boxes are corners in pixels of the original image:

    [{"image": "train2014/1.jpg", "problem": "the mug on the left", "solution": [34, 50, 120, 208]}]

Its files for detection by such phrases have `normal_caption` and `normalized_solution` beside. The
scripts take the first rows of a shuffled file (`published_sample`): 2,000 of expressions, 500 of
detection. That of detection compares the first box of a list with `solution`, both in pixels of the
original image: `grounding_accuracy(…, way="first_of_list")` of `ImageFrame(answers_in="pixels")`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from regard.errors import DataError
from regard.evals.benchmarks.tables import read_json
from regard.geometry.frames import frame_size
from regard.geometry.pairs import PixelRule, corners_of, pairwise_iou, rescaled
from regard.text.boxes import box_corners, fenced_items
from regard.text.tags import inside
from regard.types import Box, Frame, ImageFrame

Way = Literal["trained", "trained_without_braces", "untrained", "first_of_list"]
"""How the published scripts read a box. "trained": the last one between braces in the first answer,
in whole numbers. "trained_without_braces": the first one there (InternVL). "untrained": the first
one anywhere, fractions and signs too; where no number is above 1, they are fractions of 1000.
"first_of_list": that of the first object in the first ```json fence, whatever it holds."""

NO_BOX: tuple[int, ...] = (0, 0, 0, 0)
"""What the scripts go on with where they read no box: it overlaps with nothing."""


@dataclass(frozen=True, kw_only=True)
class Expression:
    """One question of the file."""

    image: str
    phrase: str
    box: Box
    caption: str = ""
    """The phrase in words of a caption, which the script of detection asks with."""
    normalized: Box | None = None
    """The box again, by fractions or thousandths of the image, in files of detection."""


def read_expressions(path: Path) -> list[Expression]:
    """The questions of a file."""
    rows = read_json(path)
    if not isinstance(rows, list):
        raise DataError(f"{path}: expected a JSON list of questions")
    return [_expression(row, f"{path}, item {number}") for number, row in enumerate(rows)]


def _expression(row: Mapping[str, Any], place: str) -> Expression:
    try:
        normalized = row.get("normalized_solution")
        return Expression(
            image=str(row["image"]),
            phrase=str(row["problem"]),
            box=_box(row["solution"], place),
            caption=str(row.get("normal_caption") or ""),
            normalized=None if normalized is None else _normalized(normalized, place),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{place}: expected image, problem and a solution of four numbers ({error!r})"
        ) from error


def _box(value: Any, place: str, frame: Frame = Frame.PIXELS) -> Box:
    x0, y0, x1, y1 = map(float, value)
    if not (x0 <= x1 and y0 <= y1):
        raise DataError(f"{place}: {value} is not two corners, the upper left first")
    return Box(x0, y0, x1, y1, frame)


def _normalized(value: Any, place: str) -> Box:
    is_unit = all(float(number) <= 1 for number in value)
    return _box(value, place, Frame.UNIT if is_unit else Frame.PER_MILLE)


Row = TypeVar("Row")


def published_sample(rows: Sequence[Row], count: int, *, seed: int = 42) -> list[Row]:
    """The rows that the published scripts test on: the first `count` of a file they shuffle.

    >>> published_sample(range(10), 4)
    [7, 3, 2, 8]
    """
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    return shuffled[:count]


def answered_corners(text: str, *, way: Way = "trained") -> list[Any]:
    """The box of an answer as a published script reads it; `NO_BOX` where it reads none.

    >>> answered_corners('<answer>{"bbox_2d": [10, 20, 110, 220]}</answer>')
    [10, 20, 110, 220]
    >>> answered_corners("at [0.1, 0.2, 0.5, 1]", way="untrained")
    [100, 200, 500, 1000]
    """
    if way == "first_of_list":
        items = fenced_items(text, which="first")
        box = items[0].get("bbox_2d") if items and isinstance(items[0], dict) else None
        return box if isinstance(box, list) else list(NO_BOX)
    if way == "untrained":
        corners = box_corners(text, spelling="numbers")
        if corners is not None and all(number <= 1 for number in corners):
            return [int(number * 1000) for number in corners]
        return list(NO_BOX if corners is None else corners)
    answer = inside("answer", text)
    if answer is None:
        return list(NO_BOX)
    corners = box_corners(
        answer,
        spelling="integers",
        which="last" if way == "trained" else "first",
        in_braces=way == "trained",
    )
    return list(NO_BOX) if corners is None else [int(number) for number in corners]


def is_grounded(
    corners: Iterable[Any],
    truth: Box,
    *,
    image: ImageFrame | None = None,
    rule: PixelRule = "continuous",
    above: float = 0.5,
) -> bool:
    """Whether a box overlaps the true one by more than `above`.

    With `image`, the box counts what the image's answers count (`answers_in`).

    >>> is_grounded([0, 0, 10, 6], Box(0, 0, 10, 10)), is_grounded([0, 0, 10, 5], Box(0, 0, 10, 10))
    (True, False)
    """
    numbers = list(corners)
    if len(numbers) != 4 or not all(isinstance(number, (int, float)) for number in numbers):
        return False
    rows = corners_of([Box(*numbers)])
    if image is not None:
        old, new = frame_size(image.answers_in, image), frame_size(truth.frame, image)
        rows = rescaled(rows, old, new)
    return bool(pairwise_iou(rows, corners_of([truth]), rule=rule)[0, 0] > above)


def grounding_accuracy(
    answers: Iterable[tuple[str, ImageFrame, Box]],
    *,
    way: Way = "trained",
    rule: PixelRule = "beyond_a_pixel",
    above: float = 0.5,
) -> float:
    """The share of right answers; each is its text, the image as the model saw it, and the truth.

    By default as VLM-R1's script for trained Qwen models, whose answers are in pixels of the
    resized image (`ImageFrame(answers_in=Frame.INPUT)`).

    >>> seen = ImageFrame(original=(200, 200), model_input=(100, 100), answers_in=Frame.INPUT)
    >>> right = '<answer>{"bbox_2d": [0, 0, 50, 50]}</answer>'
    >>> grounding_accuracy([(right, seen, Box(0, 0, 100, 100)), ("?", seen, Box(0, 0, 9, 9))])
    0.5
    """
    verdicts = [
        is_grounded(answered_corners(text, way=way), truth, image=image, rule=rule, above=above)
        for text, image, truth in answers
    ]
    return sum(verdicts) / len(verdicts) if verdicts else 0.0


__all__ = [
    "NO_BOX",
    "Expression",
    "Frame",
    "Way",
    "answered_corners",
    "grounding_accuracy",
    "is_grounded",
    "published_sample",
    "read_expressions",
]
