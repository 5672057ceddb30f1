"""Pictures with boxes: ODVG, and the rows of Vision-R1.

ODVG (object detection and visual grounding) is what the open code of Grounding DINO is trained on,
and so DINO-R1 (arXiv:2505.24025). Vision-R1 (arXiv:2503.18013) is the one that localises. Boxes
count pixels of the original image.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from regard.data.fields import Fields, shown
from regard.data.layouts.common import record_of, text_of
from regard.errors import DataError


def odvg(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of ODVG: `detection` with instances of categories, or `grounding` of a caption.

    It holds no question; ours asks for the categories that are there, or for what the caption
    names. As in the published loader, boxes are taken that share a pixel with the image, and are at
    least one wide and high; ours are cut at its edges, where theirs are so later.

    >>> instance = {"bbox": [12, 30, 200, 180], "label": 3, "category": "kettle"}
    >>> row = {"filename": "a.jpg", "height": 480, "width": 640}
    >>> odvg({**row, "detection": {"instances": [instance]}})["target"]["boxes"]
    [{'label': 'kettle', 'box': [12.0, 30.0, 200.0, 180.0]}]
    """
    rest = dict(row)
    fields = Fields(rest, "line")
    size = fields.number("width"), fields.number("height")
    if ("detection" in fields) == ("grounding" in fields):
        raise DataError("a line of ODVG has either 'detection' or 'grounding'")
    if "detection" in fields:
        kind, found = "detection", _instances(rest.pop("detection"))
        names = list(dict.fromkeys(label for label, _ in found))
        question = f"Locate every {', '.join(names)}." if names else "Locate every object."
    else:
        kind, grounding = "grounding", Fields(rest.pop("grounding"), "grounding")
        question = f"Locate what this names: {grounding.text('caption')}"
        found = _regions(grounding)
    boxes = [(label, cut) for label, box in found if (cut := _cut(box, size)) is not None]
    return _picture(rest, text_of(rest, "filename"), question, boxes, kind=kind)


def _instances(detection: Any) -> list[tuple[str, list[float]]]:
    found = []
    for number, item in enumerate(Fields(detection, "detection").items("instances")):
        fields = Fields(item, f"instances[{number}]")
        if "category" not in fields:
            raise DataError(
                f"{fields.what}: 'category' is missing; write the name that the label map has for "
                f"label {shown(fields.take('label'))}"
            )
        found.append((fields.text("category"), fields.numbers("bbox", 4)))
    return found


def _regions(grounding: Fields) -> list[tuple[str, list[float]]]:
    """A region is a phrase (in one piece or several) with one box or several."""
    found = []
    for number, item in enumerate(grounding.items("regions")):
        fields = Fields(item, f"regions[{number}]")
        phrase, box = fields.take("phrase"), fields.take("bbox")
        label = " ".join(map(str, phrase)) if isinstance(phrase, list) else phrase
        if not isinstance(label, str):
            raise fields.wrong("phrase", "a text or a list of texts", phrase)
        several = box if isinstance(box, list) and box and isinstance(box[0], list) else [box]
        found += [(label, Fields({"bbox": one}, fields.what).numbers("bbox", 4)) for one in several]
    return found


def _cut(box: list[float], size: tuple[float, float]) -> list[float] | None:
    """A box inside its image; None where their loader leaves it out."""
    x0, y0, x1, y1 = box
    width, height = size
    inside = [max(x0, 0.0), max(y0, 0.0), min(x1, width), min(y1, height)]
    is_kept = x1 - x0 >= 1 and y1 - y0 >= 1 and inside[0] < inside[2] and inside[1] < inside[3]
    return inside if is_kept else None


def vision_r1_guided(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of Vision-R1's data: `solution` lists labels with their boxes, as JSON.

    The prompt is the row's `problem` as it stands. `num_instances` and `target_id_maps` are kept in
    `meta`; rows without an object, which the published loader leaves out, are read too.

    >>> row = {"image": "a.jpg", "problem": "Where?", "width": 640, "height": 480}
    >>> solution = '[["kettle", [[12.0, 40.5, 88.0, 131.0]]]]'
    >>> vision_r1_guided({**row, "solution": solution})["target"]["boxes"]
    [{'label': 'kettle', 'box': [12.0, 40.5, 88.0, 131.0]}]
    """
    rest = dict(row)
    image, solution = rest.pop("image", None), _parsed(rest.pop("solution", None))
    boxes = [found for number, item in enumerate(solution) for found in _labelled(item, number)]
    return _picture(rest, image, text_of(rest, "problem"), boxes)


def _parsed(solution: Any) -> list[Any]:
    value = solution
    if isinstance(solution, str):
        try:
            value = json.loads(solution)
        except (ValueError, RecursionError) as error:
            raise DataError(f"'solution' is no JSON: {shown(solution)}") from error
    if not isinstance(value, list):
        raise DataError(f"'solution' should be a list of [label, boxes], got {shown(solution)}")
    return value


def _labelled(item: Any, number: int) -> list[tuple[str, list[float]]]:
    is_pair = isinstance(item, list) and len(item) == 2
    if not is_pair or not isinstance(item[0], str) or not isinstance(item[1], list):
        raise DataError(f"solution[{number}] should be [label, boxes], got {shown(item)}")
    label, boxes = item
    several = boxes if boxes and isinstance(boxes[0], list) else [boxes]
    return [
        (label, Fields({"box": box}, f"solution[{number}]").numbers("box", 4)) for box in several
    ]


def _picture(
    rest: dict[str, Any],
    image: Any,
    question: str,
    boxes: Iterable[tuple[str, list[float]]],
    **fields: Any,
) -> dict[str, Any]:
    """One question about one picture, whose size is compared with what the row says."""
    picture = {"type": "image", "image": image}
    picture |= {side: rest.pop(side, None) for side in ("width", "height")}
    target = {
        "type": "boxes",
        "boxes": [{"label": label, "box": box} for label, box in boxes],
    }
    content = [picture, {"type": "text", "text": question}]
    return record_of(rest, messages=[{"role": "user", "content": content}], target=target, **fields)
