"""The policy: a vision-language model that reads a prompt once and answers it many times.

`read` runs prompts through the model as it is and keeps what answers need of them, a `PromptState`;
`respond` runs whole answers against it, `decode` one token of each. Sampling, scoring and training
are all made of these, so that they agree to rounding.

Letters: B prompts, P prompt tokens, N answer tokens, R answers, F features of a hidden state, K key
heads, D head width, A position axes.
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers.utils import logging

from regard.cache import cache_folder
from regard.errors import CheckpointError
from regard.models import attention, parts
from regard.models.families import Family, family_of
from regard.models.head import Head
from regard.models.plain import PlainDecoding, PlainPath, PlainState
from regard.models.prompts import (
    PixelStore,
    Prompt,
    collate,
    make_prompt,
    pixels_of,
    processor_template,
)
from regard.models.slots import Slots
from regard.models.tiny import TinyModel, load_tokenizer
from regard.models.towers import FeatureStore, is_frozen
from regard.models.work import Work
from regard.types import Example

_ADAPTER = "adapter"
"""Folder of a checkpoint that holds low-rank adapters on their own."""

_ASSETS = Path(__file__).parents[1] / "assets"

SHIPPED = ("regard-tiny",)
"""Checkpoints that come with the library, by name."""

BUILT = ("vlm-157m",)
"""Checkpoints that `regard assets build` makes, by name."""

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class PolicySpec:
    """Which model learns, and which of its weights."""

    weights: str | TinyModel
    """A folder, a checkpoint that comes with the library ("regard-tiny") or that `regard assets`
    built ("vlm-157m"), the name of one on the hub, or a tiny model built from nothing."""
    trainable: tuple[str, ...] = parts.PARTS
    """The parts that learn, of vision, connector, language and embeddings."""
    lora: parts.Lora | None = None
    """Low-rank adapters instead of the weights themselves."""
    gradient_checkpointing: bool = False
    """Forget activations and make them again in the backward pass: slower, less memory."""
    precision: Precision = "float32"
    """What matrices are multiplied in; weights and the optimiser stay in float32."""

    def load(self, checkpoint: Path | None = None) -> Policy:
        """Build the policy; with the weights of a checkpoint it wrote itself, if one is given."""
        if checkpoint is not None and self.lora is None:
            return Policy(*load_pieces(checkpoint), spec=self)
        if isinstance(self.weights, TinyModel):
            pieces = self.weights.build()
        else:
            pieces = load_pieces(self.weights)
        policy = Policy(*pieces, spec=self)
        if checkpoint is not None:
            parts.load_lora(policy.model, checkpoint / _ADAPTER)
        return policy


@dataclass(frozen=True)
class PromptState:
    """All that an answer needs of its prompt."""

    keys: list[Float[Tensor, "B K P D"]]
    """Keys of every language layer."""
    values: list[Float[Tensor, "B K P D"]]
    last_hidden: Float[Tensor, "B F"]
    """Hidden state of each prompt's last token: the first token of its answers follows from it."""
    next_position: Int[Tensor, " B"]
    lengths: Int[Tensor, " B"]

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def tensors(self) -> list[Tensor]:
        """What gradients flow through."""
        return [*self.keys, *self.values, self.last_hidden]

    def leaves(self) -> PromptState:
        """The same state cut off from the graph that made it, collecting gradients of its own."""
        cut = [tensor.detach().requires_grad_(tensor.requires_grad) for tensor in self.tensors]
        num_layers = len(self.keys)
        return PromptState(
            keys=cut[:num_layers],
            values=cut[num_layers:-1],
            last_hidden=cut[-1],
            next_position=self.next_position,
            lengths=self.lengths,
        )

    @property
    def bias(self) -> Tensor | None:
        """What hides the padding of the shorter prompts."""
        return attention.prompt_bias(self.lengths, self.keys[0].shape[2], self.keys[0].dtype)


State = PromptState | PlainState
"""Prompts that were read, on either path."""


