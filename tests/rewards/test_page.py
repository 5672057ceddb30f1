"""What docs/rewards.md shows is what the code does."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from regard import registry
from regard.errors import DataError
from regard.rewards.facts import FACTS
from regard.rewards.page import summary, updated

PAGE = Path(__file__).parents[2] / "docs" / "rewards.md"


def test_the_generated_part_is_up_to_date():
    page = PAGE.read_text(encoding="utf-8")
    assert updated(page) == page, "run: python -m regard.rewards.page docs/rewards.md"


def test_the_code_on_the_page_runs(tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    # One module with a file of its own, so that its classes pickle and their docstrings are found.
    path = tmp_path / "rewards_of_the_page.py"
    path.write_text("\n".join(blocks), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    monkeypatch.setattr(registry.reward, "_items", dict(registry.reward._items))
    spec.loader.exec_module(module)


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(DataError, match="needs two marks"):
        updated("# Rewards")


def test_every_reward_has_a_first_sentence_and_a_demo():
    for name in registry.reward.names():
        assert summary(registry.reward[name]).endswith(".")
        assert registry.reward[name].demo().reward == registry.reward[name].demo().reward


def test_every_reward_has_a_formula_and_every_system_with_rewards_is_named():
    ours = {
        name
        for name in registry.reward.names()
        if registry.reward[name].__module__.startswith("regard.")
    }
    assert set(FACTS) == ours
    named = {system for facts in FACTS.values() for system in facts.systems}
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    for system in named:
        assert f"[{system.partition(' (')[0]}" in readme or system.removesuffix("-R1") in readme
    # The other three train detectors, encoders and agents by losses and rewards of their own rooms.
    assert len(named) == 14
