"""docs/metrics.md has a sentence for every metric a run writes, and for no other."""

from __future__ import annotations

import ast
import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.docs.pages import ROOT, read

from regard.algorithms.policy_gradient import grpo
from regard.recipes.catalogue import find
from regard.recipes.execute import execute
from regard.rollout.sampling import Sampling

NO_METRICS = {"step", "stage", "stage_step", "time"}
"""What a row of metrics.jsonl says of itself."""

WRITERS = (
    "algorithms",
    "rollout",
    "training",
    "models/work.py",
    "evals/held_out.py",
    "evals/critical.py",
)
"""Where in the source metrics are given their names."""


def documented() -> list[str]:
    """The names in the first column of the page's tables: `reward/parts/<part>`."""
    names = re.findall(r"^\| `([^`]+)` \|", read("docs/metrics.md"), flags=re.MULTILINE)
    assert len(names) == len(set(names)), "a metric has two sentences"
    return names


def is_documented(metric: str) -> bool:
    """Whether a name, or the family it belongs to, is on the page.

    `<part>` stands for any name without a slash.
    """
    return any(
        re.fullmatch(re.sub(r"<\w+>", "[^/]+", re.escape(name).replace(r"\<", "<")), metric)
        for name in documented()
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> set[str]:
    """Every metric of a run with a cold start, a reference, and held-out answers sampled twice."""
    run = find("quickstart:from_scratch_smoke").run
    cold, reinforced = run.stages
    assert run.evaluation is not None
    run = replace(
        run,
        # An untrained model earns nothing; with a reference its completions are run all the same.
        stages=(cold, replace(reinforced, algorithm=grpo(kl_coef=0.1))),
        evaluation=replace(
            run.evaluation, num_samples=2, num_examples=6, sampling=Sampling(max_tokens=6)
        ),
    )
    folder = tmp_path_factory.mktemp("runs") / "metrics"
    execute(
        run, folder, recipe="quickstart:from_scratch_smoke", console=Console(file=io.StringIO())
    )
    metrics, evaluations = (
        [json.loads(line) for line in (folder / name).read_text().splitlines()]
        for name in ("metrics.jsonl", "evaluations.jsonl")
    )
    names = {name for row in metrics for name in row} - NO_METRICS
    return names | {name for row in evaluations for name in row["metrics"]}


def test_every_metric_a_run_writes_has_a_sentence(written):
    silent = sorted(name for name in written if not is_documented(name))
    assert not silent, f"add a sentence to docs/metrics.md for: {', '.join(silent)}"


def test_the_run_of_this_test_writes_what_matters(written):
    assert {
        "policy/kl", "policy/engine_gap", "reward/parts/format", "eval/accuracy/twice", "pass@2",
    } <= written  # fmt: skip


def names_in_the_source() -> set[str]:
    """Every text of the modules that write metrics; `{}` stands where one is put together."""
    files = [ROOT / "src" / "regard" / place for place in WRITERS]
    modules = [path for file in files for path in ([file] if file.is_file() else file.glob("*.py"))]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in modules]
    return {text for tree in trees for node in ast.walk(tree) if (text := text_of(node))}


def text_of(node: ast.AST) -> str:
    """A string of the source, with `{}` for what an f-string fills in; "" for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "{}" for part in node.values)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else ""


def test_no_sentence_is_about_a_metric_that_nothing_writes():
    known = names_in_the_source()
    idle = [name for name in documented() if re.sub(r"<\w+>", "{}", name) not in known]
    assert not idle, f"nothing writes what docs/metrics.md tells of: {', '.join(idle)}"


@pytest.mark.parametrize(
    ("metric", "is_known"),
    [
        ("reward/mean", True),
        ("reward/means", False),
        ("reward/parts/format", True),
        ("reward/parts", False),
        ("eval/accuracy/a kind of its own", True),
        ("pass@16", True),
    ],
)
def test_families_are_known_by_their_form(metric, is_known):
    assert is_documented(metric) is is_known
