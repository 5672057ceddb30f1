"""Short answers compared loosely, by a rule for each sort of question: the rewards of VLM-R1.

The published code chooses the rule by a field of the record (`accu_reward_method`); here a recipe
does, with `Routed(by="kind", …)`. They pay for more than right answers ("noon" is a no, "room 13"
nearly "room 12"), so `exact_answer` and `math_answer` are the better start for new work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say, unreadable_target
from regard.rewards.verifier import verify
from regard.text.boxed import boxed
from regard.text.competition import same_typeset
from regard.text.loose import likely_letter, one_line, same_number, yes_or_no
from regard.text.similarity import indel_ratio
from regard.text.tags import inside, shorten
from regard.text.written import written
from regard.types import Choice, Completion, Example, Expression, FreeText, Label, Number, Score

Rule = Literal["letter", "yes_no", "text", "number", "math", "alike"]

_MAX_LENGTH = 1000
"""Characters; no longer answer is verified as mathematics."""


def same_letter(text: str, truth: str) -> bool:
    """Whether the first answer seems to choose the letter that the truth does.

    >>> same_letter("<answer>The answer is B.</answer>", "B. a dog")
    True
    """
    answer = inside("answer", text)
    said = likely_letter((text if answer is None else answer).strip())
    return said is not None and said == likely_letter(truth)


def same_math(text: str, truth: str) -> bool:
    """Whether the lines are the same, or equal as mathematics, or the same once typeset alike."""
    said, wanted = one_line(text), one_line(truth)
    if said == wanted:
        return True
    if max(len(said), len(wanted)) > _MAX_LENGTH:
        return False
    if verify(said, wanted).is_equal:
        return True
    inner = boxed(said)
    return same_typeset(said if inner is None else inner, wanted)


def alike(text: str, truth: str) -> float:
    """1 for equal mathematics; else numbers or letters are compared; else how alike the lines are.

    A truth with a digit wants the same number, one that is an option its letter. Only where
    neither can be read does likeness count: 1 less the share of characters put in or left out.
    """
    said, wanted = (inside("answer", text, "last") or "").strip(), truth.strip()
    if inside("answer", text) is None:
        said = text.strip()
    if max(len(said), len(wanted)) <= _MAX_LENGTH and verify(said, wanted).is_equal:
        return 1.0
    if re.search(r"\d", wanted):
        is_same = same_number(said, wanted)
        return _likeness(said, wanted) if is_same is None else float(is_same)
    letter = likely_letter(wanted)
    if letter is not None:
        return float(likely_letter(said) == letter)
    return _likeness(said, wanted)


def _likeness(said: str, wanted: str) -> float:
    return indel_ratio(one_line(said), one_line(wanted))


_RULES: dict[Rule, Callable[[str, str], float | bool]] = {
    "letter": same_letter,
    "yes_no": lambda text, truth: yes_or_no(text) == yes_or_no(truth),
    "text": lambda text, truth: one_line(text) == one_line(truth),
    "number": lambda text, truth: bool(same_number(text, truth)),
    "math": same_math,
    "alike": alike,
}


@reward("loose_answer")
@dataclass(frozen=True, kw_only=True)
class LooseAnswer:
    """One point for an answer that says what the target says, by a loose rule; likeness for one.

    Where a text has no answer tags, the whole text is its answer.
    """

    rule: Rule = "text"
    """"letter": the option that the first answer seems to choose. "yes_no": its first yes or no,
    even within a word; neither on both sides is the same too. "text": the same line, less case and
    full stops. "number": the same number. "math": that, or equal mathematics. "alike": a mixture
    of these, and for texts 1 less the share of characters put in or left out."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        target = example.target
        if not isinstance(target, (Choice, Number, Expression, FreeText, Label)):
            raise unreadable_target(example, self, Choice, Number, Expression, FreeText, Label)
        truth = written(target)
        value = float(_RULES[self.rule](completion.text, truth))
        said = inside("answer", completion.text, "last") or completion.text
        return Score(value=value, reason=f"{shorten(said)!r} for {shorten(truth)!r}")

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(rule="letter"),
            example=ask("What is it?", Choice("B", ("a cat", "a dog"))),
            best=say("<think>It barks.</think><answer>B. a dog</answer>"),
            poor=say("<think>It purrs.</think><answer>A.</answer>"),
            source="VLM-R1 (arXiv:2504.07615), its code: mcq, yes_no, all_match, math, default",
        )
