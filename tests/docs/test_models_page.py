"""docs/models.md: its code runs, its table is what is so."""

from __future__ import annotations

import re

from tests.docs.pages import blocks, read
from tests.models.families import FAMILIES

from regard.models.families import family_of
from regard.models.tiny import TinyModel
from regard.registry import family
from regard.types import Frame

FRAMES = {
    "per mille": Frame.PER_MILLE, "unit": Frame.UNIT, "pixels of the resized image": Frame.INPUT
}  # fmt: skip


def test_the_table_names_every_family_with_its_frame_and_its_path():
    named = []
    row = r"^\| (`.+?) \| .+ \| .+ \| (.+) \| (shared|plain) \|$"
    for kinds, frame, path in re.findall(row, read("docs/models.md"), re.MULTILINE):
        for kind in re.findall(r"`(\w+)`", kinds):
            named.append(kind)
            pieces = family[kind].tiny(TinyModel(model_type=kind, words=("what",)))
            found = family_of(pieces[0], pieces[2], pieces[1])
            assert found.answers_in == FRAMES[frame.removesuffix(" (ours)")]
            assert found.shared_prefix == (path == "shared")
    assert sorted(named) == sorted(FAMILIES)


def test_a_family_of_ones_own_is_one_class(monkeypatch):
    names = family.names()
    monkeypatch.setattr(family, "_items", dict(family._items))
    (code,) = blocks("docs/models.md", "python")
    exec(code, {})
    assert set(family.names()) - set(names) == {"my_vl"}
