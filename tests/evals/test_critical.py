"""Entropy at critical words: which tokens count, and what is made of them."""

from __future__ import annotations

import pytest

from regard.evals.critical import CriticalEntropy
from regard.types import Completion


def decode(ids):
    return bytes(ids).decode()


def said(text, entropies):
    """A completion with a token for each letter."""
    ids = tuple(text.encode())
    return Completion(text=text, token_ids=ids, entropies=(*entropies, *(0.0,) * 99)[: len(ids)])


def test_a_word_counts_at_its_first_token_in_any_case_and_only_whole():
    # "Wait" begins at 3, "wait" in "waiter" is none
    one = said("so Wait, waiter", [0, 0, 0, 2.0, 5.0])
    assert CriticalEntropy().at_words(one, decode) == [2.0]
    assert CriticalEntropy(position="after").at_words(one, decode) == [5.0]


def test_a_word_at_the_end_has_nothing_after_it():
    one = said("hmm", [1.0])
    assert CriticalEntropy(words=("m",)).at_words(one, decode) == []
    assert CriticalEntropy().at_words(one, decode) == [1.0]


def test_a_token_with_its_space_is_the_one_that_holds_the_word():
    pieces = ["so", " wait", " now"]
    one = Completion(text="so wait now", token_ids=(0, 1, 2), entropies=(0.1, 0.7, 0.2))
    found = CriticalEntropy().at_words(one, lambda ids: "".join(pieces[i] for i in ids))
    assert found == [0.7]


def test_occurrences_or_answers_count_alike():
    # three occurrences: 1, 3 and 5; answers: (1 + 3) / 2 and 5
    completions = [said("hmm hmm", [1.0, 0, 0, 0, 3.0]), said("hmm", [5.0]), said("yes", [])]
    micro = CriticalEntropy().metrics(completions, decode)
    macro = CriticalEntropy(average="macro").metrics(completions, decode)
    assert micro["completion/critical_entropy"] == pytest.approx(3.0)
    assert macro["completion/critical_entropy"] == pytest.approx(3.5)
    assert micro["completion/critical_coverage"] == pytest.approx(2 / 3)
    assert micro["completion/critical_count"] == 3


def test_all_tokens_have_a_mean_and_a_tail():
    metrics = CriticalEntropy(tail=2.0).metrics([said("abcd", [1.0, 2.0, 3.0])], decode)
    assert metrics["completion/entropy"] == pytest.approx(1.5)
    assert metrics["completion/entropy_tail"] == 0.25
    assert "completion/critical_entropy" not in metrics
    assert metrics["completion/critical_coverage"] == 0.0
    assert CriticalEntropy().metrics([], decode) == {}
