"""docs/algorithms.md: its code runs, the tests it calls upon exist, its table is what is so."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT, blocks, read

from regard.algorithms.policy_gradient import dapo, dr_grpo, grpo


def test_the_code_of_the_page_runs():
    exec("\n".join(blocks("docs/algorithms.md", "python")), {})


def test_the_tests_it_names_exist():
    named = set(re.findall(r"`(test_\w+)`", read("docs/algorithms.md")))
    written = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) >= 6
    assert {name for name in named if f"def {name}(" not in written} == set()


def test_the_table_of_compositions_is_what_they_are():
    compositions = (grpo(), dr_grpo(max_tokens=9), dapo())
    rows = dict(re.findall(r"^\| ([^|]+?) \| (.+) \|$", read("docs/algorithms.md"), re.MULTILINE))

    def cells(name: str) -> list[str]:
        return rows[name].split(" | ")

    assert [cell.startswith("divided") for cell in cells("advantage")] == [
        one.advantage.divide_by_std for one in compositions
    ]
    assert cells("clip, low and high") == [
        f"{one.surrogate.low}, {one.surrogate.high}" for one in compositions
    ]
    for cell, one in zip(cells("aggregation"), compositions, strict=True):
        assert type(one.aggregate).__name__ in cell
    assert [float(cell) for cell in cells("`kl_coef`")] == [one.kl_coef for one in compositions]
