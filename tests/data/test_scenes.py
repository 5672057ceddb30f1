"""The world of things on a ground."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from regard.data.gold import gold_completion
from regard.data.worlds.grounds import PHOTOGRAPHS, _textures
from regard.data.worlds.scenes import SIDES, Scenes
from regard.data.worlds.scenes.choice import Query
from regard.data.worlds.stamps import found
from regard.data.worlds.things import (
    CLIPART,
    COLOURS,
    DIGITS,
    GARMENTS,
    HELD_OUT_CLASSES,
    NAMES,
    SHAPES,
    Thing,
    _pieces,
    drawing_lines,
    is_held_out_pair,
    picture,
)
from regard.errors import ConfigError
from regard.registry import world
from regard.rewards.answers import ExactAnswer
from regard.rewards.boxes import BoxAnswerFormat, BoxOverlap
from regard.rewards.detection import DetectionAP, DetectionScore
from regard.types import Box, Label, LabelledBoxes, Number

KINDS = Scenes.known_kinds
SOME = len(KINDS) * 3
"""Every kind at every tier."""


def some(**fields):
    return Scenes(size=SOME, **fields).load()


def things_of(example):
    return [Thing(each["name"], each["colour"]) for each in example.meta["objects"]]


def test_the_world_is_found_by_its_name():
    assert world["scenes"] is Scenes


def test_an_item_is_the_same_whoever_asks_in_whatever_order():
    forwards = [some(seed=3)[i] for i in range(9)]
    backwards = [some(seed=3)[i] for i in reversed(range(9))]
    assert forwards == backwards[::-1]
    assert some(seed=4)[0].images != forwards[0].images


def test_kinds_and_tiers_are_equally_frequent():
    counts = Counter((example.kind, example.meta["tier"]) for example in some())
    assert counts == {(kind, tier): 1 for kind in KINDS for tier in SIDES}


def test_images_are_whole_pieces_of_28_pixels():
    for example in some():
        (image,) = example.images
        assert image.width == image.height == SIDES[example.meta["tier"]]
        assert image.width % 28 == 0


@pytest.mark.parametrize("split", ["train", "test"])
def test_gold_answers_earn_full_marks(split):
    rewards = {
        Box: [
            BoxOverlap(),
            BoxOverlap(spelling="numbers", in_braces=True),
            BoxAnswerFormat(spelling="numbers"),
        ],
        LabelledBoxes: [
            DetectionAP(),
            DetectionAP(official=True),
            DetectionScore(),
            DetectionScore(labels=1.0),
        ],
        Label: [ExactAnswer()],
        Number: [ExactAnswer()],
    }
    for example in some(split=split, seed=1):
        completion, is_sure = gold_completion(example)
        assert is_sure
        for reward in rewards[type(example.target)]:
            score = reward(completion, example)
            assert score.value == pytest.approx(1.0), (example.gold, reward, score.reason)


def test_boxes_are_tight_around_the_pixels_that_show():
    scenes = Scenes(size=SOME)
    for index in range(0, SOME, 2):
        scene, example = scenes.scene(index), scenes.load()[index]
        assert len(scene.seen) == len(example.meta["objects"])
        for number, seen in enumerate(scene.seen):
            rows, columns = np.nonzero(scene.mask(number))
            corners = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert corners == example.meta["objects"][number]["box"]
            assert seen.box == Box(*corners)


def test_what_a_mask_shows_is_painted_in_the_colour_that_is_said():
    scenes = Scenes(kinds=("colour",), tiers=("middle",), size=40)
    for index in range(40):
        scene = scenes.scene(index)
        red, green, blue = np.asarray(scene.image)[scene.mask(0)].mean(axis=0)
        match scene.seen[0].thing.colour:
            case "red":
                assert red > 1.5 * max(green, blue)
            case "green":
                assert green > 1.3 * max(red, blue)
            case "blue":
                assert blue > 1.3 * max(red, green)


def test_the_answer_to_a_count_is_what_the_scene_shows():
    for example in Scenes(kinds=("counting",), size=36).load():
        *_, last = example.question.removesuffix(" .").split("every ")
        said = last.split()
        count = sum(
            last == "count the objects"
            or all(word in (thing.name, thing.colour, "object") for word in said)
            for thing in things_of(example)
        )
        assert example.target == Number(float(count))


def test_a_place_is_asked_for_so_that_only_one_thing_is_meant():
    for example in Scenes(kinds=("where",), size=36).load():
        said = example.question.removeprefix("where is the ").removesuffix(" ?").split()
        fits = [
            each
            for each in example.meta["objects"]
            if all(word in (each["name"], each["colour"]) for word in said)
        ]
        assert len(fits) == 1
        assert example.target == Box(*fits[0]["box"])


def test_the_leftmost_is_the_leftmost():
    for example in Scenes(kinds=("where_most",), tiers=("easy", "middle"), size=36).load():
        boxes = [each["box"] for each in example.meta["objects"]]
        most = example.question.split()[3]
        key = {
            "leftmost": lambda box: box[0] + box[2],
            "rightmost": lambda box: -box[0] - box[2],
            "highest": lambda box: box[1] + box[3],
            "lowest": lambda box: -box[1] - box[3],
        }.get(most)
        if key:
            assert example.target == Box(*min(boxes, key=key))


def test_yes_and_no_are_equally_frequent():
    examples = Scenes(kinds=("relation",), tiers=("easy",), size=100).load()
    yes = sum(example.target.name == "yes" for example in examples)
    # 50 of 100, give or take three standard deviations of a coin: 3 * sqrt(100) / 2 = 15
    assert 35 <= yes <= 65


def test_some_detections_find_nothing_and_some_several_things():
    examples = Scenes(kinds=("detection",), size=48).load()
    counts = Counter(len(example.target.boxes) for example in examples)
    assert {0, 1, 2, 3} <= set(counts)
    empty = next(example for example in examples if not example.target.boxes)
    assert empty.gold.endswith("<answer> None </answer>")


def test_a_colour_without_a_class_is_asked_for_only_among_things_that_have_one_colour():
    for example in Scenes(kinds=("counting",), tiers=("middle",), size=36).load():
        if example.question.endswith("object ."):
            assert all(thing.colour for thing in things_of(example))


def test_no_picture_of_one_split_is_in_the_other():
    for name in NAMES:
        train, test = (
            {piece.tobytes() for piece in _pieces(name, split)} for split in ("train", "test")
        )
        assert test
        assert not train & test
        assert bool(train) or name in HELD_OUT_CLASSES
    grounds = [{each.tobytes() for each in _textures(split)} for split in ("train", "test")]
    assert not grounds[0] & grounds[1]


def test_training_never_shows_a_class_or_a_pair_that_is_held_out():
    for example in some():
        for thing in things_of(example):
            assert thing.name not in HELD_OUT_CLASSES
            assert not is_held_out_pair(thing)


def test_held_out_domains_ask_about_what_training_never_shows():
    kinds = tuple(kind for kind in KINDS if kind not in ("naming", "odd"))
    held_out = Scenes(split="test", domain="held_out_classes", kinds=kinds, size=21).load()
    for example in held_out:
        if example.kind.startswith("where"):
            shown = {tuple(each["box"]): each["name"] for each in example.meta["objects"]}
            target = example.target
            assert shown[target.x0, target.y0, target.x1, target.y1] in HELD_OUT_CLASSES
        assert not set(example.question.split()) & HELD_OUT_CLASSES
    for example in Scenes(split="test", domain="held_out_pairs", kinds=("where",), size=9).load():
        assert any(map(is_held_out_pair, things_of(example)))


def test_one_colour_of_each_class_is_held_out():
    coloured = set(SHAPES + DIGITS + GARMENTS) - HELD_OUT_CLASSES
    for name in coloured:
        assert sum(is_held_out_pair(Thing(name, colour)) for colour in COLOURS) == 1


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_picture_has_nothing_transparent_around_it(split):
    rng = np.random.default_rng(0)
    for name in NAMES:
        if split == "train" and name in HELD_OUT_CLASSES:
            continue
        colour = None if name in CLIPART else "green"
        shows = picture(Thing(name, colour), 40, split, rng)[..., 3] > 0
        assert shows[0].any()
        assert shows[-1].any()
        assert shows[:, 0].any()
        assert shows[:, -1].any()


def test_the_same_phrase_is_what_is_asked_and_what_is_matched():
    assert Query("star", "red").matches(Thing("star", "red"))
    assert not Query("star", "red").matches(Thing("star", "blue"))
    assert Query().matches(Thing("cat"))
    assert not Query(colour="red").matches(Thing("cat"))


@pytest.mark.parametrize("domain", ["seen", "held_out_classes", "held_out_pairs"])
def test_every_word_of_every_example_is_listed(domain):
    kinds = tuple(kind for kind in KINDS if kind not in ("naming", "odd"))
    words = set(Scenes.words())
    fields = {"kinds": kinds if domain == "held_out_classes" else (), "domain": domain}
    for example in some(split="test", seed=5, **fields):
        said = set(f"{example.question} {example.gold}".split())
        assert said <= words, said - words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"domain": "heldout"}, "did you mean 'held_out"),
        ({"domain": "held_out_pairs"}, "needs split='test'"),
        ({"domain": "held_out_classes", "split": "test"}, "cannot; name other kinds"),
        ({"kinds": ("count",)}, "did you mean 'counting'"),
    ],
)
def test_a_world_that_cannot_be_is_refused(fields, said):
    with pytest.raises(ConfigError, match=said):
        Scenes(**fields)


def test_a_world_describes_itself():
    said = replace(Scenes(), split="test").describe()
    assert "70 classes" in said
    assert '{ "bbox_2d" : [ 10 , 20 , 60 , 80 ] }' in said


def test_whose_pictures_are_shown_is_told():
    lines = {sheet: [e for e in drawing_lines() if e["sheet"] == sheet]
             for sheet in ("clipart.png", "emoji.png")}  # fmt: skip
    assert len({e["source"] for e in drawing_lines()}) == len(drawing_lines()) == 171 + 384
    assert all(e["source"].endswith(".png") for e in lines["clipart.png"])
    train, test = ({e["source"].split(":")[0] for e in lines["emoji.png"] if e["split"] == split}
                   for split in ("train", "test"))  # fmt: skip
    assert (train, test) == ({"noto", "twemoji", "fluent-emoji-flat"}, {"emojione"})
    assert set(PHOTOGRAPHS) == {"china.jpg", "flower.jpg"}


# ------------------------------------------------------------------------------- stamps


@pytest.fixture
def stamps(tmp_path, monkeypatch):
    """A folder like that of Tux Paint's stamps: cats, an apple, a Beetle that is a car."""
    for name, caption in {
        "animals/cats/a": "A black cat.", "animals/cats/b": "Two cats.", "animals/cats/c": "",
        "food/fruit/fuji": "A “Fuji” apple.", "vehicles/vw": "A VW Beetle.",
    }.items():  # fmt: skip
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp = Image.new("RGBA", (300, 200))
        stamp.paste((250, 0, 0, 255), (50, 50, 250, 150))
        stamp.save(path)
        path.with_suffix(".txt").write_text(f"{caption}\nfr.utf8=Un chat.\n", "utf-8")
    monkeypatch.setattr("regard.data.worlds.stamps.FOLDER", tmp_path)
    return tmp_path


