"""Whether the answer is right, where right can be read off the text: a letter, a number, a name.

One rule for each sort of target. What a rule cannot read is wrong, with a reason; where several
answers are given, none is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from regard.errors import DataError
from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say, unreadable_target
from regard.text.choices import letters, read_choice
from regard.text.numbers import read_number
from regard.text.plain import plain, plain_latex
from regard.text.tags import blocks, shorten
from regard.types import (
    Choice,
    Completion,
    Example,
    Expression,
    FreeText,
    Label,
    Number,
    Score,
)

_ROUNDING = 1e-9
"""Relative: what writing a number in decimals may cost, so that 0.1 + 0.2 is 0.3."""


@reward("exact_answer")
@dataclass(frozen=True, kw_only=True)
class ExactAnswer:
    """One point when the answer says what the target says, however it is written.

    A choice may be named by its letter or its words, a number written as a decimal, a fraction or
    a percentage; texts and labels are compared without case, quotes and closing punctuation,
    expressions without spacing. Mathematical equality is not tried.
    """

    tag: str = "answer"
    """Name of the tag the answer stands in."""
    where: Literal["only", "first", "last", "text"] = "only"
    """Which block counts: the only one (several are no answer), the first, or the last; "text"
    takes the whole completion and needs no tag."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        check = _CHECKS.get(type(example.target))
        if check is None:
            raise unreadable_target(example, self, *_CHECKS)
        answer, fault = self._answer(completion.text)
        if answer is None:
            check(example, "")  # a malformed example is an error whatever the model said
            return Score(value=0.0, reason=fault)
        parsed, is_right, wanted = check(example, answer)
        if parsed is None:
            return Score(value=0.0, reason=f"cannot read {shorten(answer)!r} as {wanted}")
        said = f"{parsed:.12g}" if isinstance(parsed, float) else shorten(str(parsed))
        reason = f"{said} is right" if is_right else f"{said}, not {shorten(wanted)}"
        return Score(value=float(is_right), reason=reason, parsed=parsed)

    def _answer(self, text: str) -> tuple[str | None, str]:
        """The text of the answer, or None and why there is none."""
        if self.where == "text":
            answer = text.strip()
        else:
            found = blocks(self.tag, text)
            if not found:
                return None, f"no <{self.tag}>…</{self.tag}>"
            if self.where == "only" and len(found) > 1:
                return None, f"{len(found)} blocks of <{self.tag}>, one expected"
            answer = found[-1 if self.where == "last" else 0].strip()
        return (answer, "") if answer else (None, "the answer is empty")

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("Which colour is the sky?\nA. red\nB. blue", Choice("B", ("red", "blue"))),
            best=say("<think>It is day.</think><answer>B. blue</answer>"),
            poor=say("<think>It is dusk.</think><answer>A</answer>"),
            source="DeepSeek-R1, section 2.2.2",
        )


# A check takes an example and an answer, and gives what it read in the answer (or None), whether
# that is right, and the wanted answer in words.
_Checked = tuple[Any, bool, str]


def _check_choice(example: Example, answer: str) -> _Checked:
    target = _target(example, Choice)
    wanted, known = target.letter.upper(), letters(target.options)
    if len(wanted) != 1 or not "A" <= wanted <= "Z" or (known and wanted not in known):
        among = f"one of {', '.join(known)}" if known else "a letter from A to Z"
        raise DataError(f"example '{example.id}': choice {target.letter!r} is not {among}")
    letter = read_choice(answer, target.options)
    return letter, letter == wanted, wanted if letter else "one option"


def _check_number(example: Example, answer: str) -> _Checked:
    target = _target(example, Number)
    if not math.isfinite(target.value):
        raise DataError(f"example '{example.id}': {target.value} is not a number to compare with")
    value = read_number(answer, unit=target.unit)
    if value is None:
        return None, False, "a number"
    allowed = abs(target.value) * max(target.tolerance, _ROUNDING)
    return value, abs(value - target.value) <= allowed, f"{target.value:.12g} {target.unit}".strip()


def _check_text(example: Example, answer: str) -> _Checked:
    target = _target(example, FreeText)
    said = plain(answer)
    right = {plain(text) for text in (target.text, *target.alternatives)}
    return said, said in right, repr(target.text)


def _check_label(example: Example, answer: str) -> _Checked:
    target = _target(example, Label)
    if target.classes and target.name not in target.classes:
        raise DataError(
            f"example '{example.id}': label {target.name!r} is not among its classes "
            f"({shorten(', '.join(target.classes), limit=200)})"
        )
    said = plain(answer)
    names = {plain(name): name for name in target.classes or (target.name,)}
    if target.classes and said not in names:
        return None, False, "one of the classes"
    return names.get(said, said), said == plain(target.name), target.name


def _check_expression(example: Example, answer: str) -> _Checked:
    target = _target(example, Expression)
    said = plain_latex(answer)
    return said or None, said == plain_latex(target.latex), target.latex


def _target(example: Example, kind: type[Any]) -> Any:
    assert isinstance(example.target, kind)
    return example.target


_CHECKS: dict[type, Callable[[Example, str], _Checked]] = {
    Choice: _check_choice,
    Number: _check_number,
    FreeText: _check_text,
    Label: _check_label,
    Expression: _check_expression,
}
