"""VLAA-Thinker (arXiv:2504.11468): extraction, the words of an aha, and its mixed reward."""

from __future__ import annotations

from typing import Any

from tests.parity.units import differ_by_a_unit, installed_says_equal

from regard.geometry.boxes import iou
from regard.rewards.contract import ask, say
from regard.rewards.judges import BetterThanReference, ScriptedScorer, margin_value
from regard.rewards.mathematics import equal_mathematics, tagged_or_whole
from regard.text.boxes import first_box
from regard.text.reflection import has_marks
from regard.text.tags import only
from regard.types import Box, Frame, FreeText


def _tag(given: dict[str, Any]) -> str | None:
    answer = only("answer", given["s"])
    return None if answer is None else answer.strip()


def _response(given: dict[str, Any]) -> str:
    answer = _tag(given)
    return given["s"] if answer is None else answer


def _open_ended(given: dict[str, Any]) -> dict[str, Any]:
    text = tagged_or_whole(given["response"])
    scores = {given["reference"]: given["score_reference"], text: given["score_response"]}
    scorer = ScriptedScorer(scores if given["server_ok"] else {}, None)
    example = ask("", FreeText(given["reference"]))
    score = BetterThanReference(scorer=scorer, whole_text=True)(say(given["response"]), example)
    return {"reward": score.value, "scored_text": text}


def _margin(given: dict[str, Any]) -> float:
    return margin_value(given["score_response"], given["score_reference"], beta=given["beta"])


def _iou(one: list[float], other: list[float]) -> float:
    if any(x0 >= x1 or y0 >= y1 for x0, y0, x1, y1 in (one, other)):
        return 0.0
    return iou(Box(*one, Frame.UNIT), Box(*other, Frame.UNIT))


def _mixed(given: dict[str, Any]) -> float:
    answer = _tag({"s": given["response"]})
    if answer is None:
        return 0.0
    if given["kind"] == "iou":
        box = first_box(answer, frame=Frame.UNIT)
        return 0.0 if box is None else _iou([box.x0, box.y0, box.x1, box.y1], given["gt"])
    if given["kind"] == "math":
        return float(equal_mathematics(answer, str(given["gt"]))[0])
    return float(answer == str(given["gt"]))


ADAPTERS = {
    "extract_answer_tag": _tag,
    "extract_response_for_eval": _response,
    "scorers_open_ended_beta0.2": _open_ended,
    "open_reward_paper_formula": _margin,
    "has_aha_paper_rule": lambda given: has_marks(given["text"]),
    "iou_definition": lambda given: _iou(given["box_a"], given["box_b"]),
    "mixed_reward_composed": _mixed,
}


def _without_point(given: dict[str, Any]) -> tuple[str, str]:
    said, wanted = _tag({"s": given["response"]}) or "", str(given["gt"])
    return said.removesuffix("."), wanted.removesuffix(".")


def adds_a_unit_or_point(given: dict[str, Any]) -> bool:
    if given["kind"] != "math":
        return False
    said = _tag({"s": given["response"]}) or ""
    ends = said.endswith("."), str(given["gt"]).endswith(".")
    return ends[0] != ends[1] or differ_by_a_unit(said, str(given["gt"]))


def _number_counts(given: dict[str, Any], published: float) -> float:
    said, wanted = _without_point(given)
    return 1.0 if said == wanted or installed_says_equal(said, wanted) else published


PREDICATES = {"adds_a_unit_or_point": adds_a_unit_or_point}
EXPECTED = {"number_counts": _number_counts}
