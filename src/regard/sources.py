"""Where a run's values come from: the comment beside each number in its recipe.

A recipe is ordinary Python, so a number may travel through variables, helpers and `replace` before
it ends up in a field. Reading the text alone would guess; instead the recipe runs a second time
with every number and text it writes replaced by an equal one that remembers its line. None, truths
and enums cannot carry a memory; they are recognised by the call they were given to.

The comment of a value is the one at the end of its line, else one alone on the line above, else
the one at the end (or the opening line) of the expression or statement around it.
"""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

from regard.config import Leaf, leaves, parts_of, steps_of, with_setting

Origin = Literal["recipe", "setting", "default", "computed"]


class Line(typing.NamedTuple):
    """A value of a resolved run, and where it comes from."""

    path: str
    value: Any
    origin: Origin
    """Written in the recipe, set on the command line, the field's default, or none of these."""
    comment: str = ""
    """What the recipe says beside it."""
    place: str = ""
    """File and line of the recipe that wrote it."""
    owner: str = ""
    """The class whose field it is, or is in."""

    @property
    def source(self) -> str:
        """In a few words: the comment if there is one."""
        if self.origin == "setting":
            return "--set"
        return self.comment or self.place or self.origin


class Mark(typing.NamedTuple):
    """A place in a recipe, and the comment that speaks for it."""

    place: str = ""
    comment: str = ""
    callee: str = ""
    """The call it is about, if it is about one."""


NO_MARK = Mark()


def explain(
    run: Any, *, recipe: Callable[[], Any] | None = None, settings: Iterable[str] = ()
) -> list[Line]:
    """Each value of `run` after `settings`, with its source; `run` is what `recipe` returned.

    Without a recipe (a run read from a file), values are the default or "computed".
    """
    trace = _traced(recipe) if recipe else _Trace()
    overridden = []
    for setting in settings:
        overridden.append(steps_of(run, setting.partition("=")[0]))
        run = with_setting(run, setting)
    return [_line(leaf, trace, overridden) for leaf in leaves(run)]


def _line(leaf: Leaf, trace: _Trace, overridden: list[tuple[Any, ...]]) -> Line:
    def line(origin: Origin, mark: Mark = NO_MARK) -> Line:
        owner = type(leaf.owner).__name__ if leaf.field else ""
        return Line(leaf.path, leaf.value, origin, mark.comment, mark.place, owner)

    if any(leaf.steps[: len(steps)] == steps for steps in overridden):
        return line("setting")
    mark = trace.of_value(leaf) or trace.of_keyword(leaf)
    if mark:
        return line("recipe", mark)
    if _is_default(leaf):
        return line("default")
    maker = trace.makers.get(leaf.steps[:-1], NO_MARK)
    if maker.callee and not maker.comment:
        maker = maker._replace(comment=f"as {maker.callee} has it")
    return line("computed", maker)


def _is_default(leaf: Leaf) -> bool:
    field = next(field for field in fields(leaf.owner) if field.name == leaf.field)
    default = field.default
    if field.default_factory is not MISSING:
        default = field.default_factory()
    return bool(getattr(leaf.owner, leaf.field) == default)


# ------------------------------------------------------------------------ running with memories


class _Int(int):
    mark: Mark


class _Float(float):
    mark: Mark


class _Text(str):
    mark: Mark


_MARKED: dict[type, type] = {int: _Int, float: _Float, str: _Text}


