"""LVIS over recorded boxes: what counts, what does not, and by how often a category is seen."""

import json

import pytest

from regard.errors import DataError
from regard.evals.benchmarks.detection import Detection
from regard.evals.benchmarks.lvis import lvis_metrics, read_lvis

IMAGE = {"width": 400, "height": 400, "neg_category_ids": [], "not_exhaustive_category_ids": []}
TRUTH = {
    "images": [
        {**IMAGE, "id": 1, "neg_category_ids": [2]},
        {**IMAGE, "id": 2, "not_exhaustive_category_ids": [1]},
    ],
    "categories": [
        {"id": 1, "name": "aerosol_can", "frequency": "c"},
        {"id": 2, "name": "abacus", "frequency": "r"},
        {"id": 3, "name": "person", "frequency": "f"},
    ],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 100, 100]},
        {"id": 2, "image_id": 2, "category_id": 1, "bbox": [0, 0, 100, 100]},
        {"id": 3, "image_id": 2, "category_id": 2, "bbox": [200, 200, 100, 100]},
    ],
}


def box(image_id, category_id, left=0, score=0.5):
    return Detection(
        image_id=image_id, category_id=category_id, bbox=(left, left, 100, 100), score=score
    )


EVERYTHING = [box(1, 1), box(2, 1), box(2, 2, 200)]


@pytest.fixture
def write(tmp_path):
    def written(**changes):
        path = tmp_path / "lvis_v1_minival.json"
        path.write_text(json.dumps({**TRUTH, **changes}))
        return path

    return written


@pytest.fixture
def truth(write):
    pytest.importorskip("faster_coco_eval")
    return read_lvis(write())


def test_what_is_found_counts_by_how_often_its_category_is_seen(truth):
    found = lvis_metrics(truth, [box(1, 1), box(2, 1)])
    assert found["APc"] == pytest.approx(1.0)
    assert found["APr"] == 0.0
    assert found["APf"] == -1.0  # nobody to find
    assert found["AP"] == pytest.approx(0.5)
    assert lvis_metrics(truth, [])["AP"] == 0.0


def test_only_what_an_image_has_or_certainly_lacks_can_be_wrong(truth):
    # image 1 lacks abacuses for sure; nobody looked for persons in it
    wrong = lvis_metrics(truth, [*EVERYTHING, box(1, 2, 50, score=0.9)])
    assert wrong["APr"] == pytest.approx(0.5)  # the wrong one comes first
    unknown = lvis_metrics(truth, [*EVERYTHING, box(1, 3, 50, score=0.9)])
    assert unknown["AP"] == pytest.approx(1.0)


def test_more_of_what_was_not_drawn_to_the_last_is_not_wrong(truth):
    assert lvis_metrics(truth, [*EVERYTHING, box(2, 1, 250, score=0.9)])["APc"] == pytest.approx(1)
    # in image 1 all cans were drawn: at both recalls two of three are right
    assert lvis_metrics(truth, [*EVERYTHING, box(1, 1, 250, score=0.9)])["APc"] == pytest.approx(
        2 / 3
    )


def test_the_official_count_takes_the_surest_300_of_an_image(truth):
    crowd = [box(2, 3, n, score=0.9) for n in range(300)]
    assert lvis_metrics(truth, [*EVERYTHING, *crowd])["AP"] == pytest.approx(1.0)
    official = lvis_metrics(truth, [*EVERYTHING, *crowd], fixed=False)
    # what is left: the can of image 1, half of the cans at 51 of 101 points of recall
    assert official["APc"] == pytest.approx(51 / 101)
    assert official["APr"] == 0.0


def test_boxes_of_unknown_images_are_told(truth):
    with pytest.raises(DataError, match=r"the truth has not: \[9\]"):
        lvis_metrics(truth, [box(9, 1)])


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"images": [{"id": 1, "neg_category_ids": []}]}, "not_exhaustive_category_ids"),
        ({"categories": [{"id": 1, "name": "x"}]}, "frequency 'r', 'c' or 'f', got None"),
    ],
)
def test_what_is_no_file_of_lvis(write, changes, fault):
    with pytest.raises(DataError, match=fault):
        read_lvis(write(**changes))
