"""What scoring a file of completions loads: nothing that takes long."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "PIL", "pandas", "sympy", "math_verify", "antlr4", "yaml", "rich"}

AN_INTERVAL = r"""
from regard.rewards import MathAnswer
from regard.rewards.contract import ask, say
from regard.types import Expression
score = MathAnswer()(say(r"<answer>(1, \frac{4}{2}]</answer>"), ask("?", Expression("(1, 2]")))
assert score.value == 1.0
"""


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        (
            "import regard.rewards",
            {*HEAVY, "numpy", "asyncio", "http.client", "concurrent.futures"},
        ),
        (AN_INTERVAL, {*HEAVY, "numpy"}),
        ("from regard import registry; registry.reward.names()", HEAVY),
    ],
)
def test_nothing_heavy_is_loaded(code, heavy):
    code += f"\nimport sys\nprint(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
