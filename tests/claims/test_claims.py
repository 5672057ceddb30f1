"""Claims: what is compared with what, what some seeds can show, and that a killed one goes on."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from regard.claims.carry_out import carry_out, record
from regard.claims.catalogue import CLAIMS, find
from regard.claims.claim import Claim, Criterion
from regard.claims.page import figure, page, write
from regard.claims.statistics import at, difference
from regard.errors import ConfigError
from regard.recipes import catalogue

PAGES = Path(__file__).parents[2] / "docs" / "claims"

ARMS = """
from dataclasses import replace
from tests.training.conftest import cold_start, reinforce, small_run
from regard.recipes.run import Run

def arms() -> Run:
    return small_run(cold_start(), reinforce(evaluate_every=1), num_threads=0)

def longer() -> Run:
    return small_run(cold_start(), reinforce(evaluate_every=1, num_steps=3), num_threads=0)

def start() -> Run:
    return small_run(cold_start(), num_threads=0)
"""


def made_up(least=0.0, share=1.0):
    """A claim whose two arms were never run."""
    return Claim(
        system="made_up", sentence="More is more.", source="nobody", start=None,
        arms={"more": "a", "less": "b"}, budget="updates",
        criteria=(Criterion("more is above less", "more", "less", least=least, share=share),),
    )  # fmt: skip


def rising(to, spent=100):
    return [{"spent": 0, "accuracy": 0.5}, {"spent": spent, "accuracy": to}]


def verdict(more, less, **changes):
    curves = {"more": [rising(to) for to in more], "less": [rising(to) for to in less]}
    return record(made_up(**changes), curves)["verdict"]


def test_three_seeds_that_agree_show_it():
    # differences .20, .21, .19: mean .2, spread .01, reach 2.92 * .01 / sqrt(3) = .017
    assert verdict([0.90, 0.91, 0.89], [0.7, 0.7, 0.7]) == "held"
    assert verdict([0.7, 0.7, 0.7], [0.90, 0.91, 0.89]) == "not held"
    assert verdict([0.90, 0.91, 0.89], [0.7, 0.7, 0.7], least=0.19) == "inconclusive"


def test_seeds_that_disagree_show_nothing_and_neither_does_one():
    assert verdict([0.9, 0.6, 0.8], [0.7, 0.7, 0.7]) == "inconclusive"
    assert verdict([0.9], [0.1]) == "inconclusive"


def test_the_interval_is_students():
    # differences .1 and .3: mean .2, spread .1414, reach 6.314 * .1414 / sqrt(2) = .6314
    assert difference([0.3, 0.5], [0.2, 0.2]).low == pytest.approx(0.2 - 0.6314)


def test_arms_are_compared_where_both_had_spent_the_same():
    # At 100, half of what the spendthrift spent, it stood half-way from .5 to .9.
    curves = {"more": [rising(0.9, spent=200)] * 2, "less": [rising(0.6)] * 2}
    found = record(made_up(), curves)["criteria"][0]
    assert found["values"]["more"] == pytest.approx([0.7, 0.7])
    assert found["values"]["less"] == pytest.approx([0.6, 0.6])


def test_half_way_is_half_of_the_equal_budget():
    curves = {"more": [rising(0.9, spent=200)] * 2, "less": [rising(0.6)] * 2}
    found = record(made_up(share=0.5), curves)["criteria"][0]
    assert found["values"]["more"] == pytest.approx([0.6, 0.6])


def test_a_criterion_compares_the_mean_of_its_numbers():
    def seed(here, there):
        return [
            [{"spent": s, "accuracy": 0.5, "accuracy/a": here, "accuracy/b": there} for s in (0, 9)]
        ]

    curves = {"more": seed(0.9, 0.5), "less": seed(0.4, 0.6)}
    claim = replace(
        made_up(),
        criteria=(Criterion("", "more", "less", metrics=("accuracy/a", "accuracy/b")),),
    )
    assert record(claim, curves)["criteria"][0]["mean"] == pytest.approx(0.2)


def test_the_table_and_the_figure_show_what_the_claim_says():
    def seed(to):
        return [[{"spent": s, "accuracy": 0.5, "tokens": t} for s, t in ((0, 10.0), (9, to))]]

    curves = {"more": seed(70.0), "less": seed(12.0)}
    claim = replace(made_up(), shown="tokens")
    kept = record(claim, curves)
    assert (kept["arms"]["more"]["before"], kept["arms"]["more"]["after"]) == (10.0, 70.0)
    assert "| arm | recipe | tokens before |" in page(kept, "made_up")
    assert ">80</text>" in figure(kept)  # the next four tens


def test_two_looks_at_one_place_count_with_the_later():
    assert at([(0, 0.1), (0, 0.3), (10, 0.5)], 5) == pytest.approx(0.4)


def test_a_criterion_about_an_arm_there_is_not_is_refused():
    with pytest.raises(ConfigError, match="no arm 'mor'"):
        Claim(
            system="s", sentence="", source="", start=None, arms={"more": "a"}, budget="updates",
            criteria=(Criterion("", "mor", "more"),),
        )  # fmt: skip


@pytest.fixture
def claim(tmp_path):
    """A claim whose arms, a step apart in length, take seconds."""
    recipes = tmp_path / "arms.py"
    recipes.write_text(ARMS)
    return Claim(
        system="small", sentence="Longer is longer.", source="ours", start=f"{recipes}:start",
        arms={"short": f"{recipes}:arms", "long": f"{recipes}:longer"}, budget="updates",
        criteria=(Criterion("long is not below short", "long", "short", least=-1),),
    )  # fmt: skip


@pytest.mark.slow
def test_several_jobs_come_to_the_same_record(claim, tmp_path):
    printed = io.StringIO()
    console = Console(file=printed, width=200)
    one = carry_out(claim, tmp_path / "one", num_seeds=1, console=console)
    two = carry_out(claim, tmp_path / "two", num_seeds=1, console=console, num_jobs=2)
    assert one == two
    assert "small, seed 0: long is at its end" in printed.getvalue()
    assert "report:" in (tmp_path / "two" / "seed-0" / "long" / "output.txt").read_text()


@pytest.mark.slow
def test_a_claim_runs_from_a_shared_start_and_goes_on_where_it_was_killed(claim, tmp_path):
    def run():
        printed = io.StringIO()
        console = Console(file=printed, width=200)
        return carry_out(claim, tmp_path / "runs", num_seeds=1, console=console), printed.getvalue()

    first, _ = run()
    folder = tmp_path / "runs" / "seed-0"
    weights = json.loads((folder / "short" / "run.json").read_text())["run"]["policy"]["weights"]
    assert weights == str(folder.resolve() / "start" / "checkpoints" / "final")
    # Two updates a step, two passes: 4 for each of two or three steps.
    assert [point["spent"] for point in first["curves"]["short"][0]] == [0, 4, 8]
    assert [point["spent"] for point in first["curves"]["long"][0]] == [0, 4, 8, 12]
    (folder / "long" / "checkpoints" / "final").unlink()
    again, printed = run()
    assert again == first
    assert printed.count("report:") == 1  # of the arm that was not at its end


def test_page_and_figure_are_made_of_the_record_alone(tmp_path):
    curves = {"more": [rising(0.9)] * 2, "less": [rising(0.6)] * 2}
    made = record(made_up(), curves)
    write(made, tmp_path / "made_up.json")
    kept = json.loads((tmp_path / "made_up.json").read_text())
    assert (tmp_path / "made_up.md").read_text() == page(kept, "made_up")
    assert "| more is above less | +0.300 | +0.300 to +0.300 | more than +0.000 | *held* |" in page(
        kept, "made_up"
    )
    drawn = ElementTree.fromstring(figure(kept))
    assert len([e for e in drawn if e.tag.endswith("polyline")]) == 6  # two seeds and a mean, twice


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.json")), ids=lambda path: path.stem)
def test_the_pages_say_what_their_records_say(path):
    kept = json.loads(path.read_text())
    assert path.with_suffix(".md").read_text() == page(kept, path.stem)
    assert path.with_suffix(".svg").read_text() == figure(kept)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_every_arm_of_a_claim_is_a_recipe_and_shares_the_start(claim):
    recipes = {arm: catalogue.find(name).run for arm, name in claim.arms.items()}
    if claim.start is not None:
        start = catalogue.find(claim.start).run
        for run in recipes.values():
            assert run.stages[: len(start.stages)] == start.stages
            assert (run.policy, run.evaluation) == (start.policy, start.evaluation)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_a_criterion_about_a_kind_names_one_that_is_measured(claim):
    for criterion in claim.criteria:
        for arm in (criterion.better, criterion.worse):
            evaluation = catalogue.find(claim.arms[arm]).run.evaluation
            for metric in criterion.metrics:
                kind = metric.partition("/")[2]
                if metric.startswith(("accuracy/", "reward/")) and kind != "mean":
                    assert kind in evaluation.data.kinds


def test_boxes_that_overlap_more_and_hit_less_are_not_vlm_r1s_claim():
    def arm(overlap, hits):
        found = {"accuracy": hits, "accuracy/where": 0.4}
        for kind in ("where_relation", "where_most"):
            found |= {f"reward/{kind}": overlap, f"accuracy/{kind}": hits}
        return [[{"spent": spent, **found} for spent in (0, 9)]] * 3

    made = record(CLAIMS["vlm_r1"], {"RL": arm(0.20, 0.07), "SFT": arm(0.17, 0.12)})
    assert [each["verdict"] for each in made["criteria"]] == ["held", "not held", "held"]
    assert made["verdict"] == "not held"


def test_an_unknown_claim_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match="vl_rethinker"):
        find("vl_rethinkr")
