"""How long rewards take: 10,000 completions each, and a megabyte of trouble, on one core.

    python benchmarks/rewards.py            all registered rewards
    python benchmarks/rewards.py math_answer box_overlap

Completions are those of each reward's demonstration, the best and the poor by turns, each with
some 200 words of thinking of its own where the text has any. Judges and encoders are scripted:
their own time is not in the table. Formulas are remembered by their texts, so some rows have new
ones only, measured on 100: plain ones, sets and intervals, and what math-verify alone can read.
The last column is the time for the worst of twenty texts of a megabyte (`endless_texts`: brackets,
tags, digits, blanks, … over and over). Before the table, what an import takes: the least of five.
Seconds are the processor's, of this process and its workers, as Linux counts them: what else the
machine does is not in them.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from regard import registry
from regard.rewards.contract import Demo, ask, say, score_group
from regard.testing import endless_texts
from regard.types import Completion, Expression

NUM_COMPLETIONS = 10_000
NUM_NEW = 100
GROUP_SIZE = 8
MEGABYTE = 1_000_000
_WORDS = ("left of the small blue cup", "there are two", "wait, no, three", "the red box lies")


def import_time_s(module: str) -> float:
    """Seconds to import a module; the least of five new processes."""
    code = (
        "import sys, time; start = time.process_time(); "
        f"import {module}; print(time.process_time() - start); assert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-c", code]
    runs = [subprocess.run(command, capture_output=True, check=True) for _ in range(5)]
    return min(float(run.stdout) for run in runs)


def processor_seconds() -> float:
    """What this process and those it started have used until now."""
    ticks = 0
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        used = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13]
        ticks += sum(map(int, used))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def new_answers(wanted: str, best: str, poor: str) -> Demo:
    """Mathematics to compare, none of it twice."""
    return replace(
        registry.reward["math_answer"].demo(),  # type: ignore[attr-defined]
        example=ask("Well?", Expression(wanted)),
        best=say(f"<think></think><answer>${best}$</answer>"),
        poor=say(f"<think></think><answer>${poor}$</answer>"),
    )


NEW = {
    "math_answer, each formula new": new_answers(
        r"\frac{\sqrt{8}}{2} + \ln(x)",
        r"NUMBER + \sqrt{2} + \ln(x) - NUMBER",
        r"\sqrt{NUMBER} + \ln(x)",
    ),
    "math_answer, each set new": new_answers(
        r"\{1, \sqrt{8}\}", r"\{2\sqrt{2}, \frac{NUMBER}{NUMBER}\}", r"\{1, \sqrt{NUMBER}\}"
    ),
    "math_answer, each union of intervals new": new_answers(
        r"[-1, 2) \cup (5, \infty)", r"(5, \infty) \cup [-1, NUMBER-NUMBER+2)", r"(-1, NUMBER]"
    ),
    "math_answer, each tower of powers new": new_answers(
        r"x + 9", r"x + 9", r"x + NUMBER^{NUMBER^{NUMBER^{NUMBER}}}"
    ),
    "math_answer, each equation new": new_answers(
        "y = 2x + 1", "y = 2x + NUMBER - NUMBER + 1", "y = 2x + NUMBER"
    ),
    "math_answer, each circle new": new_answers(
        "x^2 + y^2 = 9", "y^2 + x^2 = NUMBER - NUMBER + 9", "x^2 + y^2 = NUMBER^2"
    ),
}
"""Rows of their own: answers that were not seen before."""


def texts(demo: Demo, num: int) -> list[str]:
    """The completions to score."""
    chance = random.Random(0)
    found = []
    for number in range(num):
        text = (demo.best, demo.poor)[number % 2].text.replace("NUMBER", str(number + 3))
        thinking = " ".join(chance.choices(_WORDS, k=50))
        found.append(text.replace("<think>", f"<think>{number} {thinking}. ", 1))
    return found


def seconds(demo: Demo, num: int) -> float:
    """Time to score as many completions, in groups to one example."""
    completions = [Completion(text=text, frames=demo.best.frames) for text in texts(demo, num)]
    score_group(demo.reward, completions[:GROUP_SIZE], demo.example)  # imports, workers
    start = processor_seconds()
    for at in range(0, len(completions), GROUP_SIZE):
        score_group(demo.reward, completions[at : at + GROUP_SIZE], demo.example)
    return processor_seconds() - start


def seconds_of_trouble(demo: Demo) -> tuple[float, str]:
    """Time for the worst megabyte, and what it is made of."""
    found = []
    for piece, text in endless_texts(demo.best.text, MEGABYTE):
        start = processor_seconds()
        score_group(demo.reward, [Completion(text=text, frames=demo.best.frames)], demo.example)
        found.append((processor_seconds() - start, piece))
    return max(found)


def main() -> None:
    """Print the table."""
    print(f"import regard.rewards: {import_time_s('regard.rewards'):.2f} s\n")
    print(f"| reward | seconds for {NUM_COMPLETIONS:,} | for the worst megabyte |\n|---|---:|---:|")
    demos = {name: registry.reward[name].demo() for name in registry.reward.names()}  # type: ignore[attr-defined]
    demos |= NEW
    for name in sys.argv[1:] or demos:
        num = NUM_NEW if name in NEW else NUM_COMPLETIONS
        took = seconds(demos[name], num) * NUM_COMPLETIONS / num
        trouble, piece = seconds_of_trouble(demos[name])
        print(f"| {name} | {took:.2f} | {trouble:.2f} (`{piece!r}`) |", flush=True)


if __name__ == "__main__":
    main()
