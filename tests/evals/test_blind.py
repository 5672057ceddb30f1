"""Questions about pictures that are not theirs."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from regard.data.images import ImageStore
from regard.data.worlds.digits import Digits
from regard.evals.blind import Blind
from regard.types import Example, Message, Number


def picture(colour: str, size: tuple[int, int] = (8, 6)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return ImageStore().put(file.getvalue())


def about(name: str, *images) -> Example:
    return Example(id=name, messages=(Message("user", (*images, "?")),), target=Number(1.0))


@dataclass(frozen=True)
class These:
    examples: tuple[Example, ...]

    def load(self):
        return self.examples


def test_each_question_gets_the_next_picture_of_its_size():
    red, wide, blue = picture("red"), picture("red", (9, 6)), picture("blue")
    blind = Blind(These((about("a", red), about("b", wide), about("c", blue)))).load()
    assert blind[0].images == (blue,)
    assert blind[2].images == (red,)
    assert (blind[0].id, blind[0].target, blind[0].question) == ("a", Number(1.0), "?")


def test_without_another_picture_of_its_size_there_is_noise():
    red = picture("red", (40, 30))
    (seen,) = Blind(These((about("a", red), about("b", red)))).load()[0].images
    assert (seen.width, seen.height) == (40, 30)
    assert seen != red
    assert len(np.unique(np.asarray(seen.open()))) > 100
    assert Blind(These((about("a", red),))).load()[0].images == (seen,)


def test_a_question_without_pictures_stays_as_it_is():
    assert Blind(These((about("a"),))).load()[0] == about("a")


def test_a_world_keeps_its_truth_and_loses_its_pictures():
    world = Digits(split="test", size=6)
    seen, blind = world.load(), Blind(world).load()
    assert len(blind) == 6
    for i in range(6):
        assert blind[i].target == seen[i].target
        assert blind[i].images != seen[i].images
