"""Tables of questions and predictions, as VLMEvalKit and its like keep them: a row a question.

TSV, CSV, JSON Lines, a JSON list, a JSON object of records by id (MathVista's own), or XLSX. All
are read as records; cells of TSV, CSV and empty ones of XLSX are texts.
"""

from __future__ import annotations

import csv
import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from regard.errors import ConfigError, DataError


def read_table(path: Path, wanted: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The rows of a table, each of which must have the fields `wanted`."""
    try:
        rows = _rows(path)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as {path.suffix[1:]} ({error})") from error
    fields = set(wanted)
    for number, row in enumerate(rows):
        if missing := fields - set(row if isinstance(row, Mapping) else ()):
            raise DataError(f"{path}: row {number} has no {', '.join(sorted(missing))}")
    return rows


def _rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix in (".tsv", ".csv"):
        csv.field_size_limit(sys.maxsize)  # images stand in these tables, in base64
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    if path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines if line.strip()]
    if path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return [{"id": key, **record} for key, record in content.items()]
        return list(content)
    if path.suffix == ".xlsx":
        return _sheet(path)
    raise DataError(f"{path}: expected .tsv, .csv, .jsonl, .json or .xlsx")


def _sheet(path: Path) -> list[dict[str, Any]]:
    try:
        library = importlib.import_module("openpyxl")
    except ImportError as error:
        raise ConfigError("reading .xlsx needs openpyxl: pip install 'regard[excel]'") from error
    book = library.load_workbook(path, read_only=True, data_only=True)
    header, *rows = [list(row) for row in book.active.iter_rows(values_only=True)] or [[]]
    book.close()
    return [
        {str(name): "" if cell is None else cell for name, cell in zip(header, row, strict=False)}
        for row in rows
        if any(cell is not None for cell in row)
    ]


def read_json(path: Path) -> Any:
    """What a file of JSON holds; a DataError where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error})") from error


def options_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The options of a row, from its columns A, B, …; an empty cell is none.

    >>> options_of({"question": "Which?", "A": "liver", "B": "spleen", "C": ""})
    {'A': 'liver', 'B': 'spleen'}
    """
    cells = {letter: row.get(letter) for letter in "ABCDEFGHIJ"}
    return {letter: str(cell) for letter, cell in cells.items() if cell not in (None, "")}