class _Trace:
    """What a recipe's second run remembers."""

    def __init__(self) -> None:
        self.run: Any = None
        self.values: dict[tuple[Any, ...], tuple[Any, Mark]] = {}
        """By the way to a leaf: its value there, and its mark."""
        self.makers: dict[tuple[Any, ...], Mark] = {}
        """By the way to a dataclass: the call that brought it."""
        self.given: list[tuple[str, Any, Mark]] = []
        """Field, value and mark of every keyword that was passed."""
        self._made: dict[int, tuple[Any, Mark]] = {}

    def mark(self, value: Any, mark: Mark) -> Any:
        """An equal value that remembers `mark`; of dataclasses, the trace itself remembers."""
        kind = _MARKED.get(type(value))
        if kind is not None:
            value = kind(value)
            value.mark = mark
        else:
            self._remember(value, mark)
        return value

    def _remember(self, value: Any, mark: Mark) -> None:
        """What a call brought is remembered, save for the parts that other calls brought before."""
        if is_dataclass(value):
            self._made.setdefault(id(value), (value, mark))
        for _, part in parts_of(value):
            self._remember(part, mark)

    def keep(self, value: Any, field: str, mark: Mark) -> Any:
        self.given.append((field, value, mark))
        return value

    def finish(self, run: Any) -> None:
        """Sort what is remembered by its place in the finished run."""
        for leaf in leaves(run):
            if isinstance(leaf.value, (_Int, _Float, _Text)):
                self.values[leaf.steps] = (leaf.value, leaf.value.mark)
            elif id(leaf.value) in self._made:  # a dataclass without fields
                value, mark = self._made[id(leaf.value)]
                if mark.callee == type(value).__name__:
                    self.values[leaf.steps] = (value, mark)
            if id(leaf.owner) in self._made:
                self.makers[leaf.steps[:-1]] = self._made[id(leaf.owner)][1]

    def of_value(self, leaf: Leaf) -> Mark | None:
        """The mark the value carried to its place, if it is the same value still."""
        value, mark = self.values.get(leaf.steps, (None, None))
        return mark if value == leaf.value else None

    def of_keyword(self, leaf: Leaf) -> Mark | None:
        """The mark of the call this value was given to: its owner's own, else a helper's.

        A number can carry its mark through a helper; without one it is no helper's.
        """
        owner = type(leaf.owner).__name__
        same = [
            mark
            for field, value, mark in self.given
            if field == leaf.field and type(value) is type(leaf.value) and value == leaf.value
        ]
        found = [mark for mark in same if mark.callee == owner]
        if type(leaf.value) not in _MARKED:
            found = found or [mark for mark in same if not mark.callee[:1].isupper()]
        comments = dict.fromkeys(mark.comment for mark in found if mark.comment)
        return found[-1]._replace(comment=" | ".join(comments)) if found else None


def _traced(recipe: Callable[[], Any]) -> _Trace:
    """What is remembered of `recipe()`; nothing where it cannot be run with marks."""
    function = inspect.unwrap(recipe)
    if not isinstance(function, types.FunctionType) or "<locals>" in function.__qualname__:
        return _Trace()
    trace = _Trace()
    try:
        trace.finish(_Twins(function.__module__, trace).of(function)())
    except Exception:  # a recipe that minds the class of its numbers is only left unexplained
        return _Trace()
    return trace


class _Twins:
    """Recipe modules whose functions are compiled again with marks in them, each once."""

    def __init__(self, home: str, trace: _Trace) -> None:
        self.home = home.partition(".")[0]
        self.trace = trace
        self._spaces: dict[str, dict[str, Any]] = {}

    def of(self, function: types.FunctionType) -> Any:
        """The marking twin of a function at the top of a recipe module."""
        path = inspect.getsourcefile(function)
        if path is None:
            return function
        if path not in self._spaces:
            self._spaces[path] = dict(function.__globals__)
            self._fill(self._spaces[path], path, function.__module__)
        return self._spaces[path].get(function.__name__, function)

    def _fill(self, space: dict[str, Any], path: str, module: str) -> None:
        """Put twins in the place of functions: those of the module, and those it imports."""
        for name, item in list(space.items()):
            if isinstance(item, types.FunctionType) and item.__module__ != module:
                space[name] = self.of(item) if self._is_recipe(item.__module__) else item
        source = Path(path).read_text(encoding="utf-8")
        writer = _MarkWriter(Path(path).name, _comments(source))
        body = [twin for node in ast.parse(source).body if (twin := writer.top(node))]
        marks, keeps = writer.marks, writer.keeps
        space[_MARK] = lambda value, number: self.trace.mark(value, marks[number])
        space[_KEEP] = lambda value, number: self.trace.keep(value, *keeps[number])
        tree = ast.fix_missing_locations(ast.Module(body=body, type_ignores=[]))
        # Annotations stay text, as this file's own do: their names may be a type checker's only.
        exec(compile(tree, path, "exec"), space)

    def _is_recipe(self, module: str) -> bool:
        """Whether the numbers written in a module are a recipe's numbers."""
        own = self.home != "regard" and module.partition(".")[0] == self.home
        return own or module.startswith("regard.recipes")


_MARK, _KEEP = "__regard_mark__", "__regard_keep__"


