"""The rooms of the library, and who may know whom.

An import counts wherever it stands, inside a function and for a type checker too: a room that
names another one's types knows it. The picture below is the whole rule.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.architecture.imports import Import, imports, modules

ROWS = """
    cli
    recipes claims
    training evals curation viewer testing assembly
    rollout
    rewards envs models algorithms data
    text geometry
    config sources
    types errors registry schedule cache __init__
"""
"""A room imports from rows below its own, and from rooms of its own row never.

The rooms of the last two rows are single modules, and these may know their neighbours.
"""

ALSO = {
    ("claims", "recipes"): "a claim is an experiment on a recipe",
}
"""What else is allowed, and why."""

NO_TORCH = [
    "types",
    "errors",
    "registry",
    "schedule",
    "config",
    "sources",
    "text",
    "geometry",
    "rewards",
    "data",
    "viewer",
    "curation",
    "envs",
]
"""Rooms that are imported without the deep-learning framework: a file is scored at once."""

HEIGHTS = {
    room: height
    for height, row in enumerate(reversed(ROWS.strip().splitlines()))
    for room in row.split()
}
MODULE_ROOMS = {room for room, height in HEIGHTS.items() if height <= 1}


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def objection(found: Import) -> str | None:
    """What is wrong with an import, in a sentence."""
    above, below = room_of(found.importer), room_of(found.imported)
    if above == below or (above, below) in ALSO or below == "__init__":
        return None
    for room in (above, below):
        if room not in HEIGHTS:
            return f"{found}, but no row of the picture in {Path(__file__).name} has '{room}'"
    if HEIGHTS[above] < HEIGHTS[below]:
        return f"{found}, which stands above it"
    if HEIGHTS[above] == HEIGHTS[below] and above not in MODULE_ROOMS:
        return f"{found}, which stands beside it"
    return None


def test_every_room_imports_only_from_below() -> None:
    objections = [said for found in imports() if (said := objection(found))]
    assert not objections, "\n" + "\n".join(objections)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """At the top, that is: a function may import what imports its module."""
    below: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if found.is_at_top and found.imported != found.importer:
            below[found.importer].add(found.imported)
    while done := {name for name, wanted in below.items() if not wanted & set(below)}:
        below = {name: wanted for name, wanted in below.items() if name not in done}
    # Whatever is left waits for something that waits for it; packages gather their own modules.
    circle = {name: wanted & set(below) for name, wanted in below.items()}
    assert not circle, f"circular imports among {circle}"


@pytest.mark.parametrize("room", NO_TORCH)
def test_a_room_without_torch_is_imported_without_it(room: str) -> None:
    names = [name for name in modules() if room_of(name) == room]
    if not names:
        pytest.skip(f"there is no room '{room}' yet")
    code = (
        "import importlib, sys, time\n"
        "start = time.perf_counter()\n"
        f"for name in {names}:\n"
        "    importlib.import_module(name)\n"
        "    heavy = {'torch', 'transformers'} & set(sys.modules)\n"
        "    assert not heavy, f'importing {name} imports {heavy}'\n"
        "print(f'{time.perf_counter() - start:.2f} s')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    print(f"regard.{room}: {done.stdout.strip()}")


# ---------------------------------------------------------------------- the rule can be broken


@pytest.mark.parametrize(
    ("importer", "imported", "said"),
    [
        ("text.tags", "training.loop", "which stands above it"),
        ("rewards.answers", "data.records", "which stands beside it"),
        ("evals.runner", "training.loop", "which stands beside it"),
        ("types", "text.tags", "which stands above it"),
        ("types", "config", "which stands above it"),
        ("attic.box", "types", "no row of the picture in test_layers.py has 'attic'"),
    ],
)
def test_an_arrow_upwards_is_told(importer: str, imported: str, said: str) -> None:
    found = Import(f"regard.{importer}", f"regard.{imported}", "src/regard/x.py:12", True)
    message = objection(found)
    assert message is not None
    assert message.startswith(f"regard.{importer} imports regard.{imported} (src/regard/x.py:12)")
    assert said in message


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    room = tmp_path / "src" / "regard" / "text"
    room.mkdir(parents=True)
    (room.parent / "types.py").write_text("")
    (room / "__init__.py").write_text("from .tags import inside")
    (room / "tags.py").write_text(
        "import regard.types, os\n"
        "from regard import types\n"
        "from ..types import Box\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    from regard.types import Point\n"
        "def inside():\n"
        "    from regard.types import Frame\n"
    )
    found = [
        (item.importer, item.imported, item.place.rpartition(":")[2], item.is_at_top)
        for item in imports(tmp_path / "src")
    ]
    tags, types = "regard.text.tags", "regard.types"
    assert found == [
        ("regard.text", tags, "1", True),
        (tags, types, "1", True),
        (tags, types, "2", True),
        (tags, types, "3", True),
        (tags, types, "6", False),
        (tags, types, "8", False),
    ]
