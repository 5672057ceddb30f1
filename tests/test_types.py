"""The nouns: what is asked, what was answered, and what it was worth."""

from __future__ import annotations

import hashlib
import io
import pickle
from pathlib import Path

import pytest
from PIL import Image

from regard.errors import DataError
from regard.types import (
    Completion,
    Dataset,
    Example,
    Frame,
    Group,
    GroupReward,
    ImageRef,
    Message,
    Number,
    Reward,
    Score,
)


def encoded(
    size: tuple[int, int] = (3, 2), *, mode: str = "RGB", orientation: int | None = None
) -> bytes:
    """A PNG whose first pixel is lighter than the others."""
    image = Image.new(mode, size)
    image.putpixel((0, 0), 200 if mode == "L" else (200,) * len(mode))
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


def reference(content: bytes, location: Path | bytes | None = None) -> ImageRef:
    digest = hashlib.sha256(content).hexdigest()
    return ImageRef(digest, 3, 2, content if location is None else location)


def test_an_image_is_opened_from_a_file_and_from_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded())
    for location in (tmp_path / "a.png", encoded()):
        image = reference(encoded(), location).open()
        assert (image.size, image.mode, image.getpixel((0, 0))) == ((3, 2), "RGB", (200, 200, 200))


@pytest.mark.parametrize("mode", ["L", "RGBA", "RGB"])
def test_every_image_is_opened_in_three_colours(mode: str) -> None:
    assert reference(encoded(mode=mode)).open().mode == "RGB"


def test_what_is_transparent_is_white() -> None:
    image = Image.new("RGBA", (3, 1), (200, 0, 0, 255))
    image.putpixel((0, 0), (200, 0, 0, 0))
    image.putpixel((1, 0), (200, 0, 0, 51))  # a fifth of red, four fifths of white
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    opened = reference(buffer.getvalue()).open()
    assert [opened.getpixel((x, 0)) for x in range(3)] == [
        (255, 255, 255),
        (244, 204, 204),
        (200, 0, 0),
    ]


def test_a_colour_of_a_palette_may_be_transparent() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([9, 9, 9, 30, 30, 30])
    image.putpixel((1, 0), 1)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=0)
    opened = reference(buffer.getvalue()).open()
    assert [opened.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (30, 30, 30)]


def test_an_image_stands_upright() -> None:
    # orientation 6: the camera was turned; the first pixel belongs at the upper right
    image = reference(encoded(orientation=6)).open()
    assert image.size == (2, 3)
    assert image.getpixel((1, 0)) == (200, 200, 200)


def test_images_are_equal_by_content(tmp_path: Path) -> None:
    assert reference(encoded()) == reference(encoded(), tmp_path / "elsewhere.png")
    assert reference(encoded()) != reference(encoded((4, 4)))
    assert len({reference(encoded()), reference(encoded(), tmp_path)}) == 1


def test_an_image_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    missing = tmp_path / "missing.png"
    with pytest.raises(DataError, match=r"missing\.png: cannot be read \(No such file"):
        reference(b"", missing).open()


def test_an_image_that_is_cut_off_is_told_by_its_digest() -> None:
    cut = encoded((50, 50))[:60]
    digest = hashlib.sha256(cut).hexdigest()[:12]
    with pytest.raises(DataError, match=f"image {digest}: cannot be decoded"):
        reference(cut).open()


def test_a_message_keeps_text_and_images_in_order() -> None:
    first, second = reference(encoded()), reference(encoded((4, 4)))
    message = Message("user", ("Is ", first, "like ", second, "?"))
    assert message.text == "Is like ?"
    assert message.images == (first, second)


def test_the_question_is_the_last_thing_the_user_said() -> None:
    image = reference(encoded())
    example = Example(
        id="a",
        messages=(
            Message("system", ("Be short.",)),
            Message("user", (image, "How many?")),
            Message("assistant", ("Two.",)),
            Message("user", ("And now?", image)),
        ),
        target=Number(3),
    )
    assert example.question == "And now?"
    assert example.images == (image, image)


def test_an_example_without_a_user_asks_nothing() -> None:
    example = Example(id="a", messages=(Message("system", ("Hello",)),), target=Number(0))
    assert example.question == ""
    assert example.images == ()


def group_of(num_completions: int) -> Group:
    example = Example(id="a", messages=(Message("user", ("?",)),), target=Number(0))
    completions = tuple(Completion(text=str(index)) for index in range(num_completions))
    return Group(example=example, completions=completions)


def test_a_group_is_as_long_as_its_completions() -> None:
    assert len(group_of(3)) == 3
    assert group_of(3).values == ()


def test_a_group_has_one_score_for_each_completion() -> None:
    scored = group_of(2).scored([Score(value=0.0), Score(value=1.0)])
    assert scored.values == (0.0, 1.0)
    with pytest.raises(ValueError, match="2 completions, but 1 scores"):
        group_of(2).scored([Score(value=0.0)])


def test_a_group_can_be_sent_to_another_process() -> None:
    group = group_of(2).scored([Score(value=0.0), Score(value=1.0)])
    assert pickle.loads(pickle.dumps(group)) == group


def test_frames_are_written_as_their_names() -> None:
    assert [str(frame) for frame in Frame] == ["pixels", "input", "per_mille", "unit"]


def test_protocols_are_recognised_by_their_methods() -> None:
    def accuracy(completion: Completion, example: Example) -> Score:
        return Score(value=1.0)

    assert isinstance(accuracy, Reward)
    assert not isinstance(accuracy, GroupReward)
    assert isinstance([], Dataset)
