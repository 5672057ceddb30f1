"""The world of two handwritten digits."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from regard.data.worlds.digits import COMPOSED, LOOK_AGAIN, QUESTIONS, Digits, scans_of
from regard.errors import ConfigError
from regard.registry import world
from regard.types import Number


def test_the_world_is_found_by_its_name():
    assert world["digits"] is Digits


def test_the_answers_to_seven_and_five():
    answers = {kind: answer(7, 5) for kind, (_, answer) in QUESTIONS.items()}
    assert answers == {
        "left": 7, "right": 5, "sum": 12, "difference": 2, "larger": 7, "smaller": 5,
        "after": 8, "twice": 10,
    }  # fmt: skip


def test_composed_kinds_put_the_words_of_the_others_together():
    answers = {kind: answer(7, 5) for kind, (_, answer) in COMPOSED.items()}
    assert answers == {
        "twice_larger": 14, "twice_left": 14, "twice_difference": 4,
        "after_smaller": 6, "after_right": 6, "after_difference": 3,
    }  # fmt: skip
    words = set(Digits.words())
    assert all(set(question.split()) <= words for question, _ in COMPOSED.values())


def test_a_misread_answer_is_that_of_what_it_read():
    plain = Digits(kinds=("sum",), size=200).load()
    misread = Digits(kinds=("sum",), size=200, misread=0.5).load()
    changed = 0
    for before, after in zip(
        map(plain.__getitem__, range(200)), map(misread.__getitem__, range(200)), strict=True
    ):
        assert (before.images, before.target) == (after.images, after.target)
        first, second, said = (int(w) for w in after.gold.split() if w.isdigit())
        assert first + second == said
        changed += before.gold != after.gold
    # One in ten of the misread is taken for itself.
    assert 60 <= changed <= 120


def test_a_second_thought_reads_rightly_whatever_the_first_read():
    world = Digits(kinds=("larger",), size=50, misread=1.0, second_thoughts=1.0).load()
    plain = Digits(kinds=("larger",), size=50).load()
    firsts = []
    for i in range(50):
        first, _, second = world[i].gold.partition(f" {LOOK_AGAIN} ")
        assert second == plain[i].gold
        firsts.append(first)
    true = [plain[i].gold.partition(" <answer>")[0] for i in range(50)]
    assert all(first.split()[::3] == ["<think>", "</think>"] for first in firsts)
    assert sum(a != b for a, b in zip(firsts, true, strict=True)) > 30


def test_a_share_is_a_share():
    with pytest.raises(ConfigError, match=r"misread is 1\.5; it must be between 0 and 1"):
        Digits(misread=1.5)


def test_the_difference_is_never_negative():
    assert QUESTIONS["difference"][1](2, 9) == 7


def test_an_example_shows_what_its_gold_answer_says():
    for example in (Digits(size=25).load()[i] for i in range(25)):
        left, right = example.meta["left"], example.meta["right"]
        answer = QUESTIONS[example.kind][1](left, right)
        in_order = example.kind not in ("left", "right")
        first, second = sorted((left, right)) if in_order else (left, right)
        assert example.gold == f"<think> {first} {second} </think> <answer> {answer} </answer>"
        assert example.target == Number(float(answer))


def test_the_image_comes_before_the_question_and_is_56_by_28_in_colour():
    example = Digits().load()[0]
    image, question = example.messages[0].parts
    assert question == "what is the left digit ?"
    assert image.open().size == (image.width, image.height) == (56, 28)
    assert image.open().mode == "RGB"


def test_an_item_is_the_same_whoever_asks_in_whatever_order():
    forwards = [Digits(seed=3).load()[i] for i in range(6)]
    backwards = [Digits(seed=3, size=6).load()[i] for i in reversed(range(6))]
    assert forwards == backwards[::-1]


def test_another_seed_shows_other_digits():
    assert Digits(seed=1).load()[0].images != Digits(seed=2).load()[0].images


def test_kinds_take_turns():
    kinds = Counter(example.kind for example in map(Digits(size=20).load().__getitem__, range(20)))
    assert kinds == dict.fromkeys(Digits().kinds, 4)


def test_no_test_scan_is_a_training_scan():
    train, test = ({scan.tobytes() for scan in scans_of(split)[0]} for split in ("train", "test"))
    assert not train & test
    # 1,797 scans, a quarter of each digit held out
    assert (len(scans_of("train")[0]), len(scans_of("test")[0])) == (1347, 450)
    assert min(np.bincount(scans_of("test")[1])) == 44


def test_test_digits_are_drawn_without_a_shift():
    plain = Digits(split="test", max_shift=0, max_stretch=0.0).load()
    assert plain[4].images == Digits(split="test").load()[4].images
    assert Digits(max_shift=0).load()[4].images != Digits().load()[4].images


def test_every_word_of_every_example_is_listed():
    words = set(Digits.words())
    for kind in QUESTIONS:
        dataset = Digits(kinds=(kind,), size=40).load()
        said = {
            word
            for i in range(40)
            for word in (dataset[i].gold + " " + dataset[i].question).split()
        }
        assert said <= words


def test_looping_ends_and_counting_from_the_end_works():
    dataset = Digits(size=3).load()
    assert len(list(dataset)) == 3
    assert dataset[-1] == dataset[2]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kinds": ("summ",)}, "did you mean 'sum'"),
        ({"kinds": ()}, "no questions"),
        ({"split": "tset"}, "did you mean 'test'"),
        ({"size": 0}, "size must be 1 or more"),
    ],
)
def test_a_world_that_cannot_be_is_refused(fields, said):
    with pytest.raises(ConfigError, match=said):
        Digits(**fields)


def test_a_world_describes_itself():
    assert "450 scans" in Digits(split="test").describe()


def test_the_image_shows_the_digits_it_is_said_to_show():
    def halves(split):
        dataset = Digits(split=split, size=600, max_shift=0, max_stretch=0.0).load()
        for example in dataset:
            pixels = np.asarray(example.images[0].open().convert("L"), dtype=float)
            yield example.meta["left"], pixels[:, :28]
            yield example.meta["right"], pixels[:, 28:]

    known = list(halves("train"))
    means = [np.mean([half for digit, half in known if digit == n], axis=0) for n in range(10)]
    right = [
        np.argmin([np.square(half - mean).sum() for mean in means]) == digit
        for digit, half in halves("test")
    ]
    # the mean image of each digit is known to tell nine of ten of these scans apart
    assert np.mean(right) > 0.85
