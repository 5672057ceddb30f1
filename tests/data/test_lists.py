"""Lists of words, and what is asked about them."""

from __future__ import annotations

import pytest

from regard.data.worlds.gates.scenes import PLACES
from regard.data.worlds.lists import Lists
from regard.errors import ConfigError
from regard.text.tags import inside

WORDS = ("red", "green", "blue", "eye", "head", "knee")


def lists(kind: str) -> list[tuple[str, list[str], list[str], str]]:
    """Of lists of a kind: what is asked for, what is listed, what is thought, what is answered."""
    dataset = Lists(vocabulary=WORDS, size=80).load()
    found = []
    for example in (dataset[index] for index in range(80)):
        if example.kind == kind:
            asked, listed = example.question.split(" ? ")
            thought, answer = (
                (inside(tag, example.gold) or "").strip() for tag in ("think", "answer")
            )
            found.append((asked, listed.split(" , "), thought.split(" , "), answer))
    assert len(found) == 20
    assert len({answer for *_, answer in found}) > 2
    return found


def test_a_row_is_read_up_to_the_place_of_the_word():
    for asked, row, thought, answer in lists("row"):
        assert PLACES[row.index(asked)] == answer
        assert (
            thought
            == [f"{place} {word}" for place, word in zip(PLACES, row, strict=True)][
                : PLACES.index(answer) + 1
            ]
        )


def test_options_are_read_up_to_the_letter_of_what_is_thought_of():
    for _, (options,), thought, answer in lists("options"):
        words = options.replace(" : ", " ").split()
        letter_of = dict(zip(words[1::2], words[::2], strict=True))
        word, _, read = " , ".join(thought).partition(" : ")
        assert letter_of[word] == answer
        assert [part.split() for part in read.split(" , ")] == [
            [letter, each] for each, letter in letter_of.items() if letter <= answer
        ]


def test_names_are_read_up_to_the_one_whose_number_it_is():
    for asked, pairs, thought, answer in lists("pairs"):
        assert thought[-1] == f"{asked} {answer}"
        assert thought == pairs[: len(thought)]


def test_a_column_is_read_down_to_the_one_below():
    for asked, column, thought, answer in lists("column"):
        assert thought == column[: len(thought)]
        assert thought[-2:] == [asked.removeprefix("below "), answer]


def test_lists_are_the_same_whoever_asks_and_want_words():
    one, other = (Lists(vocabulary=WORDS, seed=3).load()[7] for _ in range(2))
    assert one == other
    assert one != Lists(vocabulary=WORDS, seed=4).load()[7]
    with pytest.raises(ConfigError, match="4 different words"):
        Lists(vocabulary=("red", "green", "red"))
