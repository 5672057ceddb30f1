"""Sets, intervals, pairs and matrices of numbers; no verdict where none is beyond doubt."""

import pytest

from regard.text.number_sets import read_numbers, same_numbers


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (r"\{1, 2\}", r"\{2, 1\}"),
        (r"\{1, \sqrt{8}\}", r"$\left\{2\sqrt{2}, 1\right\}$"),
        ("1, 2", r"\{2, 1\}"),
        ("(0, 3]", r"\left( 0,\frac{6}{2} \right]"),
        ("[0.5, 1]", r"[\frac{1}{2}, 1]"),
        ("(1, 2)", "1, 2"),  # an open interval is a pair
        ("(3, 1)", "[3, 1]"),  # one that goes downwards is nothing else
        ("(1, 2, 3)", "1, 2, 3"),
        ("3, 1, 2", "(1, 2, 3)"),  # the target says that the order is free
        (r"(-\infty, 0) \cup (0, \infty)", r"(0, \infty) \cup (-\infty, 0)"),
        (r"[0, 2) \cup [2, 5]", "[0, 5]"),
        (r"[0, 2) \cup \{2\}", "[0, 2]"),
        (r"\begin{pmatrix}1 & 2 \\ 3 & 4\end{pmatrix}", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"),
        ("x=5", "5"),
        (r"\frac{\pi}{2}", r"x = \frac{2\pi}{4}"),
        (r"\{5\}", "x=5"),
    ],
)
def test_what_is_the_same(wanted, said):
    assert same_numbers(wanted, said) is True


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (r"\{1, 2\}", r"\{1, 2, 3\}"),
        (r"\{1, 2\}", "[1, 2]"),
        ("(0, 3]", "[0, 3]"),
        ("(0, 3]", "(0, 4]"),
        ("(1, 2)", "(2, 1)"),
        ("(1, 2)", "2, 1"),
        ("(1, 2, 3)", r"\{3, 1, 2\}"),
        (r"(0, 1) \cup (1, 2)", "(0, 2)"),
        (r"(0, 1) \cup (2, 3)", r"(0, 1) \cup (2, 4)"),
        (r"\begin{pmatrix}1&2\end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
        ("x=5", "y=5"),
        ("x=5", "6"),
        (r"\{1, 2\}", "1"),
    ],
)
def test_what_is_different(wanted, said):
    assert same_numbers(wanted, said) is False


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (r"\{0.333333\}", r"\{\frac{1}{3}\}"),  # equal to six decimals, which is another's rule
        (r"(0, \sqrt{8}) \cup (9, 10)", r"(0, 2\sqrt{2}) \cup (9, 10)"),
        ("1, 2", "1,234"),
        (r"\{1, 1\}", r"\{1\}"),
        ("(2, 1]", "(2, 1]"),
        (r"\{x\}", r"\{x\}"),
        ("(1, 2)", "no solution"),
        (r"\{1\}", r"3\frac{1}{2}"),
    ],
)
def test_what_is_in_doubt(wanted, said):
    assert same_numbers(wanted, said) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "$", "(", "()", r"\{\}", r"\{", "[1, 2, 3)", r"\{1, 2]", "1 2", "1, 2, ", "(1;2)"),
        *("(1 1, 2)", r"(1/2\pi, 3)", r"\{9^{9}^{9}\}", r"\{2^{99}\}", r"\{100000!\}"),
        *("(1,2)(3,4)", "((1,2),3)", r"\cup", r"(1,2) \cup", r"\{\frac{1}{0}, 1\}"),
        *(r"\begin{pmatrix}1&2\\3\end{pmatrix}", "1," * 300, "$(1,2)$ or $(3,4)$"),
        *(r"\{1,\infty\}", r"\boxed{(1,2)}", "(1,\n2)", "[1,2]."),
    ],
)
def test_what_is_not_read(text):
    assert read_numbers(text) is None
