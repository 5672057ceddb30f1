"""Scores on screens, and of flights, from recorded answers and from files."""

from __future__ import annotations

import json
import math

import pytest

from regard.envs.drone import Gate
from regard.errors import DataError
from regard.evals.benchmarks.drone import (
    official_success,
    read_flight,
    read_scenarios,
    strict_success,
    success_rates,
    wilson_interval,
)
from regard.evals.benchmarks.screens import (
    action_metrics,
    grounding_accuracy,
    official_action_metrics,
    official_grounding_accuracy,
    read_rows,
    screen_answer,
    screenspot_row,
    step_answer,
    step_question,
)
from regard.types import Box, Frame, GuiAction, Point


def spot(point, group="web", element="icon"):
    row = {"group": group, "ui_type": element, "gt_bbox": [0, 0, 10, 10], "pred_coord": point}
    return screen_answer(row)


def step(wanted, said, place=(500, 500), point=(500, 500), text=("", ""), group="phone"):
    return step_answer(
        {"group": group, "gt_action": wanted, "pred_action": said, "gt_bbox": list(place)}
        | {"pred_coord": list(point), "image_size": [1000, 1000]}
        | {"gt_input_text": text[0], "pred_input_text": text[1]}
    )


# ---------------------------------------------------------------------------------------- screens


def test_a_sort_of_element_without_a_hit_counts_as_nothing_right():
    answers = [spot([5, 5]), spot([50, 5]), spot([50, 50], element="text"), spot(None)]
    assert grounding_accuracy(answers) == {"web-icon": 1 / 3, "web-text": 0.0, "all": 0.25}
    assert official_grounding_accuracy(answers) == {"web-icon": 1 / 3}  # text is not printed


def test_the_border_counts_but_not_officially():
    assert grounding_accuracy([spot([10, 10])])["all"] == 1.0
    assert official_grounding_accuracy([spot([10, 10])]) == {}


def test_a_step_is_right_in_kind_and_argument():
    answers = [
        step("click", "click"),
        step("click", "click", point=(700, 500)),  # 20% off
        step("click", "scroll"),  # in place, but another kind
        step("type", "type", text=("hello world", "hello there")),  # F1 0.5
        step("type", "select", text=("a b", "a b")),
        step("press_back", "press_back"),
        step("press_back", None),
    ]
    found = action_metrics(answers)
    assert found["type"] == 4 / 7  # two clicks, one type, one press
    assert found["grounding"] == 2 / 3
    assert found["step"] == 3 / 7
    assert found["step/phone/press_back"] == 0.5


def test_officially_the_kind_is_not_asked_and_what_has_no_hit_is_dropped():
    answers = [
        step("click", "scroll"),  # right place
        step("moveto", "moveto", point=(900, 900)),  # a sort without a hit
        step("type", "type", text=("up", "up")),
        step("press_back", "click"),
    ]
    found = official_action_metrics(answers)
    assert found["ALL GR"] == 1.0  # 1 of the 1 click; moveto has vanished
    assert found["ALL Step"] == 1.0  # click and type
    assert found["ALL Type"] == 1.0  # moveto and type; click and press_back have vanished
    assert set(found) == {
        "phone-moveto Length 1",
        "phone-type Length 1",
        "phone-click-grounding Length 1",
        "phone-type-text Length 1",
    } | {"ALL GR", "ALL Step", "ALL Type"}
    strict = action_metrics(answers)
    assert (strict["type"], strict["grounding"], strict["step"]) == (0.5, 0.5, 0.25)


def test_a_box_is_officially_its_corner():
    box = step("click", "click", place=(500, 500, 900, 900), point=(850, 850))
    assert action_metrics([box])["grounding"] == 1.0
    assert math.isnan(official_action_metrics([box])["ALL GR"])


def test_nothing_to_divide_by_is_nan():
    found = action_metrics([step("press_back", "press_back")])
    assert math.isnan(found["grounding"])
    assert found["step"] == 1.0


def test_rows_come_from_a_list_or_from_lines(tmp_path):
    row = {"group": "dev", "ui_type": "text", "gt_bbox": [0, 0, 9, 9], "pred_coord": [1, 1]}
    (tmp_path / "list.json").write_text(json.dumps([row, row]))
    (tmp_path / "lines.jsonl").write_text(json.dumps(row) + "\n\n" + json.dumps(row) + "\n")
    for name in ("list.json", "lines.jsonl"):
        assert grounding_accuracy(read_rows(tmp_path / name, screen_answer))["dev-text"] == 1.0


def test_a_malformed_row_is_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"group": "dev", "ui_type": "text", "gt_bbox": [0, 0]}')
    with pytest.raises(DataError, match=r"rows.jsonl: record 1: gt_bbox \[0, 0\] has 2 numbers"):
        list(read_rows(path, screen_answer))
    path.write_text('{"group": "dev"}')
    with pytest.raises(DataError, match=r"record 1: no field 'gt_bbox'"):
        list(read_rows(path, screen_answer))
    path.write_text("{")
    with pytest.raises(DataError, match="no JSON"):
        list(read_rows(path, screen_answer))


def test_the_two_screenspots_write_boxes_differently():
    common = {"img_filename": "a.png", "instruction": "close", "bbox": [10, 20, 30, 40]}
    first = screenspot_row({**common, "data_source": "ios", "data_type": "text"})
    pro = screenspot_row({**common, "group": "CAD", "ui_type": "icon"})
    assert first == ("a.png", "close", Box(10, 20, 40, 60), "ios-text")
    assert pro == ("a.png", "close", Box(10, 20, 30, 40), "CAD-icon")


