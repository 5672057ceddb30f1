"""Chains of thought before they are imitated, and the sources they come from."""

import pytest

from regard.curation.chains import (
    cut_at_loops,
    is_faithful,
    num_words_changed,
    set_apart,
    word_counts,
)
from regard.curation.sources import difficulty_of_sources, groups_along_a_line
from regard.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("chain", "cut"),
    [
        ("", ""),
        ("Two.", "Two."),
        ("Two. But wait, no", "Two."),
        ("Wait, what?</think> so <answer>\n2\n</answer>", "<answer>\n2\n</answer>"),
        ("<think>a Wait, b</think> text <answer>2</answer>", "<think>a</think><answer>2</answer>"),
        ("<think>a</think><answer>2</answer> Wait, c", "<think>a</think><answer>2</answer>"),
        ("<answer>1</answer> Wait, <answer>2</answer>", "<answer>1</answer><answer>2</answer>"),
        ("a waiter waits", "a waiter waits"),
    ],
)
def test_a_chain_ends_at_its_first_loop_and_keeps_its_answer(chain, cut):
    assert cut_at_loops(chain) == cut


def test_some_loops_may_stay():
    chain = "a Wait, b But the question c"
    assert cut_at_loops(chain, num_kept=1) == "a Wait, b"
    assert cut_at_loops(chain, num_kept=2) == chain
    assert cut_at_loops(chain, marks=()) == chain
    with pytest.raises(ConfigError, match="num_kept is -1"):
        cut_at_loops(chain, num_kept=-1)


def test_a_rewriter_may_change_fifteen_words():
    text = "word " * 20
    assert num_words_changed(text, "word " * 5) == 15
    assert is_faithful(text, "word " * 5)
    assert not is_faithful(text, "word " * 4)


def test_chains_with_a_second_thought_are_set_apart():
    chains = ["The waiter came.", "Two.", "I check."]
    assert set_apart(chains) == ([1], [0, 2])
    assert set_apart(chains, whole_words=True) == ([0, 1], [2])


def test_words_are_counted_alone_and_in_any_case():
    counts = word_counts(["WAIT, wait; waiter", "Alternatively: check the checkered mistake"])
    assert counts == {"wait": 2, "alternatively": 1, "check": 1, "hmm": 0, "mistake": 1}
    assert word_counts(["wait"], words=()) == {}


def test_sources_are_as_hard_as_their_indicators_are_together():
    # errors: mean 0.3, spread 0.2; ratings: mean 2, spread 1
    found = difficulty_of_sources({"charts": (0.1, 3.0), "geometry": (0.5, 1.0)})
    assert found == {"charts": pytest.approx(0.0), "geometry": pytest.approx(0.0)}
    alike = difficulty_of_sources({"a": (0.0, 7.0), "b": (1.0, 7.0)})
    assert alike == {"a": -0.5, "b": 0.5}  # one spread in the first, nothing in the second


def test_sources_without_indicators_are_refused():
    for rows in ({"a": (1.0,), "b": ()}, {"a": ()}, {"a": (float("nan"),)}):
        with pytest.raises(DataError, match="indicator"):
            difficulty_of_sources(rows)


def test_groups_are_the_best_there_are():
    # 0, 1 | 4 costs 0.5; 0 | 1, 4 costs 4.5
    assert groups_along_a_line({"x": 4.0, "y": 0.0, "z": 1.0}, 2) == [["y", "z"], ["x"]]
    assert groups_along_a_line({"x": 1.0, "y": 1.0, "z": 1.0}, 3) == [["x"], ["y"], ["z"]]
    with pytest.raises(DataError, match="2 sources make no 3 groups"):
        groups_along_a_line({"x": 1.0, "y": 2.0})
