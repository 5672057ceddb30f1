"""Whether an answer is mathematically the wanted one, however it is written.

Three rules: our own, which settles what is plain by itself and asks math-verify about the rest;
the rule of the MATH graders (`regard.text.competition`), under which most R1-style results were
published; and the search through candidates of VL-Rethinker.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from regard.errors import ConfigError
from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say, unreadable_target
from regard.rewards.verifier import verify
from regard.text.boxed import boxed, last_opened_box
from regard.text.choices import read_choice
from regard.text.competition import same_answer
from regard.text.formulas import clearly_different, is_ordinary, read_formula, same_formula
from regard.text.number_sets import same_numbers
from regard.text.numbers import read_number
from regard.text.plain import as_sums, plain, plain_latex
from regard.text.reflection import count_marks
from regard.text.tags import after_final_answer, blocks, first_on_a_line, inside, shorten
from regard.text.written import written
from regard.types import (
    Choice,
    Completion,
    Example,
    Expression,
    Finish,
    FreeText,
    Label,
    Number,
    Score,
)

_MAX_LENGTH = 1000
"""Characters; no longer answer is verified."""
_ROUNDING = 1e-9

_GIVEN_AS = re.compile(r"(?P<letter>[knpyz])=(?P<formula>[^=]+)")

Place = Literal["only", "first", "last", "first_line", "boxed", "last_opened_box", "text"]


@reward("math_answer")
@dataclass(frozen=True, kw_only=True)
class MathAnswer:
    """One point for an answer that is equal to the target, be it written as it may.

    Options are compared by letter, numbers with the target's tolerance, all else as mathematics.
    """

    where: Place = "only"
    """Where the answer stands: in the only, the first or the last block of `tag`; in the last box
    that is closed ("boxed"), or the last that is opened; "text" takes the whole. "first_line", as
    published, takes the first block without a line break, and the whole where there is none."""
    tag: str = "answer"
    """Name of the tag the answer stands in."""
    rule: Literal["equal", "competition"] = "equal"
    """What equal means: ours, with math-verify; or that of the MATH graders (mathruler), which
    wants fractions in the same terms and drops units."""
    drop_final_answer: bool = False
    """Whether ` Final Answer:` at the start of a block is no part of the answer; Vision-R1
    (arXiv:2503.06749) trains models that write it."""
    unexplained_penalty: float = 0.0
    """What a right answer loses when nothing but space stands between `</think>` and the answer,
    0 to 1. OpenVLThinker's code takes 0.5; its paper does not say so."""
    timeout_s: float = 5.0
    """Seconds math-verify may take over one pair; after them the answer is wrong."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if not 0 <= self.unexplained_penalty <= 1:
            raise ConfigError(f"unexplained_penalty is {self.unexplained_penalty}; 0 to 1")

    def __call__(self, completion: Completion, example: Example) -> Score:
        target = example.target
        if not isinstance(target, (Choice, Number, Expression, FreeText, Label)):
            raise unreadable_target(example, self, Choice, Number, Expression, FreeText, Label)
        answer = self._answer(completion.text)
        if answer is None:
            return Score(value=0.0, reason="no answer where it is looked for")
        wanted = target.latex if isinstance(target, Expression) else written(target)
        if self.rule == "competition":
            is_right = same_answer(answer, wanted.strip()) or answer.lower() == wanted.lower()
            fault = ""
        else:
            is_right, fault = _is_right(answer, target, wanted, self.timeout_s)
        said = shorten(answer)
        if not is_right:
            why = f" ({fault})" if fault else ""
            return Score(value=0.0, reason=f"{said!r}, not {shorten(wanted)!r}{why}", parsed=answer)
        if self.unexplained_penalty and _is_unexplained(completion.text, self.tag):
            value = 1.0 - self.unexplained_penalty
            return Score(value=value, reason=f"{said!r} is right, but unexplained", parsed=answer)
        return Score(value=1.0, reason=f"{said!r} is right", parsed=answer)

    def _answer(self, text: str) -> str | None:
        if self.drop_final_answer and (found := after_final_answer(text, self.tag)) is not None:
            return found
        if self.where == "first_line":
            found = first_on_a_line(self.tag, text)
            return (text if found is None else found).strip()
        if self.where == "boxed":
            found = boxed(text)
        elif self.where == "last_opened_box":
            found = last_opened_box(text)
        elif self.where == "text":
            found = text
        elif self.where == "only":
            every = blocks(self.tag, text)
            found = every[0] if len(every) == 1 else None
        else:
            found = inside(self.tag, text, self.where)
        return None if found is None else found.strip()

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("Half of a half?", Expression(r"\frac{1}{4}")),
            best=say("<think>0.5 / 2</think><answer>$0.25$</answer>"),
            poor=say("<think>0.5 * 2</think><answer>1</answer>"),
            source="DeepSeek-R1, section 2.2.2; math-verify; mathruler",
        )


def _is_right(
    answer: str, target: Choice | Number | Expression | FreeText | Label, wanted: str, limit: float
) -> tuple[bool, str]:
    if isinstance(target, Choice):
        inner = boxed(answer)
        letter = read_choice(answer if inner is None else inner, target.options)
        return letter == target.letter.upper(), ""
    if isinstance(target, Number):
        value = _number(answer, target.unit)
        if value is not None:
            allowed = abs(target.value) * max(target.tolerance, _ROUNDING)
            return abs(value - target.value) <= allowed, ""
    if isinstance(target, FreeText):
        said = plain(answer)
        if said in {plain(text) for text in (target.text, *target.alternatives)}:
            return True, ""
    if isinstance(target, Label):
        return plain(answer) == plain(target.name), ""
    return equal_mathematics(answer, wanted, timeout_s=limit)


def _number(text: str, unit: str) -> float | None:
    """The number a text is, in decimals or as a formula without letters."""
    inner = boxed(text)
    text = (text if inner is None else inner).strip().strip("$")
    value = read_number(text, unit=unit)
    if value is None and (formula := read_formula(as_sums(text), notation="latex")) is not None:
        at = formula.at({})
        value = (
            None if at is None or abs(at.imag) > 1e-12 or not math.isfinite(at.real) else at.real
        )
    return value


def equal_mathematics(said: str, wanted: str, *, timeout_s: float = 5.0) -> tuple[bool, str]:
    r"""Whether two answers are equal, and a fault where nobody could say.

    The same LaTeX, the same number and the same formula are found at once, and so are sets,
    intervals, pairs and matrices of plain numbers, and `y = ...`; the rest goes to math-verify.

    >>> equal_mathematics("$x^2 - 1$", "(x+1)(x-1)")
    (True, '')
    """
    if max(len(said), len(wanted)) > _MAX_LENGTH:
        return False, "too long to verify"
    one, other = plain_latex(as_sums(said)), plain_latex(as_sums(wanted))
    if one == other:
        return bool(one), ""
    if not one or not other:
        return False, ""
    number, wanted_number = read_number(one), read_number(other)
    if number is not None and wanted_number is not None:
        return math.isclose(number, wanted_number, rel_tol=_ROUNDING), ""
    first, second = (read_formula(text, notation="latex") for text in (one, other))
    if first is not None and second is not None:
        if same_formula(first, second):
            return True, ""
        if not first.names and not second.names:
            return False, ""
        if clearly_different(one, other):
            return False, ""
    for is_same in (same_numbers(wanted, said), _same_equations(one, other)):
        if is_same is not None:
            return is_same, ""
    verdict = verify(_as_mathematics(wanted), _as_mathematics(said), timeout_s=timeout_s)
    return verdict.is_equal, verdict.fault


def _same_equations(one: str, other: str) -> bool | None:
    """Whether two equations give one letter as the same formula; None where that is not clear.

    >>> _same_equations("y=2x+1", "y=1+2x"), _same_equations("y=2x+1", "y=2x-1")
    (True, False)
    >>> _same_equations("y=2x+1", "2y=4x+2") is None
    True
    """
    first, second = _GIVEN_AS.fullmatch(one), _GIVEN_AS.fullmatch(other)
    if first is None or second is None or first["letter"] != second["letter"]:
        return None
    left, right = first["formula"], second["formula"]
    if first["letter"] in left + right or not (is_ordinary(left) and is_ordinary(right)):
        return None
    if clearly_different(left, right):
        return False
    formula, said = (read_formula(text, notation="latex") for text in (left, right))
    if formula is None or said is None or formula.names != said.names:
        return None
    return True if same_formula(formula, said) else None


def _as_mathematics(text: str) -> str:
    return text if "$" in text or "\\boxed" in text else f"${text}$"


def _is_unexplained(text: str, tag: str) -> bool:
    """Whether only space stands between the last `</think>` and the answer after it."""
    end = text.rfind("</think>")
    if end < 0:
        return False
    rest = text[end + len("</think>") :]
    start = rest.find(f"<{tag}>")
    return start >= 0 and not rest[:start].strip()


# ----------------------------------------------------------- whole texts, with tags or without


@reward("tag_or_text_answer")
@dataclass(frozen=True, kw_only=True)
class TagOrTextAnswer:
    """One point for the exact text of the answer block, or for a number found anywhere.

    First math-verify reads the whole completion and the whole solution, which fires for numbers
    only, and also on a number in the thinking; then the blocks are compared as texts, in the same
    case. The accuracy of R1-V and Med-R1, kept to reproduce it; `math_answer` is the better one.
    """

    tag: str = "answer"
    """Name of the tag the answer stands in; a block with a line break is none."""
    timeout_s: float = 5.0
    """Seconds math-verify may take over one pair."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        target = example.target
        if not isinstance(target, (Choice, Number, FreeText, Label, Expression)):
            raise unreadable_target(example, self, Choice, Number, FreeText, Label, Expression)
        solution = target.latex if isinstance(target, Expression) else written(target)
        if _may_hold_mathematics(solution):
            verdict = verify(completion.text, solution, timeout_s=self.timeout_s)
            if verdict.is_equal:
                return Score(value=1.0, reason=f"{verdict.truth} is found", parsed=verdict.truth)
        said, wanted = (tagged_or_whole(text, self.tag) for text in (completion.text, solution))
        reason = f"{shorten(said)!r}" + (" is right" if said == wanted else f", not {wanted!r}")
        return Score(value=float(said == wanted), reason=reason, parsed=said)

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("Which organ? A) liver, B) spleen", Choice("B")),
            best=say("<think>It is left.</think><answer>B</answer>"),
            poor=say("<think>It is left.</think><answer>B) spleen</answer>"),
            source="Med-R1 (arXiv:2503.13939), its code",
        )


