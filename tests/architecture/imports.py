"""What each module of the library imports, read from its text: nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


@dataclass(frozen=True)
class Import:
    """One module names another, at the top or inside a function."""

    importer: str
    imported: str
    place: str
    """File and line."""
    is_at_top: bool
    """Whether it happens when the importer is itself imported, so that it can close a cycle."""

    def __str__(self) -> str:
        return f"{self.importer} imports {self.imported} ({self.place})"


def modules(source: Path = SOURCE) -> dict[str, Path]:
    """Every module of the library by its dotted name."""
    return {_dotted(path.relative_to(source)): path for path in sorted(source.rglob("*.py"))}


def imports(source: Path = SOURCE) -> list[Import]:
    """Every import of one module of the library by another."""
    known = modules(source)
    found = []
    for importer, path in known.items():
        package = importer if path.name == "__init__.py" else importer.rpartition(".")[0]
        for node, is_at_top in _statements(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(source.parent)}:{node.lineno}"
            for name in _names(node, package, known):
                found.append(Import(importer, name, place, is_at_top))
    return found


def _names(node: ast.Import | ast.ImportFrom, package: str, known: dict[str, Path]) -> list[str]:
    """The modules of the library that a statement names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in known]
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    inner = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in known else base for name in inner if name in known or base in known]


def _statements(
    tree: ast.AST, is_at_top: bool = True
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node, is_at_top
        is_later = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        yield from _statements(node, is_at_top and not is_later and not is_for_types)


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
