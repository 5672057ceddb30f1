"""The examples of docs/data.md are read and run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.data.pictures import png

from regard.data.images import ImageStore
from regard.data.layouts import LAYOUTS
from regard.data.records import ImageReader, example_from_json
from regard.data.targets import TYPES, target_from_json

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def values(text):
    """The JSON values that stand one after the other in a text."""
    decoder = json.JSONDecoder()
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:]


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.png").write_bytes(png(64, 48))
    (tmp_path / "pictures" / "dog.png").write_bytes(png(40, 30))
    monkeypatch.chdir(tmp_path)
    return tmp_path


RECORDS = [value for block in blocks("json") for value in values(block)]


def test_every_record_of_the_page_can_be_read(pictures):
    records = [record for record in RECORDS if "type" not in record]
    assert len(records) == 4
    for record in records:
        example_from_json(record, ImageReader(ImageStore(), pictures), default_id="page")


def test_the_page_shows_every_sort_of_target():
    targets = [record for record in RECORDS if "type" in record]
    assert [target["type"] for target in targets] == list(TYPES)
    for target in targets:
        target_from_json(target)


def test_the_page_tells_of_every_layout():
    for name in LAYOUTS:
        assert re.search(rf"^\| `{name}` \|", PAGE, flags=re.MULTILINE), name


def test_the_python_of_the_page_runs(pictures, capsys):
    records = ({"id": i, "prompt": f"{i} + 1?", "target": i + 1} for i in range(100))
    (pictures / "train.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    turns = [{"from": "human", "value": "1 + 1?"}, {"from": "gpt", "value": "<answer>2</answer>"}]
    (pictures / "sharegpt.jsonl").write_text(json.dumps({"conversations": turns}) + "\n")
    exec("\n".join(blocks("python")), {})
    assert "450 scans" in capsys.readouterr().out
