"""Second thoughts, repetition, short answers, options in sentences."""

import pytest

from regard.text.choices import infer_choice
from regard.text.figures import read_figure_reply
from regard.text.reflection import before_second_thought, count_marks, has_marks
from regard.text.repetition import longest_run, repeated_share
from regard.text.short_answers import bare_answer, number_in_words

ORGANS = {"A": "Liver", "B": "Left kidney", "C": "Spleen", "D": "12"}


def test_second_thoughts_are_counted_each_by_itself():
    assert count_marks("Wait, wait a sec. Alternatively: await") == 3
    assert count_marks("Wait") == 0


def test_an_aha_may_hide_in_a_word_unless_words_must_be_whole():
    assert has_marks("paycheck")
    assert not has_marks("paycheck", whole_words=True)
    assert has_marks("Let me check.", whole_words=True)


def test_an_answer_is_cut_back_to_its_last_step():
    answer = "Step 1.\n\nWait, check.\n\nThe answer is \\boxed{4}"
    assert before_second_thought(answer) == "Step 1."
    assert before_second_thought("Short \\boxed{4}") == "Short "


def test_three_of_four_runs_were_said_before():
    # six words hold four runs of three; all are the same, so three are repeated
    assert repeated_share("so so so so so so") == 0.75
    assert repeated_share("") == 0.0
    assert longest_run("") == 0


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("15.", "15"),
        ("Yes, it is.", "yes"),
        ("x ≈ 3.14", "3.14"),
        ("the length is 4 or 5 cm", "4"),
        ("B (second option)", "b"),
        ("(x+1)(x+2)", "(x+1)(x+2)"),
        ("30 degrees", "30"),
        ("second place", ""),
        ("Monday", "monday"),
        ("10 kilograms", "10 kilograms"),
    ],
)
def test_short_answers_are_laid_bare(text, bare):
    assert bare_answer(text) == bare


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Monday", "mon"),
        ("second place", ""),
        ("10 kilograms", "10 kilo"),
        ("5)", "5)"),
        ("a (b", "a (b"),  # both brackets, or none
        ("B) ", "b) "),
        (" 7 ", " 7 "),
        ("inchour", "inc"),  # "hour" is looked for first
    ],
)
def test_units_found_anywhere_cut_words(text, bare):
    assert bare_answer(text, units="anywhere") == bare


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("twenty one", 21),
        ("one hundred and five", 105),
        ("two thousand three hundred", 2300),
        ("minus", None),
        ("point", None),
        ("", None),
    ],
)
def test_numbers_in_words(text, number):
    assert number_in_words(text) == number


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("(C)", "C"),
        ("B, B", "B"),
        ("A/B", None),
        ("b", None),
        ("I think it is the spleen.", "C"),
        ("112", "D"),  # as part of a word
        ("I can't process this file.", "Z"),
        ("", None),
        (None, None),
    ],
)
def test_the_matcher_of_vlmevalkit(answer, letter):
    assert infer_choice(answer, ORGANS) == letter


@pytest.mark.parametrize(
    ("reply", "strict", "lenient"),
    [
        ("None", "none", "none"),
        (" None. ", "unreadable", "none"),
        ("[ ]", "figures", "none"),
        ('[{"bbox": [1, 2, 3, 4]},]', "unreadable", "unreadable"),
        ("```\n[1]\n```", "unreadable", "figures"),
        ("[" * 100_000, "unreadable", "unreadable"),
    ],
)
def test_replies_about_figures(reply, strict, lenient):
    assert read_figure_reply(reply).kind == strict
    assert read_figure_reply(reply, strict=False).kind == lenient
