"""Questions with a truth each: ViRL39K, VLAA-Thinking, WeThink.

ViRL39K is the data of VL-Rethinker (arXiv:2504.08837), VLAA-Thinking that of arXiv:2504.11468,
and WeThink that of arXiv:2506.07905.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from regard.data.layouts.common import (
    PLACEHOLDER,
    choice,
    images_of,
    number_or_text,
    record_of,
    text_of,
    with_placeholder,
)
from regard.errors import DataError
from regard.text.boxed import boxed
from regard.text.boxes import first_box
from regard.text.choices import read_choice
from regard.text.tags import blocks, inside
from regard.types import Frame


def virl39k(row: Mapping[str, Any]) -> dict[str, Any]:
    r"""A row of ViRL39K: the answer stands in a box; one letter from A to K is an option.

    >>> row = {"question": "<image>Which?", "answer": "\\boxed{B}", "image": ["a.png"]}
    >>> virl39k({**row, "qid": "demo-1"})["target"]
    {'type': 'choice', 'letter': 'B'}
    """
    rest = dict(row)
    answer = text_of(rest, "answer")
    in_box = boxed(answer)
    truth = (answer if in_box is None else in_box).strip()
    is_option = len(truth) == 1 and truth in "ABCDEFGHIJK"
    question, images = text_of(rest, "question"), images_of(rest)
    return record_of(
        rest,
        id=rest.pop("qid", None),
        kind=rest.pop("category", "") or "",
        source=rest.pop("source", "") or "",
        prompt=with_placeholder(question, question, images),
        images=images,
        target=choice(truth) if is_option else {"type": "expression", "latex": truth},
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
    images = [path.lstrip("/") if isinstance(path, str) else path for path in images_of(rest)]
    folder = images[0].partition("/")[0].lower() if images and isinstance(images[0], str) else ""
    question = text_of(rest, "question")
    return record_of(
        rest,
        source=folder,
        prompt=with_placeholder(question, question, images),
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
        return choice(letter)
    if folder == "synthesis":
        return {"type": "expression", "latex": text.rpartition(_DAGGER)[2].strip()}
    if folder in _VLAA_BOXES:
        box = first_box(text, frame=Frame.UNIT)
        if box is None:
            raise DataError(f"'gt' of {folder} should be a box, got {text!r}")
        return {"type": "box", "box": [box.x0, box.y0, box.x1, box.y1], "frame": "unit"}
    return {"type": "text", "text": text}


_MEDIA = re.compile(r"<(?:image|video|audio)>")
_OPTIONS = ("mc", "mcq", "multiple choice", "multiple-choice")


def wethink(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of WeThink: `category` is the kind of question, `refined_cot` the gold thinking.

    The answer is an option where the category is "MC" and it names one; a number where it is one;
    else a text. Marks of media in texts are words there, and are left out; so are tags and answers
    that some of the thinking holds.

    >>> row = {"problem": "How many?", "answer": "3", "category": "FIB", "image_path": "a.jpg"}
    >>> record = wethink({**row, "refined_cot": "<think>One, two, three.</think>"})
    >>> record["prompt"], record["target"]
    ('<image>How many?', {'type': 'number', 'value': 3.0})
    >>> record["gold"]
    '<think>One, two, three.</think><answer>3</answer>'
    """
    rest = dict(row)
    problem, kind = text_of(rest, "problem"), str(rest.pop("category", None) or "")
    answer = rest.pop("answer", None)
    truth = "" if answer is None else str(answer).strip()
    if not truth:
        raise DataError("'answer' is missing")
    images = images_of({"images": rest.pop("image_path", None)})
    thinking = _thinking(str(rest.pop("refined_cot", None) or ""))
    letter = read_choice(truth) if kind.casefold() in _OPTIONS else None
    return record_of(
        rest,
        kind=kind,
        prompt=PLACEHOLDER * len(images) + _MEDIA.sub("", problem).strip(),
        images=images,
        gold=f"<think>{thinking}</think><answer>{truth}</answer>" if thinking else "",
        target=number_or_text(truth) if letter is None else choice(letter),
    )


def _thinking(text: str) -> str:
    """The thinking itself, of a text that may hold it in tags and the answer after it."""
    thought = inside("think", text)
    if thought is None:
        thought = text
        for answer in blocks("answer", text):
            thought = thought.replace(f"<answer>{answer}</answer>", "")
    for tag in ("<think>", "</think>", "<answer>", "</answer>"):
        thought = thought.replace(tag, "")
    return _MEDIA.sub("", thought).strip()
