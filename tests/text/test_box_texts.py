"""Boxes and objects out of text; fences, JSON and literals; likeness of texts."""

import ast
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.text.boxes import (
    FoundObject,
    box_corners,
    coco_objects,
    fenced_items,
    fenced_literals,
    objects_or_salvage,
    read_objects,
)
from regard.text.fences import fences, is_deep, read_json, salvaged_items
from regard.text.forgery import forgery_answer
from regard.text.literals import NoLiteral, read_literal
from regard.text.loose import likely_letter, one_line, same_number, yes_or_no
from regard.text.similarity import indel_ratio, longest_common, rouge_l

CAT = {"bbox_2d": [10, 10, 110, 110], "label": "cat"}
ONE = json.dumps([CAT])
FOUND = [FoundObject("cat", (10.0, 10.0, 110.0, 110.0))]


@pytest.mark.parametrize(
    ("text", "integers", "numbers"),
    [
        ("[1, 2, 3, 4]", (1, 2, 3, 4), (1, 2, 3, 4)),
        ("[1,\n2,3,4]", (1, 2, 3, 4), (1, 2, 3, 4)),
        ("[ 1, 2, 3, 4 ]", None, (1, 2, 3, 4)),
        ("[-1, 2, 3, 4]", None, (-1, 2, 3, 4)),
        ("[1.5, .5, 3, 4]", None, (1.5, 0.5, 3, 4)),
        ("[1., 2, 3, 4]", None, None),
        ("(1, 2, 3, 4)", None, None),
        ("[1, 2, 3, 4, 5]", None, None),
        ("[1, 2, 3]", None, None),
        ("", None, None),
    ],
)
def test_spellings_of_a_box(text, integers, numbers):
    assert box_corners(text, spelling="integers") == integers
    assert box_corners(text, spelling="numbers") == numbers


def test_a_coordinate_of_a_thousand_digits_is_none():
    assert box_corners(f"[{'9' * 1000}, 2, 3, 4]", spelling="integers") is None


def test_a_box_between_braces():
    assert box_corners('{"a": [1, 2, 3, 4]}', in_braces=True) == (1, 2, 3, 4)
    assert box_corners("[1, 2, 3, 4] {}", in_braces=True) is None
    assert box_corners("} [1, 2, 3, 4] {", in_braces=True) is None


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"```json\n{ONE}\n```",
        f"Here it is:\n```json\n{ONE}\n```\nDone.",
        f"```\n{ONE}\n```",
        f"```json\n{ONE}",
        json.dumps(CAT),
        "[{'bbox_2d': (10, 10, 110, 110), 'label': 'cat'},]",
        '[{"bbox": [10, 10, 110, 110], "label": "cat"}]',
        ONE[:-1] + ', {"bbox_2d": [1, 2',
    ],
)
def test_objects_in_any_dress(text):
    assert read_objects(text) == FOUND


@pytest.mark.parametrize(
    "text", ["I see a cat", "", "5", '"cat"', '[{"bbox_2d": [9, 9, 1, 1]}]', "[" * 5000]
)
def test_what_is_no_list_of_objects(text):
    assert read_objects(text) is None


@pytest.mark.parametrize("text", ["[]", "None", "none.", "```json\n[]\n```"])
def test_nothing_can_be_said(text):
    assert read_objects(text) == []


def test_published_readings_differ():
    bare_dict = json.dumps(CAT)
    assert objects_or_salvage(bare_dict) == FOUND  # by its exact spelling
    assert fenced_items(ONE) == []  # no fence
    assert coco_objects(fenced_items(f"```json{bare_dict}```")) == []  # keys are no objects
    assert fenced_literals(f"```json\n{ONE}\n```") == [CAT]
    assert fenced_literals(f"```json{ONE}```") == []  # the fence has no line of its own
    assert fenced_literals(ONE[:-1] + ', {"bbox_2d"') == [CAT]


def test_deep_brackets_are_refused_quickly():
    assert is_deep("[" * 51)
    assert not is_deep(json.dumps(["[" * 100]))
    start = time.thread_time()
    assert read_json("[" * 1_000_000) is None
    assert salvaged_items("[" * 1_000_000) == []
    with pytest.raises(NoLiteral):
        read_literal("(" * 1_000_000)
    with pytest.raises(NoLiteral):
        read_literal("[" + "1," * 500_000)
    assert salvaged_items("[" + "{1} " * 250_000) == []
    assert time.thread_time() - start < 2


