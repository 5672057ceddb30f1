"""A drone's camera before gates: what is said can be seen, and flying as told leads through."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from regard.data.worlds.common import SPLITS, TIERS
from regard.data.worlds.gates import Gates
from regard.data.worlds.gates.cards import SYMBOLS, TRAITS, digit_card, person_card, symbol_card
from regard.data.worlds.gates.flight import (
    ACTION_WORDS,
    GATE_HEIGHT,
    STATISTICS,
    TOKENS,
    action_tokens,
    expert_step,
)
from regard.data.worlds.gates.layout import GATES, LAYOUTS
from regard.data.worlds.gates.scenes import COLOURS, PLACES, SHAPES
from regard.data.worlds.gates.view import GROUNDS, HEIGHT, WIDTH, camera_at
from regard.envs.drone import Gate, expert_flight, first_gate, forward_velocity
from regard.rewards.named_word import NamedWord
from regard.text.action_tokens import ActionTokens, unnormalised
from regard.text.tags import inside
from regard.types import Completion


@pytest.mark.parametrize("goal", [(5.0, 0.0), (4.0, 4.0), (2.0, -2.0)])
def test_the_expert_is_the_one_of_the_environment(goal):
    start = (-1.0, 0.2, 1.0)
    log = expert_flight(start, (*goal, 0.0))
    for row in (1, 2, 5):
        (x, y, z), _, action = expert_step(start, goal, row)
        logged = log[row - 1]  # the first place is left out of a log
        assert (x, y, z) == pytest.approx((logged.x, logged.y, logged.z))
        assert action == pytest.approx(forward_velocity(logged, lookahead_s=1.0))


def test_the_expert_flies_through_the_gate_that_is_meant_and_no_other():
    gates = {str(k): Gate(centre=(x, y, 1.0), yaw=yaw) for k, (x, y, yaw) in enumerate(GATES)}
    for k, (x, y, _) in enumerate(GATES):
        rows = expert_flight((-1.0, 0.0, 0.75), (x, y, 0.0))
        # the log ends half a metre before the gate, and goes on as it was
        steps = [(row.x, row.y, row.z) for row in rows]
        onward = tuple(2 * b - a for a, b in zip(steps[-8], steps[-1], strict=True))
        assert first_gate([*steps, onward], gates) == str(k)


def test_an_action_as_words_and_back_is_right_to_half_a_bin():
    action = np.array([0.31, 0.0, 0.03, -0.7])
    ids = action_tokens(action)
    back = unnormalised(TOKENS.decode(ids), {"q01": STATISTICS["min"], "q99": STATISTICS["max"]})
    widths = np.subtract(STATISTICS["max"], STATISTICS["min"]) / 31
    assert (np.abs(back - action) <= widths / 2 + 1e-9).all()


def test_action_words_at_the_end_of_a_vocabulary_have_openvlas_ids():
    words = Gates.words()
    assert words[-32:] == ACTION_WORDS
    tokens = ActionTokens(vocab_size=len(words), bins=32)
    values = [-1.0, -0.2, 0.4, 1.0]
    assert [words[token] for token in tokens.encode(values)] == [
        ACTION_WORDS[token] for token in TOKENS.encode(values)
    ]


def seen_gates(example):
    """For each gate, the pixel of its card's middle and its scenario."""
    pose, tier = example.meta["pose"], example.meta["tier"]
    layout, camera = LAYOUTS[tier], camera_at(pose["place"], pose["yaw"])
    for number, (x, y, _) in enumerate(GATES, 1):
        place = (x * layout.closeness, y * layout.closeness, layout.card_height)
        across, down = camera.seen(place) / 2
        yield across, down, example.meta["scenario"]["gates"][str(number)]


@pytest.mark.parametrize("tier", TIERS)
def test_every_card_is_wholly_in_the_picture_from_left_to_right(tier):
    for split in ("train", "test"):
        for example in Gates(split=split, tiers=(tier,), size=18).load():
            places = [(across, down) for across, down, _ in seen_gates(example)]
            assert [across for across, _ in places] == sorted(across for across, _ in places)
            assert all(8 <= across <= WIDTH - 8 and 8 <= down <= HEIGHT - 8
                       for across, down in places), (example.id, places)  # fmt: skip


