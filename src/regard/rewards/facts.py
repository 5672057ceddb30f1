"""What each reward computes, in a line, and which of the published systems train with it.

The page of rewards and `regard list rewards` show it beside what the rewards say of themselves. A
system is named where its paper or its code has the reward, if under other settings.

Letters: y the answer, t the truth, [ ] 1 where it holds and else 0.
"""

from __future__ import annotations

from dataclasses import dataclass

GUIDED, MATHS = "Vision-R1 (guided)", "Vision-R1 (mathematics)"


@dataclass(frozen=True)
class Facts:
    """A formula, and the systems that use it."""

    formula: str
    systems: tuple[str, ...] = ()


FACTS = {
    "answer_only_format": Facts("[text = <answer>…</answer>]", ("Med-R1",)),
    "answer_think_format": Facts("[one answer block, then one that explains]", ("Med-R1",)),
    "any_of": Facts("max over parts, in turn until one is full", ("Skywork-R1V3", "WeThink")),
    "better_than_reference": Facts("1 - exp(-β (s(y) - s(t))) above 0, else 0", ("VLAA-Thinker",)),
    "box_answer_format": Facts("[<think>, </think><answer>, box, </answer> in order]", ("VLM-R1",)),
    "box_overlap": Facts("|y ∩ t| / |y ∪ t|, or [that > threshold]", ("VLM-R1", "VLAA-Thinker")),
    "candidates_answer": Facts("[some candidate = t]; less without a candidate", ("VL-Rethinker",)),
    "closed_up": Facts("reward(y without blanks beside marks)"),
    "cosine_length": Facts("low + (high - low)(1 + cos(π L / L_max)) / 2", ("VLM-R1",)),
    "detection_ap": Facts("AP(y, t) · min(1, n_t / n_y)", ("VLM-R1",)),
    "detection_format": Facts("[a bare list in JSON, each object whole and in order]", (GUIDED,)),
    "detection_repetition": Facts("-(1 - different items / items)", ("VLM-R1",)),
    "detection_score": Facts("0.7 position + 0 labels + 0.3 completeness", ("VLM-R1",)),
    "exact_answer": Facts("[y = t]"),
    "explanation_overlap": Facts("ROUGE-L F(thinking, explanation)", ("So-Fake-R1",)),
    "forgery_box_format": Facts("[one region iff TAMPERED]", ("So-Fake-R1",)),
    "forgery_class": Facts("[verdict = t]", ("So-Fake-R1",)),
    "forgery_overlap": Facts("IoU(y, t) where both say TAMPERED", ("So-Fake-R1",)),
    "gated": Facts("reward where gate >= threshold, else otherwise", (MATHS, "Patho-R1")),
    "gui_action": Facts("[kind] · [place in box] · [text F1 >= 1/2]", ("GUI-R1",)),
    "gui_format": Facts("[thinking, then a list of actions]", ("GUI-R1",)),
    "judged_answer": Facts(
        "worth of the judge's word", ("Skywork-R1V3", "WeThink", "VLAA-Thinker", "Patho-R1")
    ),
    "label_set": Facts("2 |y ∩ t| / (|y| + |t|)", ("Med-R1",)),
    "loose_answer": Facts("[y = t by the rule], or likeness(y, t)", ("VLM-R1",)),
    "matched_precision": Facts("steepened(Σ quality of pairs / n_y)", (GUIDED,)),
    "matched_recall": Facts("steepened(good pairs / n_t)", (GUIDED,)),
    "math_answer": Facts(
        "[y ≡ t]",
        (MATHS, "VL-Rethinker", "OpenVLThinker", "Skywork-R1V3", "WeThink", "VLAA-Thinker",
         "Patho-R1"),
    ),
    "named_word": Facts("[of the known words, y has t's alone]", ("CognitiveDrone-R1",)),
    "repetition_penalty": Facts("different n-grams / n-grams - 1"),
    "rethinking": Facts("reward, more with 1 or 2 second thoughts, less after", ("VL-Rethinker",)),
    "routed": Facts("rewards[sort of example]", ("VLAA-Thinker", "WeThink")),
    "semantic_similarity": Facts("cos(e(y), e(t)) above least"),
    "soft_overlong": Facts("0, then -(L - (L_max - buffer)) / buffer, then -1", ("Patho-R1",)),
    "tag_or_text_answer": Facts("[answer block = t] or [a number in the text = t]", ("Med-R1",)),
    "think_answer_format": Facts(
        "[<think>…</think><answer>…</answer> and nothing else]",
        (MATHS, "VLM-R1", "Med-R1", "OpenVLThinker", "Skywork-R1V3", "WeThink", "Patho-R1",
         "So-Fake-R1"),
    ),
    "think_box_format": Facts("[thinking, then \\boxed{…}]", (MATHS,)),
    "tool_call_action": Facts("[kind = t's] · [place in box, or text = t's]", ("Mobile-R1",)),
    "tool_call_format": Facts("[thought, sentence, one valid call]", ("Mobile-R1",)),
    "weighted": Facts("Σ weight · part", ("GUI-R1", "Mobile-R1", "WeThink", "So-Fake-R1")),
}  # fmt: skip
