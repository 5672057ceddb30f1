"""The README's recipe trains on the README's data; its picture is there and its table complete."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console
from tests.docs.pages import ROOT, blocks, read
from tests.docs.pictures_of_things import write_data

from regard.config import with_settings
from regard.data.worlds.digits import Digits
from regard.models.policy import PolicySpec
from regard.models.tiny import TinyQwen
from regard.recipes.catalogue import find
from regard.recipes.execute import execute

SMALLER = (
    "stages.rl.num_steps=1", "stages.rl.prompts_per_step=2", "stages.rl.group_size=2",
    "stages.rl.sampling.max_tokens=4", "evaluation.sampling.max_tokens=4",
)  # fmt: skip


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with the README's recipe, and a data file of records like the README's."""
    monkeypatch.chdir(tmp_path)
    (recipe,) = blocks("README.md", "python")
    (tmp_path / "apples.py").write_text(recipe)
    (record,) = blocks("README.md", "json")
    write_data(tmp_path / "apples.jsonl", json.loads(record), count=30)
    return tmp_path


def test_the_recipe_trains_on_the_data(own):
    # The page names a checkpoint of the hub; a small one of the same family stands in for it.
    small = TinyQwen(words=Digits.words(), width=64, num_heads=2, vision_width=32)
    PolicySpec(weights=small).load().save(own / "checkpoint")
    run = with_settings(find("apples.py").run, [*SMALLER, f"policy.weights={own / 'checkpoint'}"])
    execute(run, own / "run", recipe="apples.py", console=Console(file=io.StringIO()))
    rows = [json.loads(line) for line in (own / "run" / "metrics.jsonl").read_text().splitlines()]
    assert len(rows) == 1
    assert rows[0]["group/size"] == 2
    assert (own / "run" / "checkpoints" / "best" / "config.json").is_file()


def test_the_recipe_is_short():
    (recipe,) = blocks("README.md", "python")
    code = recipe.partition("def apples")
    assert len(recipe.splitlines()) <= 36
    assert len((code[1] + code[2]).splitlines()) <= 20


def test_every_verb_is_in_its_table():
    from regard.cli.main import app

    verbs = {command.name or command.callback.__name__ for command in app.registered_commands}
    verbs |= {group.name for group in app.registered_groups}
    told = re.findall(r"^\| `regard ([\w-]+)", read("README.md"), flags=re.MULTILINE)
    assert sorted(told) == sorted(verbs)


def test_the_table_of_systems_is_that_of_the_recorded_ones():
    rows = re.findall(r"^\| \[.*arxiv\.org/abs/([\d.]+).*\|$", read("README.md"), re.MULTILINE)
    assert len(set(rows)) == len(rows) == 16
    vectors = (ROOT / "tests" / "parity" / "vectors").glob("*.jsonl")
    lines = [line for path in vectors for line in path.read_text().splitlines()]
    assert len({json.loads(line)["system"] for line in lines}) == 16


def test_no_recipe_is_there_that_the_table_calls_planned():
    from regard.recipes.catalogue import names

    planned = read("README.md").count("| planned |")
    systems = {name.partition(":")[0] for name in names()} - {"quickstart", "tiny_base", "vlm_157m"}
    assert planned == 16 - len(systems), "the README's table of systems says another number"
