"""Answers that are equal, however they are written; and what cannot be verified in time."""

import importlib
import random
import threading
import time

import pytest

from regard.errors import ConfigError, DataError
from regard.rewards.contract import ask, say
from regard.rewards.mathematics import (
    CandidatesAnswer,
    MathAnswer,
    Rethinking,
    TagOrTextAnswer,
    candidates_verdict,
    equal_mathematics,
    rethinking_value,
)
from regard.text.number_sets import same_numbers
from regard.types import Box, Choice, Completion, Expression, Finish, FreeText, Label, Number

verifier = pytest.importorskip("regard.rewards.verifier")
needs_math_verify = pytest.mark.skipif(
    not verifier.is_installed(), reason="math-verify is not installed"
)


def value(answer, target, **options):
    return MathAnswer(**options)(say(f"<answer>{answer}</answer>"), ask("Well?", target)).value


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        ("0.25", Expression(r"\frac{1}{4}")),
        (r"$\frac{2}{8}$", Expression(r"\frac{1}{4}")),
        ("(x+1)(x-1)", Expression("x^2-1")),
        (r"\boxed{B}", Choice("B")),
        ("(b)", Choice("B", ("red", "blue"))),
        ("1,234", Number(1234)),
        (r"\frac{1}{2}", Number(0.5)),
        (r"3\frac{1}{2}", Expression("3.5")),
        ("3 1/2", Expression(r"\frac{7}{2}")),
        (r"-3\frac{1}{2}", Number(-3.5)),
        (r"3\frac12", Number(3.5)),
        ("12 000", Expression("12000")),
        ("10.4", Number(10, tolerance=0.05)),
        ("12 cm", Number(12, unit="cm")),
        ("A red square.", FreeText("a red square")),
        ("Cat", Label("cat")),
    ],
)
def test_right_answers_need_no_verifier(answer, target, monkeypatch):
    monkeypatch.setattr("regard.rewards.mathematics.verify", None)
    assert value(answer, target) == 1.0


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        ("0.3", Expression(r"\frac{1}{4}")),
        ("A", Choice("B")),
        ("10.6", Number(10, tolerance=0.05)),
        ("dog", Label("cat")),
        ("3 1/2", Expression(r"\frac{31}{2}")),
        (r"3\frac{1}{2}", Expression("1.5")),
        ("", Expression("1")),
        (r"\sqrt{5} + \ln(x)", Expression(r"\sqrt{2} + \ln(x)")),
        ("3x", Expression("2x")),
        ("1" * 5000, Expression("1")),
    ],
)
def test_wrong_answers_need_none_either(answer, target, monkeypatch):
    monkeypatch.setattr("regard.rewards.mathematics.verify", None)
    assert value(answer, target) == 0.0


@needs_math_verify
@pytest.mark.parametrize(
    ("said", "wanted", "is_equal"),
    [
        ("x=5", "5", True),
        (r"\{1, 2\}", r"\{2, 1\}", True),
        ("(1,2)", "(2,1)", False),
        (r"[0, 1)", r"[0,1)", True),
        (r"17^\circ", "17", True),
        ("1 1", "11", False),
    ],
)
def test_sets_equations_and_units_are_verified(said, wanted, is_equal):
    assert equal_mathematics(said, wanted)[0] is is_equal


_SPELLINGS = (
    ("2", r"\frac{4}{2}", "2.0", "3-1"),
    ("-1", r"-\frac{3}{3}", "-1.0"),
    ("5", "5", r"\frac{10}{2}"),
    (r"\frac{1}{2}", "0.5", "2/4", r"\frac24"),
    (r"\sqrt{8}", r"2\sqrt{2}", r"2 \cdot \sqrt{2}"),
    (r"\pi", r"\frac{2\pi}{2}"),
)
_SHAPES = (
    *(r"\{%s\}", "%s", "(%s)", "[%s]", "(%s]", r"\left[%s\right)", "x=%s"),
    *(r"\begin{pmatrix}%s\end{pmatrix}", r"(9, 11) \cup \{%s\}", r"(%s) \cup [2, 7)"),
)


def some_numbers(draw):
    """A collection of up to three numbers, in one of many spellings."""
    shape = draw.choice(_SHAPES)
    numbers = [draw.choice(each) for each in draw.sample(_SPELLINGS[:4], draw.randint(1, 3))]
    if draw.random() < 0.3:
        numbers[0] = draw.choice(draw.choice(_SPELLINGS))
    return shape % ("&" if "matrix" in shape else draw.choice((",", ", "))).join(numbers)


