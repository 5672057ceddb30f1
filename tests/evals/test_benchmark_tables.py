"""Small files in the benchmarks' own formats, and scorers over their rows."""

import json

import pytest

from regard.errors import DataError
from regard.evals.benchmarks import (
    mathverse,
    mathvision,
    medical,
    option_questions,
    wemath,
)
from regard.evals.benchmarks.accounts import Account
from regard.evals.benchmarks.tables import read_table
from regard.rewards.judges import ScriptedJudge

ROWS = [
    {
        "index": "1",
        "question": "Which?",
        "A": "cat",
        "B": "dog",
        "answer": "B",
        "prediction": "(B)",
    },
    {"index": "2", "question": "Who?", "A": "cat", "B": "dog", "answer": "A", "prediction": "both"},
]


def written(path, rows):
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    elif path.suffix == ".json":
        path.write_text(json.dumps({row["index"]: row for row in rows}))
    elif path.suffix == ".xlsx":
        book = pytest.importorskip("openpyxl").Workbook()
        for cells in (rows[0], *(row.values() for row in rows)):
            book.active.append(list(cells))
        book.save(path)
    else:
        gap = "\t" if path.suffix == ".tsv" else ","
        path.write_text(
            "\n".join(gap.join(cells) for cells in (rows[0], *(r.values() for r in rows)))
        )
    return path


@pytest.mark.parametrize("ending", ["tsv", "csv", "jsonl", "json", "xlsx"])
def test_a_table_reads_the_same_in_every_form(tmp_path, ending):
    rows = read_table(written(tmp_path / f"table.{ending}", ROWS), ("index", "answer"))
    assert [{key: row[key] for key in ROWS[0]} for row in rows] == ROWS


def test_a_table_says_what_it_lacks(tmp_path):
    path = written(tmp_path / "table.tsv", ROWS)
    with pytest.raises(DataError, match=r"table\.tsv: row 0 has no hit"):
        read_table(path, ("hit",))
    with pytest.raises(DataError, match=r"expected \.tsv"):
        read_table(tmp_path / "table.doc")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read as json"):
        read_table(tmp_path / "broken.json")


def test_a_judge_names_the_option_that_the_matcher_does_not_see():
    assert option_questions.option_accounts(ROWS)[0] == Account(1, 2)
    judge = ScriptedJudge({"Answer: both": "A"})
    assert option_questions.option_accounts(ROWS, judge=judge)[0] == Account(2, 2)
    silent = ScriptedJudge(otherwise=None)
    assert option_questions.named_option(ROWS[1], "both", judge=silent) is None
    unsure = ScriptedJudge(otherwise="Z")
    assert option_questions.named_option(ROWS[1], "both", judge=unsure) == "Z"


def test_silence_may_be_given_an_option_by_chance_and_the_same_one_again():
    rows = [{**ROWS[1], "index": str(i)} for i in range(200)]
    assert option_questions.option_accounts(rows)[0] == Account(0, 200)
    drawn, again, other = (
        option_questions.option_accounts(rows, fallback_seed=seed)[0] for seed in (0, 0, 1)
    )
    assert drawn == again != other
    assert 70 < drawn.num_correct < 130  # a half, within four standard deviations
    assert option_questions.option_accounts(ROWS[:1], fallback_seed=0)[0] == Account(1, 1)


def test_mathverse_asks_the_judge_only_where_texts_differ():
    row = {"question": "How long?", "answer": "0.5m"}
    for reply, verdict in (("1", True), ("0", False), ("Judgement: Yes", True), ("Well.", False)):
        judge = ScriptedJudge({"50cm": reply}, None)
        assert mathverse.is_right(row, "50cm", judge=judge) is verdict
        assert mathverse.is_right(row, "0.5m", judge=judge)
    rows = [
        {"metadata": "{'problem_version': 'Vision Only'}", "score": True},
        {"metadata": '{"problem_version": "Vision Only"}', "score": 0},
        {"problem_version": "Text Lite", "score": 1},
    ]
    assert mathverse.by_version(rows) == {"Vision Only": Account(1, 2), "Text Lite": Account(1, 1)}
    with pytest.raises(DataError, match="no dictionary"):
        mathverse.by_version([{"metadata": "Vision", "score": 1}])


@pytest.mark.parametrize(
    ("choices", "answer", "prediction", "verdict"),
    [
        ("['5', '7']", "B", "(B)", True),
        ("['5', '7']", "B", "so it is 7", True),
        ("['5', '7']", "B", "5 or 7", False),
        ("[]", "10", "10.0", True),
        ("[]", "2\\sqrt{3}", "\\sqrt{12}", True),
        ("[]", "0.5", "0.51", False),
        ("[]", "Monday", "monday ", True),
    ],
)
def test_mathvision(choices, answer, prediction, verdict):
    assert mathvision.is_right({"choices": choices, "answer": answer}, prediction) is verdict


def test_the_steps_of_we_math_are_found_in_its_table():
    rows = [{"ID": 1, "key": "1steps_1", "hit": 1}]
    rows += [{"ID": 2, "key": f"2steps_{step}", "hit": "1.0"} for step in (1, 2, "multi")]
    rows += [
        {"ID": 3, "key": f"3steps_{step}", "prediction": f"Answer: {said}.", "answer": "A"}
        for step, said in ((1, "A"), (2, "B"), (3, "A. cat"), ("multi", "A"))
    ]
    assert wemath.problems(rows) == [([True, True], True), ([True, False, True], True)]
    with pytest.raises(DataError, match="problem 2 has no 2steps_multi"):
        wemath.problems(rows[:3])


def test_a_file_of_omnimedvqa_becomes_records_by_domain(tmp_path):
    row = {
        "question_id": "q1",
        "question": "Which organ?",
        "gt_answer": "Spleen",
        "option_A": "Liver",
        "option_B": "Spleen",
        "option_C": "",
        "modality_type": "CT",
        "question_type": "Anatomy Identification",
        "image_path": "Images/a.png",
    }
    path = tmp_path / "part.json"
    path.write_text(json.dumps([row]))
    (record,) = medical.read_omnimedvqa(path)
    assert record["problem"] == "Which organ? A)Liver, B)Spleen"
    assert medical.read_options(record["problem"]) == ["Liver", "Spleen"]
    both = [{**record, "output": "<answer>B</answer>"}, {**record, "output": "A"}]
    total, modalities = medical.by_domain(both, key="modality_type")
    assert (total, modalities["CT"]) == (Account(1, 2), Account(1, 2))
    path.write_text(json.dumps([{**row, "gt_answer": "Lung"}]))
    with pytest.raises(DataError, match="'q1': answer 'Lung' is none of"):
        medical.read_omnimedvqa(path)