class Policy:
    """A model with its tokenizer and image preparation, answering prompts by the group."""

    def __init__(self, model: Any, tokenizer: Any, processor: Any, spec: PolicySpec) -> None:
        self.tokenizer = tokenizer
        self.processor = processor
        self.spec = spec
        self.family: Family = family_of(model.config, processor, tokenizer)
        self.pixels = PixelStore(self.family)
        self.features = FeatureStore()
        self.work = Work()
        self.path: Literal["shared", "plain"] = "shared" if self.family.shared_prefix else "plain"
        """Whether answers share their prompt's keys, or each is run alone behind its prompt."""
        if self.path == "shared":
            model.set_attn_implementation({"text_config": attention.NAME})
        model.config.use_cache = False
        parts.choose(model, spec.trainable)
        if spec.lora is not None:
            model = parts.add_lora(model, spec.lora, spec.trainable)
        self.model = model
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model.to(self.device)
        self._banned: Tensor | None = torch.tensor(
            self.family.banned_ids, dtype=torch.long, device=self.device
        )
        # Dropout would make sampling and training disagree; no recipe uses it.
        self.model.eval()
        if spec.gradient_checkpointing:
            _checkpoint_gradients(self.base)

    # ------------------------------------------------------------------------------- parts

    @property
    def base(self) -> Any:
        """The transformers model itself, without peft's wrapping."""
        return self.model.get_base_model() if self.spec.lora is not None else self.model

    @property
    def head(self) -> Head:
        """The layer that turns hidden states into scores of the next token."""
        output = self.base.get_output_embeddings()
        return Head(output.weight, getattr(output, "bias", None), self._banned)

    @cached_property
    def stop_ids(self) -> tuple[int, ...]:
        """Tokens that end an answer, by the tokenizer and the model's generation settings."""
        configured = getattr(self.base.generation_config, "eos_token_id", None)
        ids = configured if isinstance(configured, list) else [configured]
        return tuple(sorted({i for i in (*ids, self.tokenizer.eos_token_id) if i is not None}))

    @property
    def max_tokens(self) -> int:
        """The most positions the model was made for."""
        return int(self.base.config.get_text_config().max_position_embeddings)

    def trainable(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        """The weights that learn, by name."""
        return ((name, p) for name, p in self.model.named_parameters() if p.requires_grad)

    def learns(self, names: Sequence[str] | None) -> None:
        """Let only these parts learn from now on; None lets those of the spec.

        Adapters stay where they were put when the policy was made.
        """
        if self.spec.lora is None:
            parts.choose(self.model, self.spec.trainable if names is None else names)

    # ------------------------------------------------------------------------------- prompts

    def prompt(self, example: Example) -> Prompt:
        """Tokenise an example; its images are not decoded."""
        return make_prompt(example, self.tokenizer, self.family)

    def encode(self, text: str) -> list[int]:
        """An answer as tokens, ended as the model ends one."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return [*ids, self.tokenizer.eos_token_id]

    def decode_text(self, token_ids: Sequence[int]) -> str:
        """Tokens as text, without special tokens."""
        text: str = self.tokenizer.decode(list(token_ids), skip_special_tokens=True)
        return text

    # ------------------------------------------------------------------------------- compute

    @property
    def plain(self) -> PlainPath:
        """The same weights, with every answer alone behind its own prompt."""
        return PlainPath(self.base, self.family, self.pixels, self.compute)

    def read(self, prompts: Sequence[Prompt]) -> State:
        """Run prompts and their images once, through the model's own attention."""
        if self.path == "plain":
            return self.plain.read(prompts)
        self.work.read(prompts)
        inputs = collate(prompts, self.family)
        layout = attention.Reading()
        hidden = self._run(
            layout,
            input_ids=inputs.token_ids,
            position_ids=self._axes(inputs.positions),
            **self._seen(prompts),
        )
        last = (inputs.lengths - 1).to(self.device)
        order = sorted(layout.keys)
        return PromptState(
            keys=[layout.keys[layer] for layer in order],
            values=[layout.values[layer] for layer in order],
            last_hidden=hidden[torch.arange(len(prompts), device=self.device), last],
            next_position=inputs.next_position.to(self.device),
            lengths=inputs.lengths.to(self.device),
        )

    def respond(
        self,
        state: State,
        answers: Sequence[Sequence[int]],
        prompt_of: Sequence[int],
    ) -> Float[Tensor, "N F"]:
        """Hidden states that predict each token of these answers, answer after answer.

        The first token of an answer is predicted by its prompt's last hidden state, so the last
        token is never run.
        """
        self.work.prompt_tokens_row_wise += int(state.lengths[list(prompt_of)].sum())
        if isinstance(state, PlainState):
            run = [state.prompts[number] for number in prompt_of]
            self.work.read(run)
            self.work.encode(run)
            return state.respond(answers, prompt_of)
        lengths = torch.tensor([len(answer) for answer in answers])
        row, offset = _unroll(lengths)
        prompt = torch.tensor(prompt_of)
        firsts = state.last_hidden[prompt.to(self.device)]
        is_last = offset == lengths[row] - 1
        run_row, run_offset = row[~is_last], offset[~is_last]
        if not len(run_row):
            return firsts
        layout = attention.Responding(
            keys=state.keys,
            values=state.values,
            prompt_bias=state.bias,
            groups=Slots.of(prompt[run_row], len(state)).to(self.device),
            rows=Slots.of(run_row, len(answers)).to(self.device),
        )
        ids = torch.tensor([token for answer in answers for token in answer[:-1]])
        positions = state.next_position[prompt[run_row]] + run_offset.to(self.device)
        rest = self._run(
            layout, input_ids=ids[:, None], position_ids=self._axes(positions[None, :, None])
        )[:, 0]
        # A token follows from its prompt if it is the first, else from the token before it.
        before = (~is_last).cumsum(0) + len(firsts) - 1
        source = torch.where(offset == 0, row, before.roll(1))
        return torch.cat([firsts, rest])[source.to(self.device)]

    def decoding(
        self, state: State, prompt_of: Sequence[int]
    ) -> attention.Decoding | PlainDecoding:
        """Begin to answer: one row for each entry of `prompt_of`."""
        self.work.prompt_tokens_row_wise += int(state.lengths[list(prompt_of)].sum())
        if isinstance(state, PlainState):
            self.work.read(state.prompts)
            self.work.encode(state.prompts)
            return state.decoding(prompt_of)
        return attention.Decoding(
            keys=state.keys,
            values=state.values,
            prompt_bias=state.bias,
            groups=Slots.of(torch.tensor(prompt_of), len(state)).to(self.device),
        )

    def decode(
        self,
        layout: attention.Decoding | PlainDecoding,
        tokens: Int[Tensor, " R"],
        positions: Int[Tensor, " R"],
    ) -> Float[Tensor, "R F"]:
        """Run one token of every row; its hidden state predicts the row's next token."""
        if isinstance(layout, PlainDecoding):
            return layout.step(tokens, positions)
        hidden = self._run(
            layout, input_ids=tokens[:, None], position_ids=self._axes(positions[None, :, None])
        )
        layout.length += 1
        return hidden[:, 0]

    @contextlib.contextmanager
    def compute(self) -> Iterator[None]:
        """The arithmetic of the policy's precision, for whatever runs its layers or its head."""
        if self.spec.precision == "float32":
            yield
        else:
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                yield

    def _axes(self, positions: Int[Tensor, "A B P"]) -> Tensor:
        """Positions in the shape the family's language model wants: [A, B, P], or [B, P]."""
        num_axes = self.family.num_axes
        positions = positions.expand(num_axes, -1, -1) if num_axes > 1 else positions[0]
        return positions.to(self.device)

    def _seen(self, prompts: Sequence[Prompt]) -> dict[str, Any]:
        """The images of these prompts as the model wants them: pixels, or what a tower that does
        not learn has made of them."""
        if not is_frozen(self.model):
            self.features.clear()  # a stage before may have left them; they are of other weights
            self.work.encode(prompts)
            return dict(pixels_of(prompts, self.family, self.pixels))
        return self.features.of(prompts, self._encode)

    def _encode(self, prompt: Prompt) -> Any:
        """The output of vision tower and connector for the images of one prompt."""
        self.work.encode([prompt])
        pixels = pixels_of([prompt], self.family, self.pixels)
        with torch.no_grad(), self.compute():
            inputs = {name: tensor.to(self.device) for name, tensor in pixels.items()}
            return self.base.model.get_image_features(**inputs, return_dict=True)

    def _run(self, layout: attention.Layout, **inputs: Any) -> Tensor:
        """One pass through the model without its head: hidden states [B, P, D]."""
        with self.compute():
            inputs = {
                name: value.to(self.device) if isinstance(value, Tensor) else value
                for name, value in inputs.items()
            }
            output = self.base.model(**inputs, use_cache=False, regard_layout=layout)
        hidden: Tensor = output.last_hidden_state
        return hidden

    # ------------------------------------------------------------------------------- copies

    def frozen(self) -> Policy:
        """A reference that stays as this policy is now; weights that never learn are shared."""
        shared = {id(p): p for p in self.model.parameters() if not p.requires_grad}
        twin = copy.copy(self)
        twin.work = Work()
        if not is_frozen(self.model):
            twin.features = FeatureStore()  # of its own tower; else what either sees serves both
        twin.model = copy.deepcopy(self.model, memo=dict(shared))
        twin.model.requires_grad_(False)
        return twin

    def save(self, folder: Path) -> None:
        """Write an ordinary transformers checkpoint: weights, tokenizer, image processor.

        Adapters are merged into it; beside it they are kept as they are, to go on from.
        """
        with without_bars():
            if self.spec.lora is None:
                self.model.save_pretrained(folder)
            else:
                copy.deepcopy(self.model).merge_and_unload().save_pretrained(folder)
                self.model.save_pretrained(folder / _ADAPTER)
        self.tokenizer.save_pretrained(folder)
        self.processor.save_pretrained(folder)


def load_pieces(source: str | Path) -> tuple[Any, Any, Any]:
    """Model, tokenizer and image processor of a checkpoint: local, shipped here, or on the hub."""
    from transformers import AutoImageProcessor, AutoModelForImageTextToText

    folder = Path(source)
    if not folder.exists() and str(source) in SHIPPED:
        folder = source = _ASSETS / str(source)
    elif not folder.exists() and str(source) in BUILT:
        folder = cache_folder("models") / str(source)
        if not folder.exists():
            raise CheckpointError(
                f"{source} is not on this machine yet; `regard assets build {source}` makes it"
            )
        source = folder
    if folder.exists() and not (folder / "config.json").is_file():
        raise CheckpointError(f"{folder} is no checkpoint: it has no config.json")
    where = "" if folder.exists() else "there is no such folder; as a name on the hub it "
    try:
        with without_bars():
            model = AutoModelForImageTextToText.from_pretrained(source, dtype=torch.float32)
        tokenizer = load_tokenizer(source)
        tokenizer.chat_template = processor_template(source) or tokenizer.chat_template
        processor = AutoImageProcessor.from_pretrained(source, backend="pil")
    except (OSError, ValueError, json.JSONDecodeError) as error:
        # transformers goes on to list every architecture it knows, or how to work offline.
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"checkpoint {source}: {where}cannot be loaded ({reason})") from error
    return model, tokenizer, processor


@contextlib.contextmanager
def without_bars() -> Iterator[None]:
    """No progress bars of transformers' inside ours; the caller's choice is put back."""
    if not logging.is_progress_bar_enabled():
        yield
        return
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.enable_progress_bar()


def _unroll(lengths: Int[Tensor, " R"]) -> tuple[Int[Tensor, " N"], Int[Tensor, " N"]]:
    """The row of each token of packed rows of these lengths, and its place within the row.

    >>> [part.tolist() for part in _unroll(torch.tensor([2, 1]))]
    [[0, 0, 1], [0, 1, 0]]
    """
    row = torch.arange(len(lengths)).repeat_interleave(lengths)
    starts = lengths.cumsum(0) - lengths
    return row, torch.arange(len(row)) - starts[row]


def _checkpoint_gradients(model: Any) -> None:
    """Switch checkpointing on; transformers does it only for modules in training mode."""
    model.activation_checkpointing_enable({"use_reentrant": False})
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.0