@needs_math_verify
def test_what_is_settled_without_the_verifier_is_settled_as_it_does():
    draw = random.Random(5)
    found = {True: 0, False: 0}
    for _ in range(400):
        one, other = some_numbers(draw), some_numbers(draw)
        verdict = same_numbers(one, other)
        if verdict is None:
            continue
        found[verdict] += 1
        if verdict or found[False] <= 30:
            expected = verifier.verify(f"${one}$", f"${other}$", timeout_s=60.0).is_equal
            assert verdict is expected, (one, other)
    assert found[True] >= 5
    assert found[False] >= 30


EQUATIONS = [
    ("y=2x+1", "y = 1 + 2x", True),
    ("y=2x+1", "$y=2x-1$", False),
    (r"y=\frac{x}{2}", r"y = \dfrac{2x}{4}", True),
    ("y=x^2-4", "y=(x+2)(x-2)", True),
    ("z=3", "z=4", False),
]


@pytest.mark.parametrize(("wanted", "said", "is_equal"), EQUATIONS)
def test_equations_that_give_a_letter_need_no_verifier(wanted, said, is_equal, monkeypatch):
    monkeypatch.setattr("regard.rewards.mathematics.verify", None)
    assert equal_mathematics(said, wanted)[0] is is_equal


@needs_math_verify
@pytest.mark.parametrize(("wanted", "said", "is_equal"), EQUATIONS)
def test_the_verifier_finds_the_same_of_equations(wanted, said, is_equal):
    texts = (f"${text.strip('$')}$" for text in (wanted, said))
    assert verifier.verify(*texts, timeout_s=60.0).is_equal is is_equal


@needs_math_verify
def test_looking_ahead_cheaply_reads_the_same(monkeypatch):
    texts = [
        *(r"$\{2\sqrt{2}, 5\}$", "$(3,4]$", "$x=3+4$", "$x^2+3x-2$", r"$\frac{x+1}{x^2-3}$"),
        *("$1 < x \\le 2$", r"$f(x)=\sin(3x)$", "$no solution$", r"$5\text{ cm}^2$", "$3($"),
        *(r"$\{6/1\rig_t\}$", r"$\sqrt{y/2\sq_t{2}}$"),
    ]
    reader = importlib.import_module("latex2sympy2_extended.latex2sympy2")
    parser = importlib.import_module("math_verify.parser")
    before = [repr(verifier._parsed.__wrapped__(text)) for text in texts]
    parser.parse_latex_cached.cache_clear()
    parser.extract_latex.cache_clear()
    monkeypatch.setattr(reader, "PSParser", reader.PSParser)  # and put back afterwards
    verifier.look_ahead_cheaply()
    assert reader.PSParser.__name__ == "TwoStageParser"
    assert [repr(verifier._parsed.__wrapped__(text)) for text in texts] == before


@needs_math_verify
def test_what_takes_too_long_is_wrong_and_the_next_is_verified_all_the_same():
    start = time.monotonic()
    late = verifier.verify("$9$", "$(x+y+z)^{200}$", timeout_s=1.0)
    assert (late.is_equal, late.fault) == (False, "no answer within 1 s")
    assert time.monotonic() - start < 60
    assert verifier.verify("$0.5$", r"$\frac{5}{10}$").is_equal


@needs_math_verify
@pytest.mark.parametrize(
    "text",
    [
        *("$9^{9^{9^{9}}}$", "$10^{10^{10}}$", "$1000000!$", r"$\{2^{2^{2^{2^{2^2}}}}, 1\}$"),
        *("so 9^9^9^9", "$" + r"\frac{1}{" * 15 + "2" + "}" * 15 + "$", "$(x+1)^{2024}$"),
    ],
)
def test_what_is_too_large_is_not_worked_out(text):
    verdict = verifier.verify(text, r"$\{9, 1\}$", timeout_s=100.0)
    assert (verdict.is_equal, verdict.fault) == (False, verifier.TOO_LARGE)
    again = verifier.verify(text, text.replace("9", "9 "), timeout_s=100.0)
    assert (again.is_equal, again.fault) == (True, "")


@needs_math_verify
def test_an_absurd_answer_says_why_it_is_wrong():
    score = MathAnswer()(say("<answer>x + 9^{9^{9^9}}</answer>"), ask("Well?", Expression("x")))
    assert (score.value, score.reason) == (
        0.0,
        "'x + 9^{9^{9^9}}', not 'x' (too large to work out)",
    )


@needs_math_verify
def test_threads_verify_side_by_side():
    found = {}

    def work(number):
        found[number] = verifier.verify(f"${number}$", rf"$\frac{{{2 * number}}}{{2}}$").is_equal

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: True, 1: True, 2: True}


def test_deep_brackets_are_not_even_sent():
    assert verifier.verify("$1$", "(" * 100).fault == "nested too deeply"


