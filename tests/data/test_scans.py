"""Medical phantoms: what is said about a scan can be seen in it."""

from __future__ import annotations

import gzip
import struct
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from regard.data.worlds import volumes
from regard.data.worlds.phantoms import PARTS, SIDE
from regard.data.worlds.scans import MODALITIES, Scans
from regard.data.worlds.sketch import Pen, banded, grain
from regard.data.worlds.volumes import heads, nifti
from regard.errors import ConfigError


def drawn(part, *findings, contrast=0.6):
    """A part of the body, the same each time, with (name, spot, radius) of some findings."""
    pen = Pen(part.ground, side=SIDE, mode="L" if isinstance(part.ground, int) else "RGB")
    part.draw(pen, np.random.default_rng(0))
    for name, spot, radius in findings:
        part.findings[name](pen, spot, radius, np.random.default_rng(1), contrast)
    return pen.pixels(blur=0.7)


def changed(part, *findings):
    """Where findings change a picture by more than the grain of the hardest tier."""
    return np.abs(drawn(part, *findings) - drawn(part)).max(axis=2) > 20


SHOWN = [(part, name) for part in PARTS for name in part.findings]
NAMES = [f"{part.modality}-{part.name}-{name}" for part, name in SHOWN]


@pytest.mark.parametrize(("part", "name"), SHOWN, ids=NAMES)
def test_a_finding_is_seen_where_it_is_said_to_be_even_at_the_hardest_contrast(part, name):
    for spot in part.spots:
        _, xs = np.nonzero(changed(part, (name, spot, 0.1)))
        assert len(xs) >= 20, spot
        assert ((xs.mean() + 0.5) / SIDE < 0.5) == (spot[0] < 0.5), spot


@pytest.mark.parametrize(("part", "name"), SHOWN, ids=NAMES)
def test_a_graver_finding_covers_more(part, name):
    spot = part.spots[0]
    if part.is_counted:
        areas = [changed(part, *((name, at, 0.1) for at in part.spots[:n])).sum() for n in (2, 6)]
    else:
        areas = [changed(part, (name, spot, radius)).sum() for radius in (0.045, 0.085, 0.135)]
    assert all(more > 1.2 * less for less, more in pairwise(areas)), areas


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.modality}-{part.name}")
def test_the_findings_of_a_part_look_different(part):
    # not only for being elsewhere: at the same spot
    pictures = [drawn(part, (name, part.spots[0], 0.1)) for name in part.findings]
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert (np.abs(one - other).max(axis=2) > 20).sum() >= 20


def test_a_modality_is_told_by_its_nearest_training_picture():
    def seen(split, size):
        for example in Scans(split=split, kinds=("modality",), tiers=("easy",), size=size).load():
            small = example.images[0].open().resize((14, 14))
            yield example.meta["modality"], np.asarray(small, dtype=float)

    known = list(seen("train", 96))
    right = [
        min(known, key=lambda pair: np.square(pair[1] - picture).sum())[0] == modality
        for modality, picture in seen("test", 24)
    ]
    assert np.mean(right) > 0.9  # one in eight by chance


def test_the_green_box_is_in_the_picture_where_it_is_asked_about():
    for example in Scans(kinds=("anatomy",), tiers=("middle", "hard"), size=16).load():
        pixels = np.asarray(example.images[0].open())
        assert (pixels == (0, 255, 0)).all(axis=2).sum() > 60
        assert example.question.startswith("what is in the green box ? A :")


def test_where_and_how_often_agree_with_the_places():
    for example in Scans(kinds=("attribute",), size=60).load():
        places, answer = example.meta["places"], example.target.options["ABCD".index(
            example.target.letter)]  # fmt: skip
        if answer in ("left", "right"):
            assert all((x < SIDE / 2) == (answer == "left") for x, _ in places)
        else:
            assert len(places) == int(answer)


def test_nothing_is_shown_in_the_healthy_and_in_what_is_not_severe_at_all():
    examples = list(Scans(kinds=("disease", "grading"), tiers=("hard",), size=80).load())
    answers = [example.target.options["ABCD".index(example.target.letter)] for example in examples]
    without = [e for e, answer in zip(examples, answers, strict=True) if answer in
               ("healthy", "none")]  # fmt: skip
    assert len(without) >= 8
    assert all(not example.meta["places"] for example in without)


