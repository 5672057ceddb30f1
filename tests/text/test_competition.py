"""The rule of the MATH graders: its equalities, and its published habits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.text.competition import latex_as_text, same_answer


@pytest.mark.parametrize(
    ("given_answer", "truth"),
    [
        ("1/2", "0.5"),
        (r"\dfrac{1}{2}", r"\frac12"),
        (r"2\sqrt{3}", r"\sqrt{12}"),
        (r"1\frac{1}{2}", "1.5"),
        ("x=5", "5"),
        ("1,234", "1234"),
        ("(1, 2)", "(1,2)"),
        ("- 3", "-3"),
        ("50%", "50"),
        ("$7$", "7"),
        ("30 degrees", "30"),
        (r"30^\circ", "30"),
        (r"\text{Yes}", "yes"),
        (r"\boxed{15}", "15"),
        ("x^2+2x+1", "(x+1)^2"),
        (r"0.5\sqrt{3}", r"\frac{\sqrt{3}}{2}"),
        (r"\sqrt{0.25}", "0.5"),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{bmatrix}1\\2\end{bmatrix}"),
        ("", ""),
    ],
)
def test_what_is_the_same(given_answer, truth):
    assert same_answer(given_answer, truth)


@pytest.mark.parametrize(
    ("given_answer", "truth"),
    [
        ("(2,1)", "(1,2)"),
        ("[0,1)", "(0,1)"),
        ("2/4", "1/2"),  # not in the same terms
        ("x_1_1", "x_1"),  # a name with an underscore is one name
        ("a_1b", "a_1*b"),
        ("5\xa0b", "5b"),  # no space to Python
        ("3.14159", r"\pi"),
        ("3.141592653589793", r"\pi"),  # a decimal is never the number it was rounded from
        (r"2\sqrt{3}", "3.4641016151377544"),
        ("0.333333333333", "1/3"),
        (r"\hat{x}", "x"),
        (r"\mathbb{R}", "R"),
        (r"--\frac{1}{2}", "1/2"),  # two hyphens are a dash
        ("√3", r"\sqrt{3}"),
        ("B. 30", "B"),
        ("5 kg", "5"),
        ("3 million", "3000000"),
        ("x<2", "x<3"),
        ("", "2"),
        ("1)+(0", "1"),  # the original puts it into brackets of its own, and says yes
    ],
)
def test_what_is_not(given_answer, truth):
    assert not same_answer(given_answer, truth)


@pytest.mark.parametrize(
    ("given_answer", "truth"),
    # In the first, the name of the command runs on: \pi厘米 is none that is known.
    [
        (r"2\pi厘米", "2"),
        ("Monday", "Mon"),
        (r"\sqrt[3]{8}", r"\sqrt{8}"),
        ("10 miles or 5", "10,5"),
    ],
)
def test_habits_that_published_numbers_rest_on(given_answer, truth):
    assert same_answer(given_answer, truth)


def test_a_fraction_loses_its_brackets_as_latex_is_made_text():
    # (x+1)/2 becomes x + 1/2: at x = 0 both are 1/2, elsewhere they are not.
    assert latex_as_text(r"\frac{x+1}{2}") == "x+1/2"
    assert same_answer(r"\frac{x+1}{2}", "x+1/2")


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_are_compared(one, other):
    assert same_answer(one, other) in (True, False)
    assert same_answer(one, one)


def test_very_long_answers_are_compared_as_texts():
    assert same_answer("1" * 5000, "1" * 5000)
    assert not same_answer("(" * 1_000_000, "2")