class _MarkWriter(ast.NodeTransformer):
    """Writes a call that marks around each literal, and one that keeps around each keyword."""

    def __init__(self, file: str, comments: _Comments) -> None:
        self.file = file
        self.comments = comments
        self.marks: list[Mark] = []
        self.keeps: list[tuple[str, Mark]] = []
        self._around: list[ast.AST] = []

    def top(self, node: ast.stmt) -> ast.stmt | None:
        """A function or a constant with marks; None for anything else, which keeps as it is."""
        match node:
            case ast.FunctionDef():
                node.decorator_list = []  # it was decorated, and perhaps registered, before
            case ast.Assign() | ast.AnnAssign() if node.value and _is_literal(node.value):
                pass
            case _:
                return None
        return typing.cast(ast.stmt, self.visit(node))

    def visit(self, node: ast.AST) -> Any:
        self._around.append(node)
        try:
            return super().visit(node)
        finally:
            self._around.pop()

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self._wrap(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        return self._wrap(typing.cast(ast.expr, self.generic_visit(node)))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        return self._wrap(typing.cast(ast.expr, self.generic_visit(node)))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        callee = ast.unparse(node.func).rpartition(".")[2]
        node = typing.cast(ast.Call, self.generic_visit(node))
        for keyword in node.keywords:
            if keyword.arg:
                self.keeps.append((keyword.arg, self._mark(keyword, callee)))
                keyword.value = _call(_KEEP, keyword.value, len(self.keeps) - 1)
        return self._wrap(node, callee)

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        """Defaults are numbers of the recipe; annotations are not."""
        node.defaults = [self.visit(default) for default in node.defaults]
        node.kw_defaults = [default and self.visit(default) for default in node.kw_defaults]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.args = self.visit(node.args)
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.value = node.value and self.visit(node.value)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.Dict:
        node.values = [self.visit(value) for value in node.values]
        return node

    def _unchanged(self, node: ast.AST) -> ast.AST:
        return node

    visit_JoinedStr = visit_Match = visit_ClassDef = visit_Import = _unchanged
    visit_ImportFrom = _unchanged

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        is_docstring = isinstance(node.value, ast.Constant)
        return node if is_docstring else typing.cast(ast.Expr, self.generic_visit(node))

    def _wrap(self, node: ast.expr, callee: str = "") -> ast.expr:
        self.marks.append(self._mark(node, callee))
        return _call(_MARK, node, len(self.marks) - 1)

    def _mark(self, node: ast.expr | ast.keyword, callee: str) -> Mark:
        comment = self.comments.of(node, self._around)
        return Mark(f"{self.file}:{node.lineno}", comment, callee)


def _call(name: str, node: ast.expr, number: int) -> ast.Call:
    function = ast.Name(name, ast.Load())
    call = ast.Call(function, [node, ast.Constant(number)], keywords=[])
    return ast.copy_location(call, node)


def _is_literal(node: ast.expr) -> bool:
    kinds = (ast.Constant, ast.Tuple, ast.Dict, ast.UnaryOp, ast.BinOp, ast.unaryop, ast.operator)
    return all(isinstance(inner, (*kinds, ast.expr_context)) for inner in ast.walk(node))


# ------------------------------------------------------------------------------------- comments


class _Comments(typing.NamedTuple):
    """The comments of a file, by line."""

    at_end: dict[int, str]
    """Behind code."""
    alone: dict[int, str]
    """On lines of their own; a block counts at its last line."""

    def of(self, node: ast.expr | ast.keyword, around: list[ast.AST]) -> str:
        """The comment that speaks for `node`, which has `around` it, the outermost first."""
        own = self.at_end.get(node.end_lineno or 0) or self.alone.get(node.lineno - 1)
        if own:
            return own
        for outer in reversed(around):
            if isinstance(outer, (ast.expr, ast.keyword, ast.stmt)):
                if isinstance(outer, (ast.FunctionDef, ast.For, ast.If, ast.With, ast.Try)):
                    break
                said = self.at_end.get(outer.end_lineno or 0) or self.at_end.get(outer.lineno)
                if said is None and isinstance(outer, ast.keyword):
                    said = self.alone.get(outer.lineno - 1)
                if said:
                    return said
        return ""


_TO_TOOLS = ("noqa", "type:", "fmt:", "ruff:", "pragma", "mypy:")


def _comments(source: str) -> _Comments:
    comments = _Comments({}, {})
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        text = token.string.lstrip("# ").rstrip()
        if token.type != tokenize.COMMENT or not text or text.startswith(_TO_TOOLS):
            continue
        line = token.start[0]
        if token.line[: token.start[1]].strip():
            comments.at_end[line] = text
        else:
            above = comments.alone.pop(line - 1, "")
            comments.alone[line] = f"{above} {text}".strip()
    return comments
