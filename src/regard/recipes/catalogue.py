"""Finding recipes: the ones here, somebody's Python file, or the record of a run.

A recipe is a module; each of its public functions that takes nothing and is annotated to return a
`Run` is a variant. The one named as the module is what the module's name alone means.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import json
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from regard import config
from regard import recipes as room
from regard.errors import ConfigError, RegardError, nearest
from regard.recipes.run import Run

_NO_RECIPES = {"catalogue", "execute", "plan", "run"}


@dataclass(frozen=True)
class Recipe:
    """A run under its name."""

    name: str
    """What it was asked for as: "quickstart:smoke", "my_recipe.py", "runs/x/run.json"."""
    run: Run
    make: Callable[[], Run] | None
    """The function that makes it; None for a run read from a record."""


def find(name: str) -> Recipe:
    """The recipe of this name, the one in this Python file, or the run of this record."""
    if name.endswith(".json"):
        return _from_record(Path(name))
    source, _, variant = name.partition(":")
    module = _load_file(Path(source)) if source.endswith(".py") else _load_own(source)
    make = _variant(module, Path(source).stem, variant)
    return Recipe(name, make(), make)


def names() -> list[str]:
    """Every recipe of the library with its variants: "quickstart", "quickstart:smoke", …"""
    found = []
    for module_name in _module_names():
        for variant in variants(_load_own(module_name)):
            found.append(module_name if variant == module_name else f"{module_name}:{variant}")
    return found


def variants(module: ModuleType) -> dict[str, Callable[[], Run]]:
    """The functions of a module that make runs, by name, in the order they are written."""
    return {
        name: item
        for name, item in vars(module).items()
        if inspect.isfunction(item)
        and item.__module__ == module.__name__
        and not name.startswith("_")
        and not inspect.signature(item).parameters
        and inspect.signature(item).return_annotation in (Run, "Run")
    }


def _variant(module: ModuleType, default: str, variant: str) -> Callable[[], Run]:
    known = variants(module)
    if not known:
        raise ConfigError(
            f"{module.__file__} holds no recipe: it needs a function that takes nothing and is "
            f"annotated to return a Run, such as `def {default}() -> Run:`"
        )
    name = variant or (default if default in known else next(iter(known)))
    if name not in known:
        raise ConfigError(f"recipe '{default}' has no variant '{name}'; {nearest(name, known)}")
    return known[name]


def _module_names() -> list[str]:
    return [m.name for m in pkgutil.iter_modules(room.__path__) if m.name not in _NO_RECIPES]


def _load_own(name: str) -> ModuleType:
    known = _module_names()
    if name not in known:
        raise ConfigError(
            f"no recipe is called '{name}'; {nearest(name, known)}. "
            "A recipe of your own is named by its file: my_recipe.py"
        )
    return importlib.import_module(f"{room.__name__}.{name}")


def _load_file(path: Path) -> ModuleType:
    """Run a recipe file as a module of its own name; a second time gives the same module."""
    if not path.is_file():
        raise ConfigError(f"there is no recipe file {path}")
    path = path.resolve()
    name = f"{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None, "a .py file always has a specification"
    assert spec.loader is not None, "and a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except RegardError:
        raise
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(f"{path}: cannot be run ({type(error).__name__}: {error})") from error
    return module


def _from_record(path: Path) -> Recipe:
    """The run of a run folder's `run.json`. Its recipe file is run first, if it had one."""
    try:
        record = json.loads(path.read_text())
        data, recipe = record["run"], record["recipe"]
    except OSError as error:
        raise ConfigError(f"there is no run record {path} ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no record of a run: a run.json was expected") from error
    source = str(recipe).partition(":")[0]
    if source.endswith(".py"):
        _load_file(Path(source))
    run = config.from_json(data)
    if not isinstance(run, Run):
        raise ConfigError(f"{path} holds a {type(run).__name__}, not a run")
    return Recipe(str(recipe), run, None)
