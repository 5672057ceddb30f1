"""A run becomes JSON, comes back the same, and changes by path."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.config import (
    field_doc,
    flatten,
    from_json,
    parts_of,
    to_json,
    with_setting,
    with_settings,
)
from regard.errors import ConfigError
from regard.schedule import Cosine, Ramp, Schedule, Staged
from regard.types import Box, Frame, Message, Number

if TYPE_CHECKING:
    from fractions import Fraction


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Level(IntEnum):
    LOW = 0


class Judge(Protocol):
    def judge(self, text: str) -> float: ...


@dataclass(frozen=True)
class Strict:
    """A judge."""

    def judge(self, text: str) -> float:
        return 0.0


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    kl_coef: float | Schedule = 0.0
    """Weight of the penalty for leaving
    the reference policy."""
    clip: Schedule = field(default_factory=lambda: Staged({0: 0.2}))
    is_on_policy: bool = True
    surrogate: Literal["clipped", "plain"] = "clipped"


@dataclass(frozen=True)
class Stage:
    name: str
    num_steps: int = 10
    algorithm: Algorithm = Algorithm()
    judge: Judge | None = None
    limit: float | None = None
    num_seconds: int | float = 1
    frame: Frame = Frame.PIXELS
    size: Size = Size.SMALL
    trainable: tuple[str, ...] = ("vision", "language")
    betas: tuple[float, float] = (0.9, 0.95)
    weights: Mapping[str, float] = field(default_factory=dict)
    files: Sequence[Path] = ()
    folder: Path | None = None
    exact: Fraction | None = None  # a name that only type checkers know
    anything: Any = None


@dataclass(frozen=True)
class Holder:
    what: Any


@dataclass(frozen=True)
class Odd:
    """A field whose name the run file needs for itself, and one its constructor does not take."""

    type: str = "odd"


@dataclass(frozen=True)
class Derived:
    side: int
    area: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.side < 0:
            raise ValueError(f"side {self.side} is negative")
        object.__setattr__(self, "area", self.side**2)


@dataclass(frozen=True)
class Experiment:
    stages: tuple[Stage, ...] = (Stage("sft"), Stage("rl"))
    seed: int = 0
    group_size: int | Schedule = 4
    reward: object = None


def there_and_back(value: Any) -> Any:
    return from_json(json.loads(json.dumps(to_json(value), allow_nan=False)))


# ------------------------------------------------------------------------------------- as JSON

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from([*Frame, *Size, *Level])
    | st.builds(Path, st.sampled_from(["a", "a/b", "/a", "."]))
)
keys = (
    st.text(max_size=4)
    | st.sampled_from(["type", "items", "value", Frame.UNIT])
    | st.integers()
    | st.floats(allow_nan=False)
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        | st.builds(Holder, inner)
        | st.builds(lambda first, later: Staged({0: first, 0.5: later}), inner, inner)
        | st.builds(Stage, st.text(max_size=3), anything=inner)
    ),
    max_leaves=12,
)


@given(trees)
def test_what_is_written_is_read_back_the_same(tree: Any) -> None:
    back = there_and_back(tree)
    assert back == tree
    assert repr(back) == repr(tree)  # equality alone takes 0 for 0.0, and "unit" for Frame.UNIT


def test_keys_of_a_schedule_keep_their_sort() -> None:
    # 0 is a step, 0.0 a fraction of training
    assert [type(key) for key in there_and_back(Staged({0: 1, 0.5: 2})).stages] == [int, float]
    assert [type(key) for key in there_and_back(Staged({0.0: 1, 400: 2})).stages] == [float, int]


@pytest.mark.parametrize("number", [math.inf, -math.inf])
def test_infinity_is_strict_json(number: float) -> None:
    assert there_and_back(Stage("rl", limit=number)).limit == number


def test_what_is_no_number_is_strict_json() -> None:
    assert math.isnan(there_and_back(Stage("rl", limit=math.nan)).limit)


def test_the_json_is_what_the_documentation_shows() -> None:
    assert to_json(Box(1, 2, 3, 4)) == {
        "type": "regard.types:Box",
        "x0": 1,
        "y0": 2,
        "x1": 3,
        "y1": 4,
        "frame": {"type": "regard.types:Frame", "value": "pixels"},
    }
    assert to_json({"a": (1, Path("b"))}) == {"a": [1, {"type": "path", "value": "b"}]}
    assert to_json({"type": 1}) == {"type": "map", "items": [["type", 1]]}


def test_lists_come_back_as_tuples() -> None:
    assert there_and_back([1, [2]]) == (1, (2,))


def test_a_field_the_constructor_does_not_take_is_computed_again() -> None:
    assert "area" not in to_json(Derived(3))
    assert there_and_back(Derived(3)).area == 9


def test_a_field_that_is_absent_takes_its_default() -> None:
    assert from_json({"type": "regard.types:Number", "value": 2}) == Number(2)


class Plain:
    pass


def local_class() -> Any:
    @dataclass(frozen=True)
    class Local:
        pass

    return Local()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda: None, "what.1: a function cannot be written"),
        (len, "what.1: a function cannot be written"),
        (Plain(), "what.1: a Plain cannot be written"),
        (Stage, "what.1: a type cannot be written"),
        ({1, 2}, "what.1: a set cannot be written"),
        (b"bytes", "what.1: a bytes cannot be written"),
        (Odd(), "what.1: a field cannot be called 'type'"),
        (local_class(), "what.1: Local is defined inside a function"),
    ],
)
def test_what_cannot_be_read_back_is_not_written(value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        to_json(Holder((0, value)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"type": "regard.types:Boks"}, "no class 'Boks' in regard.types; did you mean 'Box'"),
        ({"type": "regard.tipes:Box"}, "no module 'regard.tipes'; did you mean 'regard.types'"),
        ({"type": "Box"}, "a type looks like \"module:Class\"; got 'Box'"),
        ({"type": 3}, 'a type looks like "module:Class"; got 3'),
        ({"type": "antigravity:Box"}, "in a module that is not imported"),
        ({"type": "os:system"}, "no class 'system' in os"),
        ({"type": "regard.types:Path"}, "no class 'Path' in regard.types"),
        ({"type": "regard.types:dataclass"}, "no class 'dataclass' in regard.types"),
        ({"type": "regard.types:Box.__init__"}, "no class 'Box.__init__'"),
        ({"type": "regard.types:Number", "valu": 1}, "Number has no field 'valu'; did you mean"),
        ({"type": "regard.types:Number"}, "missing 1 required positional argument: 'value'"),
        ({"type": "regard.types:Frame", "value": "pints"}, "'pints' is not a valid Frame"),
        ({"type": "regard.types:Frame"}, "the run.a: "),
        ({"type": "path"}, "not a path"),
        ({"type": "float", "value": "many"}, "not a float"),
        ({"type": "map", "items": [1]}, "not a map"),
    ],
)
def test_a_run_file_with_a_mistake_says_where_and_what(data: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_json({"a": data})
    assert message.removeprefix("the run.") in str(caught.value)
    assert str(caught.value).startswith("a: ")


def test_reading_imports_nothing_outside_the_library(tmp_path: Path) -> None:
    (tmp_path / "trap.py").write_text("raise SystemExit('imported')")
    code = "from regard.config import from_json; from_json({'type': 'trap:Trap'})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "in a module that is not imported" in done.stderr


# ------------------------------------------------------------------------------ changed by path


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("seed=3", "seed", 3),
        ("seed=1_000", "seed", 1000),
        ("stages.rl.num_steps=7", "stages.rl.num_steps", 7),
        ("stages.1.num_steps=7", "stages.rl.num_steps", 7),
        (" stages.rl.num_steps = 7 ", "stages.rl.num_steps", 7),
        ("stages.rl.algorithm.kl_coef=0.1", "stages.rl.algorithm.kl_coef", 0.1),
        ("stages.rl.algorithm.kl_coef=1", "stages.rl.algorithm.kl_coef", 1.0),
        ("stages.rl.algorithm.kl_coef=.5", "stages.rl.algorithm.kl_coef", 0.5),
        ("stages.rl.algorithm.clip=0.3", "stages.rl.algorithm.clip", 0.3),
        ("stages.rl.algorithm.is_on_policy=false", "stages.rl.algorithm.is_on_policy", False),
        ("stages.rl.algorithm.is_on_policy=False", "stages.rl.algorithm.is_on_policy", False),
        ("stages.rl.algorithm.surrogate=plain", "stages.rl.algorithm.surrogate", "plain"),
        ("group_size=8", "group_size", 8),
        ("stages.rl.limit=inf", "stages.rl.limit", math.inf),
        ("stages.rl.limit=null", "stages.rl.limit", None),
        ("stages.rl.limit=None", "stages.rl.limit", None),
        ("stages.rl.num_seconds=2", "stages.rl.num_seconds", 2),
        ("stages.rl.num_seconds=0.5", "stages.rl.num_seconds", 0.5),
        ("stages.rl.frame=per_mille", "stages.rl.frame", Frame.PER_MILLE),
        ("stages.rl.size=2", "stages.rl.size", Size.LARGE),
        ("stages.rl.size=LARGE", "stages.rl.size", Size.LARGE),
        ('stages.rl.trainable=["vision"]', "stages.rl.trainable.0", "vision"),
        ("stages.rl.trainable.1=connector", "stages.rl.trainable.1", "connector"),
        ("stages.rl.betas=[0, 1]", "stages.rl.betas.1", 1.0),
        ("stages.rl.betas.0=0", "stages.rl.betas.0", 0.0),
        ('stages.rl.weights={"format": 1}', "stages.rl.weights.format", 1.0),
        ("stages.rl.folder=a/b", "stages.rl.folder", Path("a/b")),
        ('stages.rl.files=["a", "b"]', "stages.rl.files.1", Path("b")),
        ("stages.rl.exact=anything goes", "stages.rl.exact", "anything goes"),
        ("stages.rl.anything=a=b", "stages.rl.anything", "a=b"),
        ("stages.sft.name=12", "stages.12.name", "12"),
        ('stages.sft.name="12"', "stages.12.name", "12"),
        ("stages.sft.name=", "stages.0.name", ""),
    ],
)
def test_a_setting_changes_one_value(setting: str, path: str, value: Any) -> None:
    found = dict(flatten(with_setting(Experiment(), setting)))[path]
    assert (found, type(found)) == (value, type(value))


def test_settings_apply_in_turn() -> None:
    run = with_settings(Experiment(), ["stages.rl.name=later", "stages.later.num_steps=5"])
    assert run == Experiment(stages=(Stage("sft"), Stage("later", num_steps=5)))


def test_nothing_else_changes() -> None:
    run = Experiment()
    assert with_setting(run, "stages.rl.num_steps=7").stages == (Stage("sft"), Stage("rl", 7))
    assert run == Experiment()


def test_a_path_goes_through_schedules_and_mappings() -> None:
    run = Experiment(group_size=Staged({0: 4, 0.5: 8}))
    changed = with_settings(run, ["group_size.stages.0.5=16", "group_size.stages.0=2"])
    assert changed.group_size == Staged({0: 2, 0.5: 16})
    weighted = Experiment(stages=(Stage("rl", weights={"a.b": 1.0}),))
    assert with_setting(weighted, "stages.rl.weights.a.b=2").stages[0].weights == {"a.b": 2.0}


def test_a_whole_schedule_may_be_given_as_the_run_file_has_it() -> None:
    setting = 'stages.rl.algorithm.kl_coef={"type": "regard.schedule:Cosine", "start": 1, "end": 0}'
    assert with_setting(Experiment(), setting).stages[1].algorithm.kl_coef == Cosine(1, 0)
    judged = with_setting(Experiment(), f"stages.rl.judge={json.dumps(to_json(Strict()))}")
    assert judged.stages[1].judge == Strict()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seed", "a setting looks like path.to.field=value; got 'seed'"),
        ("=3", "a setting looks like path.to.field=value; got '=3'"),
        ("sede=3", "the run (Experiment) has no field 'sede'; did you mean 'seed'? known: group_s"),
        ("stages.lr.num_steps=1", "stages has no item 'lr'; did you mean 'rl'? known: rl, sft"),
        ("stages.2.num_steps=1", "stages has no item '2'"),
        ("stages.rl.trainable.x=a", "stages.rl.trainable has no item 'x'; known: 0, 1"),
        ("stages.rl.algorithm.kl_coeff=1", "rl.algorithm (Algorithm) has no field 'kl_coeff'; did"),
        ("stages.rl.weights.format=1", "stages.rl.weights is {}; it has no 'format' to set"),
        ("seed.x=1", "seed is 0; it has no 'x' to set"),
        ("stages.rl.judge.x=1", "stages.rl.judge is None; it has no 'x' to set"),
        ("seed=1.5", "seed: got 1.5, expected int"),
        ("seed=true", "seed: got True, expected int"),
        ("seed=null", "seed: got None, expected int"),
        ("seed=many", "seed: got 'many', expected int"),
        ("stages.rl.name=null", "stages.rl.name: got None, expected str"),
        ("stages.rl.name=[1]", "stages.rl.name: got (1,), expected str"),
        ("stages.rl.limit=low", "stages.rl.limit: got 'low', expected float | None"),
        ("stages.rl.frame=pixel", "got 'pixel', expected one of pixels, input, per_mille, unit"),
        ("stages.rl.betas=[1]", "stages.rl.betas: got (1,), expected tuple[float, float]"),
        ("stages.rl.betas.1=x", "stages.rl.betas.1: got 'x', expected float"),
        ('stages.rl.weights={"a": "b"}', "got {'a': 'b'}, expected Mapping[str, float]"),
        ("stages.rl.judge=strict", "stages.rl.judge: got 'strict', expected Judge | None"),
        ("stages.rl.algorithm.is_on_policy=1", "is_on_policy: got 1, expected bool"),
        ("stages.rl.algorithm.surrogate=ppo", "got 'ppo', expected Literal["),
        ("stages.rl.algorithm=grpo", "changed by its fields: algorithm.kl_coef, algorithm.clip"),
        ('seed={"type": "regard.types:Boks"}', "seed: no class 'Boks' in regard.types; did you"),
        (
            "stages.rl.algorithm.kl_coef=high",
            "stages.rl.algorithm.kl_coef: got 'high', expected float | Schedule "
            "(kl_coef: Weight of the penalty for leaving\nthe reference policy.)",
        ),
    ],
)
def test_a_setting_with_a_mistake_says_what_was_expected(setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_setting(Experiment(), setting)
    assert message in str(caught.value)


def test_what_the_class_objects_to_is_told_with_the_path() -> None:
    with pytest.raises(ConfigError, match=r"^reward\.side: side -1 is negative"):
        with_setting(Experiment(reward=Derived(1)), "reward.side=-1")
    with pytest.raises(
        ConfigError, match=r"group_size\.stages\.0: got 'few', expected int \| float"
    ):
        with_setting(Experiment(group_size=Staged({0: 4})), "group_size.stages.0=few")


def test_a_computed_field_cannot_be_set() -> None:
    with pytest.raises(ConfigError, match="has no field 'area'"):
        with_setting(Experiment(reward=Derived(1)), "reward.area=4")


# ---------------------------------------------------------------------------------------- listed


def test_every_path_that_is_listed_can_be_set() -> None:
    run = Experiment(group_size=Ramp(1, 2), reward=Staged({0: Derived(1), 0.5: Derived(2)}))
    for path, value in flatten(run):
        assert with_setting(run, f"{path}={json.dumps(to_json(value))}") == run, path


def test_items_are_called_by_name_only_when_names_tell_them_apart() -> None:
    twins = (Stage("rl"), Stage("rl"))
    assert [name for name, _ in parts_of(twins)] == ["0", "1"]
    assert [name for name, _ in parts_of((Stage("a.b"), Stage("c")))] == ["0", "1"]
    assert [name for name, _ in parts_of((Stage("a"), Stage("b")))] == ["a", "b"]
    assert [name for name, _ in parts_of(("a", "b"))] == ["0", "1"]


def test_what_has_no_parts_is_listed_itself() -> None:
    listed = dict(flatten((Strict(), (), {}, Message("user", ()))))
    assert listed == {"0": Strict(), "1": (), "2": {}, "3.role": "user", "3.parts": ()}


def test_the_words_under_a_field_are_found() -> None:
    assert field_doc(Algorithm, "kl_coef") == (
        "Weight of the penalty for leaving\nthe reference policy."
    )
    assert field_doc(Algorithm, "is_on_policy") == ""
    assert field_doc(type("Made", (Ramp,), {}), "over").startswith("Fraction of training")
    assert field_doc(type("Made", (), {}), "over") == ""
