"""Rewards for boxes, detections and forged pictures, with numbers worked out by hand."""

import json
import math
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import DataError
from regard.rewards import Weighted
from regard.rewards.boxes import BoxAnswerFormat, BoxOverlap, ask_about_image
from regard.rewards.contract import ask, range_of, say
from regard.rewards.detection import (
    DetectionAP,
    DetectionFormat,
    DetectionScore,
    MatchedPrecision,
    MatchedRecall,
    steepened,
)
from regard.rewards.forgery import (
    ExplanationOverlap,
    ForgeryBoxFormat,
    ForgeryClass,
    ForgeryOverlap,
)
from regard.rewards.loose_answers import LooseAnswer
from regard.rewards.shape import CosineLength, DetectionRepetition
from regard.schedule import Staged, resolve
from regard.testing import check_reward
from regard.types import (
    Box,
    Completion,
    Example,
    Forgery,
    Frame,
    FreeText,
    ImageFrame,
    LabelledBox,
    LabelledBoxes,
    Number,
)

SQUARE = ask("Where?", Box(0, 0, 10, 10))


def answer(text):
    return say(f"<think>I look.</think><answer>{text}</answer>")


def listed(*rows, tagged=True):
    text = json.dumps([{"bbox_2d": list(box), "label": label} for label, box in rows])
    return answer(f"```json\n{text}\n```") if tagged else say(text)


def find(*rows):
    return ask("Find all.", LabelledBoxes(tuple(LabelledBox(n, Box(*box)) for n, box in rows)))


CAT, DOG, FAR = (
    ("cat", (10, 10, 110, 110)),
    ("dog", (200, 200, 300, 320)),
    ("cat", (400, 400, 500, 500)),
)
BOTH = find(CAT, DOG)
ONE_CAT = find(CAT)
NOTHING = find()

# ------------------------------------------------------------------------------------- one box


def test_half_the_overlap_is_half_a_point():
    # a 5x10 box inside a 10x10 box: shared 50, union 100
    assert BoxOverlap()(answer("[0, 0, 5, 10]"), SQUARE).value == 0.5


def test_a_threshold_must_be_exceeded():
    reward = BoxOverlap(threshold=0.5)
    assert reward(answer("[0, 0, 5, 10]"), SQUARE).value == 0.0
    assert reward(answer("[0, 0, 6, 10]"), SQUARE).value == 1.0


def test_the_frame_of_an_answer_is_carried_over():
    # half the pixels across, a quarter down: (5, 2.5) in the input is (10, 10) in the original
    seen = ImageFrame(original=(100, 100), model_input=(50, 25), answers_in=Frame.INPUT)
    said = Completion(text="<answer>[0, 0, 5, 2.5]</answer>", frames=(seen,))
    assert BoxOverlap()(said, SQUARE).value == 1.0
    assert BoxOverlap(answers_in=Frame.PIXELS)(said, SQUARE).value == 0.125
    per_mille = Completion(text="<answer>[0, 0, 100, 100]</answer>", frames=(seen,))
    assert BoxOverlap(answers_in=Frame.PER_MILLE)(per_mille, SQUARE).value == 1.0


def test_the_size_of_the_image_will_do_for_fractions_of_it():
    example = ask_about_image("Where?", Box(0, 0, 140, 120), answer="?")  # of 280 x 240
    assert BoxOverlap(answers_in=Frame.UNIT)(answer("[0, 0, 0.5, 0.5]"), example).value == 1.0


def test_without_any_size_there_is_no_other_frame():
    with pytest.raises(DataError, match=r"need the size of the image"):
        BoxOverlap(answers_in=Frame.PER_MILLE)(answer("[0, 0, 1, 1]"), SQUARE)


@pytest.mark.parametrize("box", [Box(10, 0, 0, 10), Box(0, 0, math.nan, 1)])
def test_a_true_box_out_of_order_is_an_error(box):
    with pytest.raises(DataError, match="is no box"):
        BoxOverlap()(answer("[0, 0, 1, 1]"), ask("Where?", box))


def test_the_format_looks_for_its_marks_in_order_only():
    right = "<think>t</think><answer>{[1, 2, 3, 4]}</answer>"
    assert BoxAnswerFormat()(say(f"Well! {right} So."), SQUARE).value == 1.0
    late = "<think>t</think><answer>x</answer>{[1, 2, 3, 4]}"
    assert BoxAnswerFormat()(say(late), SQUARE).value == 0.0
    assert BoxAnswerFormat()(say(f"{late}</answer>"), SQUARE).value == 1.0  # as published
    assert BoxAnswerFormat(in_braces=False)(answer("[1, 2, 3, 4]"), SQUARE).value == 1.0


