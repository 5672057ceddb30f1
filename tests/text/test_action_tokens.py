"""Actions as tokens, and their statistics."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import ConfigError, DataError
from regard.text.action_tokens import (
    ActionTokens,
    action_statistics,
    action_token_metrics,
    normalised,
    unnormalised,
)


def test_the_ends_of_the_range_are_the_ends_of_the_vocabulary():
    assert ActionTokens().encode([-1, 1, -7, 7]) == [31999, 31744, 31999, 31744]
    assert ActionTokens(vocab_size=10, bins=3).encode([-1, -0.1, 0, 1]) == [9, 9, 8, 7]


def test_an_id_that_is_no_action_decodes_to_an_extreme():
    low, high = ActionTokens().decode([32000, 5])
    assert (low, high) == (pytest.approx(-254 / 255), pytest.approx(254 / 255))


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=7), st.integers(2, 300))
def test_there_and_back_is_off_by_half_a_bin_at_most(action, bins):
    tokens = ActionTokens(vocab_size=1000, bins=bins)
    ids = tokens.encode(action)
    assert tokens.is_action(ids).all()
    assert np.abs(tokens.decode(ids) - action).max() <= 1 / (bins - 1) + 1e-9


def test_bins_must_fit():
    with pytest.raises(ConfigError, match="300 bins among 200 ids"):
        ActionTokens(vocab_size=200, bins=300)


def test_what_never_changes_is_zero_and_what_is_masked_stays():
    statistics = {"min": [2.0, 0.0, 0.0], "max": [2.0, 10.0, 10.0], "mask": [True, True, False]}
    scaled = normalised([[2.0, 7.5, 7.5], [9.0, 99.0, 99.0]], statistics, scaling="bounds")
    assert scaled == pytest.approx(np.array([[0, 0.5, 7.5], [0, 1, 99]]), abs=1e-7)
    q = {"q01": [0.0, 0.0], "q99": [10.0, 10.0], "mask": [True, False]}
    assert unnormalised([0.5, 0.5], q).tolist() == [7.5, 0.5]


def test_the_spread_is_that_of_the_population():
    found = action_statistics([[0.0], [2.0]])
    assert (found["mean"], found["std"], found["q01"]) == ([1.0], [1.0], [0.02])
    with pytest.raises(DataError, match="steps by numbers"):
        action_statistics([])


def test_only_actions_count_in_the_metrics():
    wanted, said = [-100, 31872, 31873, 2], [31872, 31872, 31875, 3]
    found = action_token_metrics(wanted, said, ActionTokens())
    # one of two right; the other is two bins of 2/255 off
    assert found == {"action_accuracy": 0.5, "l1": pytest.approx(2 / 255)}
    assert math.isnan(action_token_metrics([2], [2], ActionTokens())["l1"])
