"""Readers of JSON Lines, Parquet and Arrow: what loads, what splits, what is refused."""

from __future__ import annotations

import base64
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.data.pictures import png

from regard.data.fingerprint import fingerprint
from regard.data.images import ImageStore
from regard.data.readers import Jsonl, Parquet, reader_for
from regard.data.readers.arrow import Arrow
from regard.errors import ConfigError, DataError
from regard.types import Box, Dataset, LabelledBox, LabelledBoxes, Number

CAT = ImageStore().put(png(64, 48))


def sums(count, **fields):
    return [{"id": f"s{i}", "prompt": f"{i} + 1?", "target": i + 1, **fields} for i in range(count)]


# -------------------------------------------------------------------------------------- JSON Lines


def test_a_file_becomes_examples_in_its_order(lines):
    dataset = Jsonl(path=lines(*sums(3))).load()
    assert isinstance(dataset, Dataset)
    assert [example.id for example in dataset] == ["s0", "s1", "s2"]
    assert dataset[2].target == Number(3.0)
    assert dataset.places == ("train.jsonl:1", "train.jsonl:2", "train.jsonl:3")


def test_blank_lines_and_a_byte_order_mark_count_as_lines_and_nothing_more(lines):
    path = lines("\ufeff" + json.dumps(sums(1)[0]), "", "   ", sums(2)[1])
    assert Jsonl(path=path).load().places == ("train.jsonl:1", "train.jsonl:4")


def test_a_record_without_an_id_is_called_by_its_place(lines):
    assert Jsonl(path=lines({"prompt": "?", "target": 1})).load()[0].id == "train.jsonl:1"


def test_images_lie_beside_the_file_or_in_a_folder_of_their_own(lines, tmp_path):
    path = lines({"prompt": "<image>?", "images": ["cat.png"], "target": 1})
    assert Jsonl(path=path).load()[0].images == (CAT,)
    (tmp_path / "elsewhere").mkdir()
    (path.parent / "cat.png").rename(tmp_path / "elsewhere" / "cat.png")
    moved = Jsonl(path=path, image_folder=tmp_path / "elsewhere")
    assert moved.load()[0].images == (CAT,)


def test_base64_is_moved_into_the_cache(lines, cache):
    image = base64.b64encode(png(64, 48)).decode()
    example = Jsonl(path=lines({"prompt": "<image>?", "images": [image], "target": 1})).load()[0]
    assert example.images[0].location == cache / f"{CAT.digest}.png"
    assert example.images == (CAT,)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "x", "prompt": }', r"train\.jsonl:2: not JSON: Expecting value at column 23"),
        ('{"id": "x"', "near 'the end'"),
        ('{"prompt": "?", "target": NaN}', "NaN is no number in JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"prompt": "\\ud800", "target": 1}', "half a character"),
        ("3", "record: expected a JSON object, got 3"),
        ('{"id": true, "prompt": "?", "target": 1}', "'id' should be a text or a whole number"),
        ('{"id": "s0", "prompt": "?", "target": 1}', r"'s0': has the same id as train\.jsonl:1"),
        ('{"prompt": "?", "target": 1, "split": 3}', "'split' should be a text"),
        ('{"prompt": "<image>", "images": ["dog.png"], "target": 1}', r"dog\.png: no such file"),
    ],
)
def test_a_bad_line_is_named_or_dropped_alone(lines, line, said):
    path = lines(sums(1)[0], line, sums(3)[2])
    with pytest.raises(DataError, match=said) as error:
        Jsonl(path=path).load()
    assert "1 of 3 records cannot be used" in str(error.value)
    assert "train.jsonl:2" in str(error.value)
    rest = Jsonl(path=path, on_bad="drop").load()
    assert [example.id for example in rest] == ["s0", "s2"]
    assert [dropped.place for dropped in rest.dropped] == ["train.jsonl:2"]


def test_an_escaped_character_of_two_halves_is_whole(lines):
    assert (
        Jsonl(path=lines({"prompt": "\U0001f600", "target": 1})).load()[0].question == "\U0001f600"
    )


def test_a_line_that_is_not_utf8_is_named(folder):
    (folder / "a.jsonl").write_bytes(b'{"prompt": "caf\xe9", "target": 1}\n')
    with pytest.raises(DataError, match=r"a\.jsonl:1: not UTF-8 \(byte 16 of the record\)"):
        Jsonl(path=folder / "a.jsonl").load()


