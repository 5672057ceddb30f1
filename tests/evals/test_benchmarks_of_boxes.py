"""RefCOCO, COCO, ODinW, OVDEval and So-Fake over recorded answers."""

import json

import pytest

from regard.errors import DataError
from regard.evals.benchmarks.detection import (
    Detection,
    categories_of,
    coco_metrics,
    detections_of,
    greedy_precision_recall,
    griffon_detections,
    listed_detections,
    names_in,
    odinw_mean,
    read_coco,
    read_results,
    with_few_boxes,
    without_crowded,
)
from regard.evals.benchmarks.forgery import (
    ForgeryRecord,
    class_scores,
    read_forgeries,
    score_forgeries,
)
from regard.evals.benchmarks.grounding import (
    answered_corners,
    grounding_accuracy,
    is_grounded,
    published_sample,
    read_expressions,
)
from regard.evals.benchmarks.ovdeval import best_for_each_truth, nms_ap, read_ovdeval
from regard.types import Box, Forgery, Frame, ImageFrame

TRUTH = {
    "images": [{"id": 1, "width": 400, "height": 400}, {"id": 2, "width": 400, "height": 400}],
    "categories": [{"id": 1, "name": "Cat"}, {"id": 2, "name": "dog"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 100, 100]},
        {"id": 2, "image_id": 1, "category_id": 2, "bbox": [200, 200, 100, 100]},
        {"id": 3, "image_id": 2, "category_id": 1, "bbox": [50, 50, 100, 100]},
    ],
}


@pytest.fixture
def truth(tmp_path):
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(TRUTH))
    return read_coco(path)


def test_coco_counts_what_is_found(truth):
    pytest.importorskip("faster_coco_eval")
    everything = [Detection.from_coco(row) for row in truth["annotations"]]
    assert coco_metrics(truth, everything)["AP"] == pytest.approx(1.0)
    # cats: one of two at full precision is 51 of 101 points of recall; dogs: all of one
    some = coco_metrics(truth, everything[:2])
    assert some["AP50"] == pytest.approx((51 / 101 + 1) / 2)
    assert some["AR100"] == pytest.approx(0.75)
    assert coco_metrics(truth, [])["AP"] == 0.0


def test_a_mean_over_the_sets_of_odinw(truth):
    pytest.importorskip("faster_coco_eval")
    everything = [Detection.from_coco(row) for row in truth["annotations"]]
    means = odinw_mean({"pothole": truth, "vector": truth}, {"pothole": everything, "vector": []})
    assert means == pytest.approx({"pothole": 1.0, "vector": 0.0, "mean": 0.5})
    with pytest.raises(DataError, match="no answers to vector"):
        odinw_mean({"vector": truth}, {})


def test_hedging_with_labels_gains_nothing_in_ovdeval(truth):
    pytest.importorskip("faster_coco_eval")
    right = [Detection.from_coco(row) for row in truth["annotations"]]
    hedged = [
        Detection(image_id=each.image_id, category_id=label, bbox=each.bbox, score=0.5)
        for each in right
        for label in (1, 2)
    ]
    # of equals the last stays, the dog: cats are lost, and a wrong dog comes before the right one
    assert nms_ap(truth, hedged) == pytest.approx((0 + 0.5) / 2)
    assert coco_metrics(truth, hedged)["AP"] > nms_ap(truth, hedged)


def test_what_was_kept_for_one_true_box_is_not_dropped_for_another():
    near = [Detection(image_id=1, category_id=1, bbox=(n, n, 50, 50)) for n in (0, 2)]
    found = [Detection(image_id=1, category_id=1, bbox=(0, 0, 50, 50), score=0.9)]
    found += [Detection(image_id=1, category_id=2, bbox=(2, 2, 50, 50), score=0.8)]
    assert best_for_each_truth(found, near) == [0]
    assert best_for_each_truth(found, []) == [0, 1]
    elsewhere = [Detection(image_id=2, category_id=1, bbox=(0, 0, 50, 50))]
    assert best_for_each_truth(found, elsewhere) == [0, 1]


def test_who_is_beaten_at_one_true_box_may_win_at_another():
    wide = Detection(image_id=1, category_id=1, bbox=(0, 0, 20, 10), score=0.8)
    left = Detection(image_id=1, category_id=1, bbox=(0, 0, 12, 10), score=0.9)
    truth = [
        Detection(image_id=1, category_id=1, bbox=(0, 0, 12, 10)),  # left wins over wide
        Detection(image_id=1, category_id=1, bbox=(2, 0, 18, 10)),  # wide overlaps it by 0.9
    ]
    assert best_for_each_truth([wide, left], truth[:1]) == [1]
    assert best_for_each_truth([wide, left], truth) == [0, 1]


