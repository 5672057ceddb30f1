"""Every value of a run tells where it comes from."""

from __future__ import annotations

import importlib.util
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from regard.sources import Line, explain


class Decay(Enum):
    NONE = "none"
    LINEAR = "linear"


@dataclass(frozen=True)
class Clip:
    low: float = 0.2
    high: float = 0.2


@dataclass(frozen=True)
class Exact:
    """No fields at all."""


@dataclass(frozen=True)
class Sum:
    parts: Mapping[str, tuple[float, Any]]


@dataclass(frozen=True)
class Stage:
    name: str
    num_steps: int = 10
    learning_rate: float = 1e-3
    clip: Clip = field(default_factory=Clip)
    reward: Any = None
    is_frozen: bool = False
    decay: Decay = Decay.NONE
    betas: tuple[float, float] = (0.9, 0.99)
    spare: Exact = Exact()


@dataclass(frozen=True)
class Run:
    stages: tuple[Stage, ...]
    seed: int = 0
    half: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "half", self.half or len(self.stages) / 2)


def clipped(*, clip: float = 0.1) -> Clip:
    """A helper outside the recipe, which gives its parameter another name."""
    return Clip(low=clip, high=2 * clip)


RECIPE = """
    '''A recipe.'''
    from __future__ import annotations
    from dataclasses import replace
    from typing import TYPE_CHECKING
    from tests.test_sources import Clip, Decay, Exact, Run, Stage, Sum, clipped

    if TYPE_CHECKING:
        from nowhere import Nothing

    NUM_STEPS = 7  # a constant's comment
    COUNTER = []


    def whole(seed: Nothing = 5) -> Run:  # a default
        '''The whole run.'''
        COUNTER.append(1)
        rate = 3e-4  # travels through a variable
        first = Stage("first", 300, learning_rate=1e-5, clip=clipped(clip=0.3))  # of the line
        return Run(
            stages=(
                first,
                Stage(
                    name="second",  # noqa: X100
                    num_steps=NUM_STEPS,
                    learning_rate=rate,
                    clip=Clip(
                        low=0.5,
                        high=0.6,  # nearer than the closing line
                    ),  # of the closing line
                    # alone on
                    # the line above
                    reward=Sum({"exact": (1.0, Exact()), "other": (2.0, None)}),
                    is_frozen=True,  # a truth
                    decay=Decay.LINEAR,  # an enum
                    betas=(0.9, 1 - 0.05),  # arithmetic
                ),
                Stage("third", num_steps=300, learning_rate=3e-4, clip=clipped()),
                Stage("fourth", num_steps=300),  # the same number elsewhere
            ),
            seed=seed,
        )


    def smoke() -> Run:
        run = whole()
        stages = tuple(replace(stage, num_steps=2) for stage in run.stages)  # few
        return replace(run, stages=stages)
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[Any]:
    yield load(tmp_path / "a_recipe.py", RECIPE)
    sys.modules.pop("a_recipe")


def load(path: Path, text: str) -> Any:
    path.write_text(textwrap.dedent(text))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def explained(recipe: Callable[[], Any], settings: tuple[str, ...] = ()) -> dict[str, Line]:
    lines = explain(recipe(), recipe=recipe, settings=settings)
    return {line.path: line for line in lines}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("stages.first.learning_rate", "of the line"),
        ("stages.first.name", "of the line"),
        ("stages.first.num_steps", "of the line"),  # given by position
        ("stages.first.clip.low", "of the line"),  # through a helper outside the recipe
        ("stages.second.name", "a_recipe.py:24"),
        ("stages.second.num_steps", "a constant's comment"),
        ("stages.second.learning_rate", "travels through a variable"),
        ("stages.second.clip.low", "of the closing line"),
        ("stages.second.clip.high", "nearer than the closing line"),
        ("stages.second.reward.parts.exact.0", "alone on the line above"),
        ("stages.second.reward.parts.exact.1", "alone on the line above"),  # a class without fields
        ("stages.second.reward.parts.other.0", "alone on the line above"),
        ("stages.second.is_frozen", "a truth"),
        ("stages.second.decay", "an enum"),
        ("stages.second.betas.0", "arithmetic"),
        ("stages.second.betas.1", "arithmetic"),
        ("stages.third.num_steps", "a_recipe.py:38"),  # not the comment of another 300
        ("stages.third.learning_rate", "a_recipe.py:38"),
        ("stages.third.clip.low", "as clipped has it"),
        ("stages.third.is_frozen", "default"),
        ("stages.third.decay", "default"),
        ("stages.third.reward", "default"),
        ("stages.third.betas.0", "default"),
        ("stages.third.spare", "default"),
        ("stages.fourth.num_steps", "the same number elsewhere"),
        ("seed", "a default"),
        ("half", "as Run has it"),
    ],
)
def test_the_source_of_a_value_is_found(recipe: Any, path: str, source: str) -> None:
    assert explained(recipe.whole)[path].source == source


def test_a_variant_explains_what_it_replaces_and_what_it_keeps(recipe: Any) -> None:
    lines = explained(recipe.smoke)
    assert lines["stages.second.num_steps"].source == "few"
    assert lines["stages.second.learning_rate"].source == "travels through a variable"
    assert lines["stages.second.is_frozen"].source == "a truth"


def test_a_setting_overrides_the_comment(recipe: Any) -> None:
    lines = explained(recipe.whole, ("stages.1.num_steps=8", "stages.second.betas=[0.1, 0.2]"))
    assert [
        lines[f"stages.second.{path}"].source for path in ("num_steps", "betas.1", "decay")
    ] == [
        "--set",
        "--set",
        "an enum",
    ]


def test_a_setting_is_known_after_its_item_was_given_another_name(recipe: Any) -> None:
    lines = explained(recipe.whole, ("stages.second.num_steps=8", "stages.second.name=later"))
    assert lines["stages.later.num_steps"].source == "--set"


def test_a_line_tells_whose_field_it_is(recipe: Any) -> None:
    lines = explained(recipe.whole)
    assert lines["stages.second.clip.low"].owner == "Clip"
    assert lines["stages.second.betas.0"].owner == "Stage"


def test_values_are_those_of_the_run_itself(recipe: Any) -> None:
    for line in explain(recipe.whole(), recipe=recipe.whole):
        assert type(line.value) in (int, float, str, bool, type(None), Decay, Exact)


def test_a_run_without_a_recipe_has_defaults_and_the_rest() -> None:
    run = Run(stages=(Stage("only", num_steps=3),))
    lines = {line.path: line.source for line in explain(run)}
    assert lines["stages.only.num_steps"] == "computed"
    assert lines["stages.only.learning_rate"] == "default"


def test_recipes_of_other_files_are_followed(recipe: Any, tmp_path: Path) -> None:
    package = tmp_path / "regard.recipes.other.py"  # as if it lay in that room
    text = "from a_recipe import whole\n\ndef other():\n    return whole(seed=9)  # another\n"
    other = load(package, text)
    try:
        other.whole.__module__ = "regard.recipes.other_still"
        lines = explained(other.other)
    finally:
        sys.modules.pop(package.stem)
    assert lines["seed"].source == "another"
    assert lines["stages.second.learning_rate"].source == "travels through a variable"


def test_a_recipe_that_minds_the_class_of_its_numbers_is_left_unexplained(tmp_path: Path) -> None:
    text = """
        from tests.test_sources import Run, Stage

        def picky():
            steps = 3  # ours
            assert type(steps) is int
            return Run(stages=(Stage("only", num_steps=steps),))
    """
    picky = load(tmp_path / "picky.py", text).picky
    sys.modules.pop("picky")
    assert explained(picky)["stages.only.num_steps"].source == "computed"
