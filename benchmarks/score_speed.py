"""How long rewards take: 10,000 completions each, on one core.

    python benchmarks/score_speed.py            all registered rewards
    python benchmarks/score_speed.py math_answer box_overlap

Completions are those of each reward's demonstration, the best and the poor by turns, each with
some 200 words of thinking of its own where the text has any. Judges and encoders are scripted:
their own time is not in the table. Formulas are remembered by their texts, so two rows have new
ones only, measured on 500: plain ones, and sets, which math-verify alone can read. Before the
table, what an import takes: the least of five processes.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from dataclasses import replace

from regard import registry
from regard.rewards.contract import Demo, ask, say, score_group
from regard.types import Completion, Expression

NUM_COMPLETIONS = 10_000
GROUP_SIZE = 8
NEW_FORMULAS = "math_answer, each formula new"
NEW_SETS = "math_answer, each set of formulas new"
_WORDS = ("left of the small blue cup", "there are two", "wait, no, three", "the red box lies")


def import_time_s(module: str) -> float:
    """Seconds to import a module; the least of five new processes."""
    code = (
        "import sys, time; start = time.perf_counter(); "
        f"import {module}; print(time.perf_counter() - start); assert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-c", code]
    runs = [subprocess.run(command, capture_output=True, check=True) for _ in range(5)]
    return min(float(run.stdout) for run in runs)


def new_formulas() -> Demo:
    """Formulas to compare, none of them twice."""
    return replace(
        registry.reward["math_answer"].demo(),  # type: ignore[attr-defined]
        example=ask("Well?", Expression(r"\frac{\sqrt{8}}{2} + \ln(x)")),
        best=say("<think></think><answer>$NUMBER + \\sqrt{2} + \\ln(x) - NUMBER$</answer>"),
        poor=say("<think></think><answer>$\\sqrt{NUMBER} + \\ln(x)$</answer>"),
    )


def new_sets() -> Demo:
    """Sets, none of them twice: each is read by math-verify, and compared."""
    return replace(
        new_formulas(),
        example=ask("Well?", Expression(r"\{1, \sqrt{8}\}")),
        best=say("<think></think><answer>$\\{2\\sqrt{2}, NUMBER/NUMBER\\}$</answer>"),
        poor=say("<think></think><answer>$\\{1, \\sqrt{NUMBER}\\}$</answer>"),
    )


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
    start = time.perf_counter()
    for at in range(0, len(completions), GROUP_SIZE):
        score_group(demo.reward, completions[at : at + GROUP_SIZE], demo.example)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    print(f"import regard.rewards: {import_time_s('regard.rewards'):.2f} s\n")
    print(f"| reward | seconds for {NUM_COMPLETIONS:,} |\n|---|---:|")
    total = 0.0
    demos = {name: registry.reward[name].demo() for name in registry.reward.names()}  # type: ignore[attr-defined]
    demos |= {NEW_FORMULAS: new_formulas(), NEW_SETS: new_sets()}
    for name in sys.argv[1:] or demos:
        num = 500 if name in (NEW_FORMULAS, NEW_SETS) else NUM_COMPLETIONS
        took = seconds(demos[name], num) * NUM_COMPLETIONS / num
        total += took
        print(f"| {name} | {took:.2f} |", flush=True)
    print(f"| all | {total:.2f} |")


if __name__ == "__main__":
    main()
