"""Names for things, in this library and in other packages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from regard.errors import ConfigError
from regard.registry import Registry


@pytest.fixture
def gadget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry of gadgets; its room has a module in a folder, and one that is imported late."""
    room = tmp_path / "gadgets"
    (room / "inner").mkdir(parents=True)
    (room / "__init__.py").write_text(
        "from regard.registry import Registry\ngadget = Registry('gadget', 'gadgets')\n"
    )
    text = "from gadgets import gadget\n@gadget('{name}')\nclass {kind}: pass\n"
    (room / "lamps.py").write_text(text.format(name="lamp", kind="Lamp"))
    (room / "inner" / "__init__.py").write_text("")
    (room / "inner" / "bells.py").write_text(text.format(name="bell", kind="Bell"))
    (tmp_path / "plugin.py").write_text(text.format(name="horn", kind="Horn"))
    monkeypatch.syspath_prepend(tmp_path)
    import gadgets  # type: ignore[import-not-found]

    yield gadgets.gadget
    for name in [name for name in sys.modules if name.startswith(("gadgets", "plugin"))]:
        del sys.modules[name]


def test_the_room_is_read_at_the_first_look_up(gadget: Registry) -> None:
    assert "gadgets.lamps" not in sys.modules
    assert gadget.names() == ["bell", "lamp"]
    assert gadget["lamp"].__name__ == "Lamp"


def test_another_package_adds_its_own(gadget: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    points = {"gadgets": [EntryPoint("mine", "plugin", "gadgets")]}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points.get(group, []))
    assert gadget["horn"].__name__ == "Horn"


def test_an_unknown_name_is_told_with_the_nearest(gadget: Registry) -> None:
    with pytest.raises(ConfigError, match="unknown gadget 'lmap'; did you mean 'lamp'"):
        gadget["lmap"]


def test_a_name_is_given_once(gadget: Registry) -> None:
    class Rival:
        pass

    gadget.names()
    with pytest.raises(ConfigError, match="two gadgets are called 'lamp'"):
        gadget("lamp")(Rival)
    assert gadget["lamp"].__name__ == "Lamp"


def test_a_module_that_is_read_twice_is_no_rival(gadget: Registry) -> None:
    first = gadget["lamp"]
    again = type("Lamp", (), {"__module__": first.__module__})
    assert gadget("lamp")(again) is again
    assert gadget["lamp"] is again


def test_a_thing_knows_its_name(gadget: Registry) -> None:
    assert gadget.name_of(gadget["bell"]) == "bell"
    assert gadget.name_of(int) is None
