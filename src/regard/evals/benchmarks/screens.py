"""Scores of agents on screens: ScreenSpot(-Pro), AndroidControl, GUI-Odyssey, OmniAct, GUI-Act.

Grounding (ScreenSpot): the share of points inside their box. Actions: three numbers, as OS-Atlas
(arXiv:2410.23218) introduced them,

- type: the share of steps with the right kind of action;
- grounding: of the steps with a place, the share where it is right, whatever the kind;
- step: the share of steps that are right in kind and in place or text.

The scripts GUI-R1 published (ritzz-ai/GUI-R1) count otherwise. `official_…` is their count, for
comparing tables; say which one a number comes from.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regard.data.readers.parquet import parquet_rows
from regard.errors import DataError
from regard.geometry.points import is_inside, is_within
from regard.text.gui_actions import NO_TEXT, POINTING, WRITING
from regard.text.overlap import word_set_f1
from regard.types import Box, Frame, GuiAction, Point

RADIUS = 0.14
"""How far a point may be from a target that is a point, in widths and heights of the screen."""

TEXT_F1 = 0.5
"""Least F1 of the words of a text."""


@dataclass(frozen=True, kw_only=True)
class ScreenAnswer:
    """Where an element is, and where a model says it is; both in pixels of one image."""

    group: str
    """What the screen belongs to: "web", "desktop", "dev", …"""
    element: str
    """The sort of element: "text" or "icon"."""
    box: Box
    point: Point | None


@dataclass(frozen=True, kw_only=True)
class StepAnswer:
    """What should be done at a step, and what a model would do."""

    group: str
    size: tuple[float, float]
    """Width and height of the screen, in the unit of the places."""
    wanted: GuiAction
    said: GuiAction


@dataclass(frozen=True, kw_only=True)
class StepQuestion:
    """One step of a benchmark, or of training data, in the tables that GUI-R1 published."""

    id: str
    instruction: str
    history: str
    """The actions so far, in words; "None" before the first."""
    group: str
    """What the screen belongs to, or which level of task it is."""
    wanted: GuiAction
    image: bytes | None = None
    """The picture's file, where the table brings it along."""


# ---------------------------------------------------------------------------------- grounding


def grounding_accuracy(answers: Iterable[ScreenAnswer]) -> dict[str, float]:
    """The share of points inside their box (the border too): for each group and sort, and "all".

    >>> one = ScreenAnswer(group="web", element="icon", box=Box(0, 0, 9, 9), point=Point(9, 5))
    >>> grounding_accuracy([one])
    {'web-icon': 1.0, 'all': 1.0}
    """
    hits, totals = _by_category(
        (f"{each.group}-{each.element}", each.point is not None and is_inside(each.point, each.box))
        for each in answers
    )
    shares = {name: hits[name] / total for name, total in totals.items()}
    if totals:
        shares["all"] = hits.total() / totals.total()
    return shares


def official_grounding_accuracy(answers: Iterable[ScreenAnswer]) -> dict[str, float]:
    """As GUI-R1 prints it: a point on the border is outside; what has no hit is not there at all.

    >>> one = ScreenAnswer(group="web", element="icon", box=Box(0, 0, 9, 9), point=Point(9, 5))
    >>> official_grounding_accuracy([one])
    {}
    """
    hits, totals = _by_category(
        (
            f"{each.group}-{each.element}",
            each.point is not None and is_inside(each.point, each.box, with_border=False),
        )
        for each in answers
    )
    return {name: count / totals[name] for name, count in hits.items() if count}


# ------------------------------------------------------------------------------------ actions


def action_metrics(answers: Iterable[StepAnswer]) -> dict[str, float]:
    """Shares of right types, places and steps: "type", "grounding", "step", and by group and kind.

    A step whose kind needs neither place nor text is right by its kind. NaN where no step counts.

    >>> back = GuiAction("press_back")
    >>> tap = GuiAction("click", Point(100, 100))
    >>> answers = [
    ...     StepAnswer(group="phone", size=(1000, 1000), wanted=back, said=back),
    ...     StepAnswer(group="phone", size=(1000, 1000), wanted=tap, said=GuiAction("type")),
    ... ]
    >>> {name: share for name, share in action_metrics(answers).items() if "/" not in name}
    {'type': 0.5, 'grounding': 0.0, 'step': 0.5}
    """
    shares: dict[str, list[bool]] = {"type": [], "grounding": [], "step": []}
    for each in answers:
        kind = each.wanted.kind
        is_kind = each.said.kind == kind
        is_right = is_kind
        if kind in POINTING:
            is_there = _is_there(each)
            shares["grounding"].append(is_there)
            shares.setdefault(f"grounding/{each.group}/{kind}", []).append(is_there)
            is_right = is_right and is_there
        elif kind in WRITING:
            is_right = is_right and word_set_f1(each.said.text, each.wanted.text) >= TEXT_F1
        for name, truth in (("type", is_kind), ("step", is_right)):
            shares[name].append(truth)
            shares.setdefault(f"{name}/{each.group}/{kind}", []).append(truth)
    return {name: _share(truths) for name, truths in shares.items()}


