"""Problems with answers as R1-style code keeps them: EasyR1's, Med-R1's, GUI-R1's, VLM-R1's tests.

EasyR1's (`images`, `problem`, `answer`, after its Geometry3K) is what Vision-R1 (arXiv:2503.06749),
OpenVLThinker (arXiv:2503.17352) and others are trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regard.data.fields import Fields, shown
from regard.data.layouts.common import (
    bare_letter,
    choice,
    images_of,
    record_of,
    text_of,
    with_placeholder,
)
from regard.errors import DataError
from regard.text.gui_actions import NO_TEXT
from regard.text.tags import only


def geometry3k(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of EasyR1's form: the answer is an option where it is one letter, else an expression.

    >>> row = {"images": ["a.png"], "problem": "<image>Find x.", "answer": "2 \\\\sqrt{3}"}
    >>> geometry3k(row)["target"]
    {'type': 'expression', 'latex': '2 \\\\sqrt{3}'}
    """
    rest = dict(row)
    problem, images = text_of(rest, "problem"), images_of(rest)
    answer = rest.pop("answer", None)
    truth = "" if answer is None else str(answer).strip()
    if not truth:
        raise DataError("'answer' is missing")
    letter = bare_letter(truth)
    return record_of(
        rest,
        prompt=with_placeholder(problem, problem, images),
        images=images,
        target={"type": "expression", "latex": truth} if letter is None else choice(letter),
    )


def med_r1(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of Med-R1 (arXiv:2503.13939): the options end the problem, the solution has tags.

    >>> row = {"image": "a.png", "problem": "Which organ? A)Spleen, B)Liver"}
    >>> med_r1({**row, "solution": "<answer> B </answer>"})["target"]
    {'type': 'choice', 'letter': 'B'}
    """
    rest = dict(row)
    problem, images = text_of(rest, "problem"), images_of(rest)
    solution = text_of(rest, "solution")
    letter = bare_letter(only("answer", solution) or "")
    if letter is None:
        raise DataError(f"'solution' should be a letter in answer tags, got {shown(solution)}")
    return record_of(
        rest,
        prompt=with_placeholder(problem, problem, images),
        images=images,
        target=choice(letter),
    )


def gui_r1(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of GUI-R1's training data (arXiv:2504.10458): one action on one screen.

    `gt_bbox`, a point or two corners, counts fractions of the screen; numbers below 0 are no place.
    `task_type` ("high" or "low") is the kind. The words of the prompt are ours.

    >>> row = {"image": "a.png", "instruction": "open alarms", "gt_action": "click"}
    >>> target = gui_r1({**row, "gt_bbox": [0.25, 0.5], "gt_input_text": ""})["target"]
    >>> target["target"]
    {'type': 'point', 'point': [0.25, 0.5], 'frame': 'unit'}
    """
    rest = dict(row)
    fields = Fields(rest, "row")
    text = fields.text("gt_input_text", default=NO_TEXT)
    action = {
        "type": "action",
        "kind": fields.text("gt_action"),
        "target": _place(fields.items("gt_bbox")),
        "text": "" if text == NO_TEXT else text,
    }
    history = str(rest.pop("history", None) or "None")
    for name in ("gt_action", "gt_bbox", "gt_input_text"):
        rest.pop(name, None)
    return record_of(
        rest,
        kind=str(rest.pop("task_type", None) or ""),
        prompt=f"<image>{text_of(rest, 'instruction')}\nActions so far: {history}",
        images=images_of(rest),
        target=action,
    )


def _place(numbers: list[Any]) -> dict[str, Any] | None:
    if len(numbers) not in (2, 4):
        raise DataError(f"'gt_bbox' should be two or four numbers, got {shown(numbers)}")
    values = Fields({"gt_bbox": numbers}, "row").numbers("gt_bbox", len(numbers))
    if min(values) < 0:
        return None
    if max(values) > 1:
        raise DataError(f"'gt_bbox' should be fractions of the screen, got {shown(numbers)}")
    name = "box" if len(values) == 4 else "point"
    return {"type": name, name: values, "frame": "unit"}


def vlm_r1_test(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of VLM-R1's files of expressions: `image`, `problem`, and the box as `solution`.

    >>> row = {"image": "a.jpg", "problem": "the mug", "solution": [34, 50, 120, 208]}
    >>> vlm_r1_test(row)["target"]
    {'type': 'box', 'box': [34.0, 50.0, 120.0, 208.0]}
    """
    rest = dict(row)
    problem, images = text_of(rest, "problem"), images_of(rest)
    box = Fields(rest, "row").numbers("solution", 4)
    del rest["solution"]
    return record_of(
        rest,
        prompt=with_placeholder(problem, problem, images),
        images=images,
        target={"type": "box", "box": box},
    )
