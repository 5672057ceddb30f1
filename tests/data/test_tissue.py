"""Drawn tissue: what is said about a tile can be seen in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from regard.data.worlds import volumes
from regard.data.worlds.slides import FEATURES, SIDE, STAINS, TISSUES, apart, slide, sparse_cells
from regard.data.worlds.tissue import QUARTERS, Tissue
from regard.types import Choice, FreeText, Label, Number


def said(example):
    """The answer in words, whichever way it was asked for."""
    match example.target:
        case Choice(letter, options):
            return options["ABCD".index(letter)]
        case Label(name):
            return name
        case Number(value):
            return str(int(value))
        case FreeText(text):
            return text


def test_the_nuclei_that_are_counted_are_there():
    # In the IHC, nuclei are the only dark things: brown ones are redder than blue ones.
    for example in Tissue(kinds=("count",), tiers=("middle", "hard"), size=60).load():
        if "brown" not in example.question:
            continue
        pixels = np.asarray(example.images[0].open(), dtype=float)
        is_brown = (pixels[..., 0] - pixels[..., 2] > 40) & (pixels.sum(axis=2) < 400)
        groups, _ = ndimage.label(ndimage.binary_opening(is_brown, iterations=2))
        assert groups.max() == example.target.value, example.id


def test_a_feature_is_in_its_quarter():
    for name, feature in FEATURES.items():
        for quarter, (x, y) in QUARTERS.items():
            with_, without = (slide("h&e", "train", np.random.default_rng(0)) for _ in range(2))
            for on in (with_, without):
                sparse_cells(on, around=(x, y), clear=0.16)
            feature(with_, (x, y), 0.13)
            difference = np.abs(with_.pen.pixels() - without.pen.pixels()).max(axis=2) > 20
            ys, xs = np.nonzero(difference)
            assert len(xs) > 60, (name, quarter)
            assert (xs.mean() < SIDE / 2) == ("left" in quarter)
            assert (ys.mean() < SIDE / 2) == ("upper" in quarter)


@pytest.mark.parametrize(("kind", "least"), [("stain", 0.75), ("tissue", 0.65), ("grade", 0.8)])
def test_what_a_tile_shows_is_told_by_its_nearest_training_tile(kind, least):
    def seen(split, size):
        for example in Tissue(split=split, kinds=(kind,), tiers=("easy",), size=size).load():
            pixels = np.asarray(example.images[0].open(), dtype=float)
            if kind == "stain":
                yield said(example), np.quantile(pixels, (0.02, 0.2, 0.5, 0.8), axis=(0, 1))
                continue
            # Arrangement only, without the colours of the stain: how much there is of each size.
            grey = pixels.mean(axis=2)
            grey = (grey - grey.mean()) / grey.std()
            sizes = np.abs(np.fft.fft2(grey))
            away = np.hypot(*np.meshgrid(*[np.fft.fftfreq(SIDE) * SIDE] * 2)).astype(int)
            power = np.bincount(away.ravel(), sizes.ravel() ** 2)[1:40]
            yield said(example), np.log(power + 1)

    known = list(seen("train", 72))
    right = [
        min(known, key=lambda pair: np.square(pair[1] - view).sum())[0] == answer
        for answer, view in seen("test", 24)
    ]
    assert np.mean(right) >= least


def test_a_caption_says_the_stain_and_what_is_shown_in_three_ways():
    for example in Tissue(kinds=("caption",), size=12).load():
        first, *others = example.meta["captions"]
        assert example.target == FreeText(first, tuple(others))
        assert len({first, *others}) == 3
        assert any(stain in first for stain in STAINS)


def test_every_example_has_captions_to_contrast_with():
    captions = [example.meta["captions"] for example in Tissue(size=36).load()]
    assert all(len(each) == 3 for each in captions)
    assert len({each[0] for each in captions}) > 20


def test_answers_are_letters_and_words_about_equally_often():
    targets = [example.target for example in Tissue(kinds=("tissue",), size=40).load()]
    letters = sum(isinstance(target, Choice) for target in targets)
    assert 10 <= letters <= 30
    assert all(target.classes == tuple(TISSUES) for target in targets if isinstance(target, Label))


def test_a_real_slide_is_shown_where_its_stain_is_asked_for(tmp_path, monkeypatch):
    Image.new("RGB", (320, 256), (200, 150, 100)).save(tmp_path / "ihc.png")
    source = replace(volumes.SLIDES[0], name="a slide", package="", file=str(tmp_path / "ihc.png"))
    monkeypatch.setattr(volumes, "SLIDES", (source,))
    world = Tissue(material="real", kinds=("stain",), size=30)
    assert "ihc from a slide" in world.describe()
    for example in world.load():
        assert (example.meta["material"] == "a slide") == (example.meta["stain"] == "ihc")
    held_out = Tissue(material="real", split="test", kinds=("stain",), size=5)
    assert "No package with real slides" in held_out.describe()
    assert {example.meta["material"] for example in held_out.load()} == {"drawn"}


def test_places_apart_are_apart():
    places = np.array(apart(9, 0.2, np.random.default_rng(0)))
    distances = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    assert len(places) == 9
    assert distances[~np.eye(9, dtype=bool)].min() >= 0.2
