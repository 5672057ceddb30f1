"""Figures over tables of vega_datasets: read from a small copy, and from the package itself."""

from __future__ import annotations

import csv
import json

import pytest

from regard.data.check import check
from regard.data.worlds.drawing import FONTS, font
from regard.data.worlds.figures import OVER_TABLES, Figures, vega
from regard.data.worlds.figures.tables import column_names
from regard.errors import ConfigError, DataError, MissingExtra
from regard.rewards import ExactAnswer

KINDS = tuple(OVER_TABLES)


def asking(split="train", size=36, **fields):
    return Figures(tables="vega", split=split, kinds=KINDS, size=size, **fields)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder like that of the package: twelve rows to a table, of which the last has a gap."""
    files = tmp_path / "vega_datasets" / "_data"
    files.mkdir(parents=True)
    (files.parent / "__init__.py").write_text("raise ImportError('it is not to be imported')")
    for each in vega.TABLES.values():
        # as shown: 10, 13, 16, … and for the next column 15, 18, 21, …
        rows = [
            {own: (10 + 3 * i + 5 * j) / by for j, (own, by) in enumerate(each.columns.values())}
            for i in range(12)
        ]
        first = next(iter(rows[0]))
        with (files / each.file).open("w", encoding="utf-8", newline="") as file:
            if each.file.endswith(".json"):
                del rows[-1][first]
                json.dump(rows, file)
            else:
                rows[-1][first] = ""
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
    monkeypatch.syspath_prepend(tmp_path)
    return files


def test_tables_are_read_in_whole_numbers_without_the_rows_that_have_gaps(package):
    assert vega.table_of("wheat").tolist() == [[10 + 3 * i, 15 + 3 * i] for i in range(11)]
    assert vega.table_of("iowa").tolist() == [[10 + 3 * i] for i in range(11)]  # of thousands


def test_samples_with_numbers_out_of_range_are_left_out(package):
    rows = [{"wheat": i, "wages": 2 * i} for i in (-1, 0, 1, 5, 6, 7, 110, 111)]
    (package / "wheat.json").write_text(json.dumps(rows))
    assert vega.table_of("wheat").tolist() == [[1, 2], [5, 10], [6, 12], [7, 14], [110, 220]]


def test_every_kind_is_asked_over_these_tables(package):
    for split in ("train", "test"):
        dataset = asking(split).load()
        assert (
            check(dataset, ExactAnswer()).render() == "Generated: 36 examples, 0 errors, 0 warnings"
        )
        shown = {
            name
            for e in dataset
            for name in (*e.meta.get("columns", ()), *filter(None, [e.meta.get("column")]))
        }
        mine = {name for each in vega.TABLES.values() if each.split == split
                for name in each.columns}  # fmt: skip
        assert shown <= mine


def test_other_kinds_are_drawn_as_ever(package):
    fields = {"kinds": ("counting", "pies", "arithmetic"), "size": 9}
    assert list(Figures(tables="vega", **fields).load()) == list(Figures(**fields).load())


def test_that_the_package_is_there_changes_nothing_that_was_not_asked_for(package, monkeypatch):
    with_it = list(Figures(kinds=KINDS, size=9).load())
    monkeypatch.setattr(vega, "PACKAGE", "no_such_package")
    assert list(Figures(kinds=KINDS, size=9).load()) == with_it


def test_splits_share_no_table_and_no_name_of_a_column():
    by_split = {
        split: [each for each in vega.TABLES.values() if each.split == split]
        for split in ("train", "test")
    }
    names = {split: {name for each in some for name in each.columns}
             for split, some in by_split.items()}  # fmt: skip
    assert not names["train"] & names["test"]
    assert not set(column_names("vega")) & set(column_names())
    assert not {each.file for each in by_split["train"]} & {each.file for each in by_split["test"]}
    for some in by_split.values():  # the hard tier shows three columns
        assert max(len(each.columns) for each in some) >= 3


def test_words_beyond_the_names_of_columns_are_listed(package):
    words = {*Figures.words(), *column_names("vega")}
    for split in ("train", "test"):
        for example in asking(split, size=72).load():
            assert set(f"{example.question} {example.gold}".split()) <= words, example


def test_names_of_columns_are_no_wider_than_embedded_ones():
    for each in vega.TABLES.values():
        for face in FONTS[each.split]:
            widest = max(font(face, 15).getlength(name) for name in column_names())
            assert all(font(face, 15).getlength(name) <= widest + 3 for name in each.columns)


def test_without_the_package_nothing_is_drawn_and_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(vega, "PACKAGE", "no_such_package")
    with pytest.raises(MissingExtra, match=r"pip install 'regard\[vega\]'"):
        asking().load()
    assert "is not installed: pip install 'regard[vega]'" in asking().describe()


def test_what_is_shown_is_told(package):
    assert "of vega_datasets, in whole numbers from 1 to 220: employed people" in (
        asking().describe()
    )
    assert "Playfair" in asking("test").describe()
    assert "vega" not in Figures().describe()
    with pytest.raises(ConfigError, match="no source of tables 'vage'"):
        Figures(tables="vage")


@pytest.mark.parametrize("content", ["", "[", "{}", "[1]", '[{"wheat": "dear"}]', '[{"wages": 1}]'])
def test_a_file_that_is_another_is_an_error(package, content):
    (package / "wheat.json").write_text(content)
    with pytest.raises(DataError, match=r"wheat\.json: "):
        asking("test").load()


def test_a_file_that_is_missing_is_an_error(package):
    (package / "sf-temps.csv").unlink()
    with pytest.raises(DataError, match=r"sf-temps\.csv.*install vega_datasets anew"):
        asking().load()


@pytest.mark.skipif(vega.folder() is None, reason="vega_datasets is not installed")
def test_the_package_itself_has_the_tables():
    samples = {name: len(vega.table_of(name)) for name in vega.TABLES}
    # Days in Seattle with rain and no frost; years of wheat for which wages are told.
    assert samples == {"employment": 120, "weather": 512, "seattle": 8759, "san francisco": 8759,
                       "crimea": 17, "wheat": 50, "iowa": 51, "airports": 3376}  # fmt: skip
    for split in ("train", "test"):
        report = check(asking(split, size=270).load(), ExactAnswer())
        assert report.render() == "Generated: 270 examples, 0 errors, 0 warnings"
