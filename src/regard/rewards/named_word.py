"""Whether an answer names the right one of a few words: a colour, a shape, a direction.

For commands in free words whose content can be checked. A drone's reasoner that must name its gate
(after CognitiveDrone, arXiv:2503.01378; the weights are ours):
`Weighted(colour=(1.0, NamedWord(words=COLOURS)), shape=(0.5, NamedWord(words=SHAPES)),
format=(0.1, ThinkAnswerFormat()))`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from regard.errors import ConfigError, DataError
from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say, target_of
from regard.text.tags import blocks, shorten
from regard.types import Completion, Example, FreeText, Score

COLOURS = ("red", "green", "blue")
SHAPES = ("square", "round", "triangle")

_WORD = re.compile(r"\w++")


@reward("named_word")
@dataclass(frozen=True, kw_only=True)
class NamedWord:
    """One point when, of a few words, the answer names the target's and no other.

    The target is a text that holds one of the words: "Fly through the small round green gate".
    Case does not matter; naming several words, or none, is wrong, and so are several answers.
    """

    words: tuple[str, ...] = COLOURS
    """The words, in lower case."""
    tag: str = "answer"
    """Name of the tag the answer stands in."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __post_init__(self) -> None:
        odd = [word for word in self.words if not _WORD.fullmatch(word) or word != word.lower()]
        if odd or not self.words:
            raise ConfigError(f"words={self.words!r}; expected single words in lower case")

    def __call__(self, completion: Completion, example: Example) -> Score:
        wanted = self._named(target_of(example, FreeText, self).text)
        if len(wanted) != 1:
            raise DataError(
                f"example '{example.id}': the target names {', '.join(sorted(wanted)) or 'none'} "
                f"of {', '.join(self.words)}; expected one"
            )
        answers = blocks(self.tag, completion.text)
        if len(answers) != 1:
            count = f"{len(answers)} times" if answers else "no"
            return Score(value=0.0, reason=f"{count} <{self.tag}>")
        said = self._named(answers[0])
        names = ", ".join(sorted(said)) or "none of the words"
        return Score(
            value=float(said == wanted),
            reason=shorten(names) + (" is right" if said == wanted else f", not {min(wanted)}"),
            parsed=sorted(said),
        )

    def _named(self, text: str) -> set[str]:
        return set(self.words) & {word.lower() for word in _WORD.findall(text)}

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask(
                "Fly through the gate with the number equal to 3 + 2.",
                FreeText("Fly through the small round green gate with 5"),
            ),
            best=say(
                "<think>3 + 2 is 5, on the green one.</think>"
                "<answer>Fly through the small round green gate with 5</answer>"
            ),
            poor=say("<answer>Fly through the red or the green gate</answer>"),
            source="after CognitiveDrone (arXiv:2503.01378); the published system has no reward",
        )
