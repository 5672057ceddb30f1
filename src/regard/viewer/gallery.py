"""Groups of rollouts as the page shows them: prompt, images, target, completions with scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from regard.viewer.marks import marks
from regard.viewer.pictures import Album
from regard.viewer.reading import Json, RunFolder, listing, mapping, number, read_rows
from regard.viewer.sampling import in_turns, spread
from regard.viewer.shapes import PLACES, Sight, answer_shapes, sights, target_shapes

MAX_COMPLETIONS = 16
"""Completions shown of one group; of more, some of every score."""
MAX_CHARACTERS = 8000
"""Of one text; of a longer one, the beginning and the end."""


def gallery(run: RunFolder, album: Album, *, max_steps: int, max_groups_per_step: int) -> Json:
    """The chosen steps with their groups; what was left out is counted, and noted in `run`."""
    steps = []
    for step in spread(list(run.rollouts), max_steps):
        try:
            rows, num_bad = read_rows(run.rollouts[step])
        except OSError as error:
            run.notes.append(f"rollouts of step {step} cannot be read ({error.strerror}).")
            continue
        if num_bad:
            run.notes.append(f"rollouts of step {step}: {num_bad} unreadable lines.")
        rows = [row for row in rows if listing(row.get("completions"))]
        shown = in_turns(rows, max_groups_per_step, kind=_kind)
        steps.append(
            {
                "step": step,
                "stage": str(rows[0].get("stage") or "") if rows else "",
                "num_groups": len(rows),
                "groups": [group_view(row, album) for row in shown],
            }
        )
    return {"num_steps": len(run.rollouts), "steps": steps}


def group_view(row: Json, album: Album) -> Json:
    """One group, whatever of it is there."""
    example, completions = mapping(row.get("example")), listing(row.get("completions"))
    target = mapping(example.get("target"))
    prompt, pictures = _prompt(example, album)
    seen = _with_known_sizes(sights(mapping(completions[0]).get("frames")), pictures)
    wanted = target_shapes(target, seen)
    views = [
        _completion_view(mapping(completion), pictures, wanted, bare=target.get("type") in PLACES)
        for completion in completions
    ]
    views.sort(key=lambda view: -(view["score"]["value"] or 0.0))
    return {
        "id": str(example.get("id") or ""),
        "kind": _kind(row),
        "source": str(example.get("source") or ""),
        "prompt": prompt,
        "pictures": pictures,
        "target": described(target),
        "target_shapes": wanted,
        "has_signal": _has_signal(views),
        "num_completions": len(views),
        "completions": spread(views, MAX_COMPLETIONS),
    }


def described(target: object) -> str:
    """A target in a few words.

    >>> described({"type": "number", "value": 12, "tolerance": 0.0, "unit": ""})
    '12'
    >>> described({"type": "box", "x0": 1, "y0": 2, "x1": 3, "y1": 4, "frame": "pixels"})
    '(1, 2, 3, 4) pixels'
    """
    if isinstance(target, dict):
        corners = [target[key] for key in ("x0", "y0", "x1", "y1", "x", "y") if key in target]
        if len(corners) in (2, 4):
            place = f"({', '.join(described(side) for side in corners)})"
            return " ".join([place, *([str(target["frame"])] if "frame" in target else [])])
        pairs = [(key, value) for key, value in target.items() if key != "type" and value]
        # A zero is worth saying when it is the answer itself, not when it is a tolerance.
        if target.get("value") == 0:
            pairs.insert(0, ("value", target["value"]))
        if len(pairs) == 1:
            return described(pairs[0][1])
        return ", ".join(f"{key} {described(value)}" for key, value in pairs)
    if isinstance(target, list):
        return "[" + ", ".join(described(item) for item in target) + "]"
    return _clipped(f"{target:g}" if isinstance(target, float) else str(target))


def _kind(row: Json) -> str:
    return str(mapping(row.get("example")).get("kind") or "")


def _prompt(example: Json, album: Album) -> tuple[list[Json], list[Json]]:
    """The messages as parts of text and numbers of pictures; and the pictures, in reading order."""
    pictures: list[Json] = []

    def picture(part: Json) -> int:
        path = part.get("image")
        name = album.add(path) if isinstance(path, str) else None
        # The album has the size of the file; the record's own serves when the file is lost.
        size = album.pictures.get(name or "") or part
        width, height = number(size.get("width")), number(size.get("height"))
        pictures.append({"name": name, "width": width or 1, "height": height or 1})
        return len(pictures) - 1

    messages = []
    for message in map(mapping, listing(example.get("messages"))):
        content = message.get("content")
        parts: list[Any] = []
        for part in content if isinstance(content, list) else [content]:
            if isinstance(part, str):
                parts.append(_clipped(part))
            elif isinstance(part, dict) and part.get("type") == "image":
                parts.append(picture(part))
            elif isinstance(part, dict) and part.get("text"):
                parts.append(_clipped(str(part["text"])))
        messages.append({"role": str(message.get("role") or ""), "parts": parts})
    return messages, pictures


def _completion_view(
    completion: Json, pictures: list[Json], wanted: list[Json], *, bare: bool
) -> Json:
    score = mapping(completion.get("score"))
    seen = _with_known_sizes(sights(completion.get("frames")), pictures)
    shapes = answer_shapes(score, seen, bare=bare)
    view: Json = {
        "text": _clipped(str(completion.get("text") or "")),
        "num_tokens": number(completion.get("num_tokens")),
        "finish": str(completion.get("finish") or ""),
        "score": _score_view(score),
        "advantage": number(completion.get("advantage")),
        "shapes": shapes,
    }
    view["marks"] = marks(view, shapes=shapes, target_shapes=wanted)
    return view


def _score_view(score: Json, depth: int = 0) -> Json:
    parts = mapping(score.get("parts")) if depth < 8 else {}
    parsed = score.get("parsed")
    return {
        "value": number(score.get("value")),
        "reason": _clipped(str(score.get("reason") or "")),
        "parsed": "" if parsed is None else described(parsed),
        "parts": {name: _score_view(mapping(part), depth + 1) for name, part in parts.items()},
    }


def _with_known_sizes(seen: list[Sight], pictures: list[Json]) -> list[Sight]:
    """Where a completion does not say how large an image was, the image itself does."""
    seen = seen + [Sight()] * (len(pictures) - len(seen))
    sizes = [(p["width"], p["height"]) if p["width"] > 1 else None for p in pictures]
    return [
        sight if sight.original else replace(sight, original=size)
        for sight, size in zip(seen, sizes, strict=False)
    ]


def _has_signal(views: list[Json]) -> bool:
    """Whether the group moves the policy at all: its advantages are not all zero."""
    advantages = [view["advantage"] for view in views if view["advantage"] is not None]
    if advantages:
        return any(abs(advantage) > 1e-6 for advantage in advantages)
    return len({view["score"]["value"] for view in views}) > 1


def _clipped(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    head, tail = MAX_CHARACTERS * 3 // 4, MAX_CHARACTERS // 4
    return f"{text[:head]}\n… {len(text) - head - tail} characters left out …\n{text[-tail:]}"
