"""MMBench, OCRBench and MM-Vet over small tables of their own form."""

import json

import pytest

from regard.errors import DataError
from regard.evals.benchmarks.mmvet import grade, mmvet_scores, read_mmvet
from regard.evals.benchmarks.ocrbench import is_right, ocrbench_points, read_ocrbench
from regard.evals.benchmarks.option_questions import circular_accounts, option_accounts
from regard.evals.benchmarks.tables import read_table
from regard.rewards.judges import ScriptedJudge


def test_a_question_of_mmbench_is_right_in_every_turn_or_not_at_all(tmp_path):
    path = tmp_path / "MMBench.tsv"
    path.write_text(
        "index\tquestion\tA\tB\tanswer\tprediction\tcategory\n"
        "1\tWhich?\tliver\tspleen\tB\tB\tanatomy\n"
        "1000001\tWhich?\tspleen\tliver\tA\tspleen\tanatomy\n"
        "2\tWhich?\tred\tblue\tA\tA\tcolour\n"
        "1000002\tWhich?\tblue\tred\tB\tA\tcolour\n"
    )
    rows = read_table(path, ("index", "answer", "prediction"))
    total, by_category = circular_accounts(rows)
    assert (total.num_correct, total.num_total) == (1, 2)
    assert {name: each.accuracy for name, each in by_category.items()} == {
        "anatomy": 1.0, "colour": 0.0,
    }  # fmt: skip
    assert option_accounts(rows)[0].num_correct == 3
    with pytest.raises(DataError, match="whole number for its index"):
        circular_accounts([{**rows[0], "index": "one"}])


FORMULA = "Handwritten Mathematical Expression Recognition"


@pytest.mark.parametrize(
    ("category", "answer", "prediction", "is_one"),
    [
        ("Regular Text Recognition", "['CENTRE']", "The word is centre.", True),
        ("Doc-oriented VQA", "['one', 'two']", "Two", True),
        ("Doc-oriented VQA", "['two words']", "two\nwords", True),
        ("Doc-oriented VQA", "['12 34']", "1234", False),
        (FORMULA, "['x ^ 2']", "It is x^2 .", True),
        (FORMULA, "['X']", "x", False),
    ],
)
def test_a_reply_that_holds_a_right_text_is_a_point_of_ocrbench(
    category, answer, prediction, is_one
):
    assert is_right({"category": category, "answer": answer, "prediction": prediction}) is is_one


def test_points_of_ocrbench_are_summed_by_group(tmp_path):
    path = tmp_path / "OCRBench.jsonl"
    kinds = ["Regular Text Recognition", "Digit String Recognition", FORMULA]
    rows = [{"category": kind, "answer": "['1']", "prediction": "1"} for kind in kinds]
    path.write_text("\n".join(map(json.dumps, rows)))
    points = ocrbench_points(read_ocrbench(path))
    assert (points["Text Recognition"], points[FORMULA], points["Final Score"]) == (2, 1, 3)
    assert points["Doc-oriented VQA"] == 0
    with pytest.raises(DataError, match="'Doc' is unknown"):
        ocrbench_points([{**rows[0], "category": "Doc"}])


def test_mmvet_is_graded_by_a_judge_and_summed_by_capability(tmp_path):
    path = tmp_path / "MMVet.jsonl"
    row = {"question": "?", "answer": "a cat <AND> a hat", "capability": "rec,spat"}
    rows = [{**row, "prediction": text} for text in ("a cat", "a cat in a hat", "a dog")]
    path.write_text("\n".join(map(json.dumps, rows)))
    judge = ScriptedJudge({"--\na cat in": "1.0", "--\na cat": " 0.5\n"}, otherwise=None)
    graded = [(row, grade(row, judge)) for row in read_mmvet(path)]
    assert [value for _, value in graded] == [0.5, 1.0, None]
    scores = mmvet_scores(graded)
    assert scores == pytest.approx(
        {"rec": 50.0, "spat": 50.0, "Overall": 50.0, "Ungraded": 100 / 3}
    )
    assert mmvet_scores([]) == {"Overall": 0.0, "Ungraded": 0.0}


@pytest.mark.parametrize("reply", ["", "2", "-1", "1.5", "0.5 of 1", "nan", "1e0"])
def test_a_reply_that_is_no_number_from_0_to_1_is_no_grade(reply):
    row = {"question": "?", "answer": "!", "prediction": "."}
    assert grade(row, lambda prompt: reply) is None
