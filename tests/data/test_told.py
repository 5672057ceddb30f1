"""Questions told instead of shown, and lists of words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regard.data.told import Told
from regard.data.worlds.digits import Digits
from regard.data.worlds.gates import PLACES, Gates
from regard.data.worlds.lists import Lists
from regard.errors import ConfigError

WORDS = ("red", "green", "blue", "eye", "head", "knee")


def test_what_there_is_to_see_stands_in_the_question_and_all_else_stays():
    shown = Gates(kinds=("colour",), size=4).load()
    told = Told(Gates(kinds=("colour",), size=4)).load()
    assert len(told) == len(shown)
    for before, after in zip(
        map(shown.__getitem__, range(4)), map(told.__getitem__, range(4)), strict=True
    ):
        seen = before.gold.partition("<think> ")[2].partition(" </think>")[0]
        assert after.question == f"{seen} . {before.question}"
        assert not after.images
        assert replace(after, messages=before.messages) == before


def test_a_digit_is_told_too():
    example = Told(Digits(kinds=("larger",), size=1)).load()[0]
    assert example.question.endswith(" . what is the larger digit ?")


def test_a_letter_or_a_place_is_that_of_its_word():
    dataset = Lists(vocabulary=WORDS, size=40).load()
    for index in range(40):
        example = dataset[index]
        if example.kind == "row":
            row = example.question.split(" , ")
            said = [part.split(" ? <answer> ") for part in example.gold.split(" </answer>")[:-1]]
            assert sorted(word.strip() for word, _ in said) == sorted(row)
            assert all(PLACES[row.index(word.strip())] == place for word, place in said)
        else:
            options = example.question.replace(" : ", " ").split()
            letter_of = dict(zip(options[1::2], options[::2], strict=True))
            said = example.gold.replace("<think> ", "").split(" </answer>")[:-1]
            pairs = [part.split(" </think> <answer> ") for part in said]
            assert {word.strip(): letter for word, letter in pairs} == letter_of


def test_lists_are_the_same_whoever_asks_and_want_words():
    one, other = (Lists(vocabulary=WORDS, seed=3).load()[7] for _ in range(2))
    assert one == other
    assert one != Lists(vocabulary=WORDS, seed=4).load()[7]
    with pytest.raises(ConfigError, match="4 different words"):
        Lists(vocabulary=("red", "green", "red"))
