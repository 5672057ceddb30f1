"""Formulas are read, valued and compared; nothing else can be done with them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.text.formulas import clearly_different, read_formula, same_formula


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1+2*3", 7),
        ("-2^2", -4),
        ("2^3^2", 512),  # from the right
        ("1/2*4", 2),  # from the left
        ("2(3+4)", 14),
        ("3!", 6),
        ("sqrt(16)", 4),
        ("2pi", 2 * math.pi),
        (".5", 0.5),
        ("2e3", 2000),
    ],
)
def test_plain_formulas_have_values(text, value):
    assert read_formula(text).at({}) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\frac{3}{4}", 0.75),
        (r"\frac12", 0.5),
        (r"\frac1{72}", 1 / 72),
        (r"2\sqrt{9}", 6),
        (r"\sqrt[3]{8}", 2),
        (r"2^{10}", 1024),
        (r"2^10", 1024),  # TeX would raise one digit only
        (r"\sin(\frac{\pi}{6})", 0.5),
        (r"\cos^2 0", 1),
        (r"\log_2 8", 3),
        (r"\left(1+2\right)\cdot 3", 9),
        (r"|{-3}|", 3),
        ("4:5", 0.8),
    ],
)
def test_latex_formulas_have_values(text, value):
    found = read_formula(text, notation="latex").at({})
    assert found.real == pytest.approx(value)
    assert found.imag == pytest.approx(0)


@pytest.mark.parametrize(
    "text",
    ["", "2+", "(1", "1)", "x==2", "import os", "a.b", "'a'", "[1]", "f(", "1,2", "(" * 5000],
)
def test_what_is_no_formula_is_none(text):
    formula = read_formula(text)
    assert formula is None or text == "import os"  # eight letters, multiplied


@pytest.mark.parametrize("text", ["1/0", "9^9^9^9", "0^(-1)", "(-1)!", "200!", "ln(0)"])
def test_a_formula_without_a_value_has_none(text):
    assert read_formula(text).at({}) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("(x+1)^2", "x^2+2x+1", True),
        ("xy", "yx", True),
        ("x/2", "1/2x", True),
        ("x", "y", False),
        ("sqrt(x^2)", "x", False),
        ("0.333", "1/3", False),
        ("1/0", "1/0", False),
    ],
)
def test_formulas_are_the_same_where_their_values_are(one, other, same):
    assert same_formula(read_formula(one), read_formula(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "certain"),
    [
        ("2x", "3x", True),
        (r"\frac{1}{2}x", r"\frac{1}{3}x", True),
        ("x^2", "(x)(x)", False),
        ("0.3333x", r"\frac{x}{3}", False),  # too near
        (r"\sqrt{x^2}", "x", False),  # the same where x is positive
        ("x", "y", False),  # other letters may be units
        ("1/2x", "2x", False),  # (1/2)x, or 1/(2x)
        ("f(x)", "2x", False),
        ("blue", "green", False),
        (r"3\frac{1}{2}x", "x", False),
        ("e^x", "x", False),  # a letter, or Euler's number
    ],
)
def test_formulas_are_clearly_different_only_where_nothing_is_in_doubt(one, other, certain):
    assert clearly_different(one, other) is certain
    assert clearly_different(other, one) is certain


@given(st.text(alphabet="0123456789xy+-*/^()!. \\frac{}sqrtpi", max_size=40))
def test_any_text_is_read_or_not_and_never_an_error(text):
    for notation in ("plain", "latex"):
        formula = read_formula(text, notation=notation)
        if formula is not None:
            formula.at(dict.fromkeys(formula.names, 1.5 + 0.5j))
            same_formula(formula, formula)


@given(st.integers(-99, 99), st.integers(-99, 99), st.integers(1, 99))
def test_arithmetic_is_that_of_python(a, b, c):
    assert read_formula(f"({a})+({b})/{c}").at({}) == pytest.approx(a + b / c)
