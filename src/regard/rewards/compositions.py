"""Whole rewards that published systems train with, put together from the rewards of this room.

Functions, since they are configuration: what they return prints itself in full, and any weight in
it can be changed by path.
"""

from __future__ import annotations

from regard.rewards.boxes import BoxOverlap
from regard.rewards.combine import Gated, Routed, Weighted
from regard.rewards.detection import DetectionFormat, MatchedPrecision, MatchedRecall
from regard.rewards.forgery import (
    ExplanationOverlap,
    ForgeryBoxFormat,
    ForgeryClass,
    ForgeryOverlap,
)
from regard.rewards.format import ThinkAnswerFormat, ThinkBoxFormat
from regard.rewards.gui import GuiActionMatch, GuiFormat
from regard.rewards.judges import AnyOf, BetterThanReference, Judge, JudgedAnswer, Scorer
from regard.rewards.length import SoftOverlong
from regard.rewards.mathematics import MathAnswer
from regard.rewards.named_word import COLOURS, SHAPES, NamedWord
from regard.rewards.tool_calls import ToolCallAction, ToolCallFormat
from regard.types import Reward


def hard_format(*, official: bool = False) -> Gated:
    """One point where the format is right and the answer is, nothing in between.

    Vision-R1 (arXiv:2503.06749), HFRRF; what is cut off lacks its closing tag and earns nothing.
    Officially repeated blocks pass and the first counts, as in the framework it builds on.
    """
    if official:
        form = ThinkAnswerFormat(strict=False, allow_blank=True)
        answer = MathAnswer(where="first", rule="competition", drop_final_answer=True)
        return Gated(gate=form, reward=answer)
    return Gated(gate=ThinkAnswerFormat(), reward=MathAnswer(drop_final_answer=True))


def answer_and_format(*, format_weight: float = 0.5, official: bool = False) -> Weighted:
    """An answer by the MATH graders' rule, and think and answer tags; EasyR1's reward for R1-V.

    Officially an answer with a line break is not found, and a bare right text is.
    """
    answer = MathAnswer(where="first_line" if official else "only", rule="competition")
    form = ThinkAnswerFormat(strict=not official, allow_blank=official)
    return Weighted(accuracy=(1 - format_weight, answer), format=(format_weight, form))


def boxed_answer_and_format() -> Weighted:
    """0.9 for the answer in the last box, 0.1 for thinking before it: EasyR1, for mathematics."""
    answer = MathAnswer(where="last_opened_box", rule="competition")
    return Weighted(accuracy=(0.9, answer), format=(0.1, ThinkBoxFormat()))


def rule_or_judge(judge: Judge) -> Weighted:
    """0.8 for an answer that a rule or a judge accepts, 0.2 for the format.

    Skywork-R1V3 (arXiv:2507.06167), section 3; its judge says yes or no.
    """
    judged = JudgedAnswer(judge=judge, tiers={"yes": 1.0, "no": 0.0})
    accuracy = AnyOf(rewards={"rule": MathAnswer(), "judge": judged})
    return Weighted(accuracy=(0.8, accuracy), format=(0.2, ThinkAnswerFormat()))


def rule_by_kind_else_judge(judge: Judge, *, judged_kind: str = "DES") -> Weighted:
    """0.7 for the answer, of descriptions by a judge and of all others by a rule; 0.3 for format.

    WeThink (arXiv:2506.07905); `judged_kind` is the kind of the examples a judge sees. How its
    judge grades was not published: ours says correct, partly or wrong.
    """
    routes = {judged_kind: JudgedAnswer(judge=judge)}
    accuracy = Routed(by="kind", routes=routes, default=MathAnswer())
    return Weighted(accuracy=(0.7, accuracy), format=(0.3, ThinkAnswerFormat()))


def mixed_by_target(scorer: Scorer) -> Routed:
    """Another rule for each sort of target; descriptions against their reference by a scorer.

    VLAA-Thinking (arXiv:2504.11468): numbers, options, mathematics, boxes by their overlap. There
    is no reward for the format; what has no answer block earns nothing.
    """
    exact = MathAnswer()
    return Routed(
        by="target",
        routes={
            "Number": exact,
            "Choice": exact,
            "Expression": exact,
            "Box": BoxOverlap(),
            "FreeText": BetterThanReference(scorer=scorer),
        },
    )


