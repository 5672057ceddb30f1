"""docs/recipes.md: its recipe trains on its data, and its other code runs."""

from __future__ import annotations

import json

import jaxtyping
import pytest
from tests.docs.pages import blocks
from tests.docs.pictures_of_things import write_data

from regard.cli import main

RECIPE, *REST = blocks("docs/recipes.md", "python")


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dots.py").write_text(RECIPE)
    (record,) = blocks("docs/recipes.md", "json")
    write_data(tmp_path / "dots.jsonl", json.loads(record), count=30)
    return tmp_path


def regard(*arguments: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    assert end.value.code == 0


def test_the_recipe_trains_and_goes_on_and_trains_from_its_record(own, capsys):
    shorter = [
        "--set", "stages.rl.sampling.max_tokens=6", "--set", "evaluation.sampling.max_tokens=6",
        "--set", "stages.rl.group_size=2",
    ]  # fmt: skip
    regard("train", "dots.py:smoke", *shorter)
    folder = own / "runs" / "dots-smoke"
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["stage"] for row in rows] == ["cold_start", "rl"]
    assert rows[0]["data/dropped"] == 0
    regard("train", "dots.py:smoke", *shorter)
    assert "going on from step 2" in capsys.readouterr().out
    regard("train", "runs/dots-smoke/run.json", "--out", "runs/again")
    again = (own / "runs" / "again" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["loss"] for line in again[:1]] == [rows[0]["loss"]]


def test_the_data_of_the_page_is_right(own, capsys):
    regard("check-data", "dots.jsonl", "--recipe", "dots.py:smoke")


def test_it_can_be_shown_and_planned(own, capsys):
    regard("show", "dots.py", "--set", 'policy.trainable=["connector", "language"]')
    regard("show", "dots.py", "--set", "stages.rl.reward.parts.format.0=0.2")
    regard("plan", "dots.py:smoke")
    assert "completions a step" in capsys.readouterr().out


def test_the_other_code_of_the_page_runs(own, monkeypatch):
    # A schedule may stand where a number is annotated; the checks of shapes do not know that.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    names: dict[str, object] = {}
    exec("\n".join([RECIPE, *REST]), names)
    assert names["adapters"].lora.rank == 16
