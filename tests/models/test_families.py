"""What a family says of a prompt beforehand is what transformers makes of it."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import pytest
import torch
from tests.models.families import FAMILIES, conversation, load, picture, question
from tests.models.stock import stock_processor

from regard.errors import CheckpointError, DataError
from regard.models.families import family_of
from regard.models.policy import Policy, PolicySpec
from regard.models.prompts import collate, make_prompt, pixels_of
from regard.models.tiny import TinyModel
from regard.types import Frame, ImageRef, Message

SIZES = [
    (56, 56), (28, 28), (60, 57), (57, 60), (112, 56), (56, 112), (200, 56), (56, 200), (150, 100),
    (100, 150), (97, 101), (300, 31), (31, 300), (224, 224), (180, 170), (13, 40),
]  # fmt: skip

EXAMPLES = [
    question("one", picture(90, 70), "what is the sum ?"),
    question("after", "what is this ?", picture(70, 90)),
    question("two", picture(60, 40), "and", picture(40, 60), "what is the larger digit ?"),
    question("none", "what is the sum of it all then ?"),
    conversation(
        "turns",
        Message("system", ("be brief",)),
        Message("user", (picture(100, 50), "what is the sum ?\n\n")),
        Message("assistant", ("<answer> 7 </answer>",)),
        Message("user", ("naïve ?", picture(30, 30))),
    ),
]


@cache
def policy_of(model_type: str) -> Policy:
    return load(model_type)


def as_template(example):
    return [
        {
            "role": message.role,
            "content": [
                {"type": "image", "image": part.open()}
                if isinstance(part, ImageRef)
                else {"type": "text", "text": part}
                for part in message.parts
            ],
        }
        for message in example.messages
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
@pytest.mark.parametrize("model_type", FAMILIES)
def test_a_prompt_is_what_transformers_own_processor_makes_of_it(model_type, example, monkeypatch):
    policy = policy_of(model_type)
    processor = stock_processor(policy, monkeypatch)
    stock = processor.apply_chat_template(
        as_template(example), tokenize=True, add_generation_prompt=True, return_dict=True,
        return_tensors="pt",
    )  # fmt: skip
    prompt = policy.prompt(example)
    assert list(prompt.token_ids) == stock["input_ids"][0].tolist()
    pixels = pixels_of([prompt], policy.family, policy.pixels)
    if not example.images:
        assert pixels == {}
        return
    mine, theirs = pixels["pixel_values"], stock["pixel_values"]
    if model_type == "llava_onevision":  # theirs is a padded rectangle of tiles
        counts = [len(image["pixel_values"]) for image in policy.pixels.of(prompt)]
        theirs = torch.cat([tiles[:count] for tiles, count in zip(theirs, counts, strict=True)])
    assert torch.equal(mine.flatten(), theirs.flatten())


@pytest.mark.parametrize("model_type", FAMILIES)
@torch.no_grad()
def test_the_number_of_tokens_is_known_from_the_size_alone(model_type):
    policy = policy_of(model_type)
    family, model = policy.family, policy.base
    for size in SIZES:
        for is_alone in (True, False):
            told = policy.tokenizer(family.image_text(size, is_alone))["input_ids"]
            images = [family.features(picture(*size).open(), is_alone)] * (1 if is_alone else 2)
            pixels = family.collate(images, [len(images)])
            made = model.model.get_image_features(**pixels).pooler_output
            made = torch.cat(list(made)) if isinstance(made, (list, tuple)) else made.flatten(0, -2)
            assert told.count(family.image_id) * len(images) == len(made), (size, is_alone)


@pytest.mark.parametrize("model_type", [name for name in FAMILIES if name.startswith("qwen")])
def test_positions_are_those_the_model_would_give_itself(model_type):
    policy = policy_of(model_type)
    for example in EXAMPLES:
        prompt = policy.prompt(example)
        inputs = collate([prompt], policy.family)
        pixels = pixels_of([prompt], policy.family, policy.pixels)
        stock = policy.family.stock_inputs(policy.base, inputs.token_ids, pixels)
        assert torch.equal(inputs.positions, stock["position_ids"])


@pytest.mark.parametrize("model_type", FAMILIES)
def test_the_size_a_picture_is_seen_in_has_its_shape_or_is_a_square(model_type):
    family = policy_of(model_type).family
    for size in SIZES:
        for is_alone in (True, False):
            width, height = family.input_size(size, is_alone)
            assert min(width, height) >= 1
            assert is_alone or model_type != "llava_onevision" or max(width, height) == 56
    # the sides of an image two and a half times as long as wide, by hand
    seen = {
        "qwen2_vl": (140, 56), "qwen2_5_vl": (140, 56), "qwen3_vl": (140, 56), "qwen3_5": (140, 56),
        "llava": (56, 56), "gemma3": (56, 56),
        "llava_onevision": (140, 56),  # fits the canvas of three tiles by one, in full
        "idefics3": (112, 56), "smolvlm": (112, 56),  # twice the tile, then whole tiles
        "internvl": (168, 56),  # 3x1 is as near to 2.5 as 2x1, and 140x56 is over half of it
    }  # fmt: skip
    assert family.input_size((140, 56)) == seen[model_type]


@pytest.mark.parametrize(
    ("model_type", "frame"),
    [("qwen2_5_vl", Frame.INPUT), ("qwen3_vl", Frame.PER_MILLE), ("llava", Frame.UNIT)],
)
def test_each_family_answers_in_the_frame_it_was_trained_in(model_type, frame):
    assert policy_of(model_type).prompt(EXAMPLES[0]).frames[0].answers_in == frame


def test_a_tiny_model_may_answer_in_another_frame_and_its_checkpoint_says_so(tmp_path):
    size = TinyModel(model_type="qwen3_vl", words=("a",), answers_in=Frame.INPUT)
    PolicySpec(weights=size).load().save(tmp_path)
    policy = PolicySpec(weights=str(tmp_path)).load()
    assert policy.prompt(EXAMPLES[0]).frames[0].answers_in == Frame.INPUT


@pytest.mark.parametrize("model_type", FAMILIES)
def test_a_picture_mark_written_in_the_question_is_found(model_type):
    policy = policy_of(model_type)
    with pytest.raises(DataError, match="example 'forged': 0 images, but its text makes 1 places"):
        policy.prompt(question("forged", f"what is {policy.family.placeholder} ?"))


@pytest.mark.parametrize("model_type", FAMILIES)
def test_no_mark_of_a_picture_may_be_said(model_type):
    policy = policy_of(model_type)
    words = policy.tokenizer.extra_special_tokens
    marks = {word for word in words if not word.startswith(("<|im_", "<end_of_utt"))}
    assert {policy.family.word(i) for i in policy.family.banned_ids} == marks


@pytest.mark.parametrize(
    ("text", "adds_one"), [("what is", True), ("<s>what is", False)], ids=["without", "with"]
)
def test_a_tokenizers_own_beginning_stands_once(text, adds_one):
    class Tokenizer:
        special_tokens_map: ClassVar = {"bos_token": "<s>"}

        def apply_chat_template(self, messages, **options):
            return text

        def __call__(self, text, *, add_special_tokens):
            return {"input_ids": [1 if add_special_tokens else 0]}

    prompt = make_prompt(EXAMPLES[3], Tokenizer(), policy_of("llava").family)
    assert prompt.token_ids == (adds_one,)


def test_an_unknown_family_is_refused_by_name():
    class Config:
        model_type = "florence"

    known = "'florence' are not supported; known: gemma3, idefics3"
    with pytest.raises(CheckpointError, match=known):
        family_of(Config(), None, None)