def test_each_gate_has_the_colour_that_is_said_where_it_stands():
    for example in Gates(kinds=("colour",), tiers=("easy", "middle"), size=16).load():
        pixels = np.asarray(example.images[0].open(), dtype=float)
        middles = [across for across, _, _ in seen_gates(example)]
        for across, (_, _, gate) in zip(middles, seen_gates(example), strict=True):
            column = pixels[62:, round(across) - 6 : round(across) + 6]
            rest = column.sum(axis=2, keepdims=True) - column
            vivid = (2 * column - rest).reshape(-1, 3).max(axis=0)
            assert COLOURS[int(vivid.argmax())] == gate["color"], example.id


def test_the_meant_gate_is_the_one_that_the_scenario_numbers():
    for example in Gates(kinds=("colour", "shape", "symbol", "digit"), size=48).load():
        scenario = example.meta["scenario"]
        assert PLACES[scenario["correct"] - 1] == example.target.name
        gate, prompt = scenario["gates"][str(scenario["correct"])], scenario["prompt"]
        for part in ("color", "shape", "size"):
            named = {"color": COLOURS, "shape": SHAPES, "size": ("big", "small")}[part]
            said = [word for word in prompt.split() if word in named]
            assert said in ([], [gate[part]])
        if example.kind == "digit":
            digits = [int(option) for option in scenario["options"]]
            right = digits[scenario["correct"] - 1]
            if "largest" in prompt:
                assert right == max(digits)
            elif "smallest" in prompt:
                assert right == min(digits)
            elif "even" in prompt or "odd" in prompt:
                same = [digit for digit in digits if digit % 2 == right % 2]
                assert same == [right]
                assert ("even" in prompt) == (right % 2 == 0)
            else:
                assert prompt.endswith(str(right))


def test_a_sum_has_the_answer_that_is_meant():
    for example in Gates(kinds=("sum",), size=60).load():
        scenario = example.meta["scenario"]
        right = int(scenario["options"][scenario["correct"] - 1])
        asked = scenario["prompt"].rpartition("equal to ")[2]
        if asked == "the board":
            asked = example.gold.split("<think> ")[1].split(" :")[0]
        first, sign, second = asked.split()
        assert right == int(first) + (1 if sign == "+" else -1) * int(second)
        assert scenario["options"].count(str(right)) == 1


def test_the_letter_is_the_one_that_is_asked_for_in_roundabout_ways():
    for example in Gates(kinds=("letter",), tiers=("middle", "hard"), size=40).load():
        scenario = example.meta["scenario"]
        right, prompt = scenario["options"][scenario["correct"] - 1], scenario["prompt"]
        if "after" in prompt:
            assert ord(right) == ord(prompt[-1]) + 1
        elif "before" in prompt:
            assert ord(right) == ord(prompt[-1]) - 1
        else:
            assert right == min(scenario["options"])


def test_a_command_names_one_colour_and_one_shape_as_its_rewards_want():
    for example in Gates(kinds=("command",), size=15).load():
        completion = Completion(text=example.gold)
        assert NamedWord(words=COLOURS)(completion, example).value == 1.0
        assert NamedWord(words=SHAPES)(completion, example).value == 1.0


def test_each_place_is_right_equally_often():
    answers = Counter(example.meta["answer"] for example in Gates(size=108).load())
    assert min(answers.values()) > 20


def test_the_splits_share_no_ground_and_all_cards_look_different():
    assert not set(GROUNDS["train"]) & set(GROUNDS["test"])
    rng = np.random.default_rng(0)
    cards = [
        *(symbol_card(name, "train", rng) for name in SYMBOLS),
        *(person_card(trait, "train", rng) for trait in TRAITS),
        *(digit_card(digit, "train", rng) for digit in range(10)),
    ]
    small = [np.asarray(card.resize((14, 14), Image.Resampling.BOX), dtype=float) for card in cards]
    for i, one in enumerate(small):
        assert all(np.abs(one - other).mean() > 4 for other in small[:i])


def test_the_goal_height_is_the_environments():
    from regard.envs import drone

    assert GATE_HEIGHT == drone.GATE_HEIGHT


@pytest.mark.parametrize("split", SPLITS)
def test_gates_are_read_from_the_left_up_to_the_one_that_is_meant(split):
    for example in Gates(split=split, size=108).load():
        thought = (inside("think", example.gold) or "").strip()
        is_compared = any(word in example.question for word in ("largest", "smallest"))
        if "the board" in example.question:
            thought = thought.partition(" : ")[2]
        read = thought.partition(" : ")[0].split(" , ")
        places = [entry.split()[0] for entry in read]
        assert places == list(PLACES[: len(places)])
        answer = example.meta["answer"]
        assert (PLACES[-1] if is_compared else answer) == places[-1]
        assert thought.endswith(f" : {answer}") == is_compared
