"""Whether an answer has the shape that was asked for: first the thinking, then the answer.

DeepSeek-R1 (arXiv:2501.12948, section 2.2.2) introduced the tags and the reward for keeping them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from regard.errors import ConfigError
from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say
from regard.text.tags import has_loose_layout, inside, layout_fault
from regard.types import Completion, Example, Number, Score


@reward("think_answer_format")
@dataclass(frozen=True, kw_only=True)
class ThinkAnswerFormat:
    """One point for one block of thinking, then one block with the answer, and nothing else."""

    think: str = "think"
    """Name of the tag around the thinking."""
    answer: str = "answer"
    """Name of the tag around the answer."""
    strict: bool = True
    """Each tag exactly once, white space around the blocks is free. False: the pattern of the
    published systems, `<think>.*?</think>\\s*<answer>.*?</answer>` matched to the whole text, which
    repeated and nested tags pass and a line break at the end does not."""
    allow_blank: bool = False
    """Whether blocks may hold nothing but white space; the published pattern says yes."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if self.think == self.answer:
            raise ConfigError(
                f"thinking and answer need tags of their own; both are '{self.think}'"
            )

    def __call__(self, completion: Completion, example: Example) -> Score:
        fault = self._fault(completion.text)
        return Score(value=float(fault is None), reason=fault or "as asked")

    def _fault(self, text: str) -> str | None:
        tags = (self.think, self.answer)
        if self.strict:
            fault = layout_fault(text, tags)
        elif has_loose_layout(text, tags):
            fault = None
        else:
            fault = f"not <{self.think}>…</{self.think}><{self.answer}>…</{self.answer}> as a whole"
        if fault is None and not self.allow_blank:
            for tag in tags:
                if not (inside(tag, text) or "").strip():
                    return f"nothing in <{tag}>"
        return fault

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("What is 2 + 3?", Number(5)),
            best=say("<think>2 + 3 = 5</think>\n<answer>5</answer>"),
            poor=say("The answer is 5."),
            source="DeepSeek-R1, section 2.2.2",
        )


@reward("answer_only_format")
@dataclass(frozen=True, kw_only=True)
class AnswerOnlyFormat:
    """One point for a text that is one answer block: no thinking is asked for."""

    answer: str = "answer"
    """Name of the tag around the answer."""
    strict: bool = True
    """One block, not blank, with white space around it as one likes. False: the pattern of Med-R1,
    `\\s*<answer>.*?</answer>` matched to the whole text, which several blocks pass."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        fault = self._fault(completion.text)
        return Score(value=float(fault is None), reason=fault or "as asked")

    def _fault(self, text: str) -> str | None:
        if self.strict:
            fault = layout_fault(text, (self.answer,))
            if fault is None and not (inside(self.answer, text) or "").strip():
                return f"nothing in <{self.answer}>"
            return fault
        opening, closing = f"<{self.answer}>", f"</{self.answer}>"
        start = text.lstrip()
        is_block = start.startswith(opening) and start.endswith(closing)
        if is_block and len(start) >= len(opening) + len(closing):
            return None
        return f"not {opening}…{closing} as a whole"

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("What is 2 + 3?", Number(5)),
            best=say("<answer>5</answer>"),
            poor=say("<think>2 + 3 = 5</think><answer>5</answer>"),
            source="Med-R1 (arXiv:2503.13939), its version without thinking",
        )


@reward("answer_think_format")
@dataclass(frozen=True, kw_only=True)
class AnswerThinkFormat:
    """One point for one block with the answer, then one that explains it, and nothing else."""

    strict: bool = True
    """As in `think_answer_format`."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        text, tags = completion.text, ("answer", "think")
        if self.strict:
            fault = layout_fault(text, tags)
        else:
            fault = None if has_loose_layout(text, tags) else "not answer and thinking as a whole"
        if fault is None and self.strict:
            blank = [tag for tag in tags if not (inside(tag, text) or "").strip()]
            fault = f"nothing in <{blank[0]}>" if blank else None
        return Score(value=float(fault is None), reason=fault or "as asked")

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("What is 2 + 3?", Number(5)),
            best=say("<answer>5</answer>\n<think>2 + 3 = 5</think>"),
            poor=say("<think>2 + 3 = 5</think><answer>5</answer>"),
            source="Med-R1 (arXiv:2503.13939), version 5",
        )


@reward("think_box_format")
@dataclass(frozen=True, kw_only=True)
class ThinkBoxFormat:
    r"""One point for thinking at the start and a closed `\boxed{…}` somewhere after it."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        if not completion.text.startswith("<think>"):
            return Score(value=0.0, reason="no <think> at the start")
        rest = completion.text[len("<think>") :]
        for mark in ("</think>", "\\boxed{", "}"):
            _, found, rest = rest.partition(mark)
            if not found:
                return Score(value=0.0, reason=f"no {mark} where it should be")
        return Score(value=1.0, reason="as asked")

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("What is 2 + 3?", Number(5)),
            best=say(r"<think>2 + 3 = 5</think> \boxed{5}"),
            poor=say(r"\boxed{5}"),
            source="EasyR1, its reward for boxed answers",
        )