OVDEVAL = {
    "images": [
        {"id": 0, "file_name": "a.jpg", "height": 400, "width": 400},
        {"id": 1, "file_name": "b.jpg", "height": 400, "width": 400},
    ],
    "categories": [{"id": 0, "name": "wooden chair"}, {"id": 1, "name": "metal chair"}],
    "annotations": [
        {"id": 0, "image_id": 0, "category_id": 0, "bbox": [0, 0, 100, 100], "area": 7523},
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [50, 50, 100, 100]},
    ],
}
_CHAIRS = [{"text": ["wooden chair"], "neg_text": ["metal chair"]}, {"text": [], "neg_text": []}]


def write_ovdeval(folder, name):
    path = folder / f"{name}.json"
    images = [image | chairs for image, chairs in zip(OVDEVAL["images"], _CHAIRS, strict=True)]
    path.write_text(json.dumps({**OVDEVAL, "images": images}))
    return path


def test_ovdeval_from_its_files_to_its_number(tmp_path):
    pytest.importorskip("faster_coco_eval")
    truth = read_ovdeval(write_ovdeval(tmp_path, "material"))
    assert [image["names"] for image in truth["images"]] == [["wooden chair", "metal chair"], []]
    answers = {
        0: '<answer>```json\n[{"bbox_2d": [0, 0, 50, 50], "label": "metal chair"}, '
        '{"bbox_2d": [0, 0, 50, 50], "label": "wooden chair"}]\n```</answer>',
        1: "<answer>None</answer>",
    }
    seen = ImageFrame(original=(400, 400), model_input=(200, 200), answers_in=Frame.INPUT)
    categories = categories_of(truth)
    found = [
        row
        for image_id, text in answers.items()
        for row in listed_detections(text, image_id=image_id, categories=categories, image=seen)
    ]
    # one chair found, one missed; without the rule the wrong label costs nothing here
    assert nms_ap(truth, found) == pytest.approx(0.5)
    assert coco_metrics(truth, found)["AP"] == pytest.approx(0.5)
    path = tmp_path / "results.json"
    path.write_text(json.dumps([row.to_coco() for row in reversed(found)]))
    # of equals the last stays: the wrong one now
    assert nms_ap(truth, read_results(path)) == 0.0


def test_some_files_of_ovdeval_ask_for_every_name(tmp_path):
    truth = read_ovdeval(write_ovdeval(tmp_path, "logo"))
    assert [len(image["names"]) for image in truth["images"]] == [2, 2]


@pytest.mark.parametrize(
    ("images", "fault"),
    [
        ([{"id": 0, "text": ["wooden chair"]}], r"images\[0\] should have lists"),
        ([{"id": 0, "text": ["a cat"], "neg_text": []}], r"names no category: \['a cat'\]"),
    ],
)
def test_what_is_no_file_of_ovdeval(tmp_path, images, fault):
    path = tmp_path / "color.json"
    path.write_text(json.dumps({**OVDEVAL, "images": images}))
    with pytest.raises(DataError, match=fault):
        read_ovdeval(path)


def test_what_is_no_file_of_results(tmp_path):
    path = tmp_path / "results.json"
    for content, fault in (("{", "cannot be read"), ("{}", "list of results"), ("[1]", "no row")):
        path.write_text(content)
        with pytest.raises(DataError, match=fault):
            read_results(path)


