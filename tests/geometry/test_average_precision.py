"""COCO's average precision, by hand and beside its own tools."""

import contextlib
import io
import json
import math
import random

import pytest

from regard.geometry.average_precision import average_precision

CAT = [[10, 10, 110, 110]], ["cat"]


def test_a_wrong_box_costs_before_the_right_one_and_nothing_after_it():
    far = [400, 400, 500, 500]
    assert average_precision([far, *CAT[0]], ["cat", "cat"], *CAT) == 0.5
    assert average_precision([*CAT[0], far], ["cat", "cat"], *CAT) == 1.0


def test_of_ten_thresholds_as_many_pass_as_the_overlap_allows():
    assert average_precision([[10, 10, 110, 90]], ["cat"], *CAT) == pytest.approx(0.7)  # IoU 0.8
    assert average_precision([[10, 10, 110, 60]], ["cat"], *CAT) == pytest.approx(0.1)  # IoU 0.5
    assert average_precision([[10, 10, 110, 59]], ["cat"], *CAT) == 0.0


def test_two_of_three_found():
    boxes = [[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]]
    # precision 1 at the recalls 0 to 0.66: 67 of 101
    value = average_precision(boxes[:2], ["cat"] * 2, boxes, ["cat"] * 3)
    assert value == pytest.approx(67 / 101)


def test_classes_count_the_same():
    dogs = [[200, 200, 300, 300], [300, 300, 400, 400]]
    truth = [*CAT[0], *dogs], ["cat", "dog", "dog"]
    assert average_precision(*CAT, *truth) == 0.5


def test_other_classes_cost_nothing():
    assert average_precision([[10, 10, 110, 110]] * 2, ["zebra", "cat"], *CAT) == 1.0


def test_only_a_hundred_boxes_are_looked_at():
    far = [[500, 500, 520, 520]] * 100
    assert average_precision([*far, *CAT[0]], ["cat"] * 101, *CAT) == 0.0
    assert average_precision([*far[:99], *CAT[0]], ["cat"] * 100, *CAT) == pytest.approx(0.01)


def test_surer_boxes_go_first():
    far = [400, 400, 500, 500]
    boxes, labels = [far, *CAT[0]], ["cat", "cat"]
    assert average_precision(boxes, labels, *CAT, scores=[0.1, 0.9]) == 1.0


def test_without_a_true_box_there_is_no_number():
    assert math.isnan(average_precision([], [], [], []))
    assert math.isnan(average_precision([], [], [[10, 0, 0, 10]], ["cat"]))  # a negative area


def by_pycocotools(boxes, labels, true_boxes, true_labels, scores):
    coco = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    numbers = {label: i for i, label in enumerate(dict.fromkeys(true_labels), 1)}

    def row(number, box, label):
        x0, y0, x1, y1 = box
        return {
            **{"id": number, "image_id": 1, "category_id": numbers[label], "iscrowd": 0},
            **{"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0)},
        }

    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        truth.dataset = {
            "images": [{"id": 1}],
            "categories": [{"id": i, "name": str(i)} for i in numbers.values()],
            "annotations": [
                row(i, *pair) for i, pair in enumerate(zip(true_boxes, true_labels, strict=True), 1)
            ],
        }
        truth.createIndex()
        found = [
            {**row(0, box, label), "score": score}
            for box, label, score in zip(boxes, labels, scores, strict=True)
            if label in numbers
        ]
        counted = evaluation.COCOeval(truth, truth.loadRes(json.loads(json.dumps(found))), "bbox")
        counted.evaluate()
        counted.accumulate()
        counted.summarize()
    return counted.stats[0]


@pytest.mark.parametrize("seed", range(40))
def test_pycocotools_gives_the_same(seed):
    draw = random.Random(seed)

    def box():
        x, y = draw.randrange(0, 200, 10), draw.randrange(0, 200, 10)
        return [x, y, x + draw.randrange(10, 90, 10), y + draw.randrange(-10, 90, 10)]

    true_boxes = [
        [x0, min(y0, y1), x1, max(y0, y1)] for x0, y0, x1, y1 in (box() for _ in range(6))
    ]
    true_labels = [draw.choice("ab") for _ in true_boxes]
    boxes = [[n + draw.choice((0, 0, 5, -5)) for n in each] for each in true_boxes]
    boxes += [box() for _ in range(draw.randrange(5))]
    draw.shuffle(boxes)
    labels = [draw.choice("abz") for _ in boxes]
    labels[0] = true_labels[0]
    scores = [draw.choice((0.5, 0.5, 0.9)) for _ in boxes]
    ours = average_precision(boxes, labels, true_boxes, true_labels, scores=scores)
    theirs = by_pycocotools(boxes, labels, true_boxes, true_labels, scores)
    assert ours == pytest.approx(theirs, abs=1e-9)
