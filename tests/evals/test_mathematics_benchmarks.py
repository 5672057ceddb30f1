"""Scorers of benchmarks on answers that were worked out by hand, and readers of their files."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import DataError
from regard.evals.benchmarks import (
    dynamath,
    emma,
    hallusion,
    hints,
    mathvista,
    medical,
    mm_math,
    mmk12,
    mmmu,
    wemath,
)
from regard.evals.benchmarks.accounts import Account, account


@pytest.mark.parametrize(
    ("prediction", "answer", "official", "ours"),
    [
        (r"\boxed{B}", "B", True, True),
        (r"\boxed{(B)}", "B", False, True),
        (r"\boxed{\text{B}}", "B", True, True),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}", False, True),
        (r"\boxed{\alpha}", r"\beta", True, False),  # both are nothing once commands go
        (r"\boxed{24}", "$24", True, True),
        ("B", "B", False, False),
    ],
)
def test_mmmu_by_rule(prediction, answer, official, ours):
    assert mmmu.is_boxed_answer(prediction, answer) is official
    assert mmmu.is_boxed_answer(prediction, answer, official=False) is ours


def test_mmmu_counts_validation_only():
    rows = [{"id": "validation_1", "score": 1}, {"id": "dev_1", "score": 1}]
    assert mmmu.score_account(rows, only_validation=True) == Account(1, 1)
    assert mmmu.score_account(rows, only_validation=False) == Account(2, 2)
    assert account([]).accuracy == 0.0


def test_emma_cuts_a_number_at_its_point_where_it_stands_in_a_sentence():
    assert emma.extract_answer("The final answer is 3.5.") == "3"
    assert emma.extract_answer(r"\boxed{3.5}") == "3.5"
    assert emma.extract_answer("") == ""


@pytest.mark.parametrize(
    ("said", "wanted", "is_equal"),
    [
        ("50\\%", "0.5", True),
        ("\\sqrt{2}", "1.41", True),
        ("twenty one", "21", True),
        ("30^{\\circ}", "30", False),
        ("5 m", "5", False),
        ("", "3", False),
        ("$1,000$", "1000", True),
        ("1\\over 2", "0.5", True),
        ("\\log 100", "2", True),
        ("\\boxed{5}", "5", False),
        ("\\frac12", "0.5", False),
        ("50%", "0.5", False),
        ("5", "five", False),  # words count in the extraction alone
    ],
)
def test_emma_compares_to_two_decimals(said, wanted, is_equal):
    assert emma.is_equal(said, wanted) is is_equal


def test_an_emma_file_is_scored(tmp_path):
    entry = {"subject": "Coding", "type": "Open", "category": "a; b", "task": "t"}
    results = {
        "1": {**entry, "response": r"\boxed{2}", "answer": "2"},
        "2": {**entry, "response": "", "answer": "2"},
        "3": {**entry, "response": "C", "answer": "4", "gt_content": "C"},
    }
    path = tmp_path / "emma.json"
    path.write_text(json.dumps(results))
    scored = emma.scored_emma(emma.read_emma(path))
    assert [row["true_false"] for row in scored.values()] == [True, False, True]
    assert [row["extraction"] for row in scored.values()] == ["2", None, "C"]
    accounts = emma.emma_accounts(scored)
    assert accounts["average"] == Account(2, 3)
    assert accounts["category"]["Coding"] == {"a": Account(2, 3), "b": Account(2, 3)}


@pytest.mark.parametrize("content", ["[]", "{", '{"1": {"response": ""}}', '{"1": 2}'])
def test_a_malformed_file_is_an_error(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"results\.json"):
        emma.read_emma(path)


def test_mmk12_shows_the_judge_the_last_box(tmp_path):
    assert mmk12.extract_for_judge(r"\boxed{1 \boxed{2}") == "2"
    assert mmk12.extract_for_judge(5) == "5"
    path = tmp_path / "mmk12.json"
    path.write_text(json.dumps({"1": {"question": "q", "answer": "a", "response": "r"}}))
    assert mmk12.read_mmk12(path)["1"]["answer"] == "a"


def test_hallusion_counts_answers_figures_and_questions(tmp_path):
    path = tmp_path / "hallusion.tsv"
    path.write_text(
        "index\tl2-category\tanswer\tprediction\n"
        "VD_chart_x_0_0_0\tchart\tYes\tYes, it is.\n"
        "VD_chart_x_0_0_1\tchart\tNo\tyes\n"
        "VD_chart_x_0_1_0\tchart\tYes\tyes\n"
    )
    rows = [
        {
            **row,
            "score": hallusion.read_yes_no(row["prediction"])
            is hallusion.read_yes_no(row["answer"]),
        }
        for row in hallusion.read_hallusion(path)
    ]
    # two of three answers; of figures 0 and 1 the second; of questions 0 and 1 the first
    found = hallusion.hallusion_accuracy(rows)
    assert found == pytest.approx({"aAcc": 66.666667, "fAcc": 50.0, "qAcc": 50.0})
    with pytest.raises(DataError, match="six parts"):
        hallusion.hallusion_accuracy([{"index": "1", "l2-category": "", "score": True}])


def test_four_ways_to_know():
    items = [([True, True], True), ([True, False], True), ([False], True), ([False], False)]
    strict = wemath.four_ways(items, strict=True)
    assert (strict.complete_mastery, strict.rote_memorization) == (1, 2)
    assert strict.score(4) == (4 - 1 - 2) / 4
    loose = wemath.four_ways(items, strict=False)
    assert (loose.complete_mastery, loose.rote_memorization) == (2, 1)
    assert loose.rote_rate == pytest.approx(1 / 3)
    assert wemath.four_ways([], strict=True).rote_rate == 0.0


def test_mathvista_reads_a_prediction_by_its_type():
    choice = {"question_type": "multi_choice", "choices": "['5', '7']", "answer_option": "B"}
    assert mathvista.is_right(choice, "It is (B).")
    assert not mathvista.is_right(choice, "A or B")
    number = {"question_type": "free_form", "answer_type": "float", "answer": "1.20"}
    assert mathvista.is_right(number, "1.2")
    assert not mathvista.is_right(number, "about 1.2")
    assert mathvista.prefetched({**number, "prediction": "1.2"}) == 1.2
    assert mathvista.prefetched({**number, "prediction": "1.3"}) is None
    whole = {**number, "answer_type": "integer", "answer": 14.0}  # as tables hold them
    assert [mathvista.is_right(whole, said) for said in (14.0, "14", "14.0", math.nan)] == [
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(DataError, match="are not a list"):
        mathvista.is_right({**choice, "choices": "__import__('os')"}, "B")
    with pytest.raises(DataError, match="is no float"):
        mathvista.is_right({**number, "answer": "two"}, "2")


def test_dynamath_reads_json_unless_it_is_scored_as_published():
    reply = '{"solution": "s", "short answer": "red"}'
    assert not dynamath.verdict(reply, "dark red", "free form").is_correct
    assert dynamath.verdict("", "red", "free form").is_correct  # nothing is part of anything
    assert not dynamath.verdict("", "red", "free form", official=False).is_correct
    assert dynamath.verdict(reply, "Red", "free form", official=False).is_correct
    assert dynamath.verdict("about", "3.5", "float", helper=lambda _: "3.5").is_correct
    assert dynamath.verdict(3.5, "3.5", "float").is_correct
    assert dynamath.verdict("2π", str(2 * math.pi), "float").extracted == 2 * math.pi
    rows = [{"qid": 1, "correct": True}, {"qid": 1, "correct": False}, {"qid": 2, "correct": True}]
    assert dynamath.worst_case(rows) == 0.5


@pytest.mark.parametrize(
    ("truth", "prediction", "is_same"),
    [
        ("5", "5.01", True),  # within a hundredth, and a hundredth of it
        ("5", "5.0102", False),
        ("5", "0.05", True),
        ("2^{10}", "1024", True),
        (r"\pm 2", "2,-2", True),
        (r"\pm 2", "2", False),
        ("1<x<3", "(1,3)", True),
        ("[0,1)", "[0,1]", False),
        ("y=2x+1", "2y=4x+2", True),
        ("y=2x+1", "y=2x+2", False),
        ("x+1", "x+1.0001", True),  # a thousandth is nothing between expressions
        ("x", "5", False),
        ("是", "是", True),
        ("5厘米", "5", True),
        (r"\boxed{5", "5", False),
        ("5", "the answer: $5$", True),
        ("9^{9^{9^{9}}}", "1", False),
        # What sympy's reader of LaTeX makes of a text is kept: it stops where it reads no further.
        ("2", r"2\sqrt3", True),
        ("B.", "B. 30", True),
        ("3 1/2", r"\frac{31}{2}", True),
        ("x=5", "05", False),
        (r"\text{5}", "5cm", False),
        (r"x \le 2", r"x\leq2", True),
        (r"\{5\}", "$5$", True),
    ],
)
def test_mm_math(truth, prediction, is_same):
    assert mm_math.is_same(truth, prediction) is is_same


@given(st.text(alphabet="0123456789x=<>,()[]\\{}^$+-/ fracsqtpmbode是", max_size=40))
def test_any_text_can_be_judged(text):
    assert mm_math.is_same("5", text) in (True, False)
    assert mm_math.is_same(text, "x=5") in (True, False)
    emma.is_equal(emma.extract_answer(text), "5")


def test_how_an_output_is_read_moves_the_result():
    outputs = ["<answer>B</answer>", "B", "<answer>b) spleen</answer>", "It is the spleen."]
    gold, options = "<answer> B </answer>", ("liver", "spleen")
    by_reading = {
        reading: [
            medical.is_right(text, gold, reading=reading, options=options) for text in outputs
        ]
        for reading in ("tag", "raw", "tag_if_mentioned", "lenient")
    }
    assert by_reading["tag"] == [True, False, False, False]
    assert by_reading["raw"] == [False, True, False, False]
    assert by_reading["tag_if_mentioned"] == [True, True, False, False]
    assert by_reading["lenient"] == [True, True, True, True]
    with pytest.raises(DataError, match="has no <answer>"):
        medical.is_right("B", "B")


def test_medical_records_by_domain(tmp_path):
    path = tmp_path / "ct.json"
    path.write_text(json.dumps([{"image": "a.png", "problem": "Which? A)x, B)y", "solution": "…"}]))
    assert medical.read_options(medical.read_medical(path)[0]["problem"]) == ["x", "y"]
    gold = "<answer> B </answer>"
    rows = [
        {"modality": "CT", "output": "<answer>B</answer>", "solution": gold},
        {"modality": "CT", "output": "<answer>A</answer>", "solution": gold},
        {"modality": "MRI", "output": "B", "solution": gold},
    ]
    total, modalities = medical.by_domain(rows, key="modality")
    assert (total, modalities["CT"].accuracy) == (Account(2, 3), 0.5)
    transfer = medical.Transfer(
        {("CT", "CT"): 0.9, ("CT", "MRI"): 0.5, ("MRI", "CT"): 0.3, ("MRI", "MRI"): 0.7}
    )
    assert transfer.in_domain == pytest.approx(0.8)
    assert transfer.out_of_domain == pytest.approx(0.4)
    assert transfer.over_tests("CT") == pytest.approx(0.7)


def test_hints_stand_before_questions_and_choices_behind_them():
    assert hints.hinted("Is it so?", "yes_no") == "Hint: answer with yes or no.\nIs it so?"
    assert hints.hinted("", "in_picture").count("\n") == 0
    assert hints.hinted("Which?", None, list("abcdefghijkl")).endswith("(J) j")


def test_hints_map_options_to_letters():
    assert hints.option_letter("7", None, ["7", "8"]) == "A"
    assert hints.option_letter("k", list("abcdefghijk")) == "k"  # the eleventh has no letter
    assert hints.option_letter("b", None, "['a', 'b']") == "H"  # a list that was never read
    assert hints.tagged_answers("") == ["Failed to generate."]
    assert hints.tagged_answers("So 5</answer>") == ["So 5"]
    assert hints.free_answers(r"\boxed{}") == ["Failed to extract."]
    assert hints.any_is_right("none", hints.free_answers("no box"))  # a quirk, kept