# ----------------------------------------------------------------------------------- detection


def test_the_length_factor_makes_wrong_boxes_cost():
    spam = listed(CAT, FAR, FAR, FAR)
    assert DetectionAP(length_factor=False)(spam, ONE_CAT).value == 1.0
    assert DetectionAP()(spam, ONE_CAT).value == 0.25


def test_average_precision_at_one_threshold():
    loose = listed(("cat", (10, 10, 110, 70)))  # IoU 0.6
    assert DetectionAP()(loose, ONE_CAT).value == pytest.approx(0.3)
    assert DetectionAP(threshold=0.5)(loose, ONE_CAT).value == 1.0


def test_prose_finds_nothing_only_officially():
    prose = answer("I cannot see any.")
    assert DetectionAP(official=True)(prose, NOTHING).value == 1.0
    assert DetectionAP()(prose, NOTHING).value == 0.0
    assert DetectionAP()(answer("None"), NOTHING).value == 1.0
    assert DetectionAP()(listed(CAT), NOTHING).value == 0.0


def test_true_boxes_too_large_for_coco_earn_nothing():
    huge = ("cat", (0, 0, 200_000, 200_000))
    assert DetectionAP()(listed(huge), find(huge)).value == 0.0


def test_position_and_completeness():
    # one of two found exactly: 0.7 * 1/2 + 0.3 * (1 - (1/2 + 0) / 2)
    score = DetectionScore()(listed(CAT), BOTH)
    assert score.value == pytest.approx(0.575)
    assert score.parts["position"].value == 0.5
    # found with the wrong label: matched, but not in position
    assert DetectionScore()(listed(("dog", CAT[1])), ONE_CAT).value == pytest.approx(0.3)
    assert DetectionScore(labels=1.0)(listed(CAT), ONE_CAT).value == pytest.approx(1.0)


def test_only_the_word_none_is_right_officially():
    assert DetectionScore(official=True)(listed(), NOTHING).value == 0.0
    assert DetectionScore()(listed(), NOTHING).value == 1.0


def test_values_are_made_steeper():
    assert steepened([0.49, 0.5, 0.74, 0.75], low=0.5, high=0.75) == [0.0, 0.5, 0.74, 1.0]


def test_recall_counts_what_is_matched_well():
    said = listed(CAT, ("dog", (200, 200, 300, 260)), tagged=False)  # IoU 1 and 0.5
    assert MatchedRecall(low=0, high=1)(said, BOTH).value == 1.0
    assert MatchedRecall(threshold=0.75, low=0, high=1)(said, BOTH).value == 0.5
    # half of the objects is right at the lower bound, and stays a half
    assert MatchedRecall(threshold=0.75)(said, BOTH).value == 0.5
    assert MatchedRecall(threshold=0.75, low=0.75, high=0.9)(said, BOTH).value == 0.0


def test_a_quality_right_at_the_threshold_counts_whole_but_not_officially():
    said = listed(("cat", (10, 10, 110, 60)), tagged=False)  # half of it, IoU and GIoU 0.5
    assert MatchedRecall(low=0, high=1)(said, ONE_CAT).value == 1.0
    assert MatchedRecall(low=0, high=1, official=True)(said, ONE_CAT).value == 0.5


def test_precision_is_the_mean_quality_and_extra_boxes_cost():
    said = listed(("cat", (10, 10, 110, 70)), FAR, tagged=False)  # IoU 0.6, and one in vain
    assert MatchedPrecision()(said, ONE_CAT).value == pytest.approx(0.3)
    assert MatchedPrecision(charge_extra=False)(said, ONE_CAT).value == pytest.approx(0.6)
    assert MatchedPrecision(low=0.75, high=0.9)(said, ONE_CAT).value == 0.0


def test_labels_do_not_matter_to_matched_boxes():
    said = listed(("zebra", CAT[1]), tagged=False)
    assert MatchedRecall()(said, ONE_CAT).value == MatchedPrecision()(said, ONE_CAT).value == 1.0