def test_of_many_bad_records_the_first_five_are_shown(lines):
    with pytest.raises(DataError, match="8 of 8 records") as error:
        Jsonl(path=lines(*["{"] * 8)).load()
    assert "train.jsonl:5" in str(error.value)
    assert "train.jsonl:6" not in str(error.value)
    assert "and 3 more" in str(error.value)


def test_when_all_are_dropped_nothing_is_left_to_train_on(lines):
    with pytest.raises(DataError, match=r"no record can be used; the first, train\.jsonl:1"):
        Jsonl(path=lines("{"), on_bad="drop").load()


@pytest.mark.parametrize("content", ["", "\n\n  \n"])
def test_an_empty_file_says_so(folder, content):
    (folder / "a.jsonl").write_text(content)
    with pytest.raises(DataError, match=r"a\.jsonl: is empty"):
        Jsonl(path=folder / "a.jsonl").load()


def array(folder, *items, before="", between=", ", after=""):
    """A file of one JSON array, of what is given as texts or as values."""
    texts = [item if isinstance(item, str) else json.dumps(item, indent=2) for item in items]
    path = folder / "a.json"
    path.write_text(f"{before}[{between.join(texts)}]{after}", "utf-8")
    return path


def test_one_json_array_is_read_as_lines_are_and_places_count_records(folder, lines):
    records = [
        *sums(2),
        {"id": "s2", "prompt": 'a "[" and a \\', "target": "]}, \U0001f600"},
        {
            "id": "s3",
            "prompt": "<image>?",
            "images": ["cat.png"],
            "target": 1,
            "meta": {"a": [[1]]},
        },
    ]
    for before in ("", "\ufeff", "\n \r\n\t"):
        dataset = reader_for(array(folder, *records, before=before, after="\n\n")).load()
        assert dataset.examples == Jsonl(path=lines(*records)).load().examples
        assert dataset.places == ("a.json:1", "a.json:2", "a.json:3", "a.json:4")
    in_one_line = array(folder, *map(json.dumps, records), between=",")
    assert Jsonl(path=in_one_line).load().examples == dataset.examples
    assert Jsonl(path=array(folder, {"prompt": "?", "target": 1})).load()[0].id == "a.json:1"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ('{"id": "x", "prompt": }', r"a\.json:2: not JSON: Expecting value at column 23"),
        ('{\n"id": "x",\n "prompt" 1}', "delimiter at line 3 of the record, column 11"),
        ('{"id": "x", "meta": [1}}', r"not JSON: Expecting ',' delimiter"),
        ('{"prompt": "?", "target": NaN}', "NaN is no number in JSON"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ('{"prompt": "\\ud800", "target": 1}', "half a character"),
        ("3", "record: expected a JSON object, got 3"),
        ("", "not JSON: Expecting value at column 1, near 'the end'"),
        ('{"id": "s0", "prompt": "?", "target": 1}', r"'s0': has the same id as a\.json:1"),
    ],
)
def test_a_bad_record_of_an_array_is_named_or_dropped_alone(folder, item, said):
    path = array(folder, sums(1)[0], item, sums(3)[2])
    with pytest.raises(DataError, match=said) as error:
        Jsonl(path=path).load()
    assert "1 of 3 records cannot be used" in str(error.value)
    rest = Jsonl(path=path, on_bad="drop").load()
    assert [example.id for example in rest] == ["s0", "s2"]
    assert [dropped.place for dropped in rest.dropped] == ["a.json:2"]


def test_an_array_with_a_comma_too_many_has_a_bad_record_at_its_end(folder):
    rest = Jsonl(path=array(folder, *sums(2), ""), on_bad="drop").load()
    assert [dropped.place for dropped in rest.dropped] == ["a.json:3"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "is empty"),
        (" [ \n] ", "is empty"),
        (
            '[{"prompt": "?", "target": 1}, {"prompt": "?"',
            "does not end; it breaks off in record 2",
        ),
        ('[{"prompt": "?, "target": 1}]', "does not end; it breaks off in record 1"),
        ('[{"prompt": "?", "target": 1}', "does not end"),
        ("[", "does not end"),
        ('[1]\n\n{"prompt": "?"}', 'array of 1 records, and more follows, \'{"prompt"'),
        ("[1]]", "more follows, ']'"),
    ],
)
def test_an_array_without_its_end_or_with_more_behind_it_is_no_file_of_records(
    folder, content, said
):
    (folder / "a.json").write_text(content)
    for on_bad in ("raise", "drop"):
        with pytest.raises(DataError, match=said):
            Jsonl(path=folder / "a.json", on_bad=on_bad).load()


