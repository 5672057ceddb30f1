"""Rewards for telling a real picture from a forged one, and for finding what was tampered with.

The parts of So-Fake-R1 (arXiv:2505.18660): format, class, box format, overlap, explanation. Its
code is not published, so the rules are ours, from the paper's output format. In one reward:

    Weighted(
        format=(1.0, ThinkAnswerFormat()),
        label=(1.0, ForgeryClass()),
        box_format=(1.0, ForgeryBoxFormat()),
        overlap=(1.0, ForgeryOverlap()),
    )

Real and fully synthetic pictures then earn 3 at most and tampered ones 4, which does not matter
where rewards are compared within a group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from regard.errors import DataError
from regard.geometry.pairs import corners_of, pairwise_iou
from regard.registry import reward
from regard.rewards.boxes import ask_about_image, check_box, predicted_boxes
from regard.rewards.contract import Demo, Range, target_of
from regard.text.forgery import ForgeryAnswer, forgery_answer, verdict_of
from regard.text.similarity import rouge_l
from regard.text.tags import inside
from regard.types import Box, Completion, Example, Forgery, Frame, Score

_SOURCE = "So-Fake-R1 (arXiv:2505.18660), from its description; the rule is ours"


def true_verdict(example: Example, reader: object) -> str:
    """The verdict of the truth: REAL, FULL_SYNTHETIC or TAMPERED."""
    target = target_of(example, Forgery, reader)
    verdict = verdict_of(target.verdict)
    if verdict is None:
        raise DataError(
            f"example '{example.id}': {target.verdict!r} is no verdict; "
            "expected real, full_synthetic or tampered"
        )
    if target.region is not None:
        check_box(target.region, example)
    return verdict


@reward("forgery_class")
@dataclass(frozen=True, kw_only=True)
class ForgeryClass:
    """One point when the verdict is right: REAL, FULL_SYNTHETIC or TAMPERED."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        wanted = true_verdict(example, self)
        said = forgery_answer(completion.text).verdict
        if said is None:
            return Score(value=0.0, reason="no verdict in the answer")
        is_right = said == wanted
        reason = f"{said} is right" if is_right else f"{said}, not {wanted}"
        return Score(value=float(is_right), reason=reason, parsed=said)

    @classmethod
    def demo(cls) -> Demo:
        return _demo(cls(), poor="REAL")


@reward("forgery_box_format")
@dataclass(frozen=True, kw_only=True)
class ForgeryBoxFormat:
    """One point for just one region in order where the verdict is TAMPERED, and for none elsewhere.

    Judged by the verdict that was given, not by the true one: it is about consistency.
    """

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        true_verdict(example, self)
        fault = region_fault(forgery_answer(completion.text))
        return Score(value=float(fault is None), reason=fault or "as asked")

    @classmethod
    def demo(cls) -> Demo:
        return _demo(cls(), poor="TAMPERED")


@reward("forgery_overlap")
@dataclass(frozen=True, kw_only=True)
class ForgeryOverlap:
    """How much the region overlaps with the tampered one, where truth and verdict are TAMPERED.

    Intersection over union, for an answer with just one region in order. A box around the whole
    picture earns the share that was tampered with: watch the mean area of boxes.
    """

    threshold: float | None = None
    """Overlap, 0 to 1, that must be exceeded for a whole point; None pays the overlap itself."""
    answers_in: Frame | None = None
    """What the numbers of an answer count; None: what the completion says, else the target."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        wanted = true_verdict(example, self)
        region = target_of(example, Forgery, self).region
        if wanted != "TAMPERED":
            return Score(value=0.0, reason=f"nothing to find in a {wanted} picture")
        if region is None:
            raise DataError(
                f"example '{example.id}': a tampered picture without its region has no overlap"
            )
        answer = forgery_answer(completion.text)
        if answer.verdict != "TAMPERED":
            return Score(value=0.0, reason="not called TAMPERED")
        if fault := region_fault(answer):
            return Score(value=0.0, reason=fault)
        rows = predicted_boxes(
            answer.regions, completion, example, frame=region.frame, answers_in=self.answers_in
        )
        overlap = float(pairwise_iou(rows, corners_of([region]))[0, 0])
        value = overlap if self.threshold is None else float(overlap > self.threshold)
        x0, y0, x1, y1 = rows[0].tolist()
        box = Box(x0, y0, x1, y1, region.frame)
        return Score(value=value, reason=f"IoU {overlap:.2f}", parsed=box)

    @classmethod
    def demo(cls) -> Demo:
        return _demo(cls(), poor="TAMPERED,(48,20),(148,223).")


@reward("explanation_overlap")
@dataclass(frozen=True, kw_only=True)
class ExplanationOverlap:
    """ROUGE-L of the thinking with the explanation of the truth: shared words in order, F-measure.

    Words are not understood: saying the same in other words earns little, and the commonest words
    of explanations always earn something.
    """

    tag: str = "think"
    """Name of the tag the explanation stands in; the first such block counts."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        reference = target_of(example, Forgery, self).explanation
        if not reference:
            raise DataError(f"example '{example.id}': no explanation to compare with")
        said = inside(self.tag, completion.text)
        if said is None:
            return Score(value=0.0, reason=f"no <{self.tag}>…</{self.tag}>")
        value = rouge_l(said, reference)
        return Score(value=value, reason=f"ROUGE-L {value:.2f}")

    @classmethod
    def demo(cls) -> Demo:
        demo = _demo(cls(), poor="REAL")
        return Demo(
            reward=cls(),
            example=demo.example,
            best=demo.best,
            poor=Completion(text="<think>It looks fine.</think><answer>REAL</answer>"),
            source=_SOURCE,
        )


def region_fault(answer: ForgeryAnswer) -> str | None:
    """What does not fit between verdict and regions; None where they fit."""
    if answer.verdict is None:
        return "no verdict in the answer"
    wanted = 1 if answer.verdict == "TAMPERED" else 0
    if len(answer.regions) != wanted:
        return f"{answer.verdict} with {len(answer.regions)} regions, not {wanted}"
    if any(x0 >= x1 or y0 >= y1 for x0, y0, x1, y1 in answer.regions):
        return "corners out of order"
    return None


_CLUES = "The edges around the cup are blurred and its shadow falls to the wrong side."


def _demo(reward: object, *, poor: str) -> Demo:
    def say(answer: str) -> Completion:
        return Completion(text=f"<think>{_CLUES}</think><answer>{answer}</answer>")

    right = "TAMPERED,(48,0),(219,223)."
    target = Forgery("tampered", Box(48, 0, 219, 223), _CLUES)
    example = ask_about_image("Was this picture tampered with?", target, answer=right)
    return Demo(
        reward=reward,  # type: ignore[arg-type]  # each of the four above
        example=example,
        best=say(right),
        poor=say(poor),
        source=_SOURCE,
    )
