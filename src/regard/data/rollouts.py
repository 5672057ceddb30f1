"""Groups as lines of a rollouts file (docs/run-folder.md), and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

from regard.data.fields import Fields
from regard.data.jsonable import json_safe
from regard.data.records import example_from_json, example_to_json
from regard.data.targets import frame_from_json
from regard.errors import DataError, nearest
from regard.types import Completion, Finish, Group, ImageFrame, ImageRef, Score

# ------------------------------------------------------------------------------------------ writing


def group_to_json(
    group: Group, *, step: int, stage: str, image: Callable[[ImageRef], str] | None = None
) -> dict[str, Any]:
    """The line of a group; `image` says where the run folder keeps an image."""
    rows = zip_longest(group.completions, group.scores, group.advantages)
    return {
        "step": step,
        "stage": stage,
        "example": example_to_json(group.example, image),
        "completions": [
            {
                **completion_to_json(completion),
                "score": None if score is None else score_to_json(score),
                "advantage": json_safe(advantage),
            }
            for completion, score, advantage in rows
        ],
    }


def completion_to_json(completion: Completion) -> dict[str, Any]:
    """The text and what the model saw; of the tokens, how many there were."""
    return {
        "text": completion.text,
        "num_tokens": len(completion.token_ids),
        "finish": completion.finish.value,
        "frames": [
            {
                "original": list(frame.original),
                "model_input": list(frame.model_input),
                "answers_in": frame.answers_in.value,
            }
            for frame in completion.frames
        ],
    }


def score_to_json(score: Score) -> dict[str, Any]:
    """A score with its parts at every depth."""
    return {
        "value": json_safe(score.value),
        "reason": score.reason,
        "parsed": json_safe(score.parsed),
        "parts": {name: score_to_json(part) for name, part in score.parts.items()},
    }


# ------------------------------------------------------------------------------------------ reading


def group_from_json(line: Any, read_image: Callable[[Any], ImageRef]) -> Group:
    """The group of a line: only `example` and `completions` are needed, and of these the texts.

    Token ids are not in the file, and what a reward parsed stays JSON.
    """
    field = Fields(line, "rollout")
    for name in ("step", "stage"):
        field.take(name)
    example = example_from_json(field.take("example"), read_image)
    items = field.items("completions")
    field.done()
    rows = [_row(item, f"completions[{i}]") for i, item in enumerate(items)]
    return Group(
        example=example,
        completions=tuple(completion for completion, _, _ in rows),
        scores=_all_or_none([score for _, score, _ in rows], "score"),
        advantages=_all_or_none([advantage for _, _, advantage in rows], "advantage"),
    )


def score_from_json(data: Any, what: str = "score") -> Score:
    """The score that `score_to_json` wrote."""
    field = Fields(data, what)
    parts = field.take("parts", {})
    if not isinstance(parts, Mapping):
        raise field.wrong("parts", "an object", parts)
    score = Score(
        value=_any_float(field, "value"),
        reason=field.text("reason", default=""),
        parsed=field.take("parsed"),
        parts={name: score_from_json(part, f"{what}.{name}") for name, part in parts.items()},
    )
    field.done()
    return score


def _row(item: Any, what: str) -> tuple[Completion, Score | None, float | None]:
    if isinstance(item, str):
        return Completion(text=item), None, None
    field = Fields(item, what)
    score = field.take("score")
    advantage = _any_float(field, "advantage") if "advantage" in field else None
    field.take("num_tokens")
    finish = field.text("finish", default=Finish.STOP)
    if finish not in set(Finish):
        raise DataError(f"{what}: unknown finish '{finish}'; {nearest(finish, list(Finish))}")
    frames = [_frame(frame, f"{what}.frames[{i}]") for i, frame in enumerate(field.items("frames"))]
    completion = Completion(text=field.text("text"), finish=Finish(finish), frames=tuple(frames))
    field.done()
    return completion, None if score is None else score_from_json(score, f"{what}.score"), advantage


def _frame(data: Any, what: str) -> ImageFrame:
    field = Fields(data, what)
    original, model_input = (
        (int(width), int(height))
        for width, height in (field.numbers(name, 2) for name in ("original", "model_input"))
    )
    answers_in = frame_from_json(field, "answers_in")
    field.done()
    return ImageFrame(original, model_input, answers_in)


def _any_float(field: Fields, name: str) -> float:
    """A number that may be "nan" or "inf": a file of rollouts shows what went wrong as well."""
    value = field.take(name)
    return float(value) if value in ("nan", "inf", "-inf") else field.number(name)


def _all_or_none(values: list[Any], what: str) -> tuple[Any, ...]:
    if all(value is None for value in values):
        return ()
    if any(value is None for value in values):
        raise DataError(f"completions: some have a {what} and some have none")
    return tuple(values)
