"""Boxes as models write them: four numbers in brackets, or objects of a detection list.

Systems differ in what they read, so each way has a name. `first_box` and `read_objects` are the
forgiving ones, for whoever has no published number to meet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from regard.text.fences import fences, read_json, salvaged_items
from regard.text.literals import NoLiteral, read_literal
from regard.types import Box, Frame

Corners = tuple[float, float, float, float]

Spelling = Literal["tolerant", "integers", "numbers"]
"""How a box may be written. "tolerant": four numbers in square or round brackets, white space
anywhere. "integers": `[1, 2, 3, 4]` without signs, points or blanks before a number that opens or a
comma (VLM-R1, in training). "numbers": signs and points too, white space anywhere, square brackets
(VLM-R1, for models that were not trained)."""

# Possessive (++, ?+): what was read is never read again, so the time is linear.
_COORDINATE = r"\s*+([+-]?+[0-9]{1,15}+(?:\.[0-9]{0,15}+)?+)\s*+"
_INTEGER = r"(\d++)"
_NUMBER = r"\s*+(-?+(?:\d++(?:\.\d++)?+|\.\d++))\s*+"
_BETWEEN = r",\s*+"
_SPELLED = {
    "tolerant": re.compile(rf"[\[(]{','.join([_COORDINATE] * 4)}[\])]"),
    "integers": re.compile(rf"\[{_BETWEEN.join([_INTEGER] * 4)}\]"),
    "numbers": re.compile(rf"\[{','.join([_NUMBER] * 4)}\]"),
}
_MAX_DIGITS = 300
"""Digits of one coordinate; more make no box, and no float either."""


def first_box(text: str, *, frame: Frame = Frame.PIXELS) -> Box | None:
    """The first `[x0, y0, x1, y1]` (or in round brackets) whose corners are in order.

    The text does not say what its numbers count; `frame` does.

    >>> first_box('{"bbox_2d": [10, 20, 60.5, 80]}')
    Box(x0=10.0, y0=20.0, x1=60.5, y1=80.0, frame=<Frame.PIXELS: 'pixels'>)
    """
    for match in _SPELLED["tolerant"].finditer(text):
        x0, y0, x1, y1 = map(float, match.groups())
        if x0 <= x1 and y0 <= y1:
            return Box(x0, y0, x1, y1, frame)
    return None


def box_corners(
    text: str,
    *,
    spelling: Spelling = "tolerant",
    which: Literal["first", "last"] = "first",
    in_braces: bool = False,
) -> Corners | None:
    """The numbers of the first (or last) box as they stand, in order or not.

    With `in_braces` it must stand between an opening brace before it and a closing one after it.

    >>> box_corners("from [9, 9, 1, 1] to [1, 2, 3, 4]", spelling="integers")
    (9.0, 9.0, 1.0, 1.0)
    >>> box_corners('[{"b": [1, 2, 3, 4]}, {"b": [5, 6, 7, 8]}]', which="last", in_braces=True)
    (5.0, 6.0, 7.0, 8.0)
    """
    start, end = 0, len(text)
    if in_braces:
        start, end = text.find("{") + 1, text.rfind("}")
        if not 0 < start <= end:
            return None
    found: re.Match[str] | None = None
    for match in _SPELLED[spelling].finditer(text, start, end):
        found = match
        if which == "first":
            break
    if found is None or any(len(number) > _MAX_DIGITS for number in found.groups()):
        return None
    x0, y0, x1, y1 = map(float, found.groups())
    return x0, y0, x1, y1


def box_pattern(spelling: Spelling) -> re.Pattern[str]:
    """What a box in this spelling looks like, for checks of the layout."""
    return _SPELLED[spelling]


# ------------------------------------------------------------------------------- detection lists


@dataclass(frozen=True)
class FoundObject:
    """One object of an answer: its class, if it has one, and its corners as they were written."""

    label: Any
    corners: Corners


def numeric_corners(value: Any, *, exactly: bool = False) -> Corners | None:
    """The corners in a list of at least (or exactly) four numbers.

    >>> numeric_corners([1, 2, 3.5, 4, 5]), numeric_corners([1, 2, 3.5, 4, 5], exactly=True)
    ((1.0, 2.0, 3.5, 4.0), None)
    """
    if not isinstance(value, (list, tuple)) or len(value) < 4 or (exactly and len(value) > 4):
        return None
    if not all(isinstance(number, (int, float)) for number in value[:4]):
        return None
    return _as_floats(value[:4])


def integer_corners(value: Any) -> Corners | None:
    """The corners in a list of exactly four values that `int` takes, cut to whole numbers.

    Texts of digits count; corners out of order do not (Vision-R1).

    >>> integer_corners([10.7, "10", 110, 110.9]), integer_corners([110, 0, 10, 5])
    ((10.0, 10.0, 110.0, 110.0), None)
    """
    if not isinstance(value, list) or len(value) != 4:
        return None
    try:
        corners = _as_floats([int(number) for number in value])
    except (TypeError, ValueError, OverflowError):  # None, "10.5", infinity
        return None
    return corners if corners and corners[0] < corners[2] and corners[1] < corners[3] else None


def items_of(value: Any) -> list[Any]:
    """What Python would iterate over in a JSON value: the items of a list, the keys of an object.

    >>> items_of([1, 2]), items_of({"a": 1}), items_of(None)
    ([1, 2], ['a'], [])
    """
    return list(value) if isinstance(value, (list, tuple, dict, str)) else []


def fenced_items(text: str, *, which: Literal["first", "last"] = "last") -> list[Any]:
    """The items of the JSON in the first or last ```json fence; none where it cannot be read.

    >>> fenced_items('```json\\n[{"label": "cat"}]\\n```')
    [{'label': 'cat'}]
    """
    found = fences(text)
    if not found:
        return []
    return items_of(read_json(found[0 if which == "first" else -1].strip()))


def coco_objects(items: Sequence[Any]) -> list[FoundObject]:
    """The items that have a label and a `bbox_2d` of numbers; others are passed over.

    >>> coco_objects([{"label": "cat", "bbox_2d": [1, 2, 3, 4]}, {"label": "dog"}, 5])
    [FoundObject(label='cat', corners=(1.0, 2.0, 3.0, 4.0))]
    """
    found = []
    for item in items:
        if isinstance(item, dict) and "label" in item:
            corners = numeric_corners(item.get("bbox_2d"))
            label = item["label"]
            if corners is not None and not isinstance(label, (list, dict)):
                found.append(FoundObject(label, corners))
    return found


def objects_or_salvage(text: str) -> list[FoundObject]:
    """Objects of a bare or fenced JSON list, else whatever is spelled exactly right (Vision-R1).

    A fence counts only where the text starts with it. What parses to no box is searched for
    `{"bbox_2d": [1, 2, 3, 4], "label": "cat"}` with these very blanks and numbers up to 1000: so a
    list that was cut off is still worth its whole objects.

    >>> objects_or_salvage('[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}, {"bbox_2d": [1,')
    [FoundObject(label='cat', corners=(1.0, 2.0, 3.0, 4.0))]
    """
    found = []
    value = _leading_json(text)
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            corners = integer_corners(item.get("bbox_2d"))
            if corners is not None:
                found.append(FoundObject(item.get("label"), corners))
    return found or _spelled_objects(text)


def fenced_literals(text: str) -> list[Any]:
    """The items of the list after a line that is ```json, or of the whole text without one.

    Written as Python or as JSON without true, false and null; a list that breaks off counts up to
    its last `"}` (the published scorer of Vision-R1, which gives the text to `literal_eval`).

    >>> fenced_literals("Here:\\n```json\\n[{'label': 'cat'},]\\n```")
    [{'label': 'cat'}]
    """
    lines = text.splitlines()
    if "```json" in lines:
        text = "\n".join(lines[lines.index("```json") + 1 :]).split("```")[0]
    for attempt in (text, text[: text.rfind('"}') + 2] + "]"):
        try:
            return items_of(read_literal(attempt))
        except NoLiteral:
            continue
    return []


_UNIT = r"(\d{1,4}\.\d{3})"
_FRACTIONS = re.compile(rf"{_UNIT},{_UNIT},{_UNIT},{_UNIT}\]")


def named_boxes(text: str) -> list[FoundObject]:
    """Objects as Griffon lists them: `label-[x0,y0,x1,y1]` joined by "&", in fractions.

    Numbers have three decimals, no blanks among them; whatever is written otherwise is passed over.

    >>> named_boxes("cat-[0.100,0.200,0.500,0.600]&dog")
    [FoundObject(label='cat', corners=(0.1, 0.2, 0.5, 0.6))]
    """
    found = []
    for item in text.split("&"):
        label, _, numbers = item.strip().rpartition("-[")
        match = _FRACTIONS.fullmatch(numbers)
        if label and match is not None:
            x0, y0, x1, y1 = map(float, match.groups())
            found.append(FoundObject(label.strip(), (x0, y0, x1, y1)))
    return found


def read_objects(text: str) -> list[FoundObject] | None:
    """The objects of an answer, forgivingly: any fence or none, JSON or Python, one object or many.

    The box may be called bbox_2d, bbox or box, its corners are in order, and a list that breaks off
    is worth its whole objects. An empty list, "None" and the like are no objects; None means that
    nothing could be read at all.

    >>> read_objects('[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]')
    [FoundObject(label='cat', corners=(1.0, 2.0, 3.0, 4.0))]
    >>> read_objects("None"), read_objects("I see nothing"), read_objects("[]")
    ([], None, [])
    """
    inside = fences(text, "")
    text = (re.sub(r"\A[A-Za-z]++", "", inside[-1]) if inside else text).strip()
    if text.casefold().strip(".") in ("none", "no objects", "nothing"):
        return []
    if not inside and text.startswith("```"):  # a fence that was never closed
        text = re.sub(r"\A```[A-Za-z]*+", "", text).strip()
    value = read_json(text)
    if value is None:
        try:
            value = read_literal(text, json_names=True)
        except NoLiteral:
            value = salvaged_items(text) or None
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return None
    found = [each for item in value if (each := _object(item)) is not None]
    return found if found or not value else None


def _object(item: Any) -> FoundObject | None:
    if not isinstance(item, dict):
        return None
    corners = next((item[key] for key in ("bbox_2d", "bbox", "box") if key in item), None)
    read = numeric_corners(corners, exactly=True)
    label = item.get("label", item.get("category", item.get("name")))
    if read is None or isinstance(label, (list, dict)) or not _is_ordered(read):
        return None
    return FoundObject(label, read)


def _is_ordered(corners: Corners) -> bool:
    x0, y0, x1, y1 = corners
    return x0 <= x1 and y0 <= y1 and abs(x0) + abs(y0) + abs(x1) + abs(y1) < float("inf")


_SALVAGED = re.compile(
    r'\{"bbox_2d": \[(\d{1,3}|1000), (\d{1,3}|1000), (\d{1,3}|1000), (\d{1,3}|1000)\], '
    r'"label": "([^"]++)"\}'
)


def _spelled_objects(text: str) -> list[FoundObject]:
    found = []
    for *numbers, label in _SALVAGED.findall(text):
        corners = integer_corners([int(number) for number in numbers])
        if corners is not None:
            found.append(FoundObject(label, corners))
    return found


def _leading_json(text: str) -> Any:
    lines = text.strip().splitlines()
    if lines and lines[0].startswith("```json"):
        text = "\n".join(lines[1:])
    return read_json(text.split("```")[0])


def _as_floats(numbers: Sequence[float]) -> Corners | None:
    try:
        x0, y0, x1, y1 = map(float, numbers)
    except OverflowError:  # a whole number beyond any float
        return None
    return x0, y0, x1, y1