def test_a_missing_file_and_an_unknown_ending_are_errors(folder):
    with pytest.raises(DataError, match="No such file"):
        Jsonl(path=folder / "none.jsonl").load()
    with pytest.raises(DataError, match="no such file"):
        Parquet(path=folder / "none.parquet").load()
    with pytest.raises(DataError, match=r"did you mean '\.jsonl'"):
        reader_for("train.jsonll")


def test_unknown_options_are_refused():
    with pytest.raises(ConfigError, match="did you mean 'drop'"):
        Jsonl(path="a", on_bad="dropp")
    with pytest.raises(ConfigError, match="test_fraction"):
        Jsonl(path="a", test_fraction=10)


# ------------------------------------------------------------------------------------------- splits


def test_train_and_test_share_no_example_and_leave_none_out(lines):
    path = lines(*sums(400))
    train, test = (Jsonl(path=path, split=split).load() for split in ("train", "test"))
    ids = [{example.id for example in part} for part in (train, test)]
    assert not ids[0] & ids[1]
    assert len(ids[0] | ids[1]) == 400
    # a tenth of 400 is 40, give or take three times its spread of 6
    assert 22 <= len(test) <= 58


def test_a_record_stays_in_its_split_when_the_file_grows(lines):
    before = {example.id for example in Jsonl(path=lines(*sums(100)), split="test").load()}
    after = {example.id for example in Jsonl(path=lines(*sums(200)), split="test").load()}
    assert before == {name for name in after if int(name[1:]) < 100}


def test_records_may_name_their_split_themselves(lines):
    path = lines(*sums(1, split="val"), *sums(3, split="train")[1:])
    assert [example.id for example in Jsonl(path=path, split="val").load()] == ["s0"]
    with pytest.raises(DataError, match=r"no record of split 'test'; there are: train \(2\), val"):
        Jsonl(path=path, split="test").load()


def test_images_of_the_other_split_are_not_touched(lines):
    lost = {"id": "x", "prompt": "<image>", "images": ["dog.png"], "target": 1, "split": "test"}
    assert len(Jsonl(path=lines(*sums(1, split="train"), lost), split="train").load()) == 1


# ------------------------------------------------------------------------------------------ Parquet


def write(path, records, **options):
    pq.write_table(pa.Table.from_pylist(records), path, **options)
    return path


def test_a_parquet_file_holds_the_same_examples(lines, folder):
    records = sums(3, gold="<answer> 1 </answer>", kind="sum")
    path = write(folder / "a.parquet", records)
    assert Parquet(path=path).load().examples == Jsonl(path=lines(*records)).load().examples


def test_images_as_structs_of_bytes_go_to_the_cache(folder, cache):
    image = {"bytes": png(64, 48), "path": "elsewhere.png"}
    records = [{"id": i, "prompt": "<image>?", "images": [image], "target": 1} for i in range(3)]
    dataset = reader_for(write(folder / "a.parquet", records)).load()
    assert dataset[2].images[0].location == cache / f"{CAT.digest}.png"
    assert [path.name for path in cache.iterdir()] == [f"{CAT.digest}.png"]


def test_targets_of_several_sorts_may_share_a_column_as_structs_or_as_json(folder):
    targets = [{"type": "number", "value": 3.0}, {"type": "choice", "letter": "A"}]
    structs = [{"prompt": "?", "target": target} for target in targets]
    texts = [{"prompt": "?", "target": json.dumps(target)} for target in targets]
    kinds = [
        [type(example.target).__name__ for example in Parquet(path=path).load()]
        for path in (write(folder / "a.parquet", structs), write(folder / "b.parquet", texts))
    ]
    assert kinds == [["Number", "Choice"]] * 2


def test_messages_in_parquet_are_structs_with_gaps(folder):
    content = [{"type": "image", "image": {"bytes": png(64, 48)}}, {"type": "text", "text": "?"}]
    records = [{"messages": [{"role": "user", "content": content}], "target": 1}]
    assert Parquet(path=write(folder / "a.parquet", records)).load()[0].images == (CAT,)