def test_without_the_library_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(verifier, "is_installed", lambda: False)
    with pytest.raises(ConfigError, match=r"regard\[math\]"):
        verifier.verify("$1$", "$a+missing$")


@pytest.mark.parametrize(
    ("text", "places"),
    [  # only, first, last, first_line, boxed, last_opened_box, text
        ("<answer>5</answer>", (1, 1, 1, 1, 0, 0, 0)),
        ("<answer>6</answer><answer>5</answer>", (0, 0, 1, 0, 0, 0, 0)),
        ("<answer>\n5\n</answer>", (1, 1, 1, 0, 0, 0, 0)),
        (r"\boxed{5}", (0, 0, 0, 1, 1, 1, 1)),
        (r"\boxed{5} \boxed{6", (0, 0, 0, 0, 1, 0, 0)),
        ("5", (0, 0, 0, 1, 0, 0, 1)),
    ],
)
def test_where_an_answer_stands(text, places):
    names = ("only", "first", "last", "first_line", "boxed", "last_opened_box", "text")
    found = [
        MathAnswer(where=name, rule="competition")(say(text), ask("Well?", FreeText("5"))).value
        for name in names
    ]
    assert tuple(found) == places


def test_an_unexplained_answer_may_cost_half():
    reward = MathAnswer(where="first_line", rule="competition", unexplained_penalty=0.5)
    five = ask("Well?", FreeText("5"))
    assert reward(say("<think>a</think> \n <answer>5</answer>"), five).value == 0.5
    assert reward(say("<think>a</think> so <answer>5</answer>"), five).value == 1.0
    with pytest.raises(ConfigError):
        MathAnswer(unexplained_penalty=2)


def test_the_words_final_answer_may_stand_before_it():
    reward = MathAnswer(drop_final_answer=True)
    text = say("<think>a</think><answer> Final Answer:B </answer>")
    assert reward(text, ask("Well?", Choice("B"))).value == 1.0
    assert MathAnswer()(text, ask("Well?", Choice("B"))).value == 0.0


def test_a_target_of_another_sort_is_an_error():
    for reward in (MathAnswer(), TagOrTextAnswer(), CandidatesAnswer()):
        with pytest.raises(DataError, match="the target is a Box"):
            reward(say(""), ask("Where?", Box(0, 0, 1, 1)))


@needs_math_verify
def test_a_number_in_the_thinking_pays_where_whole_texts_are_read():
    three = ask("How many?", Number(3))
    assert TagOrTextAnswer()(say("<think>I count 3</think><answer>C</answer>"), three).value == 1.0
    assert MathAnswer()(say("<think>I count 3</think><answer>C</answer>"), three).value == 0.0


@needs_math_verify
@pytest.mark.parametrize(
    ("text", "reference", "verdict"),
    [
        (r"so \boxed{42}", "42", 1),
        (r"so \boxed{41}", "42", 0),
        (r"\boxed{42", "42", -1),
        (r"\boxed{A. 30}", "A", 1),
        (r"\boxed{(A)}", "A", 0),
        ("<answer>42</answer>", "42", 1),
        ("Answer: 42", "42", 1),
        ("Answer: 2x=4<|im_end|>", "2x=4", 1),  # the candidate is read as 4, the truth's right side
    ],
)
def test_candidates_are_tried_in_turn(text, reference, verdict):
    assert candidates_verdict(text, reference) == verdict


@pytest.mark.parametrize(
    ("is_right", "is_valid", "marks", "forced", "official", "strict"),
    [
        (True, True, 0, False, 1.0, 1.0),
        (True, True, 1, False, 1.1, 1.1),
        (True, True, 3, False, 0.4, 0.4),  # 1 - 0.2 * 3
        (True, True, 8, False, -0.1, -0.1),
        (True, True, 3, True, 1.0, 1.0),
        (True, False, 1, False, 1.1, -0.1),  # invalid, and paid all the same
        (True, False, 0, False, -0.1, -0.1),
        (False, True, 2, False, 0.0, 0.0),
        (False, False, 2, False, -0.1, -0.1),
    ],
)
def test_second_thoughts_shape_the_reward(is_right, is_valid, marks, forced, official, strict):
    for option, wanted in ((True, official), (False, strict)):
        found = rethinking_value(
            is_right, is_valid=is_valid, num_marks=marks, was_forced=forced, official=option
        )
        assert found == pytest.approx(wanted)


def test_a_cut_answer_is_invalid():
    reward = Rethinking(reward=MathAnswer(where="boxed"))
    example = ask("Well?", Number(42))
    text = r"Wait, no. \boxed{42}"
    assert reward(say(text), example).value == 1.1
    assert reward(Completion(text=text, finish=Finish.LENGTH), example).value == -0.1
