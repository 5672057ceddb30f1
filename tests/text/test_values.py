"""Numbers, choices, boxes and plain forms, each a table of what is read and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.text.boxes import first_box
from regard.text.choices import read_choice
from regard.text.numbers import read_number
from regard.text.plain import plain, plain_latex
from regard.types import Box, Frame


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5.0),
        (" +5. ", 5.0),
        ("-3", -3.0),
        ("−3", -3.0),  # a true minus sign
        ("1,234,567", 1234567.0),
        ("1,234.50", 1234.5),
        (".5", 0.5),
        ("007", 7.0),
        ("3/4", 0.75),
        ("-3 / 4", -0.75),
        ("1 1/2", 1.5),
        ("-1 1/2", -1.5),
        ("50%", 0.5),
        ("12.5 %", 0.125),
        ("1e3", 1000.0),
        ("2.5E-1", 0.25),
        ("", None),
        (".", None),
        ("-", None),
        ("five", None),
        ("5 apples", None),
        ("5 6", None),
        ("1,23", None),
        ("12,34,567", None),
        ("1/0", None),
        ("1/2/3", None),
        ("nan", None),
        ("inf", None),
        ("-Infinity", None),
        ("1e999", None),
        ("0x10", None),
        ("1_000", None),
        ("٣", None),  # an Arabic three
        ("2**3", None),
        ("__import__('os')", None),
        ("9" * 101, None),
    ],
)
def test_a_number_is_read_or_it_is_not(text, value):
    assert read_number(text) == value


def test_a_unit_may_follow_the_number():
    assert read_number("12 cm", unit="cm") == 12.0
    assert read_number("12CM.", unit="cm") == 12.0
    assert read_number("12", unit="cm") == 12.0
    assert read_number("12 mm", unit="cm") is None
    assert read_number("50%", unit="%") == 50.0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read_back(value):
    assert read_number(repr(value)) == value


@given(st.text(max_size=200))
def test_no_text_is_an_error(text):
    read_number(text)
    read_number(text, unit="cm")
    read_choice(text)
    read_choice(text, ["red", "green"])
    first_box(text)
    plain_latex(text)
    plain(text)


OPTIONS = ("red", "dark green", "A", "Vitamin C.")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("b", "B"),
        (" (B) ", "B"),
        ("[B]", "B"),
        ("B.", "B"),
        ("B)", "B"),
        ("**B**", "B"),
        ("**B.** dark green", "B"),
        ("B: Dark Green.", "B"),
        ("(B) dark green", "B"),
        ("Option B", "B"),
        ("option (b).", "B"),
        ("dark   green", "B"),
        ("'Dark Green'", "B"),
        ("A", "A"),  # the letter wins over an option of that text
        ("vitamin c", "D"),
        ("D. Vitamin C.", "D"),
        ("", None),
        ("E", None),
        ("B. red", None),
        ("A, B", None),
        ("A. B.", None),
        ("A B C D", None),
        ("A. red B. dark green", None),
        ("A/B", None),
        ("B or C", None),
        ("B dark green", None),
        ("green", None),
        ("not red", None),
        ("ß", None),
        ("É.", None),
    ],
)
def test_a_choice_is_read_when_it_names_one_option(text, letter):
    assert read_choice(text, OPTIONS) == letter


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("C", "C"),
        ("C. whatever it says", "C"),
        ("C) D)", None),
        ("C. D", None),
        ("C, D", None),
        ("Cat", None),
        ("A cat", None),
        ("red", None),
    ],
)
def test_without_options_a_letter_set_off_is_enough(text, letter):
    assert read_choice(text) == letter


def test_words_that_fit_two_options_name_neither():
    assert read_choice("red", ("red", "Red.")) is None
    assert read_choice("B. red", ("red", "Red.")) is None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("  The   CAT\n", "the cat"),
        ('"Yes."', "yes"),
        ("x-ray", "x-ray"),
        ("don't", "don't"),
        ("3.5", "3.5"),
        ("-5", "-5"),
        (".5", ".5"),
        ("50%", "50%"),
        ("（Ａ）", "a"),
        ("Straße", "strasse"),
        ("?", "?"),
        ("", ""),
    ],
)
def test_plain_forms(text, form):
    assert plain(text) == form


@pytest.mark.parametrize(
    ("latex", "form"),
    [
        (r"$\frac{1}{2}$", r"\frac{1}{2}"),
        (r"\( \dfrac{1}{2} \).", r"\frac{1}{2}"),
        (r"\left( x , y \right)", "(x,y)"),
        (r"x \leq 3", r"x\leq3"),  # \left is cut off, \leq is not
        (r"\leftarrow", r"\leftarrow"),
        ("12 345 678", "12345678"),
        (r"1\,1", "1 1"),  # which is not 11
        ("0.5 000", "0.5 000"),
        ("", ""),
    ],
)
def test_plain_latex(latex, form):
    assert plain_latex(latex) == form


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("[1, 2, 3, 4]", (1, 2, 3, 4)),
        ("(1,2,3,4)", (1, 2, 3, 4)),
        ("[ 1.5 ,2, 3, 4. ]", (1.5, 2, 3, 4)),
        ('```json\n[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]\n```', (1, 2, 3, 4)),
        ("[1, 2] [1, 2, 3, 4] [5, 6, 7, 8]", (1, 2, 3, 4)),
        ("[3, 4, 1, 2] then [1, 2, 3, 4]", (1, 2, 3, 4)),  # a box turned round is none
        ("[[1, 2, 3, 4]]", (1, 2, 3, 4)),
        ("[-1, 2, 3, 4]", (-1, 2, 3, 4)),
        ("[1, 2, 3]", None),
        ("[1, 2, 3, 4, 5]", None),
        ("[nan, 0, inf, 1]", None),
        ("[1e999, 0, 1, 1]", None),
        ("1, 2, 3, 4", None),
        ("", None),
    ],
)
def test_the_first_box_of_a_text(text, box):
    assert first_box(text) == (Box(*box) if box else None)


def test_a_box_is_in_the_frame_it_is_read_in():
    assert first_box("[1, 2, 3, 4]", frame=Frame.PER_MILLE) == Box(1, 2, 3, 4, Frame.PER_MILLE)
