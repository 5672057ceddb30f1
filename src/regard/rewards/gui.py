"""Whether a model does the right thing on a screen: the kind of action, the place, the text.

The actions of GUI-R1 (arXiv:2504.10458), which sums 0.8 for the action and 0.2 for its format:
`Weighted(action=(0.8, GuiActionMatch()), format=(0.2, GuiFormat()))`. Its published code
(ritzz-ai/GUI-R1) differs from what it means to check; `official=True` is that code to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from regard.errors import ConfigError, DataError
from regard.geometry.frames import frame_size, to_frame
from regard.geometry.points import centre, is_inside, is_within
from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say, target_of
from regard.text.gui_actions import (
    ACTION_SPACES,
    DIRECTIONS,
    NO_TEXT,
    POINTING,
    WRITING,
    gui_actions,
    last_pair_in_braces,
    quoted_kind,
    quoted_text,
)
from regard.text.literals import NoLiteral, read_literal
from regard.text.overlap import word_set_f1
from regard.text.tags import blocks, has_loose_layout, inside, layout_fault, shorten
from regard.types import (
    Box,
    Completion,
    Example,
    Frame,
    GuiAction,
    ImageFrame,
    Point,
    Score,
)

_SOURCE = "GUI-R1 (arXiv:2504.10458), section 3; code: ritzz-ai/GUI-R1"

OFFICIAL_RADIUS = 140.0
"""Pixels of the resized image within which the published code takes a point for the target."""


@reward("gui_format")
@dataclass(frozen=True, kw_only=True)
class GuiFormat:
    """One point for thinking, then a list of actions that name kind, place and text.

    `<think>…</think><answer>[{'action': 'click', 'point': [3, 4], 'input_text': 'no input
    text'}]</answer>`, quoted as in Python or in JSON. A kind that needs a text has one; a scroll
    says left, right, up or down.
    """

    space: str = ""
    """Name of the list of kinds that may occur (`regard.text.gui_actions.ACTION_SPACES`); empty:
    any kind may."""
    official: bool = False
    """The published check: the loose layout, Python's quoting alone, two whole numbers for the
    place; any kind of action, an empty list and further keys pass. It ran the answer as Python, so
    that sums and calls passed too: those are no actions here, under either setting."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if self.space and self.space not in ACTION_SPACES:
            raise ConfigError(f"unknown action space '{self.space}'; {', '.join(ACTION_SPACES)}")
        if self.space and self.official:
            raise ConfigError("the published check knows no action spaces: official or space")

    def __call__(self, completion: Completion, example: Example) -> Score:
        fault = self._official(completion.text) if self.official else self._fault(completion.text)
        return Score(value=float(fault is None), reason=fault or "as asked")

    def _fault(self, text: str) -> str | None:
        if fault := layout_fault(text):
            return fault
        actions = gui_actions(inside("answer", text) or "")
        if actions is None:
            return "the answer is no list of actions"
        for action in actions:
            kind = action.kind
            if self.space and kind not in ACTION_SPACES[self.space]:
                return f"{shorten(kind)!r} is no action of {self.space}"
            if kind == "scroll" and action.text not in DIRECTIONS:
                return f"scroll {shorten(action.text)!r} is no direction"
            if kind in WRITING and not action.text.strip():
                return f"{kind} without a text"
            if kind in POINTING and action.target is None:
                return f"{kind} without a place"
        return None

    @staticmethod
    def _official(text: str) -> str | None:
        if not has_loose_layout(text):
            return "not <think>…</think><answer>…</answer> as a whole"
        try:
            records = read_literal((inside("answer", text) or "").strip())
        except NoLiteral as error:
            return f"the answer is no list: {error}"
        if not isinstance(records, list):
            return "the answer is no list"
        for record in records:
            if fault := _official_record_fault(record):
                return fault
        return None

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=_asked(),
            best=say(_answered("click", [120, 40])),
            poor=say("<think>The tab is at the top.</think><answer>click it</answer>"),
            source=_SOURCE,
        )


def _official_record_fault(record: Any) -> str | None:
    if not isinstance(record, Mapping):
        return "an item that is no record"
    try:
        kind, place, text = record["action"], record["point"], record["input_text"]
        first, second = place[0], place[1]
    except (KeyError, IndexError, TypeError):
        return "a record without action, point or input_text"
    if not (isinstance(kind, str) and isinstance(text, str)):
        return "an action or a text that is no text"
    if not (isinstance(first, int) and isinstance(second, int)):  # truths are whole numbers here
        return "a place that is not two whole numbers"
    if kind in ("type", "select", "open_app") and text == NO_TEXT:
        return f"{kind} without a text"
    if kind == "scroll" and text not in DIRECTIONS:
        return f"scroll {shorten(text)!r} is no direction"
    return None