def test_stamps_show_their_classes_and_clip_art_the_others(stamps):
    rng = np.random.default_rng(0)
    cat = picture(Thing("cat"), 60, "train", rng, "stamps")
    assert cat.shape == (30, 60, 4)  # 200 by 100 pixels show, of 300 by 200
    assert (cat[5:-5, 5:-5] == (250, 0, 0, 255)).all()
    beetle, embedded = (
        picture(Thing("beetle"), 60, "train", np.random.default_rng(0), objects)
        for objects in ("stamps", "embedded")
    )
    assert np.array_equal(beetle, embedded)


def test_stamps_are_shared_out_among_the_splits(stamps):
    assert found("train") == {"cat": 2, "apple": 1}
    assert found("test") == {"cat": 1}
    told = Scenes(split="train", objects="stamps").describe()
    assert "Stamps of Tux Paint show cat 2, apple 1; clip art shows the other" in told


def test_without_stamps_the_world_says_so_and_shows_clip_art(tmp_path, monkeypatch):
    monkeypatch.setattr("regard.data.worlds.stamps.FOLDER", tmp_path / "none")
    fields = {"kinds": ("naming",), "tiers": ("easy",), "size": 8}
    with_stamps, without = Scenes(objects="stamps", **fields), Scenes(**fields)
    assert "No stamps are at" in with_stamps.describe()
    assert "stamps" not in without.describe().lower()
    for number in range(8):
        one, other = (world.load()[number].images[0] for world in (with_stamps, without))
        assert one.digest == other.digest