def _is_there(answer: StepAnswer) -> bool:
    place, point = answer.wanted.target, answer.said.target
    if not isinstance(point, Point) or place is None:
        return False
    if isinstance(place, Box):
        return is_inside(point, place)
    return is_within(point, place, RADIUS, size=answer.size)


_OFFICIAL_WRITING = frozenset({"open_app", "type", "scroll", "select"})


def official_action_metrics(answers: Iterable[StepAnswer]) -> dict[str, float]:
    """As GUI-R1 prints it, under the names it prints.

    A box stands for its upper left corner. "ALL Step" counts only places and texts, whatever the
    kind of action, and nothing of the steps that have neither. Group and kind without any hit
    drop out of the totals. Where nothing is left to divide by, the script stops; here it is NaN.
    """
    types, places, texts = [], [], []
    for each in answers:
        name, kind = f"{each.group}-{each.wanted.kind}", each.wanted.kind
        types.append((name, each.said.kind == kind))
        if kind in POINTING:
            places.append((f"{name}-grounding", _is_near_corner(each)))
        elif kind in _OFFICIAL_WRITING:
            f1 = word_set_f1(each.said.text, each.wanted.text, part_of_a_word=True)
            texts.append((f"{name}-text", f1 >= TEXT_F1))
    printed: dict[str, float] = {}
    counted: dict[str, tuple[int, int]] = {}
    for what, truths in (("type", types), ("place", places), ("text", texts)):
        hits, totals = _by_category(truths)
        kept = [name for name, count in hits.items() if count]
        printed |= {f"{name} Length {totals[name]}": hits[name] / totals[name] for name in kept}
        counted[what] = sum(hits[name] for name in kept), sum(totals[name] for name in kept)
    step = tuple(map(sum, zip(counted["place"], counted["text"], strict=True)))
    for name, (hit, total) in {
        "ALL Type": counted["type"],
        "ALL Step": step,
        "ALL GR": counted["place"],
    }.items():
        printed[name] = hit / total if total else math.nan
    return printed


def _is_near_corner(answer: StepAnswer) -> bool:
    place, point = answer.wanted.target, answer.said.target
    if not isinstance(point, Point) or place is None:
        return False
    corner = place if isinstance(place, Point) else Point(place.x0, place.y0, place.frame)
    return is_within(point, corner, RADIUS, size=answer.size)


def _by_category(truths: Iterable[tuple[str, bool]]) -> tuple[Counter[str], Counter[str]]:
    """How many truths there are by name, and how many claims."""
    hits: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for name, truth in truths:
        hits[name] += truth
        totals[name] += 1
    return hits, totals


def _share(truths: Sequence[bool]) -> float:
    return sum(truths) / len(truths) if truths else math.nan


# ------------------------------------------------------------------------------------- readers


def screen_answer(row: Mapping[str, Any]) -> ScreenAnswer:
    """One line of answers to ScreenSpot(-Pro): `group`, `ui_type`, `gt_bbox`, `pred_coord`."""
    box = row["gt_bbox"]
    if len(box) != 4:
        raise DataError(f"gt_bbox {box} has {len(box)} numbers; expected x0, y0, x1, y1")
    return ScreenAnswer(
        group=str(row["group"]),
        element=str(row["ui_type"]),
        box=Box(*box),
        point=_said_point(row["pred_coord"]),
    )


