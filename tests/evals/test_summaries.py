"""What papers report over many answers and data sets, with numbers worked out by hand."""

import math

import pytest

from regard.errors import ConfigError, DataError
from regard.evals.benchmarks.accounts import accounts_by_length, means_by_benchmark
from regard.evals.benchmarks.clip_sets import FAMILIES, family_means, num_wins, power_law
from regard.evals.benchmarks.detection import padded_names
from regard.evals.benchmarks.drone import named_gate, naming_rate, scenario
from regard.evals.benchmarks.embeddings import compactness, mean_similarity
from regard.evals.benchmarks.mathvista import by_task_and_skill
from regard.evals.benchmarks.medical import Transfer


def test_there_are_twenty_nine_data_sets_each_in_one_family():
    names = [name for names in FAMILIES.values() for name in names]
    assert (len(names), len(set(names))) == (29, 29)
    scores = dict.fromkeys(FAMILIES["VTAB"], 0.5) | {"ImageNet-1K": 0.7}
    means = family_means(scores)
    assert means == pytest.approx({"ImageNet": 0.7, "VTAB": 0.5, "all": 6.7 / 13})
    assert family_means({}) == {}
    with pytest.raises(DataError, match=r"'CIFAR10' is in no family.*CIFAR-10"):
        family_means({"CIFAR10": 1.0})


def test_wins_are_counted_over_the_same_data_sets():
    assert num_wins({"a": 2, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 2}) == (1, 3)
    with pytest.raises(DataError, match=r"differ: \['b'\]"):
        num_wins({"a": 1}, {"a": 1, "b": 1})


def test_a_power_law_is_found_again():
    samples = [1e3, 1e4, 1e5, 1e6]
    law = power_law(samples, [0.02 * n**0.25 for n in samples])
    assert (law.factor, law.exponent) == pytest.approx((0.02, 0.25))
    for x, y in (([1, 1], [1, 2]), ([1, 2], [0, 1]), ([1], [1]), ([1, 2], [1])):
        with pytest.raises(DataError, match="a power law needs"):
            power_law(x, y)


def test_transfer_goes_by_rows_and_by_columns():
    own = Transfer({("CT", "CT"): 0.9, ("CT", "MRI"): 0.5, ("MRI", "CT"): 0.7, ("MRI", "MRI"): 0.8})
    assert own.over_training("CT") == pytest.approx(0.8)
    assert own.over_tests("CT") == pytest.approx(0.7)
    with pytest.raises(DataError, match="domains differ"):
        own.gain_over(Transfer({("CT", "CT"): 0.9}))


def test_a_benchmark_is_the_mean_of_its_questions_whatever_their_answers():
    values = [
        ("emma-1-a", 1.0),
        ("emma-1-a", 1.0),
        ("emma-1-a", 1.0),
        ("emma-2", 0.0),
        ("mega-1", 1.0),
    ]
    assert means_by_benchmark(values) == {"emma": 0.5, "mega": 1.0}
    assert means_by_benchmark([]) == {}


def test_a_length_at_an_edge_is_in_the_longer_bin():
    bins = accounts_by_length([(9, True), (10, False), (11, True), (20, True)], [10, 20])
    assert [(each.num_correct, each.num_total) for each in bins.values()] == [
        (1, 1),
        (1, 2),
        (1, 1),
    ]
    assert [each.num_total for each in accounts_by_length([], [10]).values()] == [0, 0]
    for edges in ([], [2, 1], [1, 1]):
        with pytest.raises(ConfigError, match="should grow"):
            accounts_by_length([], edges)


def test_a_question_of_mathvista_counts_for_its_task_and_each_skill():
    rows = [
        {
            "task": "geometry problem solving",
            "skills": "['geometry reasoning', 'algebra']",
            "score": 1,
        },
        {"task": "math word problem", "skills": ["algebra"], "score": 0},
    ]
    found = by_task_and_skill(rows)
    assert found["algebra"].accuracy == 0.5
    assert found["geometry problem solving"].accuracy == found["geometry reasoning"].accuracy == 1.0


def test_explanations_are_as_similar_as_their_embeddings():
    assert mean_similarity([[2, 0], [0, 3]], [[5, 0], [0, -1]]) == 0.0
    with pytest.raises(DataError, match="one to each"):
        mean_similarity([[1, 0]], [[1, 0], [0, 1]])


def test_classes_that_do_not_show_have_a_compactness_of_one():
    # a pair within at right angles, two pairs between of distance 0 and 1
    assert compactness([[1, 0], [0, 1], [1, 0]], [0, 0, 1]) == pytest.approx(1 / 0.5)
    assert math.isnan(compactness([[1, 0], [0, 1]], [0, 1]))
    assert math.isnan(compactness([[1, 0], [1, 0], [1, 0]], [0, 0, 1]))


def test_names_are_filled_up_to_a_number_and_never_cut():
    assert padded_names(["a", "b", "c"], ["d"], count=2) == ["a", "b", "c"]
    assert padded_names(["a"], ["A", "b"], count=3) == ["a", "b"]


def test_a_rewrite_names_a_gate_by_its_colour_alone():
    gates = {"1": {"color": "Red"}, "2": {"color": "green"}, "3": {"color": "blue"}}
    assert named_gate("the GREEN one", gates) == "2"
    assert named_gate("redder, or evergreen", gates) is None
    row = {"prompt": "3 + 2", "prompt_simpler": "the red one", "correct": 1, "gates": gates}
    texts = ("Take the red gate", "Take the blue gate", "red or blue", "")
    scenarios = [scenario({**row, "prompt_after_reasoning": text}) for text in texts]
    assert naming_rate(scenarios) == pytest.approx(1 / 3)
    assert math.isnan(naming_rate(scenarios[3:]))