def tagged_or_whole(text: str, tag: str = "answer") -> str:
    """The first block without a line break, else the whole text, without space around it.

    >>> tagged_or_whole("<answer> B </answer>"), tagged_or_whole(" B ")
    ('B', 'B')
    """
    found = first_on_a_line(tag, text)
    return (text if found is None else found).strip()


def _may_hold_mathematics(text: str) -> bool:
    """Whether math-verify could read anything here; spares the asking."""
    return re.search(r"[0-9$\\]", text) is not None


# ------------------------------------------------------------------- candidates, and rethinking

ENDING = "Now everything looks fine. Solution finished."
"""What VL-Rethinker's prompt for long thought asks for at the end."""
_STOPS = ("<|im_end|>", "<|endoftext|>")


def released_normal_form(text: str) -> str:
    r"""The normalisation before VL-Rethinker verifies: literal, so units vanish within words too.

    >>> released_normal_form(r"\dfrac{1}{2} \text{cm}")
    '\\frac{1}{2} {}'
    """
    text = text.replace("dfrac", "frac").replace("\\text", "")
    text = text.replace("\\varnothing", "\\emptyset")
    return text.replace("minutes", "").replace("cm", "")


def goes_on_after_the_end(text: str) -> bool | None:
    """Whether text follows the closing phrase (and a stop); None where the phrase is not said."""
    at = text.find(ENDING)
    if at < 0:
        return None
    return len(text) > at + len(ENDING) + len(_STOPS[0])


