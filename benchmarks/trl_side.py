"""TRL's GRPOTrainer, set up to run at its best on a CPU, and stopped after every step."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from datasets import Dataset, Features, Image, Value
from datasets import Sequence as Column
from transformers import ProcessorMixin, TrainerCallback
from trl import GRPOConfig, GRPOTrainer
from workload import QUESTION, Shape

from regard.types import Example

MICRO_BATCH = 8
"""Rows of one of TRL's passes: 16 was no faster."""


class Processor(ProcessorMixin):
    """Qwen2.5-VL's processor without its part for videos, which wants torchvision."""

    return_mm_token_type_ids = True
    image_token = "<|image_pad|>"

    def __init__(self, image_processor: Any, tokenizer: Any, chat_template: str) -> None:
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        super().__init__(image_processor, tokenizer, chat_template=chat_template)

    def replace_image_token(self, image_inputs: dict, image_idx: int, **kwargs: Any) -> str:
        patches = image_inputs["image_grid_thw"][image_idx].prod()
        return self.image_token * int(patches // self.image_processor.merge_size**2)

    @property
    def model_input_names(self) -> list[str]:
        return [*super().model_input_names, "mm_token_type_ids"]


class StepObserver(TrainerCallback):
    """Calls back when a step may begin, when its gradients are there, and when it has ended."""

    def __init__(
        self, begin: Callable[[], None], gradients: Callable[[], None], end: Callable[[], None]
    ) -> None:
        self._begin, self._gradients, self._end = begin, gradients, end

    def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
        self._begin()

    def on_pre_optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        self._gradients()

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        self._end()
        self._begin()


def trainer(
    model: Any,
    tokenizer: Any,
    image_processor: Any,
    examples: Sequence[Example],
    shape: Shape,
    *,
    num_prompts: int,
    num_steps: int,
    kl_coef: float,
    loss: str,
    learning_rate: float,
    reward: Callable[..., list[float]],
    observer: StepObserver,
) -> GRPOTrainer:
    """A trainer whose `train` runs `num_steps` steps of `num_prompts` prompts each."""
    if kl_coef:  # it loads the reference from where the model says it comes from
        folder = tempfile.mkdtemp()
        model.save_pretrained(folder)
        model.config._name_or_path = folder
    num_rows = num_prompts * shape.group_size
    config = GRPOConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=min(MICRO_BATCH, num_rows),
        gradient_accumulation_steps=max(num_rows // MICRO_BATCH, 1),
        num_generations=shape.group_size,
        max_completion_length=shape.new_tokens,
        max_steps=num_steps,
        loss_type=loss,
        beta=kl_coef,
        use_bias_correction_kl=False,  # ours has k3 as GRPO wrote it
        learning_rate=learning_rate,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        optim="adamw_torch_fused",
        temperature=1.0,
        shuffle_dataset=False,
        gradient_checkpointing=False,
        generation_kwargs=None if shape.is_ragged else {"min_new_tokens": shape.new_tokens},
        logging_strategy="no",
        save_strategy="no",
        eval_strategy="no",
        report_to=[],
        disable_tqdm=True,
        bf16=False,
        use_cpu=True,
        dataloader_pin_memory=False,
    )
    return GRPOTrainer(
        model=model,
        reward_funcs=reward,
        args=config,
        train_dataset=_dataset(examples),
        processing_class=Processor(image_processor, tokenizer, tokenizer.chat_template),
        callbacks=[observer],
    )


def _dataset(examples: Sequence[Example]) -> Dataset:
    rows = [
        {
            "prompt": [{"role": "user", "content": QUESTION}],
            "images": [{"bytes": example.images[0].read()}],
        }
        for example in examples
    ]
    message = {"role": Value("string"), "content": Value("string")}
    features = Features({"prompt": [message], "images": Column(Image())})
    return Dataset.from_list(rows, features=features)
