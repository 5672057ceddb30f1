"""CognitiveDrone: its expert, its benchmark's oracle, and the action tokens of OpenVLA."""

from __future__ import annotations

from typing import Any

import numpy as np

from regard.envs.drone import (
    Pose,
    expert_flight,
    gate_path,
    gates_by_number,
    oracle_flight,
    world_velocity,
)
from regard.geometry.turns import turned, yaw_pitch_roll
from regard.text.action_tokens import (
    ActionTokens,
    action_statistics,
    action_token_metrics,
    normalised,
    unnormalised,
)


def tokens_of(given: dict[str, Any]) -> ActionTokens:
    return ActionTokens(vocab_size=given["vocab_size"], bins=given["bins"])


def expert_trajectory(given: dict[str, Any]) -> list[Pose]:
    return expert_flight(
        tuple(given["start"]),
        tuple(given["goal"]),
        height=given["fixed_z"],
        spacing=given["ds"],
        lookahead=given["lookahead"],
    )


def as_recorded(rows: list[Pose], published: dict[str, Any]) -> dict[str, Any]:
    index = published.get("row_index", [])
    sampled = {
        "n_rows": len(rows),
        "columns": list(Pose._fields),
        "rows": [rows[i] for i in index if i < len(rows)],
        "row_index": index,
    }
    return {name: sampled[name] for name in sampled if name in published}


def spline_path(given: dict[str, Any]) -> dict[str, Any]:
    x, y = gate_path(tuple(given["start_xy"]), tuple(given["goal_xy"]), spacing=given["ds"]).T
    middle = len(x) // 2
    return {
        "n": len(x),
        "x_first5": x[:5],
        "y_first5": y[:5],
        "x_last": x[-1],
        "y_last": y[-1],
        "x_mid": x[middle],
        "y_mid": y[middle],
    }


def bench_rollout_expert(given: dict[str, Any]) -> dict[str, Any]:
    place, left, log = tuple(given["start"]), given["max_steps"], []
    for goal in given["goals"]:
        result, num_steps, place = oracle_flight(
            place, given["yaw"], tuple(goal), max_steps=left, official=True
        )
        left -= num_steps
        if result:
            log.append([result, "Reasoning", "Digits"])
    return {"log": log, "n_steps": given["max_steps"] - left, "final": place}


ADAPTERS = {
    "expert_trajectory": expert_trajectory,
    "spline_path": spline_path,
    "quaternion_to_yaw_pitch_roll": lambda given: yaw_pitch_roll(*given["q_wxyz"]),
    "rotate_velocity_xy": lambda given: turned(given["vx"], given["vy"], given["delta_yaw"]),
    "bench_rollout_expert": bench_rollout_expert,
    "gates_list_to_dict": lambda given: gates_by_number(given["gates"]),
    "action_to_token_ids": lambda given: tokens_of(given).encode(given["action_normalised"]),
    "token_ids_to_action": lambda given: tokens_of(given).decode(given["token_ids"]),
    "unnormalise_action": lambda given: unnormalised(
        tokens_of(given).decode(given["token_ids"]), given["stats"]
    ),
    "normalise_action": lambda given: normalised(
        given["action"], given["stats"], scaling=given["type"]
    ),
    "action_statistics": lambda given: action_statistics(given["actions"]),
    "vla_train_metrics": lambda given: action_token_metrics(
        given["label_ids"], given["pred_ids"], tokens_of(given)
    ),
    "body_action_to_world_velocity": lambda given: world_velocity(
        given["action"],
        given["yaw"],
        gain_xy=given["gain_xy"],
        gain_z=given["gain_z"],
        gain_yaw=given["gain_yaw"],
    ),
}

SAMPLED = {"expert_trajectory": as_recorded}


# ----------------------------------------------------------------------------- where we differ


def _knots(given: dict[str, Any]) -> Any:
    """Distances of the four stops of the expert's way, along the chords between them."""
    (x, y), (goal_x, goal_y) = (
        given.get(name, given.get(f"{name}_xy"))[:2] for name in ("start", "goal")
    )
    stops = np.diff([(x, y), (x + 0.5, y), (goal_x - 0.5, goal_y), (goal_x, goal_y)], axis=0)
    return np.cumsum([0.0, *np.hypot(stops[:, 0], stops[:, 1])])


def stops_coincide(given: dict[str, Any]) -> bool:
    """The gate is one metre straight ahead, so that the second stop is the third."""
    return bool((np.diff(_knots(given)) == 0).any())


def last_place_is_the_end(given: dict[str, Any]) -> bool:
    """Rounding puts a place on the gate itself, or beyond."""
    length = _knots(given)[-1]
    places = np.arange(0, length, given["ds"])
    return len(places) > 0 and bool(places[-1] >= length)


PREDICATES = {"stops_coincide": stops_coincide, "last_place_is_the_end": last_place_is_the_end}

EXPECTED = {"refused": lambda given, published: {"raises": "DataError"}}
