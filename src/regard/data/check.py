"""What is wrong with a data set, by line: the logic of `regard check-data`.

The sharpest question is put to the reward: does the example's own gold answer earn full marks? If
not, either the example or the reward is wrong, and training would chase the error.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from regard.data.faults import target_faults
from regard.data.gold import gold_completion
from regard.data.readers import reader_for
from regard.data.readers.loading import Records
from regard.errors import DataError
from regard.types import Completion, Dataset, Example, GroupReward, ImageRef, Reward, Score

MOST_EXTREME = 200
"""Greatest ratio of the sides of an image; the image processors of Qwen-VL refuse more."""

_ROUNDING = 1e-6
"""How much less than full marks is still full marks."""


@dataclass(frozen=True)
class Finding:
    """Something wrong, or odd, with one example."""

    place: str
    """File and line where there is a file: "train.jsonl:17"; else the number of the example."""
    example_id: str
    """Empty where the record could not be read."""
    topic: str
    """record, target, gold, image, prompt, id, or overlap."""
    message: str
    is_error: bool = True
    """False where it may well be meant."""


@dataclass(frozen=True)
class Report:
    """What a check found."""

    name: str
    num_examples: int
    findings: tuple[Finding, ...]

    @property
    def is_ok(self) -> bool:
        """No errors; there may be warnings."""
        return not any(finding.is_error for finding in self.findings)

    def render(self, *, max_findings: int = 50) -> str:
        """The report as text: errors first, in the order of the file."""
        counts = Counter(finding.is_error for finding in self.findings)
        head = (
            f"{self.name}: {_count(self.num_examples, 'example')}, "
            f"{_count(counts[True], 'error')}, {_count(counts[False], 'warning')}"
        )
        findings = sorted(self.findings, key=lambda finding: not finding.is_error)
        lines = [_line(finding) for finding in findings[:max_findings]]
        if len(findings) > max_findings:
            topics = Counter(finding.topic for finding in findings[max_findings:])
            more = ", ".join(f"{topic} {count:,}" for topic, count in topics.most_common())
            lines.append(f"… and {len(findings) - max_findings:,} more ({more})")
        return "\n".join([head, *lines])


def check(
    data: Dataset | str | Path,
    reward: Reward | GroupReward | None = None,
    *,
    full_marks: float | None = None,
    count_tokens: Callable[[Example], int] | None = None,
    max_prompt_tokens: int | None = None,
    training: Dataset | str | Path | None = None,
) -> Report:
    """Look at every example of a data set or file, and decode every image once.

    `full_marks`: what a gold answer should earn; by default the greatest value the reward says it
    gives (`range_for(example)` or `range`), or 1. `count_tokens` with `max_prompt_tokens` finds
    prompts that cannot fit. `training` is data that a model learns from before these examples test
    it: what occurs in both, by its content, is no test.
    """
    dataset = _read(data)
    checker = _Checker(reward, full_marks, count_tokens, max_prompt_tokens)
    if training is not None:
        checker.learn(_read(training))
    if not isinstance(dataset, Records):
        places = [str(index) for index in range(len(dataset))]
        return Report(type(dataset).__name__, len(dataset), checker.check_all(dataset, places))
    unread = [Finding(bad.place, "", "record", bad.reason) for bad in dataset.dropped]
    findings = checker.check_all(dataset, dataset.places)
    return Report(dataset.name, len(dataset) + len(unread), (*unread, *findings))


def _read(data: Dataset | str | Path) -> Dataset:
    return reader_for(data).read() if isinstance(data, (str, Path)) else data


Fault = tuple[str, str, bool]
"""Topic, message, and whether it is an error."""


class _Checker:
    """The questions to an example, and what was seen in the examples before."""

    def __init__(
        self,
        reward: Reward | GroupReward | None,
        full_marks: float | None,
        count_tokens: Callable[[Example], int] | None,
        max_prompt_tokens: int | None,
    ) -> None:
        self.reward = reward
        self.full_marks = full_marks
        self.count_tokens = count_tokens
        self.max_prompt_tokens = max_prompt_tokens
        self._place_of_id: dict[str, str] = {}
        self._faults_of_image: dict[ImageRef, list[Fault]] = {}
        self._learnt_questions: dict[tuple[str, tuple[str, ...]], str] = {}
        self._learnt_images: dict[str, str] = {}

    def learn(self, training: Dataset) -> None:
        """Remember what a model was trained with, by the ids of its examples."""
        for example in (training[i] for i in range(len(training))):
            try:
                question, images = _content(example)
            except DataError:  # nothing can be learnt from an image that cannot be read
                continue
            self._learnt_questions.setdefault((question, images), example.id)
            for image in images:
                self._learnt_images.setdefault(image, example.id)

    def check_all(self, dataset: Dataset, places: Sequence[str]) -> tuple[Finding, ...]:
        return tuple(
            Finding(place, example.id, topic, message, is_error)
            for place, example in ((place, dataset[i]) for i, place in enumerate(places))
            for topic, message, is_error in self._faults(place, example)
        )

    def _faults(self, place: str, example: Example) -> Iterator[Fault]:
        first = self._place_of_id.setdefault(example.id, place)
        if first != place:
            yield "id", f"the same id as {first}", True
        if not example.question.strip():
            yield "prompt", "the last message of the user has no text", False
        for image in example.images:
            if image not in self._faults_of_image:
                self._faults_of_image[image] = list(_image_faults(image))
            yield from self._faults_of_image[image]
        for fault in target_faults(example):
            yield "target", fault, True
        if self._learnt_questions:
            yield from self._overlap(example)
        yield from self._prompt_faults(example)
        yield from self._gold_faults(example)

    def _overlap(self, example: Example) -> Iterator[Fault]:
        try:
            question, images = _content(example)
        except DataError:  # an image that cannot be read; said above
            return
        learnt = self._learnt_questions.get((question, images))
        if learnt is not None:
            what = "question about the same image" if images else "question"
            yield "overlap", f"the same {what} as '{learnt}' of the training data", True
            return
        for image in dict.fromkeys(images):
            if image in self._learnt_images:
                name = self._learnt_images[image]
                yield "overlap", f"the same image as '{name}' of the training data", False

    def _prompt_faults(self, example: Example) -> Iterator[Fault]:
        if self.count_tokens is None or self.max_prompt_tokens is None:
            return
        try:
            count = self.count_tokens(example)
        except DataError as error:
            yield "prompt", str(error), True
            return
        if count > self.max_prompt_tokens:
            yield "prompt", f"{count:,} tokens, at most {self.max_prompt_tokens:,} fit", True

    def _gold_faults(self, example: Example) -> Iterator[Fault]:
        if self.reward is None:
            return
        completion, is_sure = gold_completion(example)
        try:
            score = _score(self.reward, completion, example)
            full = self._full_marks(self.reward, example)
        except DataError as error:
            yield "gold", str(error), True
            return
        except Exception as error:  # a reward may be anyone's: the other examples want a look too
            yield "gold", f"the reward failed: {type(error).__name__}: {error}", True
            return
        if score.value < full - _ROUNDING or score.value != score.value:
            said = f"{completion.text!r} earns {score.value:g} of {full:g}{_reasons(score)}"
            advice = "" if is_sure else "; give a 'gold' answer if this is not how one is written"
            yield "gold", said + advice, is_sure

    def _full_marks(self, reward: Reward | GroupReward, example: Example) -> float:
        if self.full_marks is not None:
            return self.full_marks
        range_for = getattr(reward, "range_for", None)
        ends = range_for(example) if range_for else getattr(reward, "range", None)
        # Where there is no greatest value, a whole point is what a right answer is worth.
        return float(ends[1]) if ends and math.isfinite(ends[1]) else 1.0


def _content(example: Example) -> tuple[str, tuple[str, ...]]:
    """What is asked, however it is spaced, and about which images."""
    return " ".join(example.question.split()), tuple(image.digest for image in example.images)


def _score(reward: Reward | GroupReward, completion: Completion, example: Example) -> Score:
    if isinstance(reward, GroupReward):
        return reward.score_group([completion], example)[0]
    return reward(completion, example)


def _reasons(score: Score) -> str:
    """Why, in the words of the score and its parts."""
    parts = [f"{name}: {part.reason}" for name, part in score.parts.items() if part.reason]
    said = "; ".join([score.reason, *parts] if score.reason else parts)
    return f" ({said})" if said else ""


def _image_faults(image: ImageRef) -> Iterator[Fault]:
    try:
        image.open()
    except DataError as error:
        yield "image", str(error), True
        return
    width, height = image.width, image.height
    if width * height == 1:
        yield "image", f"{image.name}: one pixel; a stand-in, perhaps?", False
    elif max(width, height) > MOST_EXTREME * min(width, height):
        yield "image", f"{image.name}: {width}x{height} is too narrow for most models", True


def _line(finding: Finding) -> str:
    sort = "error" if finding.is_error else "warning"
    name = f" '{finding.example_id}'" if finding.example_id else ""
    return f"  {finding.place}{name}: {sort} ({finding.topic}): {finding.message}"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
