"""The nouns of the library: what is asked, what was answered, and what it was worth.

Images are parts of messages, so several images, none at all, and several turns are ordinary.
The unit everywhere is the `Group`: one example and the G completions to it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from regard.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

# ------------------------------------------------------------------------------------- images


class Frame(StrEnum):
    """What the numbers of a box or a point count."""

    PIXELS = "pixels"
    """Pixels of the original image."""
    INPUT = "input"
    """Pixels of the resized image the model was given."""
    PER_MILLE = "per_mille"
    """Thousandths of width and height."""
    UNIT = "unit"
    """Fractions of width and height, 0 to 1."""


@dataclass(frozen=True)
class ImageRef:
    """An image by content: its digest, its size in pixels, and where its bytes lie.

    Nothing is decoded until `open` is called; two references to the same bytes are equal.
    """

    digest: str
    """SHA-256 of the encoded bytes, in hexadecimal."""
    width: int = field(compare=False)
    height: int = field(compare=False)
    location: Path | bytes = field(compare=False, repr=False)
    """A file, or the encoded bytes themselves."""

    def read(self) -> bytes:
        """The encoded bytes."""
        if isinstance(self.location, bytes):
            return self.location
        try:
            return self.location.read_bytes()
        except OSError as error:
            raise DataError(f"image {self.location}: cannot be read ({error.strerror})") from error

    def open(self) -> Image:
        """The decoded image in RGB, upright as its EXIF orientation says, on white.

        What is transparent would otherwise show the colour that happens to lie under it.
        """
        from PIL import Image, ImageOps

        try:
            with Image.open(io.BytesIO(self.read())) as image:
                upright = ImageOps.exif_transpose(image)
                if not upright.has_transparency_data:
                    return upright.convert("RGB")
                layer = upright.convert("RGBA")
                white = Image.new("RGBA", layer.size, "white")
                return Image.alpha_composite(white, layer).convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise DataError(f"image {self.name}: cannot be decoded ({error})") from error

    @property
    def name(self) -> str:
        """What a message calls this image: its path, or the start of its digest."""
        return self.digest[:12] if isinstance(self.location, bytes) else str(self.location)


@dataclass(frozen=True)
class ImageFrame:
    """The sizes of one image on its way to the model, and the frame the model answers in."""

    original: tuple[int, int]
    """Width and height of the image as it was given, in pixels."""
    model_input: tuple[int, int]
    """Width and height after the model's own resizing, in pixels."""
    answers_in: Frame = Frame.PIXELS


# ----------------------------------------------------------------------------------- messages

Role = Literal["system", "user", "assistant", "tool"]
Part = str | ImageRef


