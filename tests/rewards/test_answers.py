"""Right and wrong answers to every sort of target."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import ConfigError, DataError
from regard.rewards import ExactAnswer, ThinkAnswerFormat, Weighted, range_of
from regard.rewards.contract import ask, say, target_of
from regard.types import Box, Choice, Expression, FreeText, Label, Number, Point

COLOURS = Choice("B", ("red", "blue", "green"))
PETS = Label("cat", ("cat", "dog"))
SQUARE = FreeText("a red square", ("red square", "square, red"))


def value(answer, target, **options):
    score = ExactAnswer(**options)(say(f"<answer>{answer}</answer>"), ask("Well?", target))
    return score.value


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        (COLOURS, "B"),
        (COLOURS, "(b)"),
        (COLOURS, "\nB.\n"),
        (COLOURS, "Blue"),
        (COLOURS, "B. blue"),
        (Choice("b"), "B"),
        (Number(1234.5), "1,234.5"),
        (Number(0.5), "1/2"),
        (Number(0.5), "50%"),
        (Number(50, unit="%"), "50%"),
        (Number(0.3), "0.1e1 / 3.33333333333333"),
        (Number(5), "5.0"),
        (Number(0), "-0"),
        (Number(12, unit="cm"), "12 cm"),
        (Number(100, tolerance=0.05), "105"),
        (Number(-100, tolerance=0.05), "-95"),
        (SQUARE, "A Red Square."),
        (SQUARE, "square, red"),
        (PETS, "Cat"),
        (Label("cat"), "'cat'"),
        (Expression(r"\frac{1}{2}"), r"$\dfrac{1}{2}$"),
    ],
)
def test_right_answers(target, answer):
    assert value(answer, target) == 1.0


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        (COLOURS, "A"),
        (COLOURS, "A, B, C"),
        (COLOURS, "A. B. C."),
        (COLOURS, "red blue green"),
        (COLOURS, "B. green"),
        (COLOURS, ""),
        (Number(5), "five"),
        (Number(5), "5 or 6"),
        (Number(5), "15"),
        (Number(5), "nan"),
        (Number(5), "-5"),
        (Number(100, tolerance=0.05), "105.1"),
        (Number(12, unit="cm"), "12 mm"),
        (Number(0, tolerance=0.5), "0.1"),  # a fraction of nothing is nothing
        (SQUARE, "a red square or a blue one"),
        (SQUARE, ""),
        (PETS, "cat dog"),
        (PETS, "bird"),
        (Expression("x+1"), "1+x"),  # equal, but not the same text
    ],
)
def test_wrong_answers(target, answer):
    assert value(answer, target) == 0.0


@pytest.mark.parametrize(
    ("text", "values"),
    [  # in the order only, first, last, text
        ("<answer>5</answer>", (1, 1, 1, 0)),
        ("<answer>6</answer><answer>5</answer>", (0, 0, 1, 0)),
        ("<answer>5</answer><answer>6</answer>", (0, 1, 0, 0)),
        ("<think><answer>5</answer></think>", (1, 1, 1, 0)),
        ("<answer>5", (0, 0, 0, 0)),
        (" 5\n", (0, 0, 0, 1)),
    ],
)
def test_where_the_answer_is_looked_for(text, values):
    example = ask("Well?", Number(5))
    places = ("only", "first", "last", "text")
    assert tuple(ExactAnswer(where=where)(say(text), example).value for where in places) == values


def test_the_tag_has_a_name():
    text = say("<final>5</final>")
    assert ExactAnswer(tag="final")(text, ask("Well?", Number(5))).value == 1.0


@pytest.mark.parametrize(
    ("text", "reason", "parsed"),
    [
        ("5", "no <answer>…</answer>", None),
        ("<answer>1</answer>" * 3, "3 blocks of <answer>, one expected", None),
        ("<answer> </answer>", "the answer is empty", None),
        ("<answer>five</answer>", "cannot read 'five' as a number", None),
        ("<answer>6</answer>", "6, not 5", 6.0),
        ("<answer>5</answer>", "5 is right", 5.0),
    ],
)
def test_a_score_explains_itself(text, reason, parsed):
    score = ExactAnswer()(say(text), ask("Well?", Number(5)))
    assert (score.reason, score.parsed) == (reason, parsed)


@pytest.mark.parametrize(
    ("target", "answer", "parsed"),
    [(COLOURS, "green", "C"), (PETS, "DOG", "dog"), (SQUARE, "A Circle.", "a circle")],
)
def test_what_was_read_is_kept(target, answer, parsed):
    score = ExactAnswer()(say(f"<answer>{answer}</answer>"), ask("Well?", target))
    assert (score.value, score.parsed) == (0.0, parsed)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (Choice("D", ("red", "blue")), "choice 'D' is not one of A, B"),
        (Choice("BC"), "choice 'BC' is not a letter from A to Z"),
        (Choice(""), "is not a letter"),
        (Number(float("nan")), "nan is not a number to compare with"),
        (Label("bird", ("cat", "dog")), "label 'bird' is not among its classes"),
        (Box(0, 0, 1, 1), "the target is a Box, and exact_answer checks Choice, Number"),
    ],
)
@pytest.mark.parametrize("text", ["", "<answer>A</answer>"])
def test_a_malformed_example_is_an_error_whatever_was_answered(target, message, text):
    with pytest.raises(DataError, match=f"example 'demo': .*{message}"):
        ExactAnswer()(say(text), ask("Well?", target))


def test_a_reward_for_one_target_asks_for_it_by_name():
    example = ask("Where?", Point(1, 2))
    assert target_of(example, Point, "here") == Point(1, 2)
    with pytest.raises(DataError, match=r"the target is a Point.* checks Box"):
        target_of(example, Box, ExactAnswer())


def format_of(text, **options):
    return ThinkAnswerFormat(**options)(say(text), ask("Well?", Number(5)))


def test_a_layout_as_asked_earns_the_point():
    assert format_of("<think>a</think>\n<answer>b</answer>\n").value == 1.0
    tags = {"think": "reason", "answer": "final"}
    assert format_of("<reason>a</reason><final>b</final>", **tags).value == 1.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<think>a</think>", "no <answer>"),
        ("<think> </think><answer>b</answer>", "nothing in <think>"),
        ("<think>a</think><answer>\n</answer>", "nothing in <answer>"),
        ("<think>a</think><answer>b</answer> ok", "text after </answer>: 'ok'"),
    ],
)
def test_a_layout_not_as_asked_says_what_is_wrong(text, reason):
    score = format_of(text)
    assert (score.value, score.reason) == (0.0, reason)


@pytest.mark.parametrize(
    "text",
    [
        "<think>a</think><answer>b</answer><answer>c</answer>",
        "<think>a<think>a</think></think><answer>b</answer>",
        "<think>a<answer>b</answer></think><answer>b</answer>",
    ],
)
def test_the_published_pattern_lets_repeated_tags_pass(text):
    assert format_of(text).value == 0.0
    assert format_of(text, strict=False).value == 1.0


def test_the_published_pattern_wants_no_space_around():
    text = "<think>a</think><answer>b</answer>\n"
    assert format_of(text, strict=False).reason.startswith("not <think>…</think><answer>…</answer>")


def test_blank_blocks_count_if_we_say_so():
    text = "<think></think><answer></answer>"
    assert format_of(text).value == 0.0
    assert format_of(text, allow_blank=True).value == 1.0
    assert format_of(text, strict=False, allow_blank=True).value == 1.0


def test_thinking_and_answer_need_tags_of_their_own():
    with pytest.raises(ConfigError, match="both are 'x'"):
        ThinkAnswerFormat(think="x", answer="x")


pieces = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["<think>", "</think>", "<answer>", "</answer>", "A", "5", "1/0", "%", "[", "cat"]
    ),
)
targets = st.sampled_from([COLOURS, Choice("A"), Number(5), SQUARE, PETS, Expression("x")])


@given(st.lists(pieces, max_size=10).map("".join), targets)
def test_any_text_is_scored_within_the_range(text, target):
    reward = Weighted(accuracy=(1.0, ExactAnswer()), format=(0.1, ThinkAnswerFormat()))
    example = ask("Well?", target)
    low, high = range_of(reward, example)
    for body in (text, f"<think>a</think><answer>{text}</answer>"):
        assert low <= reward(say(body), example).value <= high
