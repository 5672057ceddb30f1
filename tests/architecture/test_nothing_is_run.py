"""What a model or a file says is read and never run: no `eval`, no pickles from files."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from tests.architecture.imports import SOURCE, modules

RUNS = {"eval", "exec", "compile", "__import__"}
"""Built-in functions that run a text."""

UNPICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
"""Modules whose `load` and `loads` run what a file says."""

ALLOWED = {
    ("regard.config", "eval(annotation"): "the types of a dataclass, as its own module wrote them",
    ("regard.sources", "exec(compile(tree"): "a recipe is a program, and running it is the point",
    ("regard.sources", "compile(tree"): "the same",
    ("regard.testing", "pickle.loads(pickle.dumps("): "what was pickled in the same line",
}
"""What runs all the same, by module and beginning, and why nobody else can have written it."""


def what_runs(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and words of every call that would run what it is given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in UNPICKLES:
            yield node.lineno, f"from {node.module} import"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        module, _, name = called.rpartition(".")
        knobs = {word.arg: ast.unparse(word.value) for word in node.keywords}
        is_unpickling = module in UNPICKLES and name in ("load", "loads", "Unpickler", "open")
        is_torch = called == "torch.load" and knobs.get("weights_only") != "True"
        is_numpy = name == "load" and knobs.get("allow_pickle") == "True"
        is_shell = knobs.get("shell") == "True"
        is_trusting = "trust_remote_code" in knobs and knobs["trust_remote_code"] != "False"
        is_built_in = called in RUNS or (module == "builtins" and name in RUNS)
        if any((is_built_in, is_unpickling, is_torch, is_numpy, is_shell, is_trusting)):
            yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize("name", modules())
def test_a_module_runs_nothing_it_reads(name: str) -> None:
    path = modules()[name]
    found = what_runs(ast.parse(path.read_text(encoding="utf-8")))
    place = path.relative_to(SOURCE.parent)
    assert not [
        f"{place}:{line}: {call}"
        for line, call in found
        if not any(name == module and call.startswith(head) for module, head in ALLOWED)
    ]


@pytest.mark.parametrize(
    "code",
    [
        "eval(text)",
        "builtins.exec(text)",
        "pickle.load(file)",
        "from pickle import loads",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(line, shell=True)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
    ],
)
def test_a_call_that_runs_is_found(code: str) -> None:
    assert len([*what_runs(ast.parse(code))]) == 1


@pytest.mark.parametrize(
    "code",
    [
        "model.eval()",
        "re.compile(pattern)",
        "json.load(file)",
        "ast.literal_eval(text)",
        "torch.load(path, weights_only=True)",
        "pickle.dumps(reward)",
    ],
)
def test_what_only_looks_like_it_is_not(code: str) -> None:
    assert not [*what_runs(ast.parse(code))]
