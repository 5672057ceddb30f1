"""Signs that a reward pays for something other than the task.

Each sign is a few words for the page with a sentence that explains them. They are hints for an
eye that looks, not verdicts: early in a run, a format reward is meant to pay before accuracy does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regard.viewer.reading import Json, mapping, number

Mark = tuple[str, str]
"""The few words, and the sentence."""

_FORM = re.compile(r"format|length|tag|structure|repetition|language|reflection", re.IGNORECASE)
"""Names of parts that look at how an answer is written, not at whether it is right."""


def marks(completion: Json, *, shapes: list[Json], target_shapes: list[Json]) -> list[Mark]:
    """The signs in one completion. Only an answer that is paid above its siblings earns any."""
    text = completion["text"]
    advantage, value = completion["advantage"], completion["score"]["value"]
    is_paid = advantage > 1e-6 if advantage is not None else (value or 0) > 0
    if not is_paid:
        return []
    return list(_signs(completion, text, shapes, target_shapes))


def _signs(completion: Json, text: str, shapes: list[Json], targets: list[Json]) -> Iterator[Mark]:
    form, substance = _leaves(completion["score"])
    if substance and max(substance) <= 0 and form and max(form) > 0:
        yield "form only", "Paid above its siblings for how it is written; no other part is earned."
    if not text.strip():
        yield "empty", "An empty answer is paid above its siblings."
    elif re.search(r"<think>\s*</think>", text):
        yield "no thought", "The thinking is empty, and the answer is still paid."
    if len(re.findall(r"<answer>", text)) > 1:
        yield "many answers", "More than one <answer>; does the reward take the best of them?"
    if repeated_share(text) > 0.5:
        yield "repeats", "More than half of its runs of three words were there before."
    if completion["finish"] == "length":
        yield "cut", "Cut at the greatest length, and still paid above its siblings."
    if any(_area(shape) > 0.9 for shape in shapes) and not any(
        _area(shape) > 0.8 for shape in targets
    ):
        yield "whole image", "A box around nearly the whole image is paid above its siblings."


def repeated_share(text: str) -> float:
    """The share of runs of three words that occurred before in the text; 0 when it is short.

    >>> repeated_share("so it is so it is so it is so it is so it is so it is so it is")
    0.8421052631578947
    """
    words = text.split()[:5000]
    runs = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return 1 - len(set(runs)) / len(runs) if len(words) >= 20 else 0.0


def _leaves(score: Json, name: str = "") -> tuple[list[float], list[float]]:
    """The values of the innermost parts: those of form, and those of substance."""
    parts = mapping(score.get("parts"))
    if not parts:
        value = number(score.get("value"))
        known = [] if value is None or not name else [value]
        return (known, []) if _FORM.search(name) else ([], known)
    pairs = [_leaves(mapping(part), f"{name}/{key}") for key, part in parts.items()]
    return [v for form, _ in pairs for v in form], [v for _, rest in pairs for v in rest]


def _area(shape: Json) -> float:
    if len(shape["at"]) != 4:
        return 0.0
    x0, y0, x1, y1 = (min(max(float(side), 0.0), 1.0) for side in shape["at"])
    return max(0.0, x1 - x0) * max(0.0, y1 - y0)
