"""What length and repetition cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from regard.errors import ConfigError
from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say
from regard.text.repetition import repeated_share
from regard.types import Completion, Example, Number, Score


def overlong_penalty(
    length: int, *, max_length: int, buffer: int, floor: float | None = -1.0
) -> float:
    """0 up to `max_length - buffer`, from there down in line to -1 at `max_length`.

    DAPO (arXiv:2503.14476, equation 13). Beyond `max_length` it stays at `floor`, or goes on down
    where that is None, as verl has it.

    >>> [overlong_penalty(n, max_length=1000, buffer=200) for n in (800, 900, 1000, 2000)]
    [0.0, -0.5, -1.0, -1.0]
    """
    over = length - (max_length - buffer)
    penalty = min(-over / buffer, 0.0) if over > 0 else 0.0
    return penalty if floor is None else max(penalty, floor)


@reward("soft_overlong")
@dataclass(frozen=True, kw_only=True)
class SoftOverlong:
    """Nothing for what is short enough, up to minus one for what fills the room it has.

    Meant to be added to other rewards. Tokens are counted; of text without tokens, words.
    """

    max_length: int
    """Tokens a completion may have: the limit of generation."""
    buffer: int
    """Tokens before the limit over which the penalty grows."""
    floor: float | None = -1.0
    """The least value; None where it may fall below -1 beyond the limit."""

    def __post_init__(self) -> None:
        if not 0 < self.buffer <= self.max_length:
            raise ConfigError(f"buffer is {self.buffer}: more than 0, {self.max_length} at most")

    @property
    def range(self) -> Range:
        return (float("-inf") if self.floor is None else self.floor), 0.0

    def __call__(self, completion: Completion, example: Example) -> Score:
        length = len(completion.token_ids) or len(completion.text.split())
        value = overlong_penalty(
            length, max_length=self.max_length, buffer=self.buffer, floor=self.floor
        )
        return Score(value=value, reason=f"{length} of {self.max_length} tokens", parsed=length)

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(max_length=8, buffer=4),
            example=ask("What is 2 + 3?", Number(5)),
            best=say("It is 5."),
            poor=say("Two and three and nothing else are five."),
            source="DAPO (arXiv:2503.14476), equation 13",
        )


@reward("repetition_penalty")
@dataclass(frozen=True, kw_only=True)
class RepetitionPenalty:
    """Minus the share of word runs that were said before; nothing for what never repeats.

    With runs of n words: `(distinct runs / runs) - 1`.
    """

    size: int = 3
    """Words in a run; 3 is ours."""
    free_share: float = 0.0
    """The share of repeated runs that costs nothing, 0 to 1."""

    range: ClassVar[Range] = (-1.0, 0.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        share = repeated_share(completion.text, size=self.size)
        value = -share if share > self.free_share else 0.0
        return Score(value=value, reason=f"{share:.0%} of runs of {self.size} words are repeated")

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("What is 2 + 3?", Number(5)),
            best=say("Two and three are five."),
            poor=say("wait wait wait wait wait wait"),
            source="after Demystifying Long CoT (arXiv:2502.03373)",
        )
