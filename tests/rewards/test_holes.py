"""What gets through is stated, and what is stated gets through."""

import pytest

from regard import registry
from regard.rewards.holes import HOLES, hole_of, is_hole, rows_of

NAMES = [name for name in registry.reward.names() if hasattr(registry.reward[name], "demo")]


def tables(name):
    return dict(rows_of(name, registry.reward[name].demo()))


@pytest.mark.parametrize("name", NAMES)
def test_every_hack_that_pays_is_stated(name):
    unsaid = [
        f"{label}: {row.hack} earns {row.of_gold:.0%} of gold with {row.text[:60]!r}"
        for label, rows in tables(name).items()
        for row in rows.values()
        if is_hole(row) and hole_of(label, row.hack) is None
    ]
    assert not unsaid, "close the hole, or state it in regard.rewards.holes:\n" + "\n".join(unsaid)


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.rewards[0])
def test_a_stated_hole_is_open_somewhere(hole):
    names = {label.partition(" ")[0] for label in hole.rewards} & set(NAMES)
    found = {name: rows for each in names for name, rows in tables(each).items()}
    assert any(
        is_hole(found[label][hack])
        for label in hole.rewards
        for hack in hole.hacks
        if hack in found.get(label, {})
    ), f"closed: {hole.why}"


def test_the_length_factor_closes_what_average_precision_leaves_open():
    rows = tables("detection_ap")
    boxes = "right boxes, ten times each", "right boxes and a grid"
    for hack in boxes:
        assert rows["detection_ap (length_factor=False)"][hack].of_gold == pytest.approx(1.0)
        assert rows["detection_ap"][hack].of_gold < 0.5


def test_counting_boxes_in_vain_closes_what_precision_leaves_open():
    rows = tables("matched_precision")
    assert rows["matched_precision"]["a grid of boxes"].of_gold < 0.1
    assert rows["matched_precision (charge_extra=False)"]["a grid of boxes"].of_gold > 0.5
