"""Examples made ahead by other processes are those that would have been made here."""

from __future__ import annotations

import pytest

from regard.data.ahead import ahead
from regard.data.mixing import Mix, Stream
from regard.data.worlds.screens import Screens

MIX = Mix({"clicks": (2, Screens(kinds=("click",), size=50)), "tabs": (1, Screens(size=70))})


def test_workers_make_what_the_stream_holds():
    stream = Stream(MIX.load(), seed=3)
    asked = [0, 1, 40, 31, 33, 200]  # chunks are of 32: the last jumps, 31 steps back into one
    with ahead(stream, num_workers=1) as made:
        assert [made[position] for position in asked] == [stream[position] for position in asked]
        with pytest.raises(IndexError, match="no end to count from"):
            made[-1]


def test_without_workers_it_is_the_stream_itself():
    stream = Stream(MIX.load())
    with ahead(stream, num_workers=0) as made:
        assert made is stream