def step_answer(row: Mapping[str, Any]) -> StepAnswer:
    """One line of answers to a benchmark of actions, as GUI-R1 writes them.

    `group`, `gt_action`, `pred_action` (or null), `gt_bbox` (a point or a box), `pred_coord`,
    `image_size`, `gt_input_text` and `pred_input_text`.
    """
    numbers = row["gt_bbox"]
    if len(numbers) not in (2, 4):
        raise DataError(f"gt_bbox {numbers} has {len(numbers)} numbers; expected 2 or 4")
    place = Point(*numbers) if len(numbers) == 2 else Box(*numbers)
    width, height = row["image_size"]
    return StepAnswer(
        group=str(row["group"]),
        size=(width, height),
        wanted=GuiAction(row["gt_action"], place, row["gt_input_text"]),
        said=GuiAction(
            row["pred_action"] or "",
            _said_point(row["pred_coord"]),
            NO_TEXT if row["pred_input_text"] is None else row["pred_input_text"],
        ),
    )


def step_question(row: Mapping[str, Any], *, frame: Frame = Frame.PIXELS) -> StepQuestion:
    """One row of AndroidControl, GUI-Act, GUI-Odyssey, OmniAct or GUI-R1's training data.

    `gt_bbox` is a point or two corners: of the benchmarks in pixels, of the training data in
    fractions (`Frame.UNIT`); numbers below 0 are no place.

    >>> row = {"id": "a", "instruction": "open alarms", "history": "None", "task_type": "high",
    ...     "gt_action": "click", "gt_bbox": [0.25, 0.5], "gt_input_text": "no input text"}
    >>> step_question(row, frame=Frame.UNIT).wanted.target
    Point(x=0.25, y=0.5, frame=<Frame.UNIT: 'unit'>)
    """
    numbers = list(row["gt_bbox"])
    if len(numbers) not in (2, 4):
        raise DataError(f"gt_bbox {numbers} has {len(numbers)} numbers; expected 2 or 4")
    if frame is Frame.UNIT and max(numbers) > 1:
        raise DataError(f"gt_bbox {numbers} are no fractions; pixels, perhaps?")
    place: Point | Box | None = None
    if min(numbers) >= 0:
        x, y, *far = numbers
        place = Box(x, y, far[0], far[1], frame) if far else Point(x, y, frame)
    picture = row.get("image")
    return StepQuestion(
        id=str(row.get("id", "")),
        instruction=str(row["instruction"]),
        history=str(row.get("history", "None")),
        group=str(row.get("group", row.get("task_type", ""))),
        wanted=GuiAction(str(row["gt_action"]), place, str(row["gt_input_text"])),
        image=picture.get("bytes") if isinstance(picture, Mapping) else None,
    )


def _said_point(numbers: Sequence[float] | None) -> Point | None:
    if numbers is None or len(numbers) < 2:
        return None
    return Point(numbers[0], numbers[1])


def screenspot_row(row: Mapping[str, Any]) -> tuple[str, str, Box, str]:
    """Image, instruction, box in pixels and "group-element" of a line of the benchmark itself.

    ScreenSpot has `bbox` as x, y, width, height, with `data_source` and `data_type`;
    ScreenSpot-Pro as two corners, with `group` and `ui_type`.

    >>> screenspot_row({"img_filename": "a.png", "bbox": [10, 20, 30, 40], "instruction": "close",
    ...     "data_source": "windows", "data_type": "icon"})[2:]
    (Box(x0=10, y0=20, x1=40, y1=60, frame=<Frame.PIXELS: 'pixels'>), 'windows-icon')
    """
    x0, y0, third, fourth = row["bbox"]
    if "ui_type" in row:
        box, category = Box(x0, y0, third, fourth), f"{row['group']}-{row['ui_type']}"
    else:
        box = Box(x0, y0, x0 + third, y0 + fourth)
        category = f"{row['data_source']}-{row['data_type']}"
    return row["img_filename"], row["instruction"], box, category


def read_rows(path: Path, read: Callable[[Mapping[str, Any]], Any]) -> Iterator[Any]:
    """What `read` makes of each record of a file: a JSON list, JSON lines, or Parquet.

    An error says the file, the record and what was wrong with it.
    """
    rows: Iterable[Any]
    if path.suffix == ".parquet":
        rows = (record() for _, record in parquet_rows(path))
    else:
        rows = _json_rows(path)
    for number, row in enumerate(rows, 1):
        try:
            yield read(row)
        except (KeyError, TypeError, ValueError, DataError) as error:
            said = f"no field {error}" if isinstance(error, KeyError) else str(error)
            raise DataError(f"{path}: record {number}: {said}") from error


def _json_rows(path: Path) -> Iterable[Any]:
    text = path.read_text(encoding="utf-8")
    try:
        if text.lstrip().startswith("["):
            return list(json.loads(text))
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except ValueError as error:
        raise DataError(f"{path}: no JSON ({error})") from error
