"""Boxes of one list against boxes of another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.geometry.boxes import giou, iou
from regard.geometry.masks import box_around, box_mask, mask_f1, mask_overlap
from regard.geometry.matching import cheapest_pairs, greedy_pairs, query_costs, query_rewards
from regard.geometry.pairs import (
    corners_of,
    from_centres,
    pairwise_giou,
    pairwise_iou,
    rescaled,
    to_centres,
)
from regard.types import Box

NUMBER = st.integers(0, 50)
BOX = st.tuples(NUMBER, NUMBER, NUMBER, NUMBER).map(
    lambda n: (min(n[0], n[2]), min(n[1], n[3]), max(n[0], n[2]), max(n[1], n[3]))
)


@given(st.lists(BOX, max_size=4), st.lists(BOX, max_size=4))
def test_pairs_are_what_single_boxes_are(one, other):
    ious, gious = pairwise_iou(one, other), pairwise_giou(one, other)
    assert ious.shape == gious.shape == (len(one), len(other))
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            assert ious[i, j] == pytest.approx(iou(Box(*a), Box(*b)))
            assert gious[i, j] == pytest.approx(giou(Box(*a), Box(*b)))


def test_three_ways_to_count_pixels():
    a, b = [[0, 0, 100, 100]], [[99, 0, 199, 100]]
    # one column of 100 is shared, of 19,900 pixels
    assert pairwise_iou(a, b)[0, 0] == pytest.approx(100 / 19_900)
    # two columns of 101 are, of 2 * 101 * 101 - 202
    assert pairwise_iou(a, b, rule="inclusive")[0, 0] == pytest.approx(202 / 20_200)
    assert pairwise_iou(a, b, rule="beyond_a_pixel")[0, 0] == 0.0


def test_boxes_turned_round_share_nothing():
    assert pairwise_iou([[110, 220, 10, 20]], [[10, 20, 110, 220]])[0, 0] == 0.0
    assert pairwise_iou([[5, 5, 5, 5]], [[5, 5, 5, 5]])[0, 0] == 0.0


def test_numbers_that_are_none_share_nothing():
    odd = [[float("nan")] * 4, [0, 0, float("inf"), float("inf")]]
    assert not pairwise_iou(odd, [[0, 0, 1, 1]])[0].any()
    assert np.isfinite(pairwise_iou(odd, odd)).all()


def test_precision_is_that_of_the_numbers():
    boxes = corners_of([Box(0, 0, 1, 3)], np.float32)
    assert pairwise_iou(boxes, boxes).dtype == np.float32
    assert rescaled(boxes, (3, 3), (1, 1)).dtype == np.float32


@given(BOX)
def test_centres_and_back(box):
    assert from_centres(to_centres([box])).tolist() == [list(map(float, box))]


# ----------------------------------------------------------------------------------- matching


def test_greedy_takes_the_best_pair_first():
    # 0.9 goes first, which leaves 0.6 for the other row: not the best sum, 0.8 + 0.85
    assert greedy_pairs([[0.9, 0.8], [0.85, 0.6]], least=0.5) == [(0, 0), (1, 1)]
    assert cheapest_pairs([[-0.9, -0.8], [-0.85, -0.6]]) == [(0, 1), (1, 0)]


def test_greedy_takes_no_pair_below_the_least():
    assert greedy_pairs([[0.5, 0.49]], least=0.5) == [(0, 0)]
    assert greedy_pairs([[0.49]], least=0.5) == []
    assert greedy_pairs(np.zeros((3, 0)), least=0.5) == []


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), max_size=4))
def test_each_is_used_once(rows):
    for pairs in (
        greedy_pairs(np.reshape(rows, (-1, 3)), least=0.3),
        cheapest_pairs(np.reshape(rows, (-1, 3))),
    ):
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)


def test_endless_costs_can_be_assigned():
    assert cheapest_pairs([[float("inf"), 1.0], [float("nan"), 2.0]]) in (
        [(0, 1), (1, 0)],
        [(0, 0), (1, 1)],
    )


def test_a_perfect_query_is_worth_two():
    costs = query_costs(
        [[50.0]], [[0.5, 0.5, 0.5, 0.5]], [[100, 25, 300, 75]], [[1]], image_size=(400, 100)
    )
    # no class left to cost, no distance, and a generalised IoU of 1, weighted by 2
    assert query_rewards(costs["total"])[0] == pytest.approx(2.0)


def test_without_a_target_a_query_is_worth_nothing():
    assert query_rewards(np.zeros((3, 0))).tolist() == [0.0, 0.0, 0.0]


# -------------------------------------------------------------------------------------- masks


def test_two_averages_over_images():
    half, whole, nothing = [[1, 0]], [[1, 1]], [[0, 0]]
    overlap = mask_overlap([half, nothing], [whole, nothing])
    # pixels: 1 of 2; images: the mean of a half and, for two empty masks, 1
    assert overlap.ciou == pytest.approx(0.5, abs=1e-5)
    assert overlap.giou == pytest.approx(0.75, abs=1e-5)
    assert mask_overlap([], []).giou == 0.0


def test_f1_of_masks():
    assert mask_f1([[1, 0]], [[1, 1]]) == pytest.approx(2 / 3)
    assert mask_f1([[0]], [[0]]) == 0.0


@given(BOX)
def test_a_box_is_around_its_mask(box):
    x0, y0, x1, y1 = box
    mask = box_mask(Box(*box), width=50, height=50)
    assert mask.sum() == (x1 - x0) * (y1 - y0)
    assert box_around(mask) == (Box(*box) if mask.any() else None)


def test_a_mask_is_cut_at_the_image():
    assert box_mask(Box(-5, -5, 500, 1), width=3, height=2).sum() == 3
    assert not box_mask(None, width=3, height=2).any()
