r"""What stands in `\boxed{…}`, with nested braces. One pass over the text, whatever it holds."""

from __future__ import annotations

from typing import Literal

_MARKER = r"\boxed{"


def boxed(
    text: str, which: Literal["first", "last"] = "last", *, marker: str = _MARKER
) -> str | None:
    r"""The inside of the last (or first) `\boxed{…}` that is closed; None when there is none.

    A box within a box is a box of its own, so that the last of `\boxed{\boxed{5}}` is 5.

    >>> boxed(r"first \boxed{4}, no, \boxed{\frac{1}{2}}.")
    '\\frac{1}{2}'
    >>> boxed(r"\boxed{2") is None
    True
    """
    found = [(start, end) for start, end in _spans(text, marker) if end is not None]
    if not found:
        return None
    start, end = found[0 if which == "first" else -1]
    return text[start:end]


def last_opened_box(text: str, *, marker: str = _MARKER) -> str | None:
    r"""The inside of the box that is opened last; None where that one is never closed.

    >>> last_opened_box(r"\boxed{4} and \boxed{5") is None
    True
    """
    spans = _spans(text, marker)
    if not spans or spans[-1][1] is None:
        return None
    start, end = spans[-1]
    return text[start:end]


def outer_boxes(text: str, *, marker: str = _MARKER, skip_open: bool = False) -> list[str]:
    r"""The insides of all boxes that stand in no other box, in order.

    A box that is never closed holds all that follows, or is skipped.

    >>> outer_boxes(r"\boxed{1}, \boxed{\boxed{2}}, \boxed{3")
    ['1', '\\boxed{2}']
    >>> outer_boxes(r"\boxed{1 \boxed{2}"), outer_boxes(r"\boxed{1 \boxed{2}", skip_open=True)
    ([], ['2'])
    """
    found, position = [], 0
    for start, end in _spans(text, marker):
        if end is None and start >= position and not skip_open:
            break
        if end is not None and start >= position:
            found.append(text[start:end])
            position = end
    return found


def every_box(text: str, *, marker: str = _MARKER) -> list[str] | None:
    r"""The insides of all boxes in the order they open, nested ones too; None if one stays open.

    >>> every_box(r"\boxed{1}, \boxed{\boxed{2}}"), every_box(r"\boxed{1} \boxed{")
    (['1', '\\boxed{2}', '2'], None)
    """
    spans = _spans(text, marker)
    if any(end is None for _, end in spans):
        return None
    return [text[start:end] for start, end in spans]


def flat_boxes(text: str) -> list[str]:
    r"""Boxes read to their first closing brace on the same line, as `\\boxed\{(.*?)\}` reads them.

    Published scorers use it, and cut what is nested.

    >>> flat_boxes(r"\boxed{\frac{1}{2}} and \boxed{3}")
    ['\\frac{1', '3']
    """
    found, position = [], 0
    while (start := text.find(_MARKER, position)) >= 0:
        start += len(_MARKER)
        end = text.find("}", start)
        if end < 0:
            break
        line_end = text.find("\n", start, end)
        if line_end >= 0:
            position = line_end
            continue
        found.append(text[start:end])
        position = end + 1
    return found


def _spans(text: str, marker: str) -> list[tuple[int, int | None]]:
    """Where the inside of each box starts and ends, in the order they open."""
    starts: list[int] = []
    position = text.find(marker)
    while position >= 0:
        starts.append(position + len(marker))
        position = text.find(marker, position + len(marker))
    if not starts:
        return []
    opening = {start - 1 for start in starts}
    ends: dict[int, int] = {}
    stack: list[int] = []
    for i in range(starts[0] - 1, len(text)):
        if text[i] == "{":
            stack.append(i)
        elif text[i] == "}" and stack:
            begin = stack.pop()
            if begin in opening:
                ends[begin + 1] = i
    return [(start, ends.get(start)) for start in starts]
