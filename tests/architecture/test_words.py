"""Whatever another module may use says in a sentence what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from tests.architecture.imports import SOURCE, modules

TOLD_BY_THEIR_NAME = {"load", "describe", "demo", "at", "names", "main"}
"""Methods that keep a promise made elsewhere, where it is told."""


def without_words(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of public functions and classes at the top without a docstring."""
    if not ast.get_docstring(tree) and tree.body:
        yield 1, "the module"
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            is_public = not node.name.startswith("_") and node.name not in TOLD_BY_THEIR_NAME
            is_overload = any("overload" in ast.unparse(d) for d in node.decorator_list)
            if is_public and not is_overload and not ast.get_docstring(node):
                yield node.lineno, node.name


@pytest.mark.parametrize("name", modules())
def test_public_names_have_docstrings(name: str) -> None:
    path = modules()[name]
    found = without_words(ast.parse(path.read_text(encoding="utf-8")))
    place = path.relative_to(SOURCE.parent)
    silent = [f"{place}:{line}: {what}" for line, what in found]
    assert not silent, "no docstring: " + ", ".join(silent)


def test_a_missing_docstring_is_found() -> None:
    code = "'''Words.'''\ndef told():\n    '''Words.'''\ndef silent(): ...\ndef _own(): ...\n"
    assert list(without_words(ast.parse(code))) == [(4, "silent")]
