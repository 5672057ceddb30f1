"""Records of published data sets, as records of ours: what a reader's `layout` names.

ShareGPT is the form in which LLaMA-Factory and its like keep conversations (and the cold start of
Vision-R1, arXiv:2503.06749); ViRL39K is the data of VL-Rethinker (arXiv:2504.08837), VLAA-Thinking
that of arXiv:2504.11468; VLM-R1 (arXiv:2504.07615) has conversations of its own. A layout renames
and finds the target; what it makes is read and checked as any record is, and fields it does not
know go to `meta`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from regard.data.fields import shown
from regard.errors import DataError
from regard.text.boxed import boxed
from regard.text.boxes import box_corners, first_box, read_objects
from regard.text.choices import read_choice
from regard.text.tags import only
from regard.types import Frame

_PLACEHOLDER = "<image>"
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
    images = _images(rest)
    first = next((turn for turn in messages if turn["role"] == "user"), None)
    if first is not None:
        written = "".join(turn["content"] for turn in messages)
        first["content"] = _with_placeholder(first["content"], written, images)
    return _record(
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


_LETTER = re.compile(r"\s*\(?([A-Z])\)?[.:]?\s*")


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
        letter = _LETTER.fullmatch(text)
        if letter is None:
            raise DataError(f"accu_reward_method is 'mcq', but the answer {text!r} is no letter")
        return _choice(letter[1])
    corners = box_corners(text, spelling="numbers")
    if text.startswith("[") and corners is not None and text.count("[") == 1:
        return {"type": "box", "box": list(corners)}
    objects = [] if text == "None" else read_objects(text)
    if objects is not None and (objects or method.startswith("od") or text == "None"):
        boxes = [{"label": str(each.label), "box": list(each.corners)} for each in objects]
        return {"type": "boxes", "boxes": boxes}
    try:
        return {"type": "number", "value": float(text)}
    except ValueError:
        return {"type": "text", "text": text}


def virl39k(row: Mapping[str, Any]) -> dict[str, Any]:
    r"""A row of ViRL39K: the answer stands in a box; one letter from A to K is an option.

    >>> row = {"question": "<image>Which?", "answer": "\\boxed{B}", "image": ["a.png"]}
    >>> virl39k({**row, "qid": "demo-1"})["target"]
    {'type': 'choice', 'letter': 'B'}
    """
    rest = dict(row)
    answer = _text(rest, "answer")
    inside = boxed(answer)
    truth = (answer if inside is None else inside).strip()
    is_option = len(truth) == 1 and truth in "ABCDEFGHIJK"
    question, images = _text(rest, "question"), _images(rest)
    return _record(
        rest,
        id=rest.pop("qid", None),
        kind=rest.pop("category", "") or "",
        source=rest.pop("source", "") or "",
        prompt=_with_placeholder(question, question, images),
        images=images,
        target=_choice(truth) if is_option else {"type": "expression", "latex": truth},
    )


_DAGGER = "†Answer:"
_VLAA_OPTIONS = ("geoqa170k", "arxivqa")
_VLAA_BOXES = ("coco", "vg")


def vlaa_thinking(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record of VLAA-Thinking: the folder of its image says what sort of answer it has.

    Of solutions ("synthesis") the answer stands behind the last dagger.

    >>> row = {"id": "s1", "image": "/synthesis/a.png", "question": "f(x)?"}
    >>> vlaa_thinking({**row, "gt": "By parts.\\n†Answer: $x^2$"})["target"]
    {'type': 'expression', 'latex': '$x^2$'}
    """
    rest = dict(row)
    images = [path.lstrip("/") if isinstance(path, str) else path for path in _images(rest)]
    folder = images[0].partition("/")[0].lower() if images and isinstance(images[0], str) else ""
    question = _text(rest, "question")
    return _record(
        rest,
        source=folder,
        prompt=_with_placeholder(question, question, images),
        images=images,
        target=_vlaa_target(folder, rest.pop("gt", None)),
    )


def _vlaa_target(folder: str, truth: Any) -> Any:
    text = "" if truth is None else str(truth).strip()
    if not text:
        raise DataError("'gt' is missing")
    if folder == "clevr_math":
        try:
            return {"type": "number", "value": float(text)}
        except ValueError as error:
            raise DataError(f"'gt' of clevr_math should be a number, got {text!r}") from error
    if folder in _VLAA_OPTIONS:
        letter = read_choice(text)
        if letter is None:
            raise DataError(f"'gt' of {folder} should name an option, got {text!r}")
        return _choice(letter)
    if folder == "synthesis":
        return {"type": "expression", "latex": text.rpartition(_DAGGER)[2].strip()}
    if folder in _VLAA_BOXES:
        box = first_box(text, frame=Frame.UNIT)
        if box is None:
            raise DataError(f"'gt' of {folder} should be a box, got {text!r}")
        return {"type": "box", "box": [box.x0, box.y0, box.x1, box.y1], "frame": "unit"}
    return {"type": "text", "text": text}


def _choice(letter: str) -> dict[str, str]:
    return {"type": "choice", "letter": letter}


def _text(rest: dict[str, Any], name: str) -> str:
    value = rest.pop(name, None)
    if not isinstance(value, str):
        raise DataError(f"'{name}' should be a text, got {shown(value)}")
    return value


def _images(rest: dict[str, Any]) -> list[Any]:
    """What stands in `images`, or `image`: one, or a list of them."""
    found = rest.pop("images", None), rest.pop("image", None)
    value: Any = next((each for each in found if each is not None), [])
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _with_placeholder(text: str, written: str, images: list[Any]) -> str:
    """The text, with its images at its start where none of them has a place in `written`."""
    return text if _PLACEHOLDER in written else _PLACEHOLDER * len(images) + text


def _record(rest: dict[str, Any], **fields: Any) -> dict[str, Any]:
    kept = {name: rest.pop(name) for name in ("id", "split") if rest.get(name) is not None}
    given = {name: value for name, value in fields.items() if value not in (None, "")}
    return {**kept, **given, "meta": {name: v for name, v in rest.items() if v is not None}}


LAYOUTS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "sharegpt": sharegpt,
    "virl39k": virl39k,
    "vlaa_thinking": vlaa_thinking,
    "vlm_r1": vlm_r1,
}
"""What a layout is called, and what makes a record of ours of a row in it."""