@reward("gui_action")
@dataclass(frozen=True, kw_only=True)
class GuiActionMatch:
    """One point when the first action of the only answer is the target's: kind, place and text.

    A place counts for clicks, long presses and moves: inside the target's box, or within `radius`
    of its point. A text counts for typing, selecting, scrolling and opening, by the F1 of its
    words. Other kinds are right by name.
    """

    text_f1: float = 0.5
    """Least F1 of the words, 0 to 1."""
    radius: float = 0.14
    """How far from a target that is a point, in widths and heights of the image."""
    credit: Literal["all", "parts"] = "all"
    """All of it or nothing, as in the published code; "parts": the share of what the target asks
    for (kind, place, text) that is right, as the paper sums it. A wrong kind is worth nothing."""
    official: bool = False
    """The published check: the first of several answers; fields found by pattern, in single
    quotes; a box without its
    border, a point within 140 pixels of the image the model saw, where no point at all counts as
    the corner (0, 0); one word may be part of the other; only clicks have a place, and opening an
    application is right by name. `radius` is not asked."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        wanted = target_of(example, GuiAction, self)
        image = completion.frames[0] if completion.frames else None
        self._check(wanted, example, image)
        if self.official:
            said: GuiAction | None = _official_reading(inside("answer", completion.text))
        else:
            said = _only_answer(completion.text)
        if said is None:
            return Score(value=0.0, reason="no action in the answer")
        hits = self._hits(said, wanted, example, image)
        value = sum(hits.values()) / len(hits) if hits["kind"] else 0.0
        if self.credit == "all":
            value = float(all(hits.values()))
        wrong = [name for name, is_right in hits.items() if not is_right]
        reason = f"{shorten(said.kind)}: {'wrong ' + ', '.join(wrong) if wrong else 'right'}"
        return Score(value=value, reason=reason, parsed=said)

    def _check(self, wanted: GuiAction, example: Example, image: ImageFrame | None) -> None:
        """A malformed example is an error, whatever the model said."""
        pointing, _ = _asked_of(wanted, self.official)
        if pointing and wanted.target is None:
            raise DataError(
                f"example '{example.id}': the target is a {wanted.kind} without a place; "
                "a GuiAction of that kind needs target=Box(…) or target=Point(…)"
            )
        if pointing and isinstance(wanted.target, Point) and not self.official:
            _size(wanted.target.frame, example, image)

    def _hits(
        self, said: GuiAction, wanted: GuiAction, example: Example, image: ImageFrame | None
    ) -> dict[str, bool]:
        hits = {"kind": said.kind.lower() == wanted.kind.lower()}
        if not hits["kind"]:
            return hits
        pointing, writing = _asked_of(wanted, self.official)
        if pointing:
            hits["place"] = self._is_there(said, wanted, example, image)
        if writing:
            f1 = word_set_f1(said.text, wanted.text, part_of_a_word=self.official)
            hits["text"] = f1 >= self.text_f1
        return hits

    def _is_there(
        self, said: GuiAction, wanted: GuiAction, example: Example, image: ImageFrame | None
    ) -> bool:
        place = wanted.target
        if place is None or said.target is None:
            return False
        point = centre(said.target)
        if image is not None:
            point = to_frame(
                Point(point.x, point.y, image.answers_in),
                Frame.INPUT if self.official else place.frame,
                image,
            )
            if self.official:
                place = _in_input(place, image)
        else:  # no frame told: the numbers count what the target's count
            point = Point(point.x, point.y, place.frame)
        if isinstance(place, Box):
            return is_inside(point, place, with_border=not self.official)
        if self.official:
            return is_within(point, place, OFFICIAL_RADIUS)
        return is_within(point, place, self.radius, size=_size(place.frame, example, image))

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=_asked(),
            best=say(_answered("click", [120, 40])),
            poor=say(_answered("click", [300, 40])),
            source=_SOURCE,
        )


def _asked_of(wanted: GuiAction, official: bool) -> tuple[bool, bool]:
    """Whether a place counts, and whether a text does."""
    kind = wanted.kind.lower()
    if official:
        return kind == "click", kind in ("type", "select", "scroll")
    return kind in POINTING, kind in WRITING


def _only_answer(text: str) -> GuiAction | None:
    """The first action of the only answer; of several answers, none is meant."""
    found = blocks("answer", text)
    return next(iter(gui_actions(found[0]) or ()), None) if len(found) == 1 else None


def _official_reading(answer: str | None) -> GuiAction:
    """What the published patterns find; what they do not find has a default."""
    text = answer or ""
    x, y = last_pair_in_braces(text.strip()) or (0, 0)
    found = quoted_text(text)
    return GuiAction(
        kind=quoted_kind(text) or "no action",
        target=Point(x, y),
        text=NO_TEXT if found is None else found,
    )


def _in_input(place: Box | Point, image: ImageFrame) -> Box | Point:
    if isinstance(place, Point):
        return to_frame(place, Frame.INPUT, image)
    return to_frame(place, Frame.INPUT, image)


def _size(frame: Frame, example: Example, image: ImageFrame | None) -> tuple[float, float]:
    """Width and height of the image in the frame of the target."""
    if image is not None:
        return frame_size(frame, image)
    if frame in (Frame.UNIT, Frame.PER_MILLE):
        return (1, 1) if frame is Frame.UNIT else (1000, 1000)
    if frame is Frame.PIXELS and example.images:
        return example.images[0].width, example.images[0].height
    raise DataError(
        f"example '{example.id}': how far a point may be off is a share of the image, and there "
        "is none; give the example its image, or the target a Box"
    )


def _asked() -> Example:
    target = GuiAction(kind="click", target=Box(100, 20, 140, 60))
    return ask("Open the alarm tab.", target, gold=_answered("click", [120, 40]))


def _answered(kind: str, point: list[int]) -> str:
    record = f"{{'action': '{kind}', 'point': {point}, 'input_text': '{NO_TEXT}'}}"
    return f"<think>The tab is at the top.</think><answer>[{record}]</answer>"
