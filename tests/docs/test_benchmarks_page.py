"""What docs/benchmarks.md shows runs, and what it names exists."""

import importlib
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def test_the_code_on_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, PAGE.name, "exec"), {})


def test_every_scorer_is_on_the_page_and_has_what_the_page_names():
    package = importlib.import_module("regard.evals.benchmarks")
    folder = Path(package.__path__[0])
    text = PAGE.read_text(encoding="utf-8")
    helpers = {"__init__", "accounts", "tables"}
    for path in folder.glob("*.py"):
        assert path.stem in helpers or f"`{path.stem}`" in text, f"{path.stem} is not on the page"
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 5 and re.fullmatch(r"`\w+`", cells[2]):
            module = importlib.import_module(f"regard.evals.benchmarks.{cells[2][1:-1]}")
            for name in re.findall(r"`(\w+)", f"{cells[3]} {cells[4]}"):
                assert hasattr(module, name), f"{cells[2]} has no {name}"
