"""A run is a tree of frozen dataclasses. Here it becomes JSON, comes back, and changes by path.

The JSON is strict (no NaN), one shape for each sort of value:

    dataclass     {"type": "regard.schedule:Ramp", "start": 0.0, "end": 1.0, "over": 1.0}
    enum          {"type": "regard.types:Frame", "value": "pixels"}
    path          {"type": "path", "value": "data/train.jsonl"}
    inf, nan      {"type": "float", "value": "inf"}
    tuple, list   [1, 2]; read back as a tuple
    mapping       {"a": 1}; with keys that are no strings, or a key "type":
                  {"type": "map", "items": [[0, "loose"], [0.5, "strict"]]}

Reading builds dataclasses and enums only, and imports nothing outside `regard`: a run file of
somebody else cannot run code of its own choosing.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import itertools
import json
import math
import sys
import textwrap
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from regard.errors import ConfigError, nearest
from regard.schedule import Schedule

Tree = TypeVar("Tree")

# --------------------------------------------------------------------------------- to and from JSON


def to_json(value: Any) -> Any:
    """`value` as what `json` can write; a value that could not be read back is a ConfigError.

    >>> from regard.schedule import Staged
    >>> to_json(Staged({0: "loose", 0.5: "strict"}))["stages"]
    {'type': 'map', 'items': [[0, 'loose'], [0.5, 'strict']]}
    """
    return _write(value, ())


def from_json(data: Any) -> Any:
    """The value that `to_json` wrote.

    >>> from_json({"type": "regard.schedule:Ramp", "start": 0, "end": 1})
    Ramp(start=0, end=1, over=1.0)
    """
    return _read(data, ())


def _write(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, Enum):
        return {"type": _address(type(value), path), "value": _write(value.value, path)}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        is_plain = math.isfinite(value)
        return float(value) if is_plain else {"type": "float", "value": str(float(value))}
    if isinstance(value, Path):
        return {"type": "path", "value": str(value)}
    if is_dataclass(value) and not isinstance(value, type):
        values = {name: getattr(value, name) for name in _field_names(type(value))}
        if "type" in values:
            raise ConfigError(f"{_say(path)}: a field cannot be called 'type' in a run file")
        written = {name: _write(item, (*path, name)) for name, item in values.items()}
        return {"type": _address(type(value), path), **written}
    if type(value) in (tuple, list):
        return [_write(item, (*path, str(index))) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        items = [(key, _write(item, (*path, str(key)))) for key, item in value.items()]
        if all(type(key) is str and key != "type" for key in value):
            return dict(items)
        return {"type": "map", "items": [[_write(key, path), item] for key, item in items]}
    what = "a function" if inspect.isroutine(value) else f"a {type(value).__name__}"
    raise ConfigError(
        f"{_say(path)}: {what} cannot be written to a run file; "
        "put a frozen dataclass in its place (one that has __call__, perhaps)"
    )


def _read(data: Any, path: tuple[str, ...]) -> Any:
    if isinstance(data, (list, tuple)):
        return tuple(_read(item, (*path, str(index))) for index, item in enumerate(data))
    if not isinstance(data, Mapping):
        return data
    if "type" not in data:
        return {key: _read(item, (*path, key)) for key, item in data.items()}
    given = {key: item for key, item in data.items() if key != "type"}
    try:
        match data["type"]:
            case "path":
                return Path(given["value"])
            case "float":
                return float(given["value"])
            case "map":
                return {
                    _read(key, path): _read(item, (*path, str(key))) for key, item in given["items"]
                }
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{_say(path)}: not a {data['type']}: {dict(data)}") from error
    return _build(_resolve_class(data["type"], path), given, path)


def _build(cls: type, given: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """A `cls` from the JSON of its fields; a field that is absent takes its default."""
    known = ["value"] if issubclass(cls, Enum) else _field_names(cls)
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{_say(path)}: {cls.__name__} has no field '{name}'; {nearest(name, known)}"
            )
    values = {name: _read(item, (*path, name)) for name, item in given.items()}
    return _checked(lambda: cls(**values), path)


def _resolve_class(address: Any, path: tuple[str, ...]) -> type:
    """The dataclass or enum at "module:QualifiedName"."""
    module_name, colon, name = str(address).partition(":")
    if not colon:
        raise ConfigError(f'{_say(path)}: a type looks like "module:Class"; got {address!r}')
    module = sys.modules.get(module_name)
    if module is None and (module_name == "regard" or module_name.startswith("regard.")):
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name is None or not module_name.startswith(error.name):
                raise
            known = [known for known in sys.modules if known.startswith("regard")]
            hint = nearest(module_name, known)
            raise ConfigError(f"{_say(path)}: no module '{module_name}'; {hint}") from error
    if module is None:
        raise ConfigError(
            f"{_say(path)}: '{address}' is in a module that is not imported; "
            "run the recipe it belongs to from its own file instead"
        )
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    # The check of its home keeps out what a module merely imports.
    if _is_configurable(found) and (found.__module__, found.__qualname__) == (module_name, name):
        return typing.cast(type, found)
    known = [
        key
        for key, item in vars(module).items()
        if _is_configurable(item) and item.__module__ == module_name
    ]
    raise ConfigError(f"{_say(path)}: no class '{name}' in {module_name}; {nearest(name, known)}")


def _is_configurable(item: Any) -> bool:
    return isinstance(item, type) and (is_dataclass(item) or issubclass(item, Enum))


def _address(cls: type, path: tuple[str, ...]) -> str:
    if "<locals>" in cls.__qualname__:
        raise ConfigError(
            f"{_say(path)}: {cls.__name__} is defined inside a function, where no run file can "
            "find it again; move it to the top of its module"
        )
    return f"{cls.__module__}:{cls.__qualname__}"


# ----------------------------------------------------------------------------- changing by path


def with_settings(run: Tree, settings: Iterable[str]) -> Tree:
    """`run` after each of the settings in turn."""
    for setting in settings:
        run = with_setting(run, setting)
    return run


def with_setting(run: Tree, setting: str) -> Tree:
    """`run` with one value replaced: "stages.rl.algorithm.kl_coef=0.1".

    A step of the path is a field, the number or `name` of an item, or the key of a mapping. The
    value is JSON (a whole dataclass, too, as `to_json` writes it), else it is text.

    >>> from regard.schedule import Ramp
    >>> with_setting(Ramp(0.0, 1.0), "over=0.5")
    Ramp(start=0.0, end=1.0, over=0.5)
    """
    path, equals, text = setting.partition("=")
    if not equals or not path.strip():
        raise ConfigError(f"a setting looks like path.to.field=value; got '{setting}'")
    changed = _changed(run, path.strip().split("."), text.strip(), (), _Place())
    return typing.cast(Tree, changed)


class _Place(typing.NamedTuple):
    """What is known about the place a value stands in."""

    hint: Any = Any
    """Its annotation, evaluated; Any where there is none."""
    owner: type | None = None
    """The class of the nearest field around it."""
    field: str = ""


def _changed(old: Any, rest: list[str], text: str, path: tuple[str, ...], place: _Place) -> Any:
    if not rest:
        return _fitting(text, old, path, place)
    step, length = _step(old, rest, path)
    path, rest = (*path, ".".join(rest[:length])), rest[length:]
    if is_dataclass(old) and not isinstance(old, type):
        inner = _Place(_hint(type(old), step), type(old), step)
        new = _changed(getattr(old, step), rest, text, path, inner)
        return _checked(lambda: replace(old, **{step: new}), path)
    inner = place._replace(hint=_item_hint(place.hint, step))
    new = _changed(old[step], rest, text, path, inner)
    if isinstance(old, Mapping):
        return {**old, step: new}
    return (*old[:step], new, *old[step + 1 :])


class Leaf(typing.NamedTuple):
    """A value that has no parts of its own, and where it stands."""

    path: str
    """As `with_setting` takes it."""
    value: Any
    steps: tuple[Any, ...]
    """The way to it: names of fields, numbers of items, keys of mappings."""
    owner: Any
    """The nearest dataclass around it; None at the root."""
    field: str
    """The field of `owner` it is in."""


def flatten(run: Any) -> Iterator[tuple[str, Any]]:
    """The path and the value of every leaf of a run.

    >>> from regard.schedule import Staged
    >>> list(flatten(Staged({0: 4, 400: 8})))
    [('stages.0', 4), ('stages.400', 8)]
    """
    return ((leaf.path, leaf.value) for leaf in leaves(run))


def leaves(run: Any) -> Iterator[Leaf]:
    """Every leaf of a run, in the order of its fields; an empty tuple is one, too."""
    return _leaves(Leaf("", run, (), None, ""))


def _leaves(at: Leaf) -> Iterator[Leaf]:
    parts = _parts(at.value)
    if not parts:
        yield at
    for label, step, part in parts:
        path = f"{at.path}.{label}" if at.path else label
        around = (at.value, label) if is_dataclass(at.value) else (at.owner, at.field)
        yield from _leaves(Leaf(path, part, (*at.steps, step), *around))


def parts_of(value: Any) -> list[tuple[str, Any]]:
    """The fields, items or entries of `value`, one level down, by the names a path calls them."""
    return [(label, part) for label, _, part in _parts(value)]


def steps_of(run: Any, path: str) -> tuple[Any, ...]:
    """The way `path` goes: names of fields, numbers of items, keys of mappings."""
    steps: tuple[Any, ...] = ()
    rest = path.strip().split(".")
    while rest:
        step, length = _step(run, rest, tuple(map(str, steps)))
        run = getattr(run, step) if is_dataclass(run) else run[step]
        steps, rest = (*steps, step), rest[length:]
    return steps


def _parts(value: Any) -> list[tuple[str, Any, Any]]:
    """Label, step and part, for each part of `value`."""
    if is_dataclass(value) and not isinstance(value, type):
        return [(name, name, getattr(value, name)) for name in _field_names(type(value))]
    if isinstance(value, (tuple, list)):
        return [
            (label, index, item)
            for index, (label, item) in enumerate(zip(_labels(value), value, strict=True))
        ]
    if isinstance(value, Mapping):
        return [(str(key), key, item) for key, item in value.items()]
    return []


def _step(value: Any, rest: list[str], path: tuple[str, ...]) -> tuple[Any, int]:
    """Where `rest` goes on from `value`, and how many pieces of it that takes (key 0.5: two)."""
    parts = _parts(value)
    if not parts:
        raise ConfigError(f"{_say(path)} is {value!r}; it has no '{rest[0]}' to set")
    for length in range(len(rest), 0, -1):
        for label, step, _ in parts:
            if label == ".".join(rest[:length]):
                return step, length
    if isinstance(value, (tuple, list)) and rest[0].isdecimal() and int(rest[0]) < len(value):
        return int(rest[0]), 1
    if is_dataclass(value):
        what = f"{_say(path)} ({type(value).__name__}) has no field '{rest[0]}'"
    else:
        what = f"{_say(path)} has no {'key' if isinstance(value, Mapping) else 'item'} '{rest[0]}'"
    raise ConfigError(f"{what}; {nearest(rest[0], [label for label, _, _ in parts])}")


def _labels(items: Sequence[Any]) -> list[str]:
    """What a path calls each item: its `name` where all have one of their own, else its number."""
    names = [getattr(item, "name", None) for item in items if is_dataclass(item)]
    if len(names) == len(items) and all(_is_label(name) for name in names):
        labels = [str(name) for name in names]
        if len(set(labels)) == len(labels):
            return labels
    return [str(index) for index in range(len(items))]


def _is_label(name: Any) -> bool:
    return isinstance(name, str) and name != "" and "." not in name


# ------------------------------------------------------------------------------ values that fit


class _Misfit(Exception):
    """A value that is not what an annotation allows."""


def _fitting(text: str, old: Any, path: tuple[str, ...], place: _Place) -> Any:
    """The value that `text` stands for, as the field at `path` wants it."""
    value = _parsed(text, path)
    hint = place.hint
    if hint is Any and isinstance(old, (int, float)):
        hint = bool if isinstance(old, bool) else int | float  # the values of a Staged, say
    # A name may look like a number or a truth: where only text fits, it is text.
    readings = [value, text] if isinstance(value, (bool, int, float)) else [value]
    for reading in readings:
        try:
            return _fit(reading, hint)
        except _Misfit:
            continue
    message = f"{_say(path)}: got {value!r}, expected {_describe(hint, place)}"
    inner = [f"{path[-1]}.{name}" for name, _ in parts_of(old)] if is_dataclass(old) else []
    if inner:
        message += f"; it is a {type(old).__name__} now, changed by its fields: {', '.join(inner)}"
    raise ConfigError(message)


def _parsed(text: str, path: tuple[str, ...]) -> Any:
    """JSON, or None, True, False, inf and 1_000 as Python writes them, or the text itself."""
    python_words = {"None": None, "True": True, "False": False}
    if text in python_words:
        return python_words[text]
    for read in (json.loads, int, float):
        try:
            data = read(text)
        except ValueError:
            continue
        return _read(data, path)
    return text


def _fit(value: Any, hint: Any) -> Any:
    """`value` as a value of the annotation `hint`, or _Misfit."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _fit_union(value, arguments)
    if origin is typing.Literal:
        if any(value == allowed and type(value) is type(allowed) for allowed in arguments):
            return value
        raise _Misfit
    if origin is typing.Annotated:
        return _fit(value, arguments[0])
    cls = origin or hint
    if cls is None or cls is type(None):
        return _only(value, value is None)
    if not isinstance(cls, type) or cls is Any or cls is object:
        return value  # Any, a type variable: nothing is known, so everything fits
    if cls is bool:
        return _only(value, isinstance(value, bool))
    if cls is int:
        return _only(value, isinstance(value, int) and not isinstance(value, bool))
    if cls is float or cls is Schedule:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        return _only(value, cls is Schedule and isinstance(value, Schedule))
    if issubclass(cls, Enum):
        for member in cls:
            if value is member or value == member.value or value == member.name:
                return member
        raise _Misfit
    if cls is str:
        return _only(value, isinstance(value, str))
    if issubclass(cls, Path):
        return (
            Path(value) if isinstance(_only(value, isinstance(value, (str, Path))), str) else value
        )
    if issubclass(cls, Mapping):
        return _fit_mapping(value, arguments)
    if issubclass(cls, Sequence):
        return _fit_tuple(value, cls, arguments)
    if getattr(cls, "_is_protocol", False) and not getattr(cls, "_is_runtime_protocol", False):
        return _only(value, is_dataclass(value))  # cannot be asked, but plain data it is not
    return _only(value, isinstance(value, cls))