def option_and_format(*, gated: bool = False) -> Weighted | Gated:
    """0.9 for the right option, 0.1 for the format; gated, nothing unless both are right.

    Patho-R1 (arXiv:2505.11404) with GRPO, as it was retold: once as the sum, once with the gate.
    """
    both = Weighted(accuracy=(0.9, MathAnswer()), format=(0.1, ThinkAnswerFormat()))
    return Gated(gate=both, reward=both) if gated else both


def option_or_loss(*, max_length: int, buffer: int) -> Weighted:
    """1 for the right option in the right format and -1 for all else, less what is too long.

    Patho-R1 (arXiv:2505.11404) with DAPO, as it was retold; its code was not published.
    """
    right = Gated(gate=ThinkAnswerFormat(), reward=_plus_or_minus(), otherwise=-1.0)
    length = SoftOverlong(max_length=max_length, buffer=buffer)
    return Weighted(answer=(1.0, right), length=(1.0, length))


def option_and_length(*, max_length: int, buffer: int, gated: bool = False) -> Weighted | Gated:
    """0.5 for the right option, less up to 0.5 for what is too long; gated, 1 or -1.

    Patho-R1 (arXiv:2505.11404) with DAPO, as it was retold: once as the sum, once as 1 where the
    option is right and nothing is too long, and -1 where not. How long is too long is DAPO's rule.
    """
    length = SoftOverlong(max_length=max_length, buffer=buffer)
    if gated:
        return Gated(gate=length, threshold=0.0, reward=_plus_or_minus(), otherwise=-1.0)
    return Weighted(accuracy=(0.5, MathAnswer()), length=(0.5, length))


def listed_objects(*, is_strict: bool = False) -> Weighted:
    """Format, recall and precision of a list of boxes, 1 each; strictly, they start later.

    Vision-R1 (arXiv:2503.18013), equation 5 and section 3.3: strict from some part of the training
    on, which is `Staged({0: listed_objects(), 1500: listed_objects(is_strict=True)})`.
    """
    low, high = (0.75, 0.9) if is_strict else (0.5, 0.75)
    return Weighted(
        format=(1.0, DetectionFormat()),
        recall=(1.0, MatchedRecall(threshold=low, low=low, high=high)),
        precision=(1.0, MatchedPrecision(low=low, high=high)),
    )


def screen_action(*, official: bool = False) -> Weighted:
    """0.8 for the right action on a screen, 0.2 for its format: GUI-R1 (arXiv:2504.10458)."""
    return Weighted(
        format=(0.2, GuiFormat(official=official)),
        accuracy=(0.8, GuiActionMatch(official=official)),
    )


def tool_call() -> Weighted:
    """1 for the right call, 1 for its layout: Mobile-R1 (arXiv:2506.20332), stage 2."""
    return Weighted(action=(1.0, ToolCallAction()), format=(1.0, ToolCallFormat()))


def forgery(*, explanation_weight: float = 0.0) -> Weighted:
    """Layout, verdict, whether a region belongs to it, and its overlap: 1 each.

    So-Fake-R1 (arXiv:2505.18660) speaks of five parts and published no formulas; the weights are
    ours. The explanation counts where a weight is given, since it needs one to compare with.
    """
    parts: dict[str, tuple[float, Reward]] = {
        "format": (1.0, ThinkAnswerFormat()),
        "class": (1.0, ForgeryClass()),
        "box_format": (1.0, ForgeryBoxFormat()),
        "iou": (1.0, ForgeryOverlap()),
    }
    if explanation_weight:
        parts["explanation"] = (explanation_weight, ExplanationOverlap())
    return Weighted(parts)


def gate_command() -> Weighted:
    """1 for the gate's colour and no other, 0.5 for its shape, 0.1 for the format.

    For the reasoner of CognitiveDrone-R1 (arXiv:2503.01378), which its authors did not train with
    reinforcement: the reward is ours.
    """
    return Weighted(
        colour=(1.0, NamedWord(words=COLOURS)),
        shape=(0.5, NamedWord(words=SHAPES)),
        format=(0.1, ThinkAnswerFormat()),
    )


def _plus_or_minus() -> Gated:
    return Gated(gate=MathAnswer(), reward=MathAnswer(), otherwise=-1.0)