def test_subsets_of_coco_by_their_number_of_boxes(truth):
    another = {"id": 4, "image_id": 1, "category_id": 1, "bbox": [300, 0, 9, 9]}
    more = {**truth, "annotations": [*truth["annotations"], another]}
    single = without_crowded(more, max_boxes=1)  # COCO_pos_2
    assert [row["id"] for row in single["annotations"]] == [2, 3]
    assert names_in(single) == {1: ["dog"], 2: ["Cat"]}
    few = with_few_boxes(more, max_boxes=2)  # COCO_pos_3, with 10
    assert [image["id"] for image in few["images"]] == [2]
    assert with_few_boxes(more)["annotations"] == more["annotations"]


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("<answer>None</answer>", []),
        ("I see a cat.", []),
        ('[{"bbox_2d": [10, 10, 20, 30], "label": " CAT "}]', [(20.0, 10.0, 20.0, 20.0)]),
        ('<answer>[{"bbox_2d": [10, 10, 20, 30], "label": "cow"}]</answer>', []),
        ('<answer>[{"bbox_2d": [20, 10, 10, 30], "label": "cat"}]</answer>', []),
        ('[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]<answer></answer>', []),
    ],
)
def test_answers_in_vlm_r1s_way_become_rows_of_results(text, boxes):
    seen = ImageFrame(original=(200, 100), model_input=(100, 100), answers_in=Frame.INPUT)
    rows = listed_detections(text, image_id=3, categories={"cat": 1}, image=seen)
    assert [row.bbox for row in rows] == boxes


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("None", []),
        ("Cat-[0.100,0.100,0.200,0.300]", [(20.0, 10.0, 20.0, 20.0)]),
        (
            " cat-[0.100,0.100,0.200,0.300] & cow-[0.000,0.000,1.000,1.000]",
            [(20.0, 10.0, 20.0, 20.0)],
        ),
        ("cat-[0.1,0.1,0.2,0.3]", []),
        ("cat-[0.100, 0.100, 0.200, 0.300]", []),
        ("half-cat-[0.100,0.100,0.200,0.300]", []),
        ("&" * 100_000, []),
    ],
)
def test_answers_of_griffon_become_rows_of_results(text, boxes):
    rows = griffon_detections(text, image_id=3, categories={"cat": 1}, size=(200, 100))
    assert [row.bbox for row in rows] == boxes
    assert {row.score for row in rows} <= {0.99}


def test_each_object_of_griffon_has_a_score_or_none_has():
    text = "cat-[0.100,0.100,0.200,0.300]&cow-[0.000,0.000,1.000,1.000]"
    with pytest.raises(DataError, match="1 scores of 2 objects"):
        griffon_detections(text, image_id=3, categories={}, size=(1, 1), scores=[0.5])


def test_crowded_categories_are_left_out(truth):
    crowd = [
        {"id": 10 + i, "image_id": 2, "category_id": 2, "bbox": [i, 0, 5, 5]} for i in range(11)
    ]
    left = without_crowded({**truth, "annotations": [*truth["annotations"], *crowd]})
    assert [row["id"] for row in left["annotations"]] == [1, 2, 3]
    assert categories_of(left) == {"cat": 1, "dog": 2}


def test_greedy_precision_and_recall():
    truth = [Detection(image_id=1, category_id=1, bbox=(0, 0, 10, 10))]
    twice = truth * 2
    assert greedy_precision_recall(twice, truth) == (0.5, 1.0)
    other = [Detection(image_id=1, category_id=2, bbox=(0, 0, 10, 10))]
    assert greedy_precision_recall(other, truth) == (0.0, 0.0)


def test_answers_become_rows_of_results():
    rows = [{"bbox_2d": [10, 10, 20, 30], "label": "Cat"}, {"bbox_2d": [1], "label": "cat"}]
    text = f"```json\n{json.dumps(rows)}\n```"
    sizes = {"input_size": (100, 100), "original_size": (200, 100)}
    rows = detections_of(text, image_id=3, categories={"cat": 1}, **sizes)
    assert [row.bbox for row in rows] == [(20.0, 10.0, 20.0, 20.0)]
    assert detections_of("no list", image_id=3, categories={"cat": 1}, **sizes) == []


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"images": [], "annotations": [{}], "categories": []}']
)
def test_what_is_no_annotation_file(tmp_path, content):
    path = tmp_path / "instances.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"annotation file of COCO|no row of COCO"):
        read_coco(path)


# ----------------------------------------------------------------------------------- grounding


def test_referring_expressions_of_a_file(tmp_path):
    path = tmp_path / "refcoco_val.json"
    rows = [{"image": "1.jpg", "problem": "the mug", "solution": [0, 0, 100, 100]}]
    path.write_text(json.dumps(rows))
    (expression,) = read_expressions(path)
    assert expression.box == Box(0, 0, 100, 100)
    path.write_text(json.dumps([{**rows[0], "solution": [9, 9, 1, 1]}]))
    with pytest.raises(DataError, match="not two corners"):
        read_expressions(path)


def test_a_file_of_detection_by_phrases_is_scored_from_the_first_box_listed(tmp_path):
    path = tmp_path / "refcoco_val.json"
    row = {"problem": "the mug", "normal_caption": "Please find the mug.", "image": "1.jpg"}
    rows = [
        {**row, "solution": [0, 0, 100, 100], "normalized_solution": [0, 0, 0.5, 0.5]},
        {**row, "solution": [50, 0, 100, 100], "normalized_solution": [250, 0, 500, 500]},
    ]
    path.write_text(json.dumps(rows))
    expressions = read_expressions(path)
    assert expressions[0].caption == "Please find the mug."
    assert [each.normalized for each in expressions] == [
        Box(0, 0, 0.5, 0.5, Frame.UNIT),
        Box(250, 0, 500, 500, Frame.PER_MILLE),
    ]
    listed = [{"bbox_2d": [0, 0, 100, 80], "label": "mug"}, {"bbox_2d": [50, 0, 100, 100]}]
    said = f"<answer>```json\n{json.dumps(listed)}\n```</answer>"
    seen = ImageFrame(original=(200, 200), model_input=(112, 112), answers_in=Frame.PIXELS)
    # the first box overlaps the first truth by 0.8, and half of it the second: 40 of 90
    answers = [(said, seen, each.box) for each in expressions]
    assert grounding_accuracy(answers, way="first_of_list") == 0.5