def candidates_verdict(
    text: str, reference: str, *, only_box: bool = False, timeout_s: float = 5.0
) -> int:
    r"""1 where a candidate in the text is the reference, 0 where none is, -1 where none is read.

    Candidates, as VL-Rethinker's code tries them: the last `\boxed` to the end of the text, the
    first answer block on one line, what follows the last "Answer:", and the whole text. A
    reference that is one or more of the letters A to K is an option: right is a candidate that
    *starts* with it in its box, so that `\boxed{Apple}` is A and `\boxed{(A)}` is not.

    >>> candidates_verdict(r"so \boxed{A. 30}", "A")
    1
    """
    text = text[-20 * _MAX_LENGTH :]
    normal = released_normal_form(reference)
    wanted = normal if "\\boxed" in normal else f"\\boxed{{{normal}}}"
    truth = verify(wanted, "", timeout_s=timeout_s).truth
    if truth is None:
        return -1
    if only_box:
        at = text.rfind("boxed")
        return 0 if at < 0 else _candidate_verdict("\\" + text[at:], wanted, truth, timeout_s)
    candidates = []
    if (at := text.rfind("\\boxed")) >= 0:
        candidates.append(text[at:].strip())
    if (block := first_on_a_line("answer", text)) is not None:
        candidates.append(f"\\boxed{{{block}}}")
    if "Answer:" in text:
        candidates.append(f"\\boxed{{{text.rpartition('Answer:')[2].strip()}}}")
    verdict = 0
    for candidate in [*candidates, text]:
        verdict = _candidate_verdict(candidate, wanted, truth, timeout_s)
        if verdict == 1:
            break
    return verdict