@dataclass(frozen=True)
class Message:
    """One turn of a conversation: text and images in the order they are read.

    >>> Message("user", ("How many?",)).text
    'How many?'
    """

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The text parts, joined; images leave no trace."""
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def images(self) -> tuple[ImageRef, ...]:
        return tuple(part for part in self.parts if isinstance(part, ImageRef))


# ------------------------------------------------------------------------------------ targets


@dataclass(frozen=True)
class Choice:
    """The right option of a multiple-choice question, as its letter ("A", "B", …)."""

    letter: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Number:
    """A number; right within `tolerance`, which is a fraction of the number itself."""

    value: float
    tolerance: float = 0.0
    unit: str = ""


@dataclass(frozen=True)
class Expression:
    """A mathematical expression in LaTeX; right when it is equal, not when it is the same text."""

    latex: str


@dataclass(frozen=True)
class FreeText:
    """Words; any of the alternatives is as good."""

    text: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Label:
    """One name out of a closed list of classes."""

    name: str
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """A rectangle with its corners (x0, y0) and (x1, y1), x0 <= x1 and y0 <= y1."""

    x0: float
    y0: float
    x1: float
    y1: float
    frame: Frame = Frame.PIXELS


@dataclass(frozen=True)
class LabelledBox:
    """An object: its class and where it is."""

    label: str
    box: Box


@dataclass(frozen=True)
class LabelledBoxes:
    """Every object that should be found; none is a right answer too."""

    boxes: tuple[LabelledBox, ...]


@dataclass(frozen=True)
class Point:
    """A place in an image."""

    x: float
    y: float
    frame: Frame = Frame.PIXELS


@dataclass(frozen=True)
class GuiAction:
    """What to do on a screen: the kind of action, where, and with what text."""

    kind: str
    target: Box | Point | None = None
    text: str = ""


@dataclass(frozen=True)
class Forgery:
    """Whether an image is real, tampered or synthetic, and where it was tampered with."""

    verdict: str
    region: Box | None = None
    explanation: str = ""


Target = (
    Choice
    | Number
    | Expression
    | FreeText
    | Label
    | Box
    | LabelledBoxes
    | Point
    | GuiAction
    | Forgery
)
"""Everything an example can ask for: a closed set, so that a reward can name what it accepts."""

# ------------------------------------------------------------------- examples and completions


@dataclass(frozen=True, kw_only=True)
class Example:
    """A question with its truth. A single-turn question is one user message."""

    id: str
    messages: tuple[Message, ...]
    target: Target
    gold: str | None = None
    """A complete answer worth imitating, as the model should write it."""
    source: str = ""
    """Where it comes from ("digits", "refcoco"): metrics are kept by source."""
    kind: str = ""
    """The kind of question ("sum", "counting"): accuracy is reported by kind."""
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def images(self) -> tuple[ImageRef, ...]:
        """The images of all messages, in reading order."""
        return tuple(image for message in self.messages for image in message.images)

    @property
    def question(self) -> str:
        """The text of the last user message."""
        users = [message.text for message in self.messages if message.role == "user"]
        return users[-1] if users else ""


class Finish(StrEnum):
    """Why a completion ended."""

    STOP = "stop"
    """The model ended it: a stop token or a stop string."""
    LENGTH = "length"
    """It was cut at the greatest length."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """One answer. Token fields are empty where the answer came as text only (a file, a judge)."""

    text: str
    token_ids: tuple[int, ...] = ()
    """The sampled tokens, the stop token included when there was one."""
    logprobs: tuple[float, ...] = ()
    """Log-probability of each token under the policy that drew it, at its temperature (nats)."""
    entropies: tuple[float, ...] = ()
    """Entropy of the distribution each token was drawn from (nats)."""
    finish: Finish = Finish.STOP
    policy_weights: tuple[float, ...] = ()
    """How much each token counts in the policy gradient, 0 to 1; all of them fully where empty.
    What the policy did not draw (a trigger put in, an observation) is 0."""
    imitation_weights: tuple[float, ...] = ()
    """How much each token is worth imitating, 0 to 1; none of them where empty."""
    frames: tuple[ImageFrame, ...] = ()
    """One for each image of the prompt: what the model saw it as."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What an answer is worth, why, and what it is made of."""

    value: float
    reason: str = ""
    parts: Mapping[str, Score] = field(default_factory=dict)
    """The scores this one was combined from, by name, before their weights."""
    parsed: Any = None
    """What the reward read in the text (a box, a letter), for whoever looks at it later."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One example and the G completions to it, with one score and one advantage for each."""

    example: Example
    completions: tuple[Completion, ...]
    scores: tuple[Score, ...] = ()
    advantages: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.completions)

    def scored(self, scores: Sequence[Score]) -> Group:
        """The same group with its scores; one for each completion."""
        if len(scores) != len(self.completions):
            raise ValueError(f"{len(self.completions)} completions, but {len(scores)} scores")
        return replace(self, scores=tuple(scores))

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(score.value for score in self.scores)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How well a policy did on held-out examples."""

    accuracy: float
    """Share of completions that earn full marks, 0 to 1."""
    num_examples: int
    by_kind: Mapping[str, Measured] = field(default_factory=dict)
    """The same for each kind of question."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Whatever else was measured, by metric name."""


# ---------------------------------------------------------------------------------- protocols


@runtime_checkable
class Reward(Protocol):
    """Anything that scores one completion. A malformed text is a low score, never an error."""

    def __call__(self, completion: Completion, example: Example) -> Score: ...


@runtime_checkable
class GroupReward(Protocol):
    """A reward that compares siblings: it sees the whole group."""

    def score_group(
        self, completions: Sequence[Completion], example: Example
    ) -> Sequence[Score]: ...


@runtime_checkable
class Dataset(Protocol):
    """Examples by number. Item i is the same whoever asks, in whatever order."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Example: ...