def test_criteria_change_in_stages():
    plan = Weighted(
        recall=(
            1.0,
            Staged({0: MatchedRecall(), 0.5: MatchedRecall(threshold=0.75, low=0.75, high=0.9)}),
        ),
        precision=(1.0, Staged({0: MatchedPrecision(), 0.5: MatchedPrecision(low=0.75, high=0.9)})),
    )
    said = listed(("cat", (10, 10, 110, 70)), tagged=False)  # IoU 0.6
    early, late = (resolve(plan, step, 100)(said, ONE_CAT).value for step in (49, 50))
    assert early == pytest.approx(1.6)
    assert late == 0.0


@pytest.mark.parametrize(
    ("text", "strict", "official"),
    [
        ('[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]', 1, 1),
        ('```json\n[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]\n```', 1, 1),
        ("[]", 1, 1),
        ('{"bbox_2d": [1, 2, 3, 4], "label": "cat"}', 0, 1),
        ('[{"bbox_2d": [3, 2, 1, 4], "label": "cat"}]', 0, 1),
        ('[{"bbox_2d": ["1", 2, 3, 4], "label": "cat"}]', 0, 1),
        ('[{"bbox_2d": [1, 2, 3, 4]}]', 0, 1),
        ("[1]", 0, 1),
        ("null", 0, 1),
        ('[{"bbox_2d": [1, 2, 3], "label": "cat"}]', 0, 0),
        ('\n```json\n[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]\n```', 1, 0),
        ("There is no cat.", 0, 0),
        ("", 0, 0),
    ],
)
def test_template_and_content_of_a_list(text, strict, official):
    assert DetectionFormat()(say(text), ONE_CAT).value == strict
    assert DetectionFormat(official=True)(say(text), ONE_CAT).value == official
    assert DetectionFormat(official=True)(say(text), NOTHING).value == 1 - official


REWARDS = [
    DetectionAP(),
    DetectionAP(length_factor=False, official=True),
    DetectionScore(),
    DetectionScore(official=True, labels=0.5),
    MatchedRecall(),
    MatchedRecall(official=True),
    MatchedPrecision(),
    MatchedPrecision(official=True, charge_extra=False, low=0.0, high=1.0),
    DetectionFormat(official=True),
]


@pytest.mark.parametrize("reward", REWARDS, ids=str)
def test_rewards_of_detection_keep_their_promises(reward):
    gold = (
        listed(CAT, DOG).text
        if "Matched" not in repr(reward)
        else listed(CAT, DOG, tagged=False).text
    )
    examples = [
        Example(id=name, messages=BOTH.messages, target=example.target, gold=gold)
        for name, example in (("both", BOTH), ("none", NOTHING))
    ]
    check_reward(reward, examples, num_mutants=40)


NUMBER = st.integers(-20, 300) | st.floats() | st.sampled_from(["10", None, True, 10**400])
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "bbox_2d": st.lists(NUMBER, max_size=5),
        "label": st.sampled_from(["cat", "Cat ", None, 1, []]),
    },
)


@given(st.lists(ITEM | NUMBER, max_size=6))
def test_no_list_is_an_error(items):
    said = answer(f"```json\n{json.dumps(items)}\n```")
    for reward in REWARDS:
        for completion in (said, say(json.dumps(items))):
            low, high = range_of(reward, BOTH)
            assert low <= reward(completion, BOTH).value <= high


@given(st.lists(st.sampled_from([CAT, DOG, FAR]), max_size=5), st.randoms(use_true_random=False))
def test_truth_in_any_order_is_worth_the_same(extra, draw):
    found = [CAT, DOG, *extra]
    shuffled = random.Random(draw.random()).sample(found, len(found))
    for reward in (DetectionScore(), MatchedRecall(), MatchedPrecision()):
        one, other = (reward(listed(*rows), BOTH).value for rows in (found, shuffled))
        assert one == pytest.approx(other)


def test_ten_thousand_completions_take_seconds():
    said = listed(*[CAT, DOG, FAR] * 3)
    start = time.thread_time()
    for _ in range(1000):
        DetectionAP()(said, BOTH)
    assert time.thread_time() - start < 2


# ------------------------------------------------------------------------------------- forgery

TAMPERED = ask("Forged?", Forgery("tampered", Box(0, 0, 100, 100), "the edges are blurred"))
REAL = ask("Forged?", Forgery("real"))


