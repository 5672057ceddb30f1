"""The hacks that are known to pay, and why: what an audit finds on the demonstrations of rewards.

A test compares the two, so a hole is either stated here or closed. `docs/rewards.md` shows both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from regard.rewards.audit import AuditRow, audit
from regard.rewards.contract import Demo

WORTH_KNOWING = (
    "right, hedged",
    "right boxes, ten times each",
    "right boxes and a grid",
)
"""Hacks that carry the right answer, and are a hole where nothing is lost by them."""


@dataclass(frozen=True, kw_only=True)
class Hole:
    """Hacks that pay with these rewards."""

    rewards: tuple[str, ...]
    """Rows of the table: a name, or a name with its settings."""
    hacks: tuple[str, ...]
    why: str
    """Why they pay, and what to do about it."""


VARIANTS: Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]] = {
    "detection_ap": (("length_factor=False", {"length_factor": False}),),
    "matched_precision": (("charge_extra=False", {"charge_extra": False}),),
    "think_answer_format": (("strict=False", {"strict": False}),),
}
"""Settings that are audited beside those of the demonstration; `official=True` always is."""

_ANY_TEXT = (
    "a constant guess",
    "the question echoed",
    "no answer in words",
    "numbers that are none",
)
_ANY_BOXES = ("a box around the whole image", "a grid of boxes")
_MORE_BOXES = ("right boxes, ten times each", "right boxes and a grid")

HOLES = (
    Hole(
        rewards=(
            *("think_answer_format", "think_answer_format (strict=False)", "think_box_format"),
            *("answer_only_format", "answer_think_format"),
            *("gui_format", "gui_format (official=True)", "tool_call_format"),
            *("forgery_box_format", "detection_format", "detection_format (official=True)"),
            "box_answer_format",
        ),
        hacks=(
            *_ANY_TEXT,
            *_ANY_BOXES,
            *_MORE_BOXES,
            *("every option listed", "every option in its own block", "right, hedged"),
            *("endless padding", "tags and nothing in them", "empty"),
        ),
        why="A format is a shape: whatever has it earns the point. Add it to a reward for the "
        "answer with a small weight, or let it gate that reward; never train on it alone.",
    ),
    Hole(
        rewards=("detection_ap (length_factor=False)",),
        hacks=_MORE_BOXES,
        why="Boxes behind the right ones cost nothing in COCO's average precision when all are "
        "equally sure, and classes that are not there cost nothing anywhere. VLM-R1 found its "
        "completions growing without end; the length factor is its remedy.",
    ),
    Hole(
        rewards=("matched_recall", "matched_recall (official=True)"),
        hacks=("a grid of boxes", *_MORE_BOXES),
        why="Recall asks only whether each true box was met, so a grid meets them. Add "
        "`matched_precision` with `charge_extra`, which costs a grid most of its worth.",
    ),
    Hole(
        rewards=("matched_precision (charge_extra=False)",),
        hacks=("a grid of boxes", *_MORE_BOXES),
        why="As published, precision is the mean over matched boxes only, so that boxes in vain "
        "are free and a grid is matched at its best. `charge_extra=True`, our default, counts "
        "them.",
    ),
    Hole(
        rewards=("box_overlap",),
        hacks=("right, hedged", *_MORE_BOXES, *_ANY_BOXES),
        why="The first box of the answer counts, and what follows it is not read; a box around the "
        "whole image earns the share the object takes of it. A threshold of 0.5 ends the latter.",
    ),
    Hole(
        rewards=(
            *("detection_ap", "detection_ap (official=True)", "detection_ap (length_factor=False)"),
            *("detection_score", "detection_score (official=True)"),
            *("forgery_class", "forgery_overlap"),
            *("matched_recall", "matched_recall (official=True)", "matched_precision"),
            *("matched_precision (official=True)", "matched_precision (charge_extra=False)"),
            *("gui_action", "gui_action (official=True)", "tool_call_action", "named_word"),
            *("tag_or_text_answer", "candidates_answer", "rethinking", "label_set (official=True)"),
            *("rethinking (official=True)", "loose_answer", "math_answer", "any_of"),
        ),
        hacks=("right, hedged",),
        why="Where several answers are given, the first or the last counts and the others are not "
        "read: who knows two candidates may say both, and be paid when the right one stands in its "
        "place. `think_answer_format` as a gate allows one block only.",
    ),
    Hole(
        rewards=("judged_answer", "better_than_reference"),
        hacks=("right, hedged",),
        why="A judge decides, and may let two answers pass, as the scripted one of the "
        "demonstration does. Tell it in its prompt that several answers are none, and try it.",
    ),
    Hole(
        rewards=("semantic_similarity",),
        hacks=("right, hedged",),
        why="An encoder hears what a text is about: words beside the right ones cost little, and "
        "those of no known meaning nothing. Let a judge or a rule decide where it matters.",
    ),
    Hole(
        rewards=("loose_answer",),
        hacks=("every option listed", "every option in its own block"),
        why="VLM-R1 looks for the likeliest letter of a text, and among several it guesses. "
        "`exact_answer` reads one option or none.",
    ),
)


def rows_of(name: str, demo: Demo) -> Iterator[tuple[str, dict[str, AuditRow]]]:
    """The audit of a reward as demonstrated, officially if it can, and in its other settings."""
    examples = [replace(demo.example, gold=demo.best.text)]
    settings: list[tuple[str, Mapping[str, Any]]] = [("", {}), *VARIANTS.get(name, ())]
    if hasattr(demo.reward, "official"):
        settings.insert(1, ("official=True", {"official": True}))
    for words, changes in settings:
        reward: Any = demo.reward
        if changes:
            reward = replace(reward, **changes)
        if words and reward == demo.reward:
            continue
        label = f"{name} ({words})" if words else name
        yield label, {row.hack: row for row in audit(reward, examples)}


def is_hole(row: AuditRow) -> bool:
    """Whether a hack gets through: it pays without the truth, or costs nothing beside it."""
    if row.verdict in ("PAYS", "PAYS MORE"):
        return True
    return row.verdict == "unnoticed" and row.hack in WORTH_KNOWING


def hole_of(label: str, hack: str) -> Hole | None:
    """The statement on a hack that pays with a reward; None where there is none."""
    return next((hole for hole in HOLES if label in hole.rewards and hack in hole.hacks), None)
