"""The contact sheet of a world: every kind and tier, true places where they are, nothing run."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from regard.cli.viewing import view
from regard.data.worlds.digits import Digits
from regard.data.worlds.screens import Screens
from regard.errors import ConfigError
from regard.types import Box
from regard.viewer import write_contact_sheet
from regard.viewer.contact_sheet import CELL, Said, drawn, page, rows_of, true_shapes


def test_each_kind_and_tier_has_as_many_examples_as_wanted():
    rows = rows_of(Screens(kinds=("click", "locate")).load(), num_each=2)
    assert [(row.kind, row.tier) for row in rows] == [
        (kind, tier) for kind in ("click", "locate") for tier in ("easy", "middle", "hard")
    ]
    assert all(len(row.examples) == 2 for row in rows)


def test_a_world_without_tiers_or_with_few_examples_has_a_sheet_too():
    (row,) = rows_of(Digits(kinds=("sum",), size=3).load(), num_each=8)
    assert (row.kind, row.tier, len(row.examples)) == ("sum", "", 3)


def test_a_click_shows_its_box_and_the_point_of_the_gold_answer():
    (example,) = Screens(kinds=("click",), size=1).load()
    box, point = true_shapes(example)
    width, height = example.images[0].width, example.images[0].height
    target = example.target.target
    assert box["at"] == pytest.approx(
        [target.x0 / width, target.y0 / height, target.x1 / width, target.y1 / height], abs=1e-4
    )
    assert box["at"][0] < point["at"][0] < box["at"][2]
    assert box["at"][1] < point["at"][1] < box["at"][3]


def test_an_action_without_a_place_shows_nothing():
    (example,) = Screens(kinds=("scroll",), size=1).load()
    assert true_shapes(example) == []


def test_the_box_is_drawn_over_the_picture():
    (row,) = rows_of(Screens(kinds=("locate",), tiers=("easy",), size=1).load(), num_each=1)
    example = replace(row.examples[0], target=Box(20, 30, 60, 70))
    sheet = np.asarray(drawn([replace(row, examples=(example,))]))
    assert sheet.shape[1] == CELL
    ys, xs = np.nonzero((sheet == (230, 0, 120)).all(2))
    # the picture begins at (4, 4)
    assert [xs.min(), ys.min(), xs.max(), ys.max()] == [24, 34, 64, 74]


def test_what_an_example_says_is_text_in_the_page():
    (row,) = rows_of(Digits(kinds=("sum",), size=1).load(), num_each=1)
    example = replace(row.examples[0], kind="<b>", gold="<script>alert(1)</script>")
    text = page([replace(row, kind="<b>", examples=(example,))], "a < b")
    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert re.search(r"style-src 'sha256-[\w+/=]+'", text)


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_the_command_writes_the_sheet_of_a_world(tmp_path, suffix):
    path = tmp_path / f"sheet{suffix}"
    view("digits", "test", ['kinds=["sum"]'], path, 2, False, _Silent())
    if suffix == ".png":
        with Image.open(path) as sheet:
            assert sheet.width == 2 * CELL
    else:
        assert "Digits (test)" in path.read_text("utf-8")


def test_what_is_neither_run_nor_world_and_what_is_no_page_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'digits'"):
        view("digitz", "", [], None, 1, False, _Silent())
    with pytest.raises(ConfigError, match="--weights are of worlds"):
        view(str(tmp_path), "test", [], None, 1, False, _Silent())
    with pytest.raises(ConfigError, match=r"written as \.html or \.png"):
        write_contact_sheet(Digits(size=1).load(), "", tmp_path / "sheet.gif")


class _Silent:
    def print(self, *_args, **_keywords):
        pass


def test_what_a_policy_says_stands_beside_the_truth_with_the_places_it_names(tmp_path):
    world = Screens(kinds=("locate",), tiers=("easy",), size=2)

    def ask(examples):
        shapes = ({"at": [0.1, 0.2, 0.3, 0.4], "image": 0},)
        return [
            Said(text="<b> [ 1 , 2 ]", is_right=True, shapes=shapes),
            Said(text="nothing", is_right=False),
        ]

    (row,) = rows_of(world.load(), num_each=2, ask=ask)
    assert [said.text for said in row.said] == ["<b> [ 1 , 2 ]", "nothing"]
    text = page([row], "")
    assert "<p class='said right'>right: &lt;b&gt; [ 1 , 2 ]</p>" in text
    assert "<p class='said wrong'>wrong: nothing</p>" in text
    assert text.count('<rect class="said"') == 1
    blue = (np.asarray(drawn([row])) == (0, 150, 255)).all(2)
    ys, xs = np.nonzero(blue)
    width, height = row.examples[0].images[0].width, row.examples[0].images[0].height
    shown = min(1, (CELL - 8) / max(width, height))
    assert xs.min() == pytest.approx(4 + 0.1 * width * shown, abs=1)
    assert ys.max() == pytest.approx(4 + 0.4 * height * shown, abs=1)


def test_the_command_asks_a_policy(tmp_path):
    path = tmp_path / "sheet.html"
    view("digits", "test", ['kinds=["sum"]'], path, 2, False, _Silent(), "regard-tiny")
    assert path.read_text("utf-8").count("<p class='said ") == 2
