"""Whether two mathematical answers are equal, by math-verify, within a time limit.

math-verify (Hugging Face) reads LaTeX into sympy and compares there. It runs in a worker
(`regard.rewards.workers`), started at the first call: this module is also what the worker runs.
It is an extra: `pip install regard[math]`.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from regard.errors import ConfigError
from regard.rewards.workers import CallFailed, Workers
from regard.text.magnitude import is_too_large

MAX_LENGTH = 4000
"""Characters; longer texts are read from their end, where answers stand."""

_MAX_NESTING = 25
"""Brackets within brackets; what is deeper is no answer, and takes math-verify for ever."""

_WORKERS = Workers("regard.rewards.verifier")


@dataclass(frozen=True)
class Verified:
    """What came of a comparison."""

    is_equal: bool
    truth: str | None
    """The text that was read in the truth; None where nothing was."""
    said: str | None
    """The text that was read in the answer; None where nothing was."""
    fault: str = ""
    """Why there was no comparison: it took too long, or would have."""


def verify(truth: str, said: str, *, timeout_s: float = 5.0) -> Verified:
    r"""Compare two texts that hold an answer each, in `$…$`, in `\boxed{…}` or as a number."""
    truth, said = truth[-MAX_LENGTH:], said[-MAX_LENGTH:]
    if max(_nesting(truth), _nesting(said)) > _MAX_NESTING:
        return Verified(False, None, None, fault="nested too deeply")
    return _verify(truth, said, timeout_s)


def _nesting(text: str) -> int:
    """How deep brackets stand in brackets; one that is never closed counts."""
    depth = deepest = 0
    for char in text:
        if char in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in ")]}":
            depth = max(depth - 1, 0)
    return deepest


@functools.lru_cache(maxsize=4096)
def _verify(truth: str, said: str, timeout_s: float) -> Verified:
    if not is_installed():
        raise ConfigError(
            "comparing mathematics needs math-verify, which is not installed: "
            "pip install 'regard[math]'"
        )
    try:
        answer = _WORKERS.call({"truth": truth, "said": said}, timeout_s=timeout_s)
    except CallFailed as error:
        return Verified(False, None, None, fault=str(error))
    return Verified(**answer)


@functools.cache
def is_installed() -> bool:
    """Whether math-verify can be imported."""
    return importlib.util.find_spec("math_verify") is not None


TOO_LARGE = "too large to work out"


@dataclass(frozen=True)
class _TooLarge:
    """A formula that would take for ever to work out, in the place of what it means."""

    formula: str


def _compared(truth: str, said: str) -> dict[str, Any]:
    """What the worker does; its parent keeps the time, so math-verify's own limits are off."""
    library = importlib.import_module("math_verify")
    read = [_parsed(truth), _parsed(said)]
    texts = [
        str(found[1]) if len(found) > 1 else (str(found[0]) if found else None) for found in read
    ]
    fault = ""
    if any(isinstance(each, _TooLarge) for found in read for each in found):
        verdict = read[0] == read[1]
        fault = "" if verdict else TOO_LARGE
    else:
        try:
            verdict = bool(read[0] and read[1] and library.verify(*read, timeout_seconds=None))
        except Exception:
            verdict = False
    return {"is_equal": verdict, "truth": texts[0], "said": texts[1], "fault": fault}


_REFUSED: list[str] = []
"""Formulas that were too large to be read since the last text was begun."""


def look_ahead_cheaply() -> None:
    """Let math-verify's parser look ahead without context first; for the worker's process only.

    What is too large to work out is not read at all.

    Its grammar is one of ANTLR's, whose prediction without context ("SLL") either builds the tree
    that the full one ("LL") builds, or finds a syntax error; then the text is parsed again. That
    is ANTLR's own advice, and makes a set or an interval ten to twenty times as fast. A release
    that is built otherwise stays as it is.
    """
    try:
        reader: Any = importlib.import_module("latex2sympy2_extended.latex2sympy2")
        mode: Any = importlib.import_module("antlr4.atn.PredictionMode").PredictionMode
        thorough = reader.PSParser
    except (ImportError, AttributeError):
        return

    class TwoStageParser(thorough):  # type: ignore[misc, valid-type]
        def math(self) -> Any:
            formula = str(self.getTokenStream().tokenSource.inputStream)
            if is_too_large(formula):
                _REFUSED.append(formula)
                raise ValueError(TOO_LARGE)
            self._interp.predictionMode = mode.SLL
            try:
                return super().math()
            except Exception:
                # From the first character on, else a sign that is none would be skipped.
                tokens = self.getTokenStream()
                tokens.tokenSource.reset()
                tokens.setTokenSource(tokens.tokenSource)
                self.reset()
                self._interp.predictionMode = mode.LL
                return super().math()

    reader.PSParser = TwoStageParser


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> list[Any]:
    """What math-verify reads in a text; kept, since a truth comes once for each completion."""
    library = importlib.import_module("math_verify")
    _REFUSED.clear()
    try:
        found = list(library.parse(text, parsing_timeout=None, raise_on_error=False))
    except Exception:
        found = []
    # What is no LaTeX is read by another parser.
    refused = [*_REFUSED, *(part for part in found if isinstance(part, str) and is_too_large(part))]
    if refused:
        formula = "".join(refused[0].split())
        return [_TooLarge(formula), formula]
    return found


def _serve() -> None:
    import logging
    import warnings

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.set_int_max_str_digits(10_000)
    look_ahead_cheaply()
    _compared("$1$", "$1$")
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        with contextlib.redirect_stdout(sys.stderr):
            try:
                answer = _compared(request["truth"], request["said"])
            except (RecursionError, MemoryError):
                answer = {"is_equal": False, "truth": None, "said": None}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    _serve()
