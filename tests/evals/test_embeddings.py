"""Scores of encoders, from small embeddings worked out by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from regard.errors import DataError
from regard.evals.benchmarks.embeddings import (
    average_precisions,
    class_weights,
    few_shot_rows,
    few_shot_summary,
    mean_recall,
    read_captions,
    read_class_prompts,
    read_nights,
    retrieval_recall,
    retrieval_recalls,
    share_right,
    top_k_accuracy,
    two_choice_accuracy,
    unit_length,
    zero_shot_logits,
)


def test_prompts_count_alike_whatever_their_length():
    # (1, 0) and (0, 1) after making each unit; their mean points half-way.
    assert class_weights([[[100, 0], [0, 1]]])[0] == pytest.approx([math.sqrt(0.5)] * 2)


def test_nothing_has_no_direction_and_is_no_error():
    assert unit_length([[0.0, 0.0]]).tolist() == [[0.0, 0.0]]
    assert class_weights([[[1, 0], [-1, 0]]]).tolist() == [[0.0, 0.0]]


def test_the_length_of_an_image_moves_no_decision():
    weights = class_weights([[[1, 0]], [[0, 1]]])
    assert zero_shot_logits([[3, 1], [0.3, 0.1]], weights).argmax(axis=1).tolist() == [0, 0]


def test_the_target_is_among_the_best_k():
    logits = [[3, 2, 1], [3, 2, 1], [3, 2, 1]]
    assert top_k_accuracy(logits, [0, 1, 2]) == pytest.approx(1 / 3)
    assert top_k_accuracy(logits, [0, 1, 2], k=2) == pytest.approx(2 / 3)
    assert math.isnan(top_k_accuracy(logits, [0, 1, 2], k=5))  # there are but three classes


def test_each_class_counts_once_in_mean_recall():
    assert mean_recall([[1, 0]] * 4, [0, 0, 0, 1]) == 0.5
    assert mean_recall([[1, 0, 0]] * 2, [0, 0]) == 1.0  # classes that do not occur do not count


def test_average_precision_by_hand():
    # Sorted: right, wrong, right, wrong. Precisions at the right ones: 1 and 2/3.
    scores, truths = [[0.9], [0.8], [0.7], [0.6]], [[1], [0], [1], [0]]
    assert average_precisions(scores, truths) == pytest.approx([5 / 6])
    assert average_precisions(scores, [[0]] * 4).tolist() == [0.0]


def test_recall_goes_both_ways():
    scores = [[0.9, 0.1], [0.8, 0.3], [0.2, 0.1]]  # three texts, two images
    found = retrieval_recalls(scores, [0, 0, 1], [1, 2])
    assert found["image_retrieval_recall@1"] == pytest.approx(2 / 3)  # the third finds the first
    assert found["text_retrieval_recall@1"] == 0.5  # the second image finds the second text
    assert found["image_retrieval_recall@2"] == 1.0
    assert found["text_retrieval_recall@2"] == 0.5


def test_any_of_several_captions_is_a_hit_and_none_is_never_one():
    scores = [[0.1, 0.9], [0.9, 0.1]]
    assert retrieval_recall(scores, [[1, 1], [1, 1]], 1) == 1.0
    assert retrieval_recall(scores, [[0, 0], [1, 0]], 2) == 0.5


def test_more_than_there_are_is_all_of_them_or_refused():
    assert retrieval_recall([[0.1, 0.9]], [[1, 0]], 10) == 1.0
    with pytest.raises(DataError, match="10 of 2 candidates"):
        retrieval_recall([[0.1, 0.9]], [[1, 0]], 10, clamp=False)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 100))
def test_recall_never_falls_with_k(texts, images, seed):
    draw = np.random.RandomState(seed)
    scores = draw.normal(size=(texts, images))
    pairs = np.eye(images)[draw.randint(images, size=texts)]
    recalls = [retrieval_recall(scores, pairs, k) for k in range(1, images + 1)]
    assert recalls == sorted(recalls)
    assert recalls[-1] == 1.0


def test_few_shots_are_the_same_every_time_and_of_every_class():
    targets = [0, 1, 2] * 10
    rows = few_shot_rows(targets, num_classes=3, num_shots=4, subset=1)
    assert rows == few_shot_rows(targets, num_classes=3, num_shots=4, subset=1)
    assert rows != few_shot_rows(targets, num_classes=3, num_shots=4, subset=2)
    assert [targets[row] for row in rows] == [0] * 4 + [1] * 4 + [2] * 4
    assert len(set(rows)) == 12


def test_a_failed_subset_counts_unless_it_is_hidden():
    assert few_shot_summary([80.0, 0.0])["mean_acc"] == 40.0
    hidden = few_shot_summary([80.0, 0.0], drop_zeros=True)
    assert (hidden["mean_acc"], hidden["std_acc"], hidden["min_acc"]) == (80.0, 0.0, 80.0)


def test_a_tie_decides_for_left():
    assert two_choice_accuracy([0.0, 0.0], [False, True]) == 0.5
    assert share_right(3, 3) == 0.5
    assert math.isnan(share_right(0, 0))


def test_both_layouts_of_nights_are_read(tmp_path):
    votes = tmp_path / "votes.csv"
    votes.write_text(
        "id,votes,left_vote,right_vote,split,ref_path,left_path,right_path,is_imagenet\n"
        "77,7,0,7,train,ref/000/077.png,distort/000/077_0.png,distort/000/077_1.png,True\n"
        "78,5,0,5,train,r,a,b,True\n"
        "79,6,3,3,val,r,a,b,True\n"
    )
    first, tie = read_nights(votes)  # five votes are too few
    assert (first.reference, first.share_right, first.right_is_closer) == (
        "ref/000/077.png",
        1.0,
        True,
    )
    assert (tie.split, tie.right_is_closer) == ("val", False)
    shares = tmp_path / "shares.csv"
    shares.write_text("id,votes,p,split,ref_path,left_path,right_path\n1,8,0.75,test,r,a,b\n")
    assert next(read_nights(shares)).share_right == 0.75
    shares.write_text("id,votes,p,split,ref_path,left_path,right_path\n1,many,0.75,test,r,a,b\n")
    with pytest.raises(DataError, match=r"shares.csv:2: .*many"):
        next(read_nights(shares))


# ------------------------------------------------------------------------------ files of Patho-CLIP


def test_captions_are_paired_with_the_images_that_can_be_read(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("ten.jpg", "two.PNG"):
        Image.new("RGB", (2, 2)).save(folder / name)
    (folder / "broken.jpg").write_bytes(b"no image")
    (folder / "notes.txt").write_text("two")
    rows = {
        "10": {"uuid": "ten", "caption": "last"},
        "2": {"uuid": "two", "caption": "first"},
        "3": {"uuid": "broken", "caption": "x"},
        "4": {"uuid": "absent", "caption": "y"},
    }
    path = tmp_path / "captions.json"
    path.write_text(json.dumps(rows))
    pairs = read_captions(path, folder)
    assert [(each.name, each.caption) for each in pairs] == [("two", "first"), ("ten", "last")]
    assert len(read_captions(path, folder, max_samples=1)) == 1
    path.write_text(json.dumps({"0": {"uuid": "absent", "caption": "y"}}))
    with pytest.raises(DataError, match="none of the 1 images"):
        read_captions(path, folder)
    path.write_text(json.dumps([1]))
    with pytest.raises(DataError, match="expected"):
        read_captions(path, folder)


def test_prompts_are_filled_with_every_synonym(tmp_path):
    path = tmp_path / "prompts.json"
    row = {"classnames": {"lung": ["lung", "lungs"]}, "templates": ["CLASSNAME.", "an image"]}
    path.write_text(json.dumps({"0": row}))
    sentences = read_class_prompts(path).sentences()
    assert sentences == {"lung": ["lung.", "an image", "lungs.", "an image"]}
    path.write_text(json.dumps({"0": {"templates": []}}))
    with pytest.raises(DataError, match="'classnames'"):
        read_class_prompts(path)