def _only(value: Any, fits: bool) -> Any:
    if not fits:
        raise _Misfit
    return value


def _fit_union(value: Any, arms: tuple[Any, ...]) -> Any:
    """The first arm that takes the value as it is, else the first that takes it at all."""
    taken = []
    for arm in arms:
        try:
            taken.append(_fit(value, arm))
        except _Misfit:
            continue
    if not taken:
        raise _Misfit
    return next((new for new in taken if type(new) is type(value)), taken[0])


def _fit_tuple(value: Any, cls: type, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise _Misfit
    if cls is not tuple or arguments[1:] == (...,):
        arguments = (*arguments, Any)[:1] * len(value)
    elif not arguments:
        arguments = (Any,) * len(value)
    if len(arguments) != len(value):
        raise _Misfit
    return tuple(_fit(item, hint) for item, hint in zip(value, arguments, strict=True))


def _fit_mapping(value: Any, arguments: tuple[Any, ...]) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise _Misfit
    key_hint, item_hint = arguments or (Any, Any)
    return {_fit(key, key_hint): _fit(item, item_hint) for key, item in value.items()}


# ------------------------------------------------------------------------- fields and their words


@functools.cache
def field_doc(cls: type, name: str) -> str:
    """The docstring under a field; empty where there is none, or no source to read.

    >>> from regard.schedule import Ramp
    >>> field_doc(Ramp, "over")
    'Fraction of training the way takes, 0 to 1.'
    """
    return next((docs[name] for docs in map(_docs_of, cls.__mro__) if name in docs), "")


@functools.cache
def _docs_of(cls: type) -> dict[str, str]:
    """The docstrings under the fields that `cls` itself declares, by name of the field."""
    if not is_dataclass(cls):
        return {}
    try:
        source = textwrap.dedent(inspect.getsource(cls))
        body = typing.cast(ast.ClassDef, ast.parse(source).body[0]).body
    except (OSError, TypeError, SyntaxError):
        return {}
    docs = {}
    for statement, below in itertools.pairwise(body):
        match statement, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(doc))),
            ):
                docs[name] = inspect.cleandoc(doc)
    return docs