def test_a_folder_holds_the_parts_of_a_file(folder):
    write(folder / "b-1.parquet", sums(4)[2:])
    write(folder / "b-0.parquet", sums(2))
    dataset = reader_for(folder).load()
    assert [example.id for example in dataset] == ["s0", "s1", "s2", "s3"]
    assert dataset.places[2] == "b-1.parquet:1"


def test_a_row_that_is_bad_is_dropped_alone(folder):
    records = [*sums(2), {"id": "x", "prompt": "?", "target": None}]
    path = write(folder / "a.parquet", records)
    assert [bad.place for bad in Parquet(path=path, on_bad="drop").load().dropped] == [
        "a.parquet:3"
    ]
    texts = [{"prompt": "?", "target": '{"type": '}]
    with pytest.raises(DataError, match="column 'target': not JSON"):
        Parquet(path=write(folder / "b.parquet", texts)).load()


@pytest.mark.parametrize("keep", [0, 3, 200, -20])
def test_a_cut_off_parquet_file_says_so(folder, keep):
    path = write(folder / "a.parquet", sums(100))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read as Parquet"):
        Parquet(path=path).load()


def test_a_parquet_file_damaged_inside_says_after_which_row(folder):
    path = write(folder / "a.parquet", sums(1000), row_group_size=100, compression="gzip")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"after row [1-9]"):
        Parquet(path=path).load()


def test_a_parquet_file_without_rows_is_empty(folder):
    path = folder / "a.parquet"
    pq.write_table(pa.table({"prompt": pa.array([], pa.string())}), path)
    with pytest.raises(DataError, match="is empty"):
        Parquet(path=path).load()


# -------------------------------------------------------------------------------------- fingerprint


def test_the_fingerprint_is_of_the_content_not_of_the_place(lines, tmp_path):
    record = {"id": 1, "prompt": "<image>?", "images": ["cat.png"], "target": 1}
    path = lines(record)
    first = fingerprint(Jsonl(path=path).load())
    moved = tmp_path / "moved"
    path.parent.rename(moved)
    assert fingerprint(Jsonl(path=moved / "train.jsonl").load()) == first
    (moved / "cat.png").write_bytes(png(64, 47))
    assert fingerprint(Jsonl(path=moved / "train.jsonl").load()) != first


# -------------------------------------------------------------------------------------------- Arrow


def write_arrow(path, records, *, kind=pa.ipc.new_stream):
    table = pa.Table.from_pylist(records)
    with kind(str(path), table.schema) as file:
        file.write_table(table, max_chunksize=100)
    return path


@pytest.mark.parametrize("kind", [pa.ipc.new_stream, pa.ipc.new_file])
def test_an_arrow_file_holds_the_same_examples(lines, folder, kind):
    records = sums(150, gold="<answer> 1 </answer>", kind="sum")
    path = write_arrow(folder / "data-00000-of-00001.arrow", records, kind=kind)
    dataset = reader_for(path).load()
    assert dataset.examples == Jsonl(path=lines(*records)).load().examples
    assert dataset.places[149] == "data-00000-of-00001.arrow:150"


def test_a_folder_that_was_saved_to_disk_holds_rows_of_vision_r1(folder):
    image = {"bytes": png(64, 48), "path": None}
    row = {"image": image, "problem": "Where?", "width": 64, "height": 48, "num_instances": 1}
    rows = [{**row, "solution": f'[["cat", [[{i}, 2, 30, 40]]]]'} for i in range(2)]
    for number, each in enumerate(rows):
        write_arrow(folder / f"data-0000{number}-of-00002.arrow", [each])
    write_arrow(folder / "cache-1f2e.arrow", [{"indices": 1}])
    assert isinstance(reader_for(folder), Arrow)
    dataset = Arrow(path=folder, layout="vision_r1_guided").load()
    assert [example.target for example in dataset] == [
        LabelledBoxes((LabelledBox("cat", Box(i, 2, 30, 40)),)) for i in range(2)
    ]
    assert dataset[0].images == (CAT,)


def test_an_arrow_file_that_is_cut_off_is_told(folder):
    with pytest.raises(DataError, match="no such file"):
        Arrow(path=folder / "none.arrow").load()
    path = write_arrow(folder / "a.arrow", sums(150))
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(DataError, match="cannot be read as Arrow after row 100"):
        Arrow(path=path).load()
    path.write_bytes(b"")
    with pytest.raises(DataError, match="cannot be read as Arrow after row 0"):
        Arrow(path=path).load()
