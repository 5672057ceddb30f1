"""A run folder as a real run leaves it: digits, a cold start, then RL, with boxes to look at.

Run as a program, it writes the folder and its report: `python tests/viewer/fake_run.py FOLDER`.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

KINDS = ("sum", "larger", "where")
START = 1763852512.0
COLD_STEPS, RL_STEPS = 120, 180


def write_fake_run(
    folder: Path, *, recorded_every: int = 6, groups: int = 6, size: int = 8
) -> Path:
    """The whole folder; the numbers are invented but move as they do in life."""
    rng = random.Random(7)
    (folder / "images").mkdir(parents=True)
    (folder / "rollouts").mkdir()
    _write_json(
        folder / "run.json",
        {
            "regard": "0.1.0",
            "recipe": "quickstart",
            "run": {
                "name": folder.name,
                "seed": 0,
                "policy": {"weights": {"type": "regard.models.tiny:TinyQwen", "width": 128}},
                "stages": [
                    {"name": "cold_start", "learning_rate": 3e-3},
                    {"name": "rl", "group_size": 8},
                ],
            },
        },
    )
    _write_json(
        folder / "versions.json",
        {"python": "3.12.3", "regard": "0.1.0", "torch": "2.9.1", "transformers": "5.0.0",
         "data": {"train": "digits, 1500 images", "fingerprint": "9c1f04"}},
    )  # fmt: skip
    _write_rows(folder / "metrics.jsonl", [*_cold_start(rng), *_reinforcement(rng)])
    _write_rows(folder / "evaluations.jsonl", _evaluations(rng))
    for step in range(COLD_STEPS + 1, COLD_STEPS + RL_STEPS + 1, recorded_every):
        rows = [_group(folder, rng, step, i, size) for i in range(groups)]
        _write_rows(folder / "rollouts" / f"step-{step:06d}.jsonl", rows)
    return folder


def skill(step: int) -> float:
    """The chance of a right answer: 45 % after the cold start, 95 % at the end."""
    done = max(0, step - COLD_STEPS) / RL_STEPS
    return 0.45 + 0.5 * (1 - math.exp(-3.2 * done)) / (1 - math.exp(-3.2))


def _cold_start(rng: random.Random) -> list[dict[str, Any]]:
    return [
        {"step": step, "stage": "cold_start", "stage_step": step, "time": START + 0.4 * step,
         "loss": 2.6 * math.exp(-step / 28) + 0.32 + rng.gauss(0, 0.03),
         "gradient/norm": 2.4 * math.exp(-step / 50) + rng.uniform(0.2, 0.7),
         "learning_rate": 3e-3 * min(1, step / 20) * (1 - 0.7 * step / COLD_STEPS),
         "time/update": 0.36 + rng.uniform(0, 0.05), "time/step": 0.4,
         "compute/tokens_per_second": 9000 + rng.gauss(0, 300)}
        for step in range(1, COLD_STEPS + 1)
    ]  # fmt: skip


def _reinforcement(rng: random.Random) -> list[dict[str, Any]]:
    rows = []
    for step in range(COLD_STEPS + 1, COLD_STEPS + RL_STEPS + 1):
        done = (step - COLD_STEPS) / RL_STEPS
        accuracy = min(1.0, max(0.0, skill(step) + rng.gauss(0, 0.06)))
        form = min(1.0, 0.88 + 0.12 * done + rng.gauss(0, 0.015))
        rows.append(
            {"step": step, "stage": "rl", "stage_step": step - COLD_STEPS,
             "time": START + 48 + 0.95 * (step - COLD_STEPS),
             "reward/mean": accuracy + 0.1 * form,
             "reward/std": 0.5 * math.sqrt(accuracy * (1 - accuracy)),
             "reward/parts/accuracy": accuracy, "reward/parts/format": form,
             "completion/num_tokens": 11.5 + 2 * done + rng.gauss(0, 0.3),
             "completion/truncated": max(0.0, 0.05 * (1 - 2 * done)),
             "policy/entropy": 0.42 * math.exp(-2 * done) + 0.03 + rng.gauss(0, 0.01),
             "policy/kl": 0.03 * done + abs(rng.gauss(0, 0.002)) if step % 40 else None,
             "policy/clip_fraction": abs(rng.gauss(0.01, 0.006)),
             "policy/engine_gap": 1e-7 * rng.random(),
             "group/zero_signal": min(1.0, max(0.0, 0.12 + 0.6 * done**1.5 + rng.gauss(0, 0.05))),
             "loss": rng.gauss(0, 0.012), "gradient/norm": 0.9 + abs(rng.gauss(0, 0.35)),
             "learning_rate": 5e-4 * min(1, (step - COLD_STEPS) / 10) * (1 - 0.8 * done),
             "time/rollout": 0.42 + rng.uniform(0, 0.08),
             "time/reward": 0.02 + rng.uniform(0, 0.01),
             "time/update": 0.36 + rng.uniform(0, 0.06),
             "time/evaluate": 0.9 if step % 20 == 0 else 0.0,
             "time/step": 0.9, "compute/tokens_per_second": 5200 + rng.gauss(0, 250),
             "replay/num_groups": int(20 * done) + rng.randint(0, 3)}
        )  # fmt: skip
    return rows


def _evaluations(rng: random.Random) -> list[dict[str, Any]]:
    last = COLD_STEPS + RL_STEPS
    moments = [
        (0, "cold_start", "before"),
        (60, "cold_start", "during"),
        (COLD_STEPS, "cold_start", "after"),
    ]
    moments += [(step, "rl", "during") for step in range(COLD_STEPS + 20, last, 20)]
    return [_evaluation(rng, *moment) for moment in [*moments, (last, "rl", "after")]]


def _evaluation(rng: random.Random, step: int, stage: str, moment: str) -> dict[str, Any]:
    known = {0: 0.04, 60: 0.22}.get(step, skill(step))
    offsets = {"sum": -0.05, "larger": 0.04, "where": 0.0}
    by_kind = {
        kind: {
            "accuracy": min(0.99, max(0.0, known + offset + rng.gauss(0, 0.01))),
            "num_examples": 64,
        }
        for kind, offset in offsets.items()
    }
    mean = sum(result["accuracy"] for result in by_kind.values()) / len(by_kind)
    return {"step": step, "stage": stage, "moment": moment, "accuracy": mean, "num_examples": 192,
            "by_kind": by_kind, "metrics": {"reward/format": min(1.0, 0.3 + known)}}  # fmt: skip


# ---------------------------------------------------------------------------------- rollouts


def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    scans = load_digits()
    return (255 - scans.images * 15.9).astype(np.uint8), scans.target


_SCANS: list[np.ndarray] = []


def _picture(folder: Path, numbers: tuple[int, ...]) -> dict[str, Any]:
    """Scans side by side, three pixels for one, as a content-addressed PNG."""
    if not _SCANS:
        _SCANS.extend(_digits())
    images, labels = _SCANS
    row = np.concatenate([images[i].repeat(3, 0).repeat(3, 1) for i in numbers], axis=1)
    image = Image.fromarray(np.pad(row, 2, constant_values=255))
    path = folder / "images" / "new.png"
    image.save(path)
    name = hashlib.sha256(path.read_bytes()).hexdigest()
    path.rename(folder / "images" / f"{name}.png")
    return {"type": "image", "image": f"images/{name}.png",
            "width": image.width, "height": image.height,
            "labels": [int(labels[i]) for i in numbers]}  # fmt: skip


def _group(folder: Path, rng: random.Random, step: int, index: int, size: int) -> dict[str, Any]:
    kind = KINDS[index % len(KINDS)]
    picture = _picture(folder, tuple(rng.randrange(40) for _ in range(2)))
    left, right = picture.pop("labels")
    width, height = picture["width"], picture["height"]
    side = rng.randrange(2)
    box = [2 + 24 * side, 2, 26 + 24 * side, 26]
    question, target = {
        "sum": ("What is the sum of the two digits?", {"type": "number", "value": left + right}),
        "larger": (
            "Which digit is larger?",
            {"type": "choice", "letter": "B" if right > left else "A"},
        ),
        "where": (
            f"Where is the {(left, right)[side]}? Answer with a box in thousandths.",
            {
                "type": "box",
                "x0": box[0],
                "y0": box[1],
                "x1": box[2],
                "y1": box[3],
                "frame": "pixels",
            },
        ),
    }[kind]
    answers = [
        _answer(rng, step, kind, (left, right), target, box, (width, height)) for _ in range(size)
    ]
    values = [answer["score"]["value"] for answer in answers]
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    for answer in answers:
        answer["advantage"] = (answer["score"]["value"] - mean) / (spread + 1e-6)
        answer["frames"] = [
            {"original": [width, height], "model_input": [56, 28],
             "answers_in": "per_mille" if kind == "where" else "pixels"}
        ]  # fmt: skip
    content = [picture, {"type": "text", "text": question}]
    return {
        "step": step,
        "stage": "rl",
        "example": {
            "id": f"digits-{step}-{index}", "kind": kind, "source": "digits",
            "messages": [{"role": "user", "content": content}], "target": target,
        },
        "completions": answers,
    }  # fmt: skip


def _answer(
    rng: random.Random, step: int, kind: str, digits: tuple[int, int], target: dict[str, Any],
    box: list[int], size: tuple[int, int],
) -> dict[str, Any]:  # fmt: skip
    is_right = rng.random() < skill(step)
    has_form = rng.random() < min(1.0, 0.75 + skill(step) / 4)
    parsed: Any = None
    if kind == "where":
        shift = rng.uniform(-30, 30) if is_right else rng.uniform(150, 420) * rng.choice((-1, 1))
        parsed = [round(1000 * side / size[i % 2]) for i, side in enumerate(box)]
        parsed = [
            max(0, min(1000, round(v + (shift if i % 2 == 0 else shift / 4))))
            for i, v in enumerate(parsed)
        ]
        if not is_right and rng.random() < 0.2:
            parsed = [0, 0, 1000, 1000]
        said, thought = str(parsed), f"the {digits[0]} is left of the {digits[1]}"
    elif kind == "sum":
        total = sum(digits) if is_right else sum(digits) + rng.choice((-2, -1, 1, 2))
        said, thought = str(total), f"{digits[0]} + {digits[1]}"
    else:
        letter = target["letter"] if is_right else "AB"["AB".index(target["letter"]) - 1]
        said, thought = letter, f"{digits[0]} and {digits[1]}"
    if rng.random() < 0.05 * (abs(step - COLD_STEPS - 60) < 25):
        thought = "wait " * 24 if has_form else ""
    text = f"<think> {thought} </think><answer> {said} </answer>"
    finish = "stop"
    if not has_form:
        text = text.replace("</answer>", "").replace("<think>", "") + " and and"
        finish = "length"
    accuracy = float(is_right)
    parts: dict[str, Any] = {
        "accuracy": {
            "value": accuracy,
            "reason": f"{said} is {'right' if is_right else 'wrong'}",
            "parsed": parsed,
        },
        "format": {"value": float(has_form), "reason": "" if has_form else "no </answer>"},
    }
    if kind == "where":
        overlap = 0.86 if is_right else 0.1
        parts["accuracy"] |= {
            "reason": f"IoU {overlap}",
            "parts": {
                "overlap": {"value": overlap, "reason": ""},
                "count": {"value": 1.0, "reason": "one box"},
            },
        }
    return {
        "text": text, "num_tokens": len(text.split()), "finish": finish,
        "score": {"value": accuracy + 0.1 * has_form, "reason": "", "parsed": None, "parts": parts},
    }  # fmt: skip


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", "utf-8")


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


if __name__ == "__main__":
    from regard.viewer import write_report

    print(write_report(write_fake_run(Path(sys.argv[1]))))
