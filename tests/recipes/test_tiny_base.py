"""The recipe of the base model: what it learns from, and that a seed gives the same bits."""

from __future__ import annotations

import shutil
from math import isclose

import pytest
from tests.training.conftest import carried_out

from regard.data.mixing import Mix, Stream
from regard.data.worlds.lists import Lists
from regard.recipes import tiny_base as recipe

STAGES = recipe.tiny_base().stages


def sources(data):
    """A mixture's, or those of its mixtures, with what each has of the whole."""
    if not isinstance(data, Mix):
        return [(1.0, data)]
    return [
        (share * part, source)
        for share, mixed in data.parts.values()
        for part, source in sources(mixed)
    ]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_it_learns_from_training_splits_alone_in_shares_that_make_a_whole(stage):
    mixed = sources(stage.data)
    assert isclose(sum(share for share, _ in mixed), 1.0)
    for _, source in mixed:
        assert isinstance(source, Lists) or source.split == "train"  # lists show no picture
        assert source.size >= stage.num_steps * stage.prompts_per_step


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_word_of_every_stage_has_a_token(stage):
    known, stream = set(recipe.words()), Stream(stage.data.load())
    for number in range(200):
        example = stream[number]
        assert set(f"{example.question} {example.gold}".split()) <= known, example.id


def test_words_of_actions_are_the_last():
    assert recipe.words()[-32:] == tuple(f"<a{number}>" for number in range(32))


def test_the_smoke_version_stopped_between_two_stages_ends_in_the_same_bits(tmp_path):
    run = recipe.smoke()
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert f"{STAGES[-1].name} 2/2" in carried_out(run, whole)
    shutil.copytree(whole, cut, symlinks=True)
    last = 2 * len(STAGES)
    (cut / "checkpoints" / "final").unlink()
    shutil.rmtree(cut / "checkpoints" / f"step-{last:06}")
    assert f"going on from step {last - 2}" in carried_out(run, cut)
    one, other = (
        (path / "checkpoints" / "final" / "model.safetensors").read_bytes() for path in (whole, cut)
    )
    assert one == other
