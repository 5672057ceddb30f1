"""Rewards for finding every object: average precision, matched recall and precision, the list.

The target is `LabelledBoxes`: any number of objects, none included. Rewards of two systems are
here in two ways: as published (`official`), holes and all, and as we would have them.

- VLM-R1 (arXiv:2504.07615): COCO's average precision; the same times min(1, true / found), which
  its authors found necessary, since wrong boxes behind the right ones cost nothing; a weighted sum
  of position and completeness.
- Vision-R1 (arXiv:2503.18013): recall and precision of matched boxes, made steeper in stages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from regard.geometry.average_precision import COCO_THRESHOLDS, average_precision
from regard.geometry.matching import Pairs, cheapest_pairs, greedy_pairs
from regard.geometry.pairs import Array, corners_of, pairwise_giou, pairwise_iou, pairwise_l1
from regard.registry import reward
from regard.rewards.boxes import ask_about_image, check_box, predicted_boxes
from regard.rewards.contract import Demo, Range, target_of
from regard.text.boxes import (
    FoundObject,
    coco_objects,
    fenced_items,
    numeric_corners,
    objects_or_salvage,
    read_objects,
)
from regard.text.fences import read_json
from regard.text.loose import one_line
from regard.text.plain import plain
from regard.text.tags import inside
from regard.types import Box, Completion, Example, Frame, LabelledBox, LabelledBoxes, Score


def true_objects(
    example: Example, reader: object, *, as_they_are: bool = False
) -> tuple[LabelledBox, ...]:
    """The objects that `example` asks for, whose boxes must be in order."""
    objects = target_of(example, LabelledBoxes, reader).boxes
    for each in () if as_they_are else objects:
        check_box(each.box, example)
    return objects


def frame_of(objects: Sequence[LabelledBox]) -> Frame:
    """What the boxes of the truth count; pixels where there are none."""
    return objects[0].box.frame if objects else Frame.PIXELS


@reward("detection_ap")
@dataclass(frozen=True, kw_only=True)
class DetectionAP:
    """COCO's average precision of the objects listed in the answer, all of them equally sure.

    Only their order counts: a wrong box costs before a right one of its class, and nothing after
    it; a class that is not among the true ones costs nothing either. Hence the length factor,
    min(1, true boxes / boxes listed): without it, listing more always pays.
    """

    length_factor: bool = True
    """Whether boxes beyond the number of true ones cost ("odLength")."""
    threshold: float | None = None
    """Overlap, 0 to 1, at which a box is right (0.5: AP50); None: the mean over COCO's ten."""
    official: bool = False
    """As published: the last block of the answer, in it the last ```json fence and nothing else;
    an answer without one lists nothing, so that any prose is right where there is nothing to find;
    corners may be out of order, even the true ones. False: JSON with or without a fence, and an
    answer that cannot be read is worth nothing."""
    answers_in: Frame | None = None
    """What the numbers of an answer count; None: what the completion says, else the target."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        objects = true_objects(example, self, as_they_are=self.official)
        answer = inside("answer", completion.text, "last")
        if answer is None:
            return Score(value=0.0, reason="no <answer>…</answer>")
        if self.official:
            items = fenced_items(answer)
            found, num_listed = coco_objects(items), len(items)
        else:
            read = read_objects(answer)
            if read is None:
                return Score(value=0.0, reason="no list of objects in the answer")
            found, num_listed = read, len(read)
        if not objects or not num_listed:
            value = float(not objects and not num_listed)
            return Score(value=value, reason=f"{num_listed} listed, {len(objects)} to find")
        rows = predicted_boxes(
            [each.corners for each in found],
            completion,
            example,
            frame=frame_of(objects),
            answers_in=self.answers_in,
        )
        precision = average_precision(
            rows,
            [each.label for each in found],
            corners_of([each.box for each in objects]),
            [each.label for each in objects],
            thresholds=COCO_THRESHOLDS if self.threshold is None else (self.threshold,),
        )
        if math.isnan(precision):  # true boxes larger than COCO counts
            precision = 0.0
        factor = min(1.0, len(objects) / num_listed) if self.length_factor else 1.0
        reason = f"AP {precision:.2f}, {num_listed} listed, {len(objects)} to find"
        return Score(value=precision * factor, reason=reason, parsed=tuple(found))

    @classmethod
    def demo(cls) -> Demo:
        example, best, poor = _demo_parts()
        return Demo(
            reward=cls(),
            example=example,
            best=best,
            poor=poor,
            source="VLM-R1 (arXiv:2504.07615), its code: od_ap, od_ap50, odLength",
        )


@reward("detection_score")
@dataclass(frozen=True, kw_only=True)
class DetectionScore:
    """Position, labels and completeness of the listed objects, in a weighted mean.

    Boxes are matched greedily, the greatest overlap first. Position is the sum of the overlaps of
    matched boxes with the right label, over the number of true ones; labels the share of true ones
    matched with their label; completeness 1 less half the share of true boxes missed and half the
    share of listed ones in vain.
    """

    position: float = 0.7
    """Weight of the position."""
    labels: float = 0.0
    """Weight of the labels."""
    completeness: float = 0.3
    """Weight of the completeness."""
    threshold: float = 0.5
    """Least overlap, 0 to 1, of a matched pair."""
    official: bool = False
    """As published: the text in lower case on one line, the first ```json fence of the last answer
    (or of the text without one), overlaps of a pixel or less are none; where there is nothing to
    find, only the word "none" is right. False: read as by `detection_ap`."""
    answers_in: Frame | None = None
    """What the numbers of an answer count; None: what the completion says, else the target."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        objects = true_objects(example, self, as_they_are=self.official)
        found: list[FoundObject | None]
        if self.official:
            text = one_line(completion.text)
            if not objects:
                return Score(value=float(text == "none"), reason="nothing to find")
            found = [_loose_object(item) for item in fenced_items(one_line(text), which="first")]
        else:
            answer = inside("answer", completion.text, "last")
            read = None if answer is None else read_objects(answer)
            if read is None:
                return Score(value=0.0, reason="no list of objects in an answer")
            found = list(read)
        if not objects or not found:
            value = float(not objects and not found)
            return Score(value=value, reason=f"{len(found)} listed, {len(objects)} to find")
        return self._score(found, objects, completion, example)

    def _score(
        self,
        found: Sequence[FoundObject | None],
        objects: Sequence[LabelledBox],
        completion: Completion,
        example: Example,
    ) -> Score:
        rows = predicted_boxes(
            [each.corners if each else (0.0, 0.0, 0.0, 0.0) for each in found],
            completion,
            example,
            frame=frame_of(objects),
            answers_in=self.answers_in,
        )
        overlaps = pairwise_iou(
            rows,
            corners_of([each.box for each in objects]),
            rule="beyond_a_pixel" if self.official else "continuous",
        )
        pairs = greedy_pairs(overlaps, least=self.threshold)
        right = [
            (i, j)
            for i, j in pairs
            if (each := found[i]) is not None and self._is_called(each.label, objects[j].label)
        ]
        position = sum(float(overlaps[i, j]) for i, j in right) / len(objects)
        missed = 1 - len(pairs) / len(objects)
        in_vain = 1 - len(pairs) / len(found)
        parts = {
            "position": (self.position, position),
            "labels": (self.labels, len(right) / len(objects)),
            "completeness": (self.completeness, 1 - (missed + in_vain) / 2),
        }
        total = sum(weight for weight, _ in parts.values())
        value = sum(weight * part for weight, part in parts.values()) / total
        return Score(
            value=value,
            reason=f"{len(pairs)} matched of {len(found)} listed, {len(objects)} to find",
            parts={name: Score(value=part) for name, (_, part) in parts.items()},
            parsed=tuple(found),
        )

    def _is_called(self, said: object, label: str) -> bool:
        if self.official:
            return isinstance(said, str) and said.lower() == label.lower()
        return _is_called(said, label)

    @classmethod
    def demo(cls) -> Demo:
        example, best, poor = _demo_parts()
        return Demo(
            reward=cls(),
            example=example,
            best=best,
            poor=poor,
            source="VLM-R1 (arXiv:2504.07615), its code: weighted_sum",
        )


# ---------------------------------------------------------------- recall and precision, in stages


def steepened(
    values: Sequence[float], *, low: float, high: float, reaches_high: bool = True
) -> list[float]:
    """0 below `low`, 1 from `high` on, itself between: Vision-R1's differentiation.

    The published code wants more than `high` for the 1 (`reaches_high=False`).

    >>> steepened([0.4, 0.5, 0.75, 0.8], low=0.5, high=0.75)
    [0.0, 0.5, 1.0, 1.0]
    >>> steepened([0.75], low=0.5, high=0.75, reaches_high=False)
    [0.75]
    """
    return [
        0.0 if x < low else 1.0 if x > high or (reaches_high and x == high) else x for x in values
    ]


@dataclass(frozen=True, kw_only=True)
class _Matched:
    """What recall and precision have in common: how an answer is read and matched."""

    low: float = 0.5
    """Below this, 0 to 1, the value counts nothing (the paper's xi 1)."""
    high: float = 0.75
    """From here on it counts as 1 (the paper's xi 2)."""
    official: bool = False
    """As the published code: the quality of a pair is its generalised IoU; pairs have the least sum
    of the distance of corners in pixels, less 1 for the same label, less the quality; a value that
    only equals `high` stays itself; numbers of 32 bits. False: the quality is the IoU, and pairs
    have its greatest sum."""
    answers_in: Frame | None = None
    """What the numbers of an answer count; None: what the completion says, else the target."""

    range: ClassVar[Range] = (0.0, 1.0)

    def _qualities(
        self, completion: Completion, example: Example, objects: Sequence[LabelledBox]
    ) -> tuple[list[FoundObject], list[float]]:
        """The objects of the answer, and the quality of each matched pair."""
        found = objects_or_salvage(inside("answer", completion.text, "last") or completion.text)
        if self.official:
            found = objects_or_salvage(completion.text.strip())
        if not found or not objects:
            return found, []
        dtype = np.float32 if self.official else np.float64
        rows = predicted_boxes(
            [each.corners for each in found],
            completion,
            example,
            frame=frame_of(objects),
            answers_in=self.answers_in,
            dtype=dtype,
        )
        quality, pairs = self._pairs(rows, found, objects)
        return found, [float(quality[pair]) for pair in pairs]

    def _pairs(
        self, rows: Array, found: Sequence[FoundObject], objects: Sequence[LabelledBox]
    ) -> tuple[Array, Pairs]:
        true = corners_of([each.box for each in objects], rows.dtype.type)
        if not self.official:
            quality = pairwise_iou(rows, true)
            return quality, cheapest_pairs(-quality)
        same = [
            [_stripped(each.label) == other.label.lower() for other in objects] for each in found
        ]
        return matched_giou(rows, true, same)

    def _steepened(self, values: Sequence[float]) -> list[float]:
        low, high = self.low, self.high
        if self.official:  # bounds as the 32-bit numbers they are compared with
            low, high = float(np.float32(low)), float(np.float32(high))
        return steepened(values, low=low, high=high, reaches_high=not self.official)


def matched_giou(rows: Array, true: Array, same_label: Any) -> tuple[Array, Pairs]:
    """Generalised IoU of every pair, and the pairs that Vision-R1's published code matches.

    They have the least sum of the L1 distance of corners, less 1 for the same label, less the
    generalised IoU. The distance is in pixels, so the others only decide near-ties.
    """
    quality = pairwise_giou(rows, true)
    with np.errstate(invalid="ignore"):
        cost = pairwise_l1(rows, true) - np.asarray(same_label, rows.dtype) - quality
    return quality, cheapest_pairs(cost)


@reward("matched_recall")
@dataclass(frozen=True, kw_only=True)
class MatchedRecall(_Matched):
    """The share of true boxes that a box of the answer is matched with well enough, steepened.

    Labels do not matter. Boxes beyond the true ones cost nothing.
    """

    threshold: float = 0.5
    """Least quality, 0 to 1, of a pair that counts (the paper's xi 0)."""

    def __call__(self, completion: Completion, example: Example) -> Score:
        objects = true_objects(example, self)
        found, qualities = self._qualities(completion, example, objects)
        if not found or not objects:
            value = float(not objects and not found)
            return Score(value=value, reason=f"{len(found)} listed, {len(objects)} to find")
        hits = steepened(
            qualities,
            low=float(np.float32(self.threshold)) if self.official else self.threshold,
            high=float(np.float32(self.threshold)) if self.official else self.threshold,
            # The published code lets a quality right at the threshold count as itself.
            reaches_high=not self.official,
        )
        recall = sum(hits) / len(objects)
        if self.official:
            recall = float(np.float32(recall))
        (value,) = self._steepened([recall])
        reason = f"{sum(hit > 0 for hit in hits)} of {len(objects)} found"
        return Score(value=value, reason=reason, parsed=tuple(found))

    @classmethod
    def demo(cls) -> Demo:
        example, best, poor = _demo_parts(tagged=False)
        return Demo(
            reward=cls(),
            example=example,
            best=best,
            poor=poor,
            source="Vision-R1 (arXiv:2503.18013), equations 3 and 6",
        )


@reward("matched_precision")
@dataclass(frozen=True, kw_only=True)
class MatchedPrecision(_Matched):
    """The mean quality of the boxes of the answer that are matched with true ones, steepened.

    Labels do not matter, and true boxes that nothing is matched with cost nothing here.
    """

    charge_extra: bool = True
    """Whether boxes beyond the matched ones count as worthless. False as published: then they are
    free, and listing more never costs."""

    def __call__(self, completion: Completion, example: Example) -> Score:
        objects = true_objects(example, self)
        found, qualities = self._qualities(completion, example, objects)
        if not found or not objects:
            value = float(not objects and not found)
            return Score(value=value, reason=f"{len(found)} listed, {len(objects)} to find")
        worths = self._steepened(qualities)
        value = sum(worths) / (len(found) if self.charge_extra else len(worths))
        # A generalised IoU may be negative; with `low` at 0 nothing below is left.
        value = min(max(value, 0.0), 1.0)
        reason = f"mean of {len(worths)} pairs, {len(found)} listed, {len(objects)} to find"
        return Score(value=value, reason=reason, parsed=tuple(found))

    @classmethod
    def demo(cls) -> Demo:
        return replace(
            MatchedRecall.demo(),
            reward=cls(),
            source="Vision-R1 (arXiv:2503.18013), equations 4 and 6",
        )


# ------------------------------------------------------------------------------------ the format


@reward("detection_format")
@dataclass(frozen=True, kw_only=True)
class DetectionFormat:
    """One point for a JSON list of objects and nothing around it: template and content.

    `[{"bbox_2d": [x0, y0, x1, y1], "label": "cat"}]`, in a ```json fence or bare: each object has a
    label and four finite numbers, corners in order.
    """

    official: bool = False
    """As the published code, whose content is only that boxes have four items: what is no object,
    lacks a key, has texts for numbers or corners out of order passes, and so does an empty list.
    It turns the reward round where there is nothing to find: then a list costs the point."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        objects = true_objects(example, self, as_they_are=self.official)
        text = completion.text.strip()
        if not self.official:
            text = text.removeprefix("```json").removesuffix("```")
            fault = _list_fault(read_json(text))
            return Score(value=float(fault is None), reason=fault or "as asked")
        # In one pass: a line break before the opening fence leaves the word "json" behind.
        text = re.sub("```json\n|\n```", "", completion.text).strip()
        value = read_json(text)
        is_kept = (value is not None or text == "null") and not _has_short_box(value)
        reason = "a list" if is_kept else "no list of boxes with four items"
        return Score(value=float(is_kept if objects else not is_kept), reason=reason)

    @classmethod
    def demo(cls) -> Demo:
        example, best, _ = _demo_parts(tagged=False)
        return Demo(
            reward=cls(),
            example=example,
            best=best,
            poor=Completion(text="The cat is on the left."),
            source="Vision-R1 (arXiv:2503.18013), equation 2",
        )