@functools.cache
def _hint(cls: type | None, name: str) -> Any:
    """The annotation of a field; Any where its names are only known to a type checker."""
    for owner in cls.__mro__ if cls else ():
        annotation = vars(owner).get("__annotations__", {}).get(name)
        if annotation is None:
            continue
        if not isinstance(annotation, str):
            return annotation
        try:
            return eval(annotation, vars(sys.modules[owner.__module__]), dict(vars(owner)))
        except (NameError, AttributeError, KeyError, TypeError):
            return Any
    return Any


def _item_hint(hint: Any, key: Any) -> Any:
    """The annotation of the item at `key` of a tuple or a mapping with the annotation `hint`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        found = [_item_hint(arm, key) for arm in arguments]
        known = [item for item in found if item is not Any]
        return known[0] if len(known) == 1 else Any
    if not isinstance(origin, type) or not arguments:
        return Any
    if issubclass(origin, Mapping):
        return arguments[1]
    if origin is tuple and arguments[1:] != (...,):
        return arguments[key] if isinstance(key, int) and key < len(arguments) else Any
    return arguments[0] if issubclass(origin, Sequence) else Any


def _describe(hint: Any, place: _Place) -> str:
    """An annotation in words, and the docstring of the field it belongs to."""
    words = inspect.formatannotation(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        words = f"one of {', '.join(str(member.value) for member in hint)}"
    elif hint == _hint(place.owner, place.field) and place.owner:
        annotation = next(f.type for f in fields(place.owner) if f.name == place.field)
        words = annotation if isinstance(annotation, str) else words
    doc = field_doc(place.owner, place.field) if place.owner else ""
    return f"{words} ({place.field}: {doc})" if doc else words


def _field_names(cls: type) -> list[str]:
    """The fields its constructor takes."""
    return [field.name for field in fields(cls) if field.init]


def _checked(make: Any, path: tuple[str, ...]) -> Any:
    """What `make` makes; what its class objects to is told with the path."""
    try:
        return make()
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{_say(path)}: {error}") from error


def _say(path: tuple[str, ...]) -> str:
    return ".".join(path) or "the run"
