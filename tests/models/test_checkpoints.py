"""A checkpoint of any family is an ordinary one of transformers, and comes back as it was."""

from __future__ import annotations

import json

import pytest
import torch
from tests.models.families import FAMILIES, load, picture, question
from transformers import AutoModelForImageTextToText

from regard.models.policy import PolicySpec
from regard.models.prompts import pixels_of

EXAMPLE = question("two", picture(60, 40), "and", picture(90, 60), "what is the sum ?")


@pytest.mark.parametrize("model_type", FAMILIES)
@torch.no_grad()
def test_a_saved_policy_is_the_same_model_to_transformers_and_to_us(model_type, tmp_path):
    policy = load(model_type)
    policy.save(tmp_path)
    stock = AutoModelForImageTextToText.from_pretrained(tmp_path, dtype=torch.float32)
    again = PolicySpec(weights=str(tmp_path)).load()
    prompt = policy.prompt(EXAMPLE)
    assert again.prompt(EXAMPLE) == prompt
    assert again.path == policy.path

    def logits(of, model):
        ids = torch.tensor([prompt.token_ids])
        pixels = pixels_of([prompt], of.family, of.pixels)
        return model(input_ids=ids, **pixels, **of.family.stock_inputs(model, ids, pixels)).logits

    expected = logits(policy, policy.base)
    assert torch.equal(logits(again, again.base), expected)
    assert (logits(policy, stock) - expected).abs().max() < 1e-5


def test_a_template_kept_for_the_processor_is_the_one_that_counts(tmp_path):
    policy = load("llava")
    policy.save(tmp_path)
    template = "{% for message in messages %}<image> USER: {% endfor %}"
    (tmp_path / "chat_template.json").write_text(json.dumps({"chat_template": template}))
    again = PolicySpec(weights=str(tmp_path)).load()
    assert again.tokenizer.chat_template == template