@pytest.mark.parametrize("piece", ["[]", "{}, ", '"a", ', "[1, 2, 3, 4], ", '{"a": [1, 2]} '])
def test_a_megabyte_of_small_items_is_read_in_a_second(piece):
    start = time.thread_time()
    read_objects("[" + piece * (1_000_000 // len(piece)))
    assert time.thread_time() - start < 1


def test_ten_thousand_whole_items_of_a_broken_list_are_enough():
    assert len(salvaged_items("[" + "{}, " * 9_000)) == 9_000
    assert len(salvaged_items("[" + "{}, " * 11_000)) == 10_000


def test_fences_by_language():
    text = "```json\n1\n``` ```JSON\n2\n``` ```python\n3\n```"
    assert fences(text) == ["\n1\n"]
    assert fences(text, "") == ["json\n1\n", "JSON\n2\n", "python\n3\n"]
    assert fences("```json open") == []


LITERAL = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-99, 99)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(LITERAL)
def test_a_literal_is_read_back(value):
    assert read_literal(repr(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "[{u'a': 1}]",
        "{'a', 'b'}",
        "['a' 'b']",
        "'''it's\ntwo lines'''",
        r"'\N{BULLET}'",
        "  [1]\n\n",
        # What Python refuses:
        r"'C:\Users'",
        r"'\x4'",
        r"'\N{no such}'",
        "'''a'",
        "[1]\n ",
        "\n [1]",
        "'a\rb'",
        "{[1]}",
    ],
)
def test_a_text_is_a_literal_when_it_is_one_for_python(text):
    try:
        theirs = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError):
        with pytest.raises(NoLiteral):
            read_literal(text)
        return
    assert read_literal(text) == theirs


@given(st.text(alphabet="[](){},:'\"\\-+.01 \nTrueNon#x", max_size=12))
def test_what_python_reads_as_another_value_is_never_read(text):
    try:
        ours = read_literal(text)
    except NoLiteral:
        return
    try:
        theirs = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError):
        return
    assert ours == theirs


@pytest.mark.parametrize(
    "text",
    [
        "f(1)",
        "a",
        "1 + 1",
        "[1 2]",
        "{[]: 1}",
        "'",
        "1 if 1 else 2",
        "0x1",
        "007",
        "x.y",
        "lambda: 0",
        "true",
    ],
)
def test_what_is_no_literal(text):
    with pytest.raises(NoLiteral):
        read_literal(text)


def test_names_of_json_on_demand():
    assert read_literal("[true, null]", json_names=True) == [True, None]


# ------------------------------------------------------------------------------------ likeness


@given(st.text(alphabet="abc ", max_size=12), st.text(alphabet="abc ", max_size=12))
def test_the_longest_common_sequence_is_that_of_the_table(one, other):
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = (
                table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
            )
    assert longest_common(one, other) == table[-1][-1]


def test_rouge_score_gives_the_same():
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    pairs = [
        ("The Cat, sat!", "the cat sat"),
        ("the the the the", "the cat sat on the mat"),
        ("lights inconsistent", "light inconsistent shadow"),
        ("", "the cat"),
        ("4.5 m², naïve", "4 5 m naive"),
    ]
    for said, wanted in pairs:
        assert rouge_l(said, wanted) == pytest.approx(scorer.score(wanted, said)["rougeL"].fmeasure)


def test_levenshtein_gives_the_same():
    ratio = pytest.importorskip("Levenshtein").ratio
    for one, other in [("room 13", "room 12"), ("xyz", "a red ball"), ("", ""), ("a", "")]:
        assert indel_ratio(one, other) == pytest.approx(ratio(one, other))


# ------------------------------------------------------------------------------- loose readings


def test_line_breaks_go_or_become_blanks():
    assert (
        one_line("No\nDefect")
        == one_line("No \nDefect")
        == one_line("No\r\nDefect.")
        == "no defect"
    )
    assert one_line("x</answer><answer>last. </answer>") == "last"


@pytest.mark.parametrize(
    ("text", "letter"),
    [("A.", "A"), ("(C)", None), ("A B C", "C"), ("a. cat b. dog", "A"), ("ABC", None), ("", None)],
)
def test_likely_letters(text, letter):
    assert likely_letter(text) == letter


def test_yes_within_a_word():
    assert yes_or_no("<answer>noon</answer>") == "no"
    assert yes_or_no("eyes") == "yes"


def test_numbers_of_python():
    assert same_number("1e3", "1000") is True
    assert same_number("nan", "nan") is False
    assert same_number("1,000", "1000") is None
    assert same_number("9" * 10_000, "1") is None


@pytest.mark.parametrize(
    ("answer", "verdict", "num_regions"),
    [
        ("TAMPERED,(48,0),(219,223).", "TAMPERED", 1),
        ("full-synthetic.", "FULL_SYNTHETIC", 0),
        ("REAL,(1,1),(9,9)", "REAL", 1),
        ("REAL or TAMPERED", None, 0),
        ("FAKE", None, 0),
        ("TAMPERED,[48,0,219,223]", None, 0),
        ("The image is REAL", None, 0),
        ("", None, 0),
    ],
)
def test_verdicts(answer, verdict, num_regions):
    found = forgery_answer(f"<answer>{answer}</answer>")
    assert (found.verdict, len(found.regions)) == (verdict, num_regions)