def test_options_grow_from_two_to_four_with_the_tier():
    for tier, count in (("easy", 2), ("middle", 3), ("hard", 4)):
        for example in Scans(
            tiers=(tier,), kinds=("anatomy", "disease", "modality"), size=6
        ).load():
            assert len(set(example.target.options)) == count


def test_a_world_of_some_modalities_has_only_these():
    chosen = Scans(modalities=("ct", "oct"), size=30).load()
    assert set(Counter(example.meta["modality"] for example in chosen)) == {"ct", "oct"}
    with pytest.raises(ConfigError, match="did you mean 'fundus'"):
        Scans(modalities=("fundis",))
    assert len(MODALITIES) == 8


def volume_file(path, voxels):
    """A NIfTI file of unsigned bytes, z by y by x."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<4h", header, 40, 3, *reversed(voxels.shape))
    struct.pack_into("<h", header, 70, 2)
    struct.pack_into("<f", header, 108, 352.0)
    path.write_bytes(gzip.compress(bytes(header) + voxels.tobytes()))
    return path


def test_a_volume_is_read_as_it_was_written_and_turned_with_the_forehead_up(tmp_path):
    voxels = np.zeros((40, 30, 20), dtype=np.uint8)
    voxels[:, 5:25, 4:16] = 100
    voxels[:, 23:25, 4:16] = 200  # farthest forward
    path = volume_file(tmp_path / "head.nii.gz", voxels)
    assert np.array_equal(nifti(path), voxels)
    pictures = heads(path, wide=0.5, high=0.75)
    assert {picture.size for picture in pictures} == {(2 * SIDE, 2 * SIDE)}
    picture = np.asarray(pictures[0])
    rows, columns = (np.flatnonzero((picture > 30).any(axis=axis)) for axis in (1, 0))
    # three quarters of 224 pixels high, half as wide
    assert abs(len(rows) - 168) <= 2
    assert abs(len(columns) - 112) <= 2
    assert picture[rows[4], 112] > picture[rows[-4], 112]


def test_a_real_scan_takes_the_place_of_its_phantom(tmp_path, monkeypatch):
    voxels = np.full((40, 30, 20), 120, dtype=np.uint8)
    path = volume_file(tmp_path / "head.nii.gz", voxels)
    source = replace(volumes.SOURCES[0], name="a block", file=str(path))
    monkeypatch.setattr(volumes, "SOURCES", (source,))
    world = Scans(material="real", modalities=("mri",), size=20)
    assert "mri head from a block" in world.describe()
    materials = {(e.meta["part"], e.meta["material"]) for e in world.load()}
    assert materials == {("head", "a block"), ("knee", "phantom")}
    held_out = Scans(material="real", split="test", modalities=("mri",), size=20)
    assert {e.meta["material"] for e in held_out.load()} == {"phantom"}


def test_without_real_scans_the_world_says_so_and_shows_phantoms(monkeypatch):
    monkeypatch.setattr(volumes, "SOURCES", ())
    world = Scans(material="real", size=5)
    assert "No package with real scans" in world.describe()
    assert list(world.load()) == list(Scans(size=5).load())


def test_a_real_scan_belongs_to_one_split():
    files = [source.file for source in volumes.SOURCES]
    assert len(set(files)) == len(files)


def test_the_splits_share_no_number_of_style():
    rng = np.random.default_rng(0)
    train = [banded(0, 10, "train", rng) for _ in range(500)]
    test = [banded(0, 10, "test", rng) for _ in range(500)]
    assert all(4 <= value < 6 for value in test)
    assert not any(4 < value < 6 for value in train)
    assert min(train) < 1 < 9 < max(train)


@pytest.mark.parametrize("coarseness", [1.0, 3.0, 10.0])
def test_grain_has_a_spread_of_about_one(coarseness):
    noise = grain(SIDE, coarseness, np.random.default_rng(0))
    assert noise.shape == (SIDE, SIDE)
    assert 0.6 < noise.std() < 1.6
