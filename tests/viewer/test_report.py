"""The report of a run folder: what is chosen, what is escaped, and what a broken folder becomes."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.viewer.fake_run import write_fake_run

from regard.errors import DataError
from regard.types import Frame
from regard.viewer import open_report, write_report
from regard.viewer import pictures as pictures_module
from regard.viewer.curves import MAX_POINTS, evaluation_points, headline, series, stages
from regard.viewer.gallery import MAX_CHARACTERS, group_view
from regard.viewer.marks import marks, repeated_share
from regard.viewer.pictures import Album
from regard.viewer.reading import read_run
from regard.viewer.report import page, safe_json
from regard.viewer.sampling import in_turns, spread
from regard.viewer.shapes import Sight, answer_shapes, in_unit_frame, sights, target_shapes


def data_of(report: Path) -> dict[str, Any]:
    """The data a page carries, as its own program reads it."""
    text = report.read_text("utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def write_rows(path: Path, *rows: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


# ---------------------------------------------------------------------------------- a whole run


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fake_run(tmp_path_factory.mktemp("runs") / "quickstart", recorded_every=20)


def test_the_page_of_a_whole_run_has_everything_and_misses_nothing(fake: Path):
    data = data_of(write_report(fake))
    assert data["notes"] == []
    assert data["facts"]["policy"] == "TinyQwen"
    assert data["facts"]["seed"] == "0"
    assert data["stages"] == [
        {"name": "cold_start", "first": 1, "last": 120},
        {"name": "rl", "first": 121, "last": 300},
    ]
    titles = [column["title"] for column in data["headline"]["columns"]]
    assert titles == ["before", "after cold start", "after rl"]
    assert [row["kind"] for row in data["headline"]["rows"]] == ["all", "larger", "sum", "where"]
    assert [step["step"] for step in data["rollouts"]["steps"]] == list(range(121, 301, 20))


def test_only_the_chosen_steps_and_groups_are_in_the_page(fake: Path):
    rollouts = data_of(write_report(fake, max_steps=3, max_groups_per_step=2))["rollouts"]
    assert rollouts["num_steps"] == 9
    assert [step["step"] for step in rollouts["steps"]] == [121, 201, 281]
    assert [step["num_groups"] for step in rollouts["steps"]] == [6, 6, 6]
    assert [len(step["groups"]) for step in rollouts["steps"]] == [2, 2, 2]


def test_nothing_is_left_beside_the_report(fake: Path):
    write_report(fake)
    assert not list(fake.glob("*.part"))


def test_the_page_names_no_address_outside_itself(fake: Path):
    text = write_report(fake).read_text("utf-8")
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) == {"http://www.w3.org/2000/svg"}


# ------------------------------------------------------------------------------------ escaping


def test_a_text_cannot_end_the_script_it_stands_in():
    nasty = "</script><script>alert(1)</script><!-- ]]> & \u2028 \ud800"
    written = safe_json({"text": nasty})
    assert not re.search("[<>&\u2028]", written)
    assert json.loads(written) == {"text": nasty}


def test_a_text_that_names_a_place_of_the_template_stays_as_it_is():
    text = page({"text": "{{style}} {{nothing}}"}, title="{{data}}")
    assert '"{{style}} {{nothing}}"' in text
    assert "<title>{{data}}</title>" in text


def test_the_title_is_escaped_and_a_lone_surrogate_is_no_error(tmp_path: Path):
    (tmp_path / "run.json").write_text(json.dumps({"run": {"name": "<b>\ud800"}}))
    assert "<title>&lt;b&gt;? · Regard</title>" in write_report(tmp_path).read_text("utf-8")


# -------------------------------------------------------------------------------------- choosing


def test_steps_are_spread_and_keep_both_ends():
    assert spread([1, 2, 3], 5) == [1, 2, 3]
    assert spread(range(1, 201), 3) == [1, 101, 200]
    assert spread([1, 2, 3], 1) == [3]
    assert spread([], 4) == []
    assert spread([1, 2], 0) == []


def test_a_rare_kind_is_shown_too():
    assert in_turns("aaaaab", 3, kind=str) == ["a", "a", "b"]


def test_a_long_run_is_averaged_within_its_stages():
    rows = [
        {"step": i, "stage": "a" if i <= 3 else "b", "loss": float(i)}
        for i in range(1, 2 * MAX_POINTS)
    ]
    columns = series(rows)
    assert columns["steps_per_point"] == 2
    assert columns["step"][:4] == [2, 3, 5, 7]
    assert columns["values"]["loss"][:4] == [1.5, 3.0, 4.5, 6.5]


# ---------------------------------------------------------------------------------------- curves


def test_a_value_that_is_no_number_is_a_gap_and_an_empty_metric_is_absent():
    columns = series(
        [{"step": 1, "loss": float("nan"), "kl": None}, {"step": 2, "loss": 0.5, "kl": "x"}]
    )
    assert columns["values"] == {"loss": [None, 0.5]}


def test_evaluations_have_the_last_word_over_metrics():
    rows = [{"step": 5, "eval/accuracy": 0.1}, {"step": 6, "eval/accuracy": 0.2}]
    found = evaluation_points(
        rows, [{"step": 6, "accuracy": 0.3, "by_kind": {"sum": {"accuracy": 1}}}]
    )
    assert found == {"eval/accuracy": [[5, 0.1], [6, 0.3]], "eval/accuracy/sum": [[6, 1.0]]}


def test_a_run_that_is_going_shows_how_far_it_is():
    rows = [
        {"step": 0, "stage": "rl", "moment": "before", "accuracy": 0.1},
        {"step": 9, "stage": "rl", "moment": "during", "accuracy": 0.4},
    ]
    assert [column["title"] for column in headline(rows)["columns"]] == ["before", "rl, so far"]
    assert headline([]) == {"columns": [], "rows": []}


def test_a_stage_that_comes_twice_is_two_stages():
    rows = [{"step": i, "stage": name} for i, name in enumerate("aba", start=1)]
    assert [stage["name"] for stage in stages(rows)] == ["a", "b", "a"]


# ---------------------------------------------------------------------------------------- shapes

SEEN = Sight(original=(200, 100), model_input=(50, 40), answers_in=Frame.INPUT)


@pytest.mark.parametrize(
    ("frame", "x", "y"),
    [
        (Frame.PIXELS, 100, 25),
        (Frame.INPUT, 25, 10),
        (Frame.PER_MILLE, 500, 250),
        (Frame.UNIT, 0.5, 0.25),
    ],
)
def test_every_frame_comes_to_the_same_place(frame: Frame, x: float, y: float):
    assert in_unit_frame(x, y, frame, SEEN) == (0.5, 0.25)


def test_pixels_of_an_image_of_unknown_size_are_nowhere():
    assert in_unit_frame(5, 5, Frame.PIXELS, Sight()) is None
    assert target_shapes({"type": "point", "x": 5, "y": 5}, []) == []


@pytest.mark.parametrize(
    "target",
    [
        {"type": "box", "x0": 20, "y0": 10, "x1": 100, "y1": 50, "frame": "pixels"},
        {"type": "box", "box": [20, 10, 100, 50]},
        {"type": "box", "box": [100, 100, 500, 500], "frame": "per_mille"},
        {"type": "box", "x0": 0.1, "y0": 0.1, "x1": 0.5, "y1": 0.5,
         "frame": {"type": "regard.types:Frame", "value": "unit"}},
        {"type": "gui_action", "kind": "", "target": {"x0": 20, "y0": 10, "x1": 100, "y1": 50}},
    ],
)  # fmt: skip
def test_a_target_box_may_be_written_in_many_ways(target: dict[str, Any]):
    assert target_shapes(target, [SEEN]) == [{"image": 0, "at": [0.1, 0.1, 0.5, 0.5], "label": ""}]


def test_an_answer_counts_in_the_frame_the_model_answers_in():
    score = {"value": 1.0, "parts": {"iou": {"value": 1.0, "parsed": [5, 4, 25, 20]}}}
    assert answer_shapes(score, [SEEN], bare=True) == [
        {"image": 0, "at": [0.1, 0.1, 0.5, 0.5], "label": ""}
    ]


def test_two_numbers_are_a_point_only_where_a_place_was_asked_for():
    score = {"value": 1.0, "parsed": [5, 4]}
    assert answer_shapes(score, [SEEN], bare=False) == []
    assert answer_shapes(score, [SEEN], bare=True)[0]["at"] == [0.1, 0.1]


def test_labelled_boxes_keep_their_labels_and_their_image():
    boxes = [{"label": "cat", "box": [0, 0, 0.5, 0.5], "frame": "unit", "image": 1}]
    assert target_shapes({"type": "labelled_boxes", "boxes": boxes}, [SEEN, SEEN]) == [
        {"image": 1, "at": [0.0, 0.0, 0.5, 0.5], "label": "cat"}
    ]


@pytest.mark.parametrize(
    "frames", [None, 3, [None], [{"original": "x"}], [{"original": [0, 0]}], [{"original": [1]}]]
)
def test_frames_that_make_no_sense_are_unknown_sizes(frames: object):
    assert all(sight.original is None for sight in sights(frames))


# ----------------------------------------------------------------------------------------- marks


def completion(text: str = "<think>a</think><answer>1</answer>", **changes: Any) -> dict[str, Any]:
    score = {"value": 1.0, "parts": {"accuracy": {"value": 1.0}, "format": {"value": 1.0}}}
    return {"text": text, "advantage": 0.5, "finish": "stop", "score": score} | changes


def names(answer: dict[str, Any], box: list[float] | None = None) -> list[str]:
    shapes = [{"image": 0, "at": box, "label": ""}] if box else []
    target = [{"image": 0, "at": [0.2, 0.2, 0.4, 0.4], "label": ""}]
    return [name for name, _ in marks(answer, shapes=shapes, target_shapes=target)]


def test_an_honest_answer_earns_no_mark():
    assert names(completion(), [0.2, 0.2, 0.4, 0.4]) == []


def test_each_hack_earns_its_mark():
    only_form = {"value": 0.1, "parts": {"accuracy": {"value": 0.0}, "format": {"value": 1.0}}}
    assert names(completion(score=only_form)) == ["form only"]
    assert names(completion("  ")) == ["empty"]
    assert names(completion("<think> </think><answer>1</answer>")) == ["no thought"]
    assert names(completion("<answer>1</answer><answer>2</answer>")) == ["many answers"]
    assert names(completion("so it is " * 20)) == ["repeats"]
    assert names(completion(finish="length")) == ["cut"]
    assert names(completion(), [0, 0, 1, 1]) == ["whole image"]


def test_a_hack_that_is_not_paid_is_not_marked():
    assert names(completion("  ", advantage=-0.5)) == []
    assert names(completion("  ", advantage=1e-10)) == []


def test_the_repeated_share_is_that_of_runs_of_three_words():
    # 21 words are 19 runs of three, of which the first three are new
    assert repeated_share("so it is " * 7) == pytest.approx(16 / 19)
    assert repeated_share("short short short") == 0.0


# -------------------------------------------------------------------------------------- pictures


def png(size: tuple[int, int], colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_same_bytes_are_embedded_once(tmp_path: Path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(png((4, 4)))
    album = Album(tmp_path, max_bytes=10_000)
    assert album.add("a.png") == album.add("b.png") is not None
    assert len(album.pictures) == 1


def test_a_large_image_is_made_smaller_but_keeps_its_size_in_the_record(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(png((4000, 1000)))
    album = Album(tmp_path, max_bytes=1_000_000)
    name = album.add("a.png")
    assert name is not None
    assert (album.pictures[name]["width"], album.pictures[name]["height"]) == (4000, 1000)
    assert len(album.pictures[name]["uri"]) < 20_000


def test_images_beyond_the_budget_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.png").write_bytes(png((4, 4)))
    album = Album(tmp_path, max_bytes=10)
    assert album.add("a.png") is None
    assert album.num_left_out == 1


def test_only_images_of_the_run_folder_can_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "secret.png").write_bytes(png((4, 4)))
    (run / "broken.png").write_bytes(png((40, 40))[:60])
    (run / "huge.png").write_bytes(png((40, 40)))
    monkeypatch.setattr(pictures_module.Image, "MAX_IMAGE_PIXELS", 100)
    album = Album(run, max_bytes=10_000)
    for path in (
        "../secret.png",
        str(tmp_path / "secret.png"),
        "missing.png",
        "broken.png",
        "huge.png",
        "a\0b",
    ):
        assert album.add(path) is None
    assert album.num_unreadable == 6


# --------------------------------------------------------------------------- folders half written


def test_a_folder_that_is_no_run_is_an_error_that_says_what_was_expected(tmp_path: Path):
    with pytest.raises(DataError, match=r"no such folder.*runs/quickstart"):
        write_report(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"not a run folder.*metrics\.jsonl"):
        write_report(tmp_path)
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "run.json").write_text("{}")
    with pytest.raises(DataError, match="runs in it: first"):
        write_report(tmp_path)


def test_a_run_that_has_only_begun_gets_a_page_that_says_what_is_missing(tmp_path: Path):
    (tmp_path / "run.json").write_text('{"recipe": "quickstart", "run": {}}')
    data = data_of(write_report(tmp_path))
    assert data["notes"] == [
        "versions.json is missing.",
        "metrics.jsonl is missing.",
        "evaluations.jsonl is missing.",
        "rollouts/ is missing.",
    ]
    assert data["rollouts"] == {"num_steps": 0, "steps": []}


def test_a_last_line_half_written_is_waited_for_and_damage_before_it_is_counted(tmp_path: Path):
    (tmp_path / "metrics.jsonl").write_text(
        '{"step": 1, "loss": 2}\n[\n{"step": 2, "loss": 3}\n{"step": 3, "lo'
    )
    run = read_run(tmp_path)
    assert [row["step"] for row in run.metrics] == [1, 2]
    assert "metrics.jsonl: 1 unreadable line." in run.notes


def test_of_a_step_done_twice_the_second_counts(tmp_path: Path):
    write_rows(
        tmp_path / "metrics.jsonl",
        {"step": 1, "loss": 1},
        {"step": 2, "loss": 2},
        {"step": 2, "loss": 9},
    )
    assert [row["loss"] for row in read_run(tmp_path).metrics] == [1, 9]


NASTY_ROWS: list[object] = [
    {},
    {"completions": None},
    {"example": None, "completions": [None]},
    {"example": {"messages": [None, {"content": "a"}, {"content": [1, None, {"type": "image"}]}]},
     "completions": [{}]},
    {"example": {"target": [1]},
     "completions": [{"score": {"value": "high", "parts": [1]}, "advantage": "x"}]},
    {"example": {"id": 7, "kind": 3, "target": {"type": "box", "x0": None}},
     "completions": [{"text": None, "frames": {"a": 1},
                      "score": {"parsed": {"boxes": [[1, 2], "x", {"box": []}]}}}]},
]  # fmt: skip


def test_no_row_of_rollouts_can_stop_the_report(tmp_path: Path):
    write_rows(tmp_path / "rollouts" / "step-000001.jsonl", *NASTY_ROWS)
    (tmp_path / "rollouts" / "step-000002.jsonl").write_text("")
    (tmp_path / "rollouts" / "step-000003.jsonl").write_text('{"step": 3, "comp')
    (tmp_path / "rollouts" / "notes.txt").write_text("not ours")
    steps = data_of(write_report(tmp_path))["rollouts"]["steps"]
    assert [step["num_groups"] for step in steps] == [4, 0, 0]


def test_a_score_that_is_not_a_number_is_shown_as_none(tmp_path: Path):
    score = {"value": float("nan"), "parts": {"a": {"value": float("inf")}}}
    write_rows(
        tmp_path / "rollouts" / "step-000001.jsonl",
        {"completions": [{"text": "a", "score": score}]},
    )
    step = data_of(write_report(tmp_path))["rollouts"]["steps"][0]
    assert step["groups"][0]["completions"][0]["score"]["value"] is None


def test_a_very_long_text_keeps_its_beginning_and_its_end(tmp_path: Path):
    row = {"completions": [{"text": "a" + "b" * 50_000 + "c"}]}
    text = group_view(row, Album(tmp_path, max_bytes=0))["completions"][0]["text"]
    assert text.startswith("a")
    assert text.endswith("c")
    assert "characters left out" in text
    assert len(text) < MAX_CHARACTERS + 100


def test_best_completions_come_first(tmp_path: Path):
    row = {"completions": [{"text": str(v), "score": {"value": v}} for v in (0.5, -1.0, 1.0, None)]}
    shown = group_view(row, Album(tmp_path, max_bytes=0))["completions"]
    assert [view["score"]["value"] for view in shown] == [1.0, 0.5, None, -1.0]


def test_a_folder_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path):
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "report.html").mkdir()  # stands for a full disk: the file cannot take its place
    with pytest.raises(DataError, match=r"report\.html: cannot be written"):
        write_report(tmp_path)
    assert not (tmp_path / "report.html.part").exists()


def test_without_a_display_no_browser_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("webbrowser.open", lambda url: pytest.fail("a browser was started"))
    assert open_report(tmp_path / "report.html") is False