STEP = {
    "id": "a-17",
    "image": {"bytes": b"PNG", "path": None},
    "instruction": "open the alarm tab",
    "history": "None",
    "task_type": "high",
    "gt_action": "click",
    "gt_bbox": [0.1, 0.92, 0.22, 0.99],
    "gt_input_text": "no input text",
}


def test_steps_are_read_from_parquet_with_their_pictures(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    typing = {**STEP, "gt_action": "type", "gt_bbox": [-100.0, -100.0], "gt_input_text": "7 am"}
    path = tmp_path / "train.parquet"
    parquet.write_table(arrow.Table.from_pylist([STEP, typing]), path)
    first, second = read_rows(path, lambda row: step_question(row, frame=Frame.UNIT))
    target = Box(0.1, 0.92, 0.22, 0.99, Frame.UNIT)
    assert (first.id, first.group, first.image) == ("a-17", "high", b"PNG")
    assert first.wanted == GuiAction("click", target, "no input text")
    assert second.wanted == GuiAction("type", None, "7 am")


def test_a_benchmark_has_pixels_and_a_group():
    row = {**STEP, "gt_bbox": [640, 33], "group": "web", "image": "screen.png"}
    step = step_question(row)
    assert (step.group, step.image, step.wanted.target) == ("web", None, Point(640, 33))


def test_pixels_are_no_fractions():
    with pytest.raises(DataError, match="pixels, perhaps"):
        step_question({**STEP, "gt_bbox": [640, 33]}, frame=Frame.UNIT)


# ---------------------------------------------------------------------------------------- flights


def test_a_flight_through_the_wrong_gate_succeeds_only_officially():
    gates = {"1": Gate(centre=(5, 0, 1), yaw=0.0), "2": Gate(centre=(7, 0, 1), yaw=0.0)}
    flight = [(0, 0, 1), (4.5, 0, 1), (6.5, 0, 1), (8, 0, 1)]
    assert official_success(flight, (7, 0, 0))
    assert not strict_success(flight, gates, "2")
    assert strict_success(flight, gates, "1")


def test_a_flight_ends_in_the_ground_far_away_or_late():
    gates = {"1": Gate(centre=(5, 0, 1), yaw=0.0)}
    through = [(4, 0, 1), (6, 0, 1)]
    assert not strict_success([(0, 0, 1), (2, 0, 0), *through], gates, "1")
    assert not strict_success([(0, 0, 1), (0, 11, 1), *through], gates, "1")
    assert not strict_success([(0, 0, 1)] * 5 + through, gates, "1", max_steps=4)
    assert strict_success([(0, 0, 1)] * 3 + through, gates, "1", max_steps=4)
    assert not strict_success([], gates, "1")


def test_rates_by_type_category_and_in_all():
    rates = success_rates([("digits", True), ("digits", True), ("logos", False), ("food", False)])
    assert rates["digits"] == 1.0
    assert rates["symbol understanding"] == pytest.approx(2 / 3)
    assert rates["all"] == 0.5
    assert rates["average"] == pytest.approx(1 / 3)  # of the two categories flown
    with pytest.raises(DataError, match="'cars' is none of the types"):
        success_rates([("cars", True)])


def test_an_interval_holds_the_share():
    # 44 of 58, as the paper's reasoning cell: textbook value 0.635 to 0.851
    assert wilson_interval(44, 58) == pytest.approx((0.635, 0.851), abs=1e-3)
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(0, 5)[0] == 0.0


def test_scenarios_and_recorded_set_ups_are_read_alike(tmp_path):
    row = {"prompt": "the sum of 3 and 2", "prompt_simpler": "the green gate with 5", "correct": 2}
    looks = {"size": "small", "shape": "round", "color": "green"}
    (tmp_path / "Digits.json").write_text(
        json.dumps([{**row, "options": ["two.dae", "five.dae"], "gates": {"1": {}, "2": looks}}])
    )
    (tmp_path / "setup.json").write_text(
        json.dumps({**row, "gates": [{"gate": "1"}, {"gate": "2", **looks}]})
    )
    (first,) = read_scenarios(tmp_path / "Digits.json")
    (second,) = read_scenarios(tmp_path / "setup.json")
    assert first.gates["2"] == second.gates["2"] == looks
    assert (first.correct, first.options) == ("2", ("two.dae", "five.dae"))


def test_a_malformed_scenario_is_named(tmp_path):
    path = tmp_path / "Digits.json"
    path.write_text('[{"prompt": "x"}]')
    with pytest.raises(DataError, match="scenario 1: no field 'gates'"):
        read_scenarios(path)
    path.write_text('[{"prompt": "x", "prompt_simpler": "y", "correct": 4, "gates": {"1": {}}}]')
    with pytest.raises(DataError, match="the right gate is 4, among gates 1"):
        read_scenarios(path)


def test_a_flight_is_read_from_its_table(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(
        "frame_id,dx,dy,dz,angle,x,y,z,qx,qy,qz,qw\n1,-0.3,0.0,0.01,0.1,-0.9,0,0.7,0,0,0,1\n"
    )
    (row,) = read_flight(path)
    assert (row.frame_id, row.dx, row.qw) == (1, -0.3, 1.0)
    path.write_text("frame_id,dx\n1,-0.3\n")
    with pytest.raises(DataError, match=r"data.csv:2: KeyError\('dy'\); expected frame_id, dx, dy"):
        read_flight(path)