def _candidate_verdict(candidate: str, wanted: str, truth: str, timeout_s: float) -> int:
    candidate = released_normal_form(candidate)
    if truth in "ABCDEFGHIJK":
        return int(candidate[len("\\boxed{") :].startswith(truth))
    # As there: the candidate in the place of the truth, which matters to equations (2x = 4 is 4).
    verdict = verify(candidate, wanted, timeout_s=timeout_s)
    if verdict.truth is None:
        return -1
    return int(verdict.is_equal)


@reward("candidates_answer")
@dataclass(frozen=True, kw_only=True)
class CandidatesAnswer:
    """One point for the answer in any of its usual places; less than nothing if there is none."""

    timeout_s: float = 5.0
    """Seconds math-verify may take over one candidate."""

    range: ClassVar[Range] = (-1.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        target = example.target
        if not isinstance(target, (Choice, Number, FreeText, Expression)):
            raise unreadable_target(example, self, Choice, Number, FreeText, Expression)
        if goes_on_after_the_end(completion.text):
            return Score(value=0.0, reason="goes on after its end")
        wanted = target.latex if isinstance(target, Expression) else written(target)
        verdict = candidates_verdict(completion.text, wanted, timeout_s=self.timeout_s)
        reason = {1: "right", 0: "wrong", -1: "nothing that can be read"}[verdict]
        return Score(value=float(verdict), reason=reason)

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("What is 6 times 7?", Expression("42")),
            best=say(r"Six sevens. \boxed{42}"),
            poor=say(r"Six eights. \boxed{48}"),
            source="VL-Rethinker (arXiv:2504.08837), its code",
        )


def rethinking_value(
    is_right: bool,
    *,
    is_valid: bool,
    num_marks: int,
    was_forced: bool = False,
    official: bool = True,
) -> float:
    """What VL-Rethinker's code pays in training for an answer with so many second thoughts.

    Right is 1 and wrong 0; invalid is -0.1. A right answer that was not forced to rethink earns
    1.1 for one or two second thoughts, and otherwise loses 0.2 for each, down to -0.1. Officially
    an invalid one earns the 1.1 too.

    >>> [rethinking_value(True, is_valid=True, num_marks=n) for n in (0, 2, 3)]
    [1.0, 1.1, 0.4]
    """
    value = float(is_right) if is_valid else -0.1
    if not is_right or was_forced:
        return value
    if num_marks in (1, 2):
        return 1.1 if is_valid or official else value
    return round(max(value - 0.2 * num_marks, -0.1), 10)


@reward("rethinking")
@dataclass(frozen=True, kw_only=True)
class Rethinking:
    """Another reward's full marks, a little more with one or two second thoughts, less with more.

    Valid is what ended by itself and says "wait" five times at most.
    """

    reward: CandidatesAnswer | MathAnswer = field(default_factory=CandidatesAnswer)
    """What says whether the answer is right: by giving 1."""
    official: bool = False
    """Whether an invalid answer earns the bonus too, as the published code has it."""

    range: ClassVar[Range] = (-0.1, 1.1)

    def __call__(self, completion: Completion, example: Example) -> Score:
        base = self.reward(completion, example)
        text = completion.text
        has_ended = completion.finish is Finish.STOP
        is_valid = has_ended and text.lower().count("wait") <= 5
        marks = count_marks(text)
        value = rethinking_value(
            base.value >= 1, is_valid=is_valid, num_marks=marks, official=self.official
        )
        reason = f"{base.reason}; {marks} second thoughts" + ("" if is_valid else "; invalid")
        return Score(value=value, reason=reason, parts={"answer": base}, parsed=base.parsed)

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("What is 6 times 7?", Expression("42")),
            best=say(r"48. Wait, that is 6 times 8. \boxed{42}"),
            poor=say(r"Six eights. \boxed{48}"),
            source="VL-Rethinker (arXiv:2504.08837), its code",
        )