@pytest.mark.parametrize(
    ("said", "example", "values"),  # of class, box format, overlap
    [
        ("TAMPERED,(0,0),(100,50).", TAMPERED, (1, 1, 0.5)),
        ("TAMPERED", TAMPERED, (1, 0, 0)),
        ("TAMPERED,(100,50),(0,0)", TAMPERED, (1, 0, 0)),
        ("TAMPERED,(0,0),(1,1),(0,0),(100,100)", TAMPERED, (1, 0, 0)),
        ("REAL,(0,0),(100,100)", TAMPERED, (0, 0, 0)),
        ("REAL", TAMPERED, (0, 1, 0)),
        ("real.", REAL, (1, 1, 0)),
        ("TAMPERED,(0,0),(100,100)", REAL, (0, 1, 0)),
        ("REAL or not", REAL, (0, 0, 0)),
    ],
)
def test_parts_of_a_forgery(said, example, values):
    rewards = (ForgeryClass(), ForgeryBoxFormat(), ForgeryOverlap())
    assert tuple(reward(answer(said), example).value for reward in rewards) == values


def test_a_region_in_the_resized_frame():
    seen = ImageFrame(original=(448, 448), model_input=(224, 224), answers_in=Frame.INPUT)
    said = Completion(text="<answer>TAMPERED,(0,0),(50,50)</answer>", frames=(seen,))
    assert ForgeryOverlap()(said, TAMPERED).value == 1.0


def test_an_explanation_shares_words_in_order():
    said = say("<think>Edges look blurred</think>")
    # "edges … blurred" of 3 words said and 4 wanted: 2 * (2/3 * 2/4) / (2/3 + 2/4)
    assert ExplanationOverlap()(said, TAMPERED).value == pytest.approx(4 / 7)


@pytest.mark.parametrize(
    ("reward", "target", "message"),
    [
        (ForgeryClass(), Forgery("perhaps"), "is no verdict"),
        (ForgeryOverlap(), Forgery("tampered"), "without its region"),
        (ExplanationOverlap(), Forgery("real"), "no explanation"),
        (ForgeryClass(), FreeText("real"), "checks Forgery"),
    ],
)
def test_a_malformed_truth_is_an_error(reward, target, message):
    with pytest.raises(DataError, match=message):
        reward(answer("REAL"), ask("Forged?", target))


# --------------------------------------------------------------------- loose answers and shape


@pytest.mark.parametrize(
    ("rule", "truth", "said", "value"),
    [
        ("letter", "B. a dog", "The answer is B.", 1),
        ("letter", "dog", "dog", 0),
        ("yes_no", "no", "noon", 1),
        ("yes_no", "perhaps", "maybe", 1),
        ("text", "No Defect", "no\ndefect..", 1),
        ("text", "No Defect", "no defect found", 0),
        ("number", "1000", "1e3", 1),
        ("number", "3", "three", 0),
        ("alike", "room 12", "room 13", 6 / 7),
        ("alike", "B", "C.", 0),
    ],
)
def test_loose_answers(rule, truth, said, value):
    reward = LooseAnswer(rule=rule)
    assert reward(answer(said), ask("?", FreeText(truth))).value == pytest.approx(value)


@pytest.mark.parametrize("rule", ["letter", "yes_no", "text", "number"])
def test_loose_rules_keep_their_promises(rule):
    check_reward(LooseAnswer(rule=rule), [ask("?", FreeText("B"), gold=answer("B").text)])


def test_long_answers_are_worth_less_and_wrong_ones_cost():
    five = ask("2 + 3?", Number(5))

    def value(reward, text, length):
        return reward(Completion(text=text, token_ids=(0,) * length), five).value

    always = CosineLength(is_periodic=True)
    assert [value(always, "", n) for n in (0, 512, 1024, 2048)] == [1.0, 0.75, 0.5, 1.0]
    checked = CosineLength(accuracy=LooseAnswer(rule="number"))
    assert value(checked, "5", 2048) == 0.5
    assert value(checked, "6", 0) == pytest.approx(0.0, abs=1e-5)  # one word
    assert value(checked, "6", 512) == pytest.approx(-0.25)
    assert checked.range == (-0.5, 1.0)


def test_repeated_objects_cost():
    reward = DetectionRepetition()
    assert reward(listed(CAT, CAT, DOG, CAT), BOTH).value == -0.5
    assert reward(listed(CAT, ("dog", CAT[1])), BOTH).value == 0.0
    assert reward(say("go left now " * 12), BOTH).value == pytest.approx(-28 / 31)
