"""What stands between `<tag>` and `</tag>`, and whether a whole text is made of such blocks.

A block runs from an opening tag to the next closing tag of the same name, as the published
`<answer>(.*?)</answer>` reads it with newlines allowed. Nothing here backtracks: a megabyte of
unclosed tags costs one pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal


def blocks(tag: str, text: str) -> list[str]:
    """The insides of every `<tag>…</tag>`, in order; a block ends at its first closing tag.

    >>> blocks("answer", "<answer>4</answer> or <answer>5</answer>")
    ['4', '5']
    """
    opening, closing = f"<{tag}>", f"</{tag}>"
    found, position = [], 0
    while (start := text.find(opening, position)) >= 0:
        start += len(opening)
        end = text.find(closing, start)
        if end < 0:  # then no later opening is closed either
            break
        found.append(text[start:end])
        position = end + len(closing)
    return found


def inside(tag: str, text: str, which: Literal["first", "last"] = "first") -> str | None:
    """The inside of the first (or last) `<tag>…</tag>`, white space and all.

    >>> inside("answer", "<think>4? No.</think><answer> 5 </answer>")
    ' 5 '
    >>> inside("answer", "the answer is 5") is None
    True
    """
    found = blocks(tag, text)
    if not found:
        return None
    return found[0 if which == "first" else -1]


def first_on_a_line(tag: str, text: str) -> str | None:
    r"""The inside of the first `<tag>…</tag>` that holds no line break.

    `<answer>(.*?)</answer>` without its flag for line breaks, as many published rewards have it.

    >>> first_on_a_line("answer", "<answer>\n4\n</answer> <answer>5</answer>")
    '5'
    """
    opening, closing = f"<{tag}>", f"</{tag}>"
    position, end = 0, -1
    while (start := text.find(opening, position)) >= 0:
        start += len(opening)
        if end < start:  # one closing tag may be that of many openings
            end = text.find(closing, start)
        if end < 0:
            return None
        line_end = text.find("\n", start, end)
        if line_end < 0:
            return text[start:end]
        position = line_end
    return None


def only(tag: str, text: str) -> str | None:
    """The inside of the only `<tag>…</tag>`; None where there is none, or more than one.

    >>> only("answer", "<answer> 5 </answer>"), only("answer", "<answer>4</answer>" * 2)
    (' 5 ', None)
    """
    found = blocks(tag, text)
    return found[0] if len(found) == 1 else None


def last_opened(tag: str, text: str) -> str | None:
    """What follows the last `<tag>` up to the next `</tag>`; None where there is no `</tag>`.

    `text.split("<answer>")[-1].split("</answer>")[0]`, as published scripts have it: a closing tag
    alone makes an answer of what stands before it, and one too early an empty answer.

    >>> last_opened("answer", "<answer>4</answer> or <answer>5</answer>")
    '5'
    >>> last_opened("answer", "so 5</answer>"), last_opened("answer", "<answer>5")
    ('so 5', None)
    """
    closing = f"</{tag}>"
    if closing not in text:
        return None
    return text.rpartition(f"<{tag}>")[2].partition(closing)[0]


def after_final_answer(text: str, tag: str = "answer") -> str | None:
    """What follows ` Final Answer:` in a block that starts with it and ends with a space.

    Vision-R1 (arXiv:2503.06749) trains models that answer so, and its evaluation reads it so.

    >>> after_final_answer("<answer> Final Answer:B </answer>")
    'B'
    >>> after_final_answer("<answer>Final Answer:B</answer>") is None
    True
    """
    opening = f"<{tag}> Final Answer:"
    start = text.find(opening)
    end = text.find(f" </{tag}>", start + len(opening)) if start >= 0 else -1
    return text[start + len(opening) : end].strip() if end >= 0 else None


def layout_fault(text: str, tags: Sequence[str] = ("think", "answer")) -> str | None:
    """What keeps `text` from being one block of each tag, in this order, and nothing else.

    White space around the blocks is free. None when there is no fault.

    >>> layout_fault("<think>3 + 2</think> <answer>5</answer>") is None
    True
    >>> layout_fault("<think>3 + 2</think> <answer>5</answer> I am sure.")
    "text after </answer>: 'I am sure.'"
    """
    wanted = [mark for tag in tags for mark in (f"<{tag}>", f"</{tag}>")]
    marks = list(re.finditer("|".join(re.escape(mark) for mark in wanted), text))
    found = [mark.group() for mark in marks]
    for mark in wanted:
        if mark not in found:
            return f"no {mark}"
        if (count := found.count(mark)) > 1:
            return f"{count} times {mark}"
    if found != wanted:
        return f"{' '.join(found)}, not {' '.join(wanted)}"
    outside = [("before", 0, marks[0].start(), wanted[0])]
    for after, before in zip(marks[1::2], [*marks[2::2], None], strict=True):
        end = before.start() if before else len(text)
        outside.append(("after", after.end(), end, after.group()))
    for side, start, end, mark in outside:
        if stray := text[start:end].strip():
            return f"text {side} {mark}: {shorten(stray)!r}"
    return None


def has_loose_layout(text: str, tags: tuple[str, str] = ("think", "answer")) -> bool:
    r"""Whether `<think>.*?</think>\s*<answer>.*?</answer>` matches the text as a whole.

    The check most published systems use (dots match newlines): repeated and nested tags pass,
    white space around the whole does not.

    >>> has_loose_layout("<think>a</think><answer>1</answer><answer>2</answer>")
    True
    """
    first, second = tags
    opening, closing = f"<{first}>", f"</{second}>"
    if not (text.startswith(opening) and text.endswith(closing)):
        return False
    middle = re.compile(rf"{re.escape(f'</{first}>')}\s*{re.escape(f'<{second}>')}")
    # The leftmost seam leaves the most room for the end; written with two `.*?` it is quadratic.
    return middle.search(text, len(opening), len(text) - len(closing)) is not None


def shorten(text: str, limit: int = 40) -> str:
    """The start of `text`, for a reason somebody will read.

    >>> shorten("a" * 50, limit=8)
    'aaaaaaa…'
    """
    return text if len(text) <= limit else text[: limit - 1] + "…"
