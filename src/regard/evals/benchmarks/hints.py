r"""Questions with a hint before them, as OpenVLThinker (arXiv:2503.17352) asks and scores them.

What kind of hint stands before which questions is its code's; the words are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from regard.text.boxed import last_opened_box
from regard.text.competition import same_answer
from regard.text.tags import last_opened

_TEN_LETTERS = "ABCDEFGHIJ"
_NOT_FOUND = "Failed to extract."


Hint = Literal["options", "yes_no", "in_picture"]
"""What is hinted at: options in the text (MathVista, EMMA, …), yes or no (HallusionBench), a
question and options that stand in the picture (MMMU-Pro, vision)."""

_HINTS: Mapping[Hint, str] = {
    "options": "Hint: end with the letter of the right choice.",
    "yes_no": "Hint: answer with yes or no.",
    "in_picture": "Hint: the question and its choices are in the picture; end with the letter of "
    "the right one.",
}


def hinted(question: str, hint: Hint | None, choices: Sequence[str] = ()) -> str:
    """The question behind its hint, and before its choices, with a letter each.

    >>> print(hinted("How many?", "options", ["3", "4"]))
    Hint: end with the letter of the right choice.
    How many?
    (A) 3
    (B) 4
    """
    head = [] if hint is None else [_HINTS[hint]]
    listed = [f"({letter}) {words}" for letter, words in zip(_TEN_LETTERS, choices, strict=False)]
    return "\n".join([*head, *([question] if question else []), *listed])


def option_letter(
    answer: str, choices: Sequence[str] | None, options: Sequence[str] | None = None
) -> str:
    """The letter of the answer among the first ten choices (or options); else the answer itself.

    >>> option_letter("7", ["5", "7"]), option_letter("9", ["5", "7"])
    ('B', '9')
    """
    try:
        return _TEN_LETTERS[(choices or options or ()).index(answer)]
    except (ValueError, IndexError):
        return answer


def tagged_answers(response: str) -> list[str]:
    """The last answer block; a sentence where there is none, which is no right answer.

    >>> tagged_answers("<answer>1</answer><answer>2</answer>"), tagged_answers("2")
    (['2'], ['Failed to extract.'])
    """
    if not response:
        return ["Failed to generate."]
    answer = last_opened("answer", response)
    return [_NOT_FOUND if answer is None else answer.strip()]


def free_answers(response: str) -> list[str]:
    r"""The last box, and in lower case what follows "answer:" where that occurs.

    Where there is no box, the first is "None", which an answer "none" takes for right; an empty
    box is left out.

    >>> free_answers("So. Answer: Foo")
    ['None', 'foo']
    """
    if not response:
        return ["Failed to generate."]
    inside_box = last_opened_box(response)
    boxed = "None" if inside_box is None else inside_box.strip()
    found = [boxed] if boxed else []
    lower = response.lower()
    if "answer:" in lower:
        found.append(lower.rpartition("answer:")[2].strip())
    return found or [_NOT_FOUND]


def any_is_right(truth: str, answers: Sequence[str | None]) -> bool:
    """Whether one of the answers is the truth, in any case or by the rule of the MATH graders.

    >>> any_is_right("C", ["A", "(C)"]), any_is_right("C", [])
    (True, False)
    """
    return any(
        answer is not None and (answer.lower() == truth.lower() or same_answer(truth, answer))
        for answer in answers
    )