def _has_short_box(value: Any) -> bool:
    """Whether an object with both keys has anything but four items for its box."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict) and "bbox_2d" in item and "label" in item:
            box = item["bbox_2d"]
            if not isinstance(box, list) or len(box) != 4:
                return True
    return False


def _list_fault(value: Any) -> str | None:
    if not isinstance(value, list):
        return "no JSON list"
    for item in value:
        if not isinstance(item, dict) or not isinstance(item.get("label"), str):
            return "an item without a label"
        corners = numeric_corners(item.get("bbox_2d"), exactly=True)
        if corners is None or not all(map(math.isfinite, corners)):
            return "a box without four numbers"
        if corners[0] >= corners[2] or corners[1] >= corners[3]:
            return "corners out of order"
    return None


# -------------------------------------------------------------------------------------- the rest


def _loose_object(item: Any) -> FoundObject | None:
    """An item with a box of numbers, whatever its label; None for any other."""
    corners = numeric_corners(item.get("bbox_2d")) if isinstance(item, dict) else None
    return FoundObject(item.get("label"), corners) if corners else None


def _is_called(said: object, label: str) -> bool:
    return isinstance(said, str) and plain(said) == plain(label)


def _stripped(said: object) -> str | None:
    return said.strip().lower() if isinstance(said, str) else None


def _demo_parts(tagged: bool = True) -> tuple[Example, Completion, Completion]:
    both = (
        '[{"bbox_2d": [10, 10, 110, 110], "label": "cat"}, '
        '{"bbox_2d": [150, 20, 250, 140], "label": "dog"}]'
    )
    one = '[{"bbox_2d": [10, 10, 110, 80], "label": "cat"}]'
    target = LabelledBoxes(
        (
            LabelledBox("cat", Box(10, 10, 110, 110)),
            LabelledBox("dog", Box(150, 20, 250, 140)),
        )
    )
    fenced = [f"```json\n{text}\n```" for text in (both, one)]
    example = ask_about_image("Find every animal.", target, answer=fenced[0], tagged=tagged)
    wrapped = (
        [f"<think>I look.</think><answer>{text}</answer>" for text in fenced] if tagged else fenced
    )
    return example, Completion(text=wrapped[0]), Completion(text=wrapped[1])
