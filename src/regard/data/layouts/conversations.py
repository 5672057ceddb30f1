"""Conversations: ShareGPT, and VLM-R1's own.

ShareGPT is the form in which LLaMA-Factory and its like keep conversations (and the cold start of
Vision-R1, arXiv:2503.06749); VLM-R1 (arXiv:2504.07615) writes truths without thinking in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regard.data.fields import shown
from regard.data.layouts.common import (
    bare_letter,
    choice,
    images_of,
    number_or_text,
    record_of,
    with_placeholder,
)
from regard.errors import DataError
from regard.text.boxes import box_corners, read_objects
from regard.text.tags import only

_SPEAKERS = {
    "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant",
    "system": "system",
}  # fmt: skip


def sharegpt(row: Mapping[str, Any]) -> dict[str, Any]:
    """A conversation: its last turn is what the model should write, and the target stands in that.

    >>> turns = [
    ...     {"from": "human", "value": "<image>How many?"},
    ...     {"from": "gpt", "value": "<think>…</think><answer>4</answer>"},
    ... ]
    >>> sharegpt({"conversations": turns, "image": "a.png"})["target"]
    {'type': 'text', 'text': '4'}
    """
    rest = dict(row)
    turns = rest.pop("conversations", None) or rest.pop("messages", None)
    if not isinstance(turns, (list, tuple)) or not turns:
        raise DataError(f"'conversations' should be a list of turns, got {shown(turns)}")
    messages = [_turn(turn, number) for number, turn in enumerate(turns)]
    if system := rest.pop("system", None):
        messages.insert(0, {"role": "system", "content": system})
    if messages[-1]["role"] != "assistant":
        raise DataError("the last turn should be the assistant's: it holds the answer")
    gold = messages.pop()["content"]
    answer = only("answer", gold)
    images = images_of(rest)
    first = next((turn for turn in messages if turn["role"] == "user"), None)
    if first is not None:
        written = "".join(turn["content"] for turn in messages)
        first["content"] = with_placeholder(first["content"], written, images)
    return record_of(
        rest,
        messages=messages,
        images=images,
        gold=gold,
        target={"type": "text", "text": (gold if answer is None else answer).strip()},
    )


def _turn(turn: Any, number: int) -> dict[str, str]:
    if not isinstance(turn, Mapping):
        raise DataError(f"conversations[{number}] should be an object, got {shown(turn)}")
    speaker = turn.get("from", turn.get("role"))
    text = turn.get("value", turn.get("content"))
    if speaker not in _SPEAKERS or not isinstance(text, str):
        raise DataError(
            f"conversations[{number}]: expected 'from' ({', '.join(_SPEAKERS)}) and a text in "
            f"'value', got {shown(turn)}"
        )
    return {"role": _SPEAKERS[speaker], "content": text}


def vlm_r1(row: Mapping[str, Any]) -> dict[str, Any]:
    """A conversation of VLM-R1 (arXiv:2504.07615): its last turn is the truth, without thinking.

    `[34, 50, 120, 208]` is a box, a list of objects in JSON (fenced or not) or "None" what there is
    to detect, a letter an option where the record's `accu_reward_method` says "mcq", a number a
    number; anything else is a text. Boxes count pixels of the image as it lies on disk.

    >>> turns = [
    ...     {"from": "human", "value": "<image>Where is the mug?"},
    ...     {"from": "gpt", "value": "[34, 50, 120, 208]"},
    ... ]
    >>> vlm_r1({"id": 17, "conversations": turns, "image": "a.jpg"})["target"]
    {'type': 'box', 'box': [34.0, 50.0, 120.0, 208.0]}
    """
    method = str(row.get("accu_reward_method") or "")
    turns = [_written_number(turn) for turn in _listed(row.get("conversations"))]
    given = {name: value for name, value in row.items() if name != "id"}
    record = sharegpt({**given, "conversations": turns})
    record["target"] = _vlm_r1_target(record.pop("gold"), method)
    return record if row.get("id") is None else {"id": str(row["id"]), **record}


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise DataError(f"'conversations' should be a list of turns, got {shown(value)}")
    return value


def _written_number(turn: Any) -> Any:
    """A turn whose value is a bare number, as theirs may be, with the number as a text."""
    value = turn.get("value") if isinstance(turn, Mapping) else None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {**turn, "value": f"{value:g}"} if is_number else turn


def _vlm_r1_target(truth: str, method: str) -> dict[str, Any]:
    text = truth.strip()
    if method == "mcq":
        letter = bare_letter(text)
        if letter is None:
            raise DataError(f"accu_reward_method is 'mcq', but the answer {text!r} is no letter")
        return choice(letter)
    corners = box_corners(text, spelling="numbers")
    if text.startswith("[") and corners is not None and text.count("[") == 1:
        return {"type": "box", "box": list(corners)}
    objects = [] if text == "None" else read_objects(text)
    if objects is not None and (objects or method.startswith("od") or text == "None"):
        boxes = [{"label": str(each.label), "box": list(each.corners)} for each in objects]
        return {"type": "boxes", "boxes": boxes}
    return number_or_text(text)