@pytest.mark.parametrize("content", ["{", "{}", "[1]", '[{"image": "1.jpg"}]'])
def test_what_is_no_file_of_expressions(tmp_path, content):
    path = tmp_path / "refcoco_val.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"cannot be read|JSON list|item 0: expected image"):
        read_expressions(path)


def test_the_published_sample_is_the_start_of_a_shuffled_file():
    assert sorted(published_sample(range(5), 9)) == [0, 1, 2, 3, 4]
    assert published_sample("abcdef", 2, seed=1) == published_sample("abcdef", 4, seed=1)[:2]


def test_half_is_not_enough():
    seen = ImageFrame(original=(200, 200), model_input=(100, 100), answers_in=Frame.INPUT)
    truth = Box(0, 0, 100, 100)
    answers = ['{"b": [0, 0, 50, 50]}', '{"b": [0, 0, 50, 25]}', "[0, 0, 50, 50]", ""]
    right = [grounding_accuracy([(f"<answer>{text}</answer>", seen, truth)]) for text in answers]
    assert right == [1.0, 0.0, 0.0, 0.0]


def test_odd_boxes_are_wrong():
    assert not is_grounded(["0", 0, 1, 1], Box(0, 0, 1, 1))
    assert not is_grounded([0, 0, 1], Box(0, 0, 1, 1))
    assert answered_corners("```json\n[]\n```", way="first_of_list") == [0, 0, 0, 0]


# ------------------------------------------------------------------------------------- forgery


def record(verdict, answer, box=None, **others):
    target = Forgery(verdict, box, others.pop("explanation", ""))
    size = others.pop("size", (224, 224))
    return ForgeryRecord(target=target, size=size, answer=f"<answer>{answer}</answer>", **others)


def test_classes_regions_and_bins():
    half = Box(0, 0, 100, 100)
    report = score_forgeries(
        [
            record("real", "REAL", generator="a"),
            record("tampered", "TAMPERED,(0,0),(100,50)", half, generator="b"),
            record("tampered", "REAL", half, generator="b"),
            record("synthetic", "FULL_SYNTHETIC"),
        ]
    )
    assert report.classes.accuracy == 0.75
    assert report.classes.by_class["TAMPERED"].recall == 0.5
    # one region half right, one picture called real: IoU (0.5 + 0) / 2, F1 (2/3 + 0) / 2
    assert report.mask_iou == pytest.approx(0.25, abs=1e-4)
    assert report.mask_f1 == pytest.approx(1 / 3)
    assert report.mask_ciou == pytest.approx(0.25, abs=1e-4)
    assert report.accuracy_by_overlap == {"0.3 to 0.5": 1.0, "below 0.3": 0.0}
    assert report.accuracy_by_generator == {"a": 1.0, "b": 0.5}
    assert report.rouge_l is None


def test_regions_are_brought_to_the_size_of_the_picture():
    whole = record("tampered", "TAMPERED,(0,0),(112,112)", Box(0, 0, 224, 224), size=(448, 448))
    assert score_forgeries([whole]).mask_iou == pytest.approx(1.0, abs=1e-4)


def test_no_answer_is_no_class():
    scores = class_scores([None, "REAL"], ["REAL", "REAL"])
    assert (scores.accuracy, scores.by_class["REAL"].precision) == (0.5, 1.0)


def test_records_of_a_file(tmp_path):
    path = tmp_path / "answers.jsonl"
    rows = [
        {"label": 2, "size": [4, 4], "box": [0, 0, 2, 2], "answer": "<answer>REAL</answer>"},
        {"label": "FULL_SYNTHETIC", "size": [4, 4], "answer": "", "mask": None, "generator": "x"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    assert [each.target.verdict for each in read_forgeries(path)] == ["TAMPERED", "FULL_SYNTHETIC"]
    path.write_text('{"label": "odd", "size": [1, 1], "answer": ""}')
    with pytest.raises(DataError, match=r"answers.jsonl:1: expected a JSON object"):
        read_forgeries(path)
