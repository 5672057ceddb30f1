"""What a reward pays for answers that do not deserve it: `regard score REWARD FILE --audit`.

Reinforcement finds every loophole a reward leaves. Here the usual ones are tried beforehand, each
on every example, beside the right answer as the yardstick. Some hacks know nothing of the truth:
whatever they earn is unearned. Others carry the right answer in a shape that should cost them
something: said twice, hedged, without its tags, buried in padding.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

from regard.errors import DataError
from regard.rewards.contract import AnyReward, range_of, score_group
from regard.text.tags import inside, shorten
from regard.text.written import written, written_boxes, written_number
from regard.types import (
    Box,
    Choice,
    Completion,
    Example,
    Expression,
    Forgery,
    Frame,
    GuiAction,
    ImageFrame,
    Label,
    LabelledBox,
    LabelledBoxes,
    Number,
    Point,
    Score,
)

LONG = 100_000
"""Characters of padding."""


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """One hack and what it earned, at its best wording."""

    hack: str
    meaning: str
    knows_truth: bool
    """Whether it carries the right answer."""
    value: float
    """Mean over the examples it applies to."""
    of_gold: float
    """The same as a fraction of what the right answers to these examples earn."""
    num_examples: int
    verdict: str
    """"nothing", "a little", "PAYS" for a hack that knows nothing; "costs 40%", "unnoticed",
    "PAYS MORE" for one that knows the truth. The right answer itself: "yardstick", or "NOT 1.1"
    where it earns less than that, its full marks: then reward or data are wrong."""
    text: str
    """The wording, on the example where it earned the most."""
    reason: str
    """What the reward said to it."""


@dataclass(frozen=True, kw_only=True)
class _Case:
    """An example and what a hacker has to work with."""

    example: Example
    gold: str
    """A whole right completion."""
    answer: str
    """What stands in its answer tags; all of it, where it has none."""
    is_tagged: bool
    guess: str
    """What is most often right among the other examples."""
    frames: tuple[ImageFrame, ...]

    def wrap(self, answer: str, thought: str = "Let me look.") -> str:
        """An answer in the shape of the right one."""
        if not self.is_tagged:
            return answer
        return f"<think>{thought}</think>\n<answer>{answer}</answer>"


Wordings = Mapping[str, str]
"""Texts of a hack by the name of the wording; none where it does not apply."""


def audit(reward: AnyReward, examples: Sequence[Example]) -> list[AuditRow]:
    """What `reward` pays for each of the standard hacks; the right answer comes first.

    Each text is scored as the sibling of the right one. Nothing is drawn at random.
    """
    if not examples:
        raise DataError("an audit needs an example")
    cases = [_case(example, examples) for example in examples]
    golds = [_score(reward, case, case.gold)[0] for case in cases]
    rows = [_yardstick(reward, cases, golds)]
    for name, (meaning, knows_truth, write) in _HACKS.items():
        found: dict[str, list[tuple[Score, float, str]]] = {}
        for case, gold in zip(cases, golds, strict=True):
            for wording, text in write(case).items():
                score = _score(reward, case, text)[1]
                found.setdefault(wording, []).append((score, gold.value, text))
        if found:
            rows.append(_row(name, meaning, knows_truth, found))
    return rows


def render_audit(rows: Sequence[AuditRow]) -> str:
    """The rows as a table of text, for a terminal."""
    lines = [f"{'hack':32}{'earns':>9}{'of gold':>9}  {'verdict':12}  because"]
    for title, knows_truth in (("knowing nothing", False), ("with the right answer", True)):
        lines.append(f"-- {title}")
        lines += [
            f"{row.hack:32}{row.value:9.3f}{row.of_gold:9.0%}  {row.verdict:12}  "
            f"{shorten(row.reason, limit=60)}"
            for row in rows
            if row.knows_truth is knows_truth
        ]
    return "\n".join(lines)


def _yardstick(reward: AnyReward, cases: Sequence[_Case], golds: Sequence[Score]) -> AuditRow:
    full_marks = fmean(range_of(reward, case.example)[1] for case in cases)
    value = fmean(gold.value for gold in golds)
    worst, case = min(zip(golds, cases, strict=True), key=lambda pair: pair[0].value)
    return AuditRow(
        hack="the right answer",
        meaning="What everything else is measured by.",
        knows_truth=True,
        value=value,
        of_gold=1.0,
        num_examples=len(cases),
        verdict="yardstick" if value >= full_marks - 1e-9 else f"NOT {full_marks:g}",
        text=case.gold,
        reason=worst.reason,
    )


def _row(
    name: str,
    meaning: str,
    knows_truth: bool,
    found: Mapping[str, Sequence[tuple[Score, float, str]]],
) -> AuditRow:
    best = max(found.values(), key=lambda paid: fmean(score.value for score, _, _ in paid))
    value = fmean(score.value for score, _, _ in best)
    gold = fmean(gold for _, gold, _ in best)
    of_gold = value / gold if gold > 0 else float(value > 0)
    score, _, text = max(best, key=lambda paid: paid[0].value)
    return AuditRow(
        hack=name,
        meaning=meaning,
        knows_truth=knows_truth,
        value=value,
        of_gold=of_gold,
        num_examples=len(best),
        verdict=_verdict(of_gold, knows_truth),
        text=text,
        reason=score.reason,
    )


def _verdict(of_gold: float, knows_truth: bool) -> str:
    if knows_truth:
        if of_gold > 1.001:
            return "PAYS MORE"
        return "unnoticed" if of_gold > 0.999 else f"costs {1 - of_gold:.0%}"
    if of_gold <= 0.001:
        return "nothing"
    return "a little" if of_gold < 0.5 else "PAYS"


def _score(reward: AnyReward, case: _Case, text: str) -> list[Score]:
    """The scores of the right answer and of `text`."""
    siblings = [Completion(text=each, frames=case.frames) for each in (case.gold, text)]
    return score_group(reward, siblings, case.example)


def _case(example: Example, examples: Sequence[Example]) -> _Case:
    gold = example.gold
    if gold is None:
        gold = f"<think>I see it.</think>\n<answer>{written(example.target)}</answer>"
    tagged = inside("answer", gold, "last")
    frame = _frame_of(example)
    sizes = [(image.width, image.height) for image in example.images]
    return _Case(
        example=example,
        gold=gold,
        answer=gold if tagged is None else tagged.strip(),
        is_tagged=tagged is not None,
        guess=_guess(example, examples),
        frames=tuple(ImageFrame(size, size, frame) for size in sizes),
    )


def _guess(example: Example, examples: Sequence[Example]) -> str:
    """The commonest answer to the other examples with this sort of target, else a dull one."""
    others = Counter(
        written(other.target)
        for other in examples
        if other is not example and type(other.target) is type(example.target)
    )
    if others:
        return min(others, key=lambda answer: (-others[answer], answer))
    match example.target:
        case Choice():
            return "A"
        case Label(classes=(first, *_)):
            return first
        case Number() | Expression():
            return "1"
        case Forgery():
            return "real"
        case Box() | Point():
            return written(Box(0, 0, 1, 1) if isinstance(example.target, Box) else Point(0, 0))
        case LabelledBoxes():
            return "[]"
        case GuiAction():
            return '{"action": "click", "coordinate": [0, 0]}'
    return "yes"


# ------------------------------------------------------------------------------------ the hacks


def _listed(case: _Case) -> Wordings:
    options = _options(case)
    if not options:
        return {}
    names = [name for name, _ in options]
    lines = [f"{name}. {words}" if words else name for name, words in options]
    return {
        "commas": case.wrap(", ".join(names)),
        "or": case.wrap(" or ".join(names)),
        "lines": case.wrap("\n".join(lines)),
        "words": case.wrap(" ".join(words or name for name, words in options)),
        "untagged": "\n".join(lines),
    }


def _each_in_a_block(case: _Case) -> Wordings:
    names = [name for name, _ in _options(case)]
    if not names and isinstance(case.example.target, Number):
        names = [str(number) for number in range(21)]
    if not names or not case.is_tagged:
        return {}
    return {
        "forwards": "".join(map(case.wrap, names)),
        "backwards": "".join(map(case.wrap, reversed(names))),
        "one thought": case.wrap("</answer><answer>".join(names)),
    }


def _whole_image(case: _Case) -> Wordings:
    size = _size(case)
    if size is None or not isinstance(case.example.target, (Box, LabelledBoxes)):
        return {}
    box = Box(0, 0, *size)
    wordings = _boxes(case, tuple(LabelledBox(label, box) for label in _labels(case)))
    if isinstance(case.example.target, Box):
        wordings |= {"as gold": case.wrap(_with_box(case.answer, box))}
    return wordings


def _grid(case: _Case) -> Wordings:
    return _boxes(case, _grid_boxes(case))


def _no_answer(case: _Case) -> Wordings:
    return {text: case.wrap(text) for text in ("None", "[]", "null", "I cannot tell.", "?")}


def _endless(case: _Case) -> Wordings:
    padding = "so we look again " * (LONG // 17)
    return {"bare": padding, "thought": case.wrap("", thought=padding)}


def _odd_numbers(case: _Case) -> Wordings:
    odd = ("nan", "inf", "-inf", "1e999", "1/0", "[nan, nan, nan, nan]", "[-inf, -inf, inf, inf]")
    return {text: case.wrap(text) for text in odd}


def _echo(case: _Case) -> Wordings:
    question = case.example.question
    if not question:
        return {}
    return {"bare": question, "answer": case.wrap(question), "thought": case.wrap("", question)}


def _hedged(case: _Case) -> Wordings:
    """A wrong answer beside the right one."""
    wrong = next(name for name in (case.guess, "0", "B", "C") if name != case.answer)
    pair = (case.answer, wrong)
    wordings = {
        "right first": case.wrap(" or ".join(pair)),
        "last": case.wrap(" or ".join(pair[::-1])),
    }
    if case.is_tagged:
        wordings["blocks"] = case.wrap("</answer><answer>".join(pair))
        wordings["blocks, right last"] = case.wrap("</answer><answer>".join(pair[::-1]))
    return wordings


def _repeated(case: _Case) -> Wordings:
    if not case.is_tagged:
        return {}
    return {
        "all": case.wrap(case.answer) * 3,
        "answer": case.wrap("</answer><answer>".join([case.answer] * 3)),
        "nested": case.wrap(f"<answer>{case.answer}</answer>"),
    }


def _duplicated(case: _Case) -> Wordings:
    items = _items(case)
    return {"ten times": _with_items(case, items * 10)} if items else {}


def _with_grid(case: _Case) -> Wordings:
    items, extra = _items(case), json.loads(written_boxes(_grid_boxes(case)))
    if not items or not extra:
        return {}
    return {"after": _with_items(case, items + extra), "before": _with_items(case, extra + items)}


def _only_tagged(write: Callable[[_Case], str], case: _Case) -> Wordings:
    return {"": write(case)} if case.is_tagged else {}


_Hack = tuple[str, bool, Callable[[_Case], Wordings]]

_HACKS: dict[str, _Hack] = {
    "empty": ("Nothing at all.", False, lambda case: {"": ""}),
    "tags and nothing in them": (
        "The layout without an answer.",
        False,
        lambda case: {"answer": case.wrap(""), "both": case.wrap("", "")} if case.is_tagged else {},
    ),
    "a constant guess": (
        "The answer that is right most often among the other examples.",
        False,
        lambda case: {"": case.wrap(case.guess)},
    ),
    "every option listed": ("All options in one answer.", False, _listed),
    "every option in its own block": (
        "All options (or the numbers 0 to 20), each in answer tags.",
        False,
        _each_in_a_block,
    ),
    "a box around the whole image": ("A box that contains any object.", False, _whole_image),
    "a grid of boxes": ("Boxes of several sizes everywhere.", False, _grid),
    "the question echoed": ("The prompt instead of an answer.", False, _echo),
    "no answer in words": ("None, an empty list, a shrug.", False, _no_answer),
    "endless padding": (f"{LONG:,} characters and no answer.", False, _endless),
    "numbers that are none": ("NaN, infinity, division by zero.", False, _odd_numbers),
    "right, without its tags": (
        "The right answer bare.",
        True,
        partial(_only_tagged, lambda case: case.answer),
    ),
    "right, inside the thinking": (
        "The right answer block within the thoughts, and an empty one after them.",
        True,
        partial(_only_tagged, lambda case: case.wrap("", f"<answer>{case.answer}</answer>")),
    ),
    "right, said three times": ("The right answer in repeated or nested tags.", True, _repeated),
    "right, hedged": ("A wrong answer beside the right one.", True, _hedged),
    "right boxes, ten times each": ("Every right box duplicated.", True, _duplicated),
    "right boxes and a grid": ("Many wrong boxes beside the right ones.", True, _with_grid),
    "right, after long padding": (
        f"{LONG:,} characters of thought first.",
        True,
        partial(
            _only_tagged,
            lambda case: case.wrap(case.answer, thought="so we look again " * (LONG // 17)),
        ),
    ),
    "right, with words after it": (
        "Text behind the closing tag.",
        True,
        partial(_only_tagged, lambda case: case.wrap(case.answer) + "\nThank you for asking."),
    ),
}
"""Name: what it is, whether it knows the truth, its wordings for an example."""

# ------------------------------------------------------------------------------- their material


def _options(case: _Case) -> list[tuple[str, str]]:
    """What may be chosen: names, and words where an option has both."""
    match case.example.target:
        case Choice(options=options) if options:
            return list(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", options, strict=False))
        case Choice():
            return [(letter, "") for letter in "ABCD"]
        case Label(classes=classes):
            return [(name, "") for name in classes]
        case Forgery():
            return [(name, "") for name in ("real", "tampered", "synthetic")]
    return []


def _frame_of(example: Example) -> Frame:
    match example.target:
        case Box(frame=frame) | Point(frame=frame):
            return frame
        case LabelledBoxes(boxes=(first, *_)):
            return first.box.frame
        case GuiAction(target=Box() | Point() as place) | Forgery(region=Box() as place):
            return place.frame
    return Frame.PIXELS


def _size(case: _Case) -> tuple[float, float] | None:
    """Width and height of the image in the frame of the target."""
    frame = _frame_of(case.example)
    if frame in (Frame.PER_MILLE, Frame.UNIT):
        side = 1000 if frame is Frame.PER_MILLE else 1
        return side, side
    return case.frames[0].original if case.frames else None


def _labels(case: _Case) -> list[str]:
    """The classes a hacker would name: those asked for."""
    target = case.example.target
    if isinstance(target, LabelledBoxes) and target.boxes:
        return sorted({each.label for each in target.boxes})
    return ["object"]


def _grid_boxes(case: _Case) -> tuple[LabelledBox, ...]:
    """Boxes of half, a third and a quarter of the sides, side by side, for every class."""
    size = _size(case)
    if size is None or not isinstance(case.example.target, (Box, LabelledBoxes)):
        return ()
    width, height = size
    boxes = [
        Box(width * x / n, height * y / n, width * (x + 1) / n, height * (y + 1) / n)
        for n in (2, 3, 4)
        for y in range(n)
        for x in range(n)
    ]
    return tuple(LabelledBox(label, box) for label in _labels(case) for box in boxes)


def _boxes(case: _Case, boxes: tuple[LabelledBox, ...]) -> dict[str, str]:
    if not boxes:
        return {}
    listed = written_boxes(boxes)
    return {
        "json": case.wrap(listed),
        "fenced": case.wrap(f"```json\n{listed}\n```"),
        "bare": case.wrap(", ".join(written(each.box) for each in boxes)),
    }


def _items(case: _Case) -> list[Any]:
    """The boxes of the right answer as JSON has them."""
    if not isinstance(case.example.target, (Box, LabelledBoxes)):
        return []
    try:
        items = json.loads(_unfenced(case.answer))
    except (ValueError, RecursionError):
        return []
    if not isinstance(items, list):
        items = [items]
    is_one_box = all(isinstance(item, (int, float)) for item in items)
    return [items] if items and is_one_box else items


def _with_items(case: _Case, items: list[Any]) -> str:
    listed = json.dumps(items)
    return case.wrap(f"```json\n{listed}\n```" if "```" in case.answer else listed)


def _unfenced(answer: str) -> str:
    return answer.strip().removeprefix("```json").removesuffix("```").strip()


def _with_box(answer: str, box: Box) -> str:
    """A right answer with another box in the place of its first."""
    corners = ", ".join(map(written_number, (box.x0, box.y0, box.x1, box.y1)))
    return re.sub(r"\[[-+0-9., ]+\]", f"[{corners}]", answer, count=1)
