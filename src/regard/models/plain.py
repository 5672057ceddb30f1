"""The plain path: every answer alone behind its own prompt and images, through the model as it is.

Nothing is shared and nothing is padded, so it is right for every model: windows that slide, images
whose tokens see each other both ways, layers whose memory is a state that recurs. Models that
cannot share their prompts take it, and the guard compares the shared path with it.

It offers what `Policy` does, `read`, `respond`, `decoding` and `decode`, with a state that holds
no more than the prompts. Sampling runs each prompt once, then its completions side by side against
the model's own cache: of one length, they need no padding either.

Letters: B prompts, R answers, N tokens of all answers, F features of a hidden state.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import DynamicCache

from regard.models.families import Family
from regard.models.prompts import PixelStore, Prompt, collate, pixels_of


@dataclass(frozen=True)
class PlainPath:
    """A model, and how its prompts become inputs."""

    model: Any
    """The transformers model itself, with its own attention."""
    family: Family
    pixels: PixelStore
    compute: Callable[[], contextlib.AbstractContextManager[None]]
    """The arithmetic of the policy's precision."""

    def read(self, prompts: Sequence[Prompt]) -> PlainState:
        """The prompts, ready to be answered; nothing is run yet."""
        return PlainState(self, list(prompts))

    def run(self, ids: Int[Tensor, "R L"], prompt: Prompt | None, **options: Any) -> Any:
        """One pass through the model without its head, over rows that begin with a prompt."""
        inputs: dict[str, Any] = {"input_ids": ids.to(self.model.device)}
        if prompt is not None:
            pixels = pixels_of([prompt], self.family, self.pixels)
            inputs |= {name: tensor.to(self.model.device) for name, tensor in pixels.items()}
            inputs |= self.family.stock_inputs(self.model, inputs["input_ids"], pixels)
        with self.compute():
            return self.model.model(**inputs, **options)


class PlainState:
    """Prompts as the plain path knows them: in the place of a `PromptState`."""

    def __init__(self, path: PlainPath, prompts: list[Prompt]) -> None:
        self.path = path
        self.prompts = prompts

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def lengths(self) -> Int[Tensor, " B"]:
        return torch.tensor([len(prompt) for prompt in self.prompts])

    @property
    def tensors(self) -> list[Tensor]:
        """No answer takes anything from here that a gradient could flow back through."""
        return []

    def leaves(self) -> PlainState:
        """The same: each answer's gradient goes all the way by itself."""
        return self

    @property
    def last_hidden(self) -> Float[Tensor, "B F"]:
        """Hidden state of each prompt's last token, for sampling only: it has no gradient."""
        return torch.stack([hidden for hidden, _ in self._begun])

    @property
    def next_position(self) -> Int[Tensor, " B"]:
        """Where the first token of an answer stands: after the greatest position of its prompt."""
        path = self.path
        inputs = [collate([prompt], path.family) for prompt in self.prompts]
        return torch.cat([one.next_position for one in inputs]).to(path.model.device)

    def respond(
        self, answers: Sequence[Sequence[int]], prompt_of: Sequence[int]
    ) -> Float[Tensor, "N F"]:
        """Hidden states that predict each token of these answers, answer after answer."""
        found = []
        for answer, number in zip(answers, prompt_of, strict=True):
            prompt = self.prompts[number]
            ids = torch.tensor([[*prompt.token_ids, *answer[:-1]]])
            output = self.path.run(ids, prompt, use_cache=False)
            found.append(output.last_hidden_state[0, len(prompt) - 1 :])
        return torch.cat(found)

    def decoding(self, prompt_of: Sequence[int]) -> PlainDecoding:
        """Begin to answer: one row for each entry of `prompt_of`."""
        rows = torch.tensor(prompt_of)
        caches = []
        for number, (_, cache) in enumerate(self._begun):
            own = copy.deepcopy(cache)
            own.reorder_cache(torch.zeros(int((rows == number).sum()), dtype=torch.long))
            caches.append(own)
        return PlainDecoding(self.path, caches, rows)

    @cached_property
    def _begun(self) -> list[tuple[Tensor, Any]]:
        """Each prompt's last hidden state and the cache it leaves."""
        config = self.path.model.config.get_text_config()
        found = []
        with _sampling(self.path.model):
            for prompt in self.prompts:
                cache = DynamicCache(config=config)
                ids = torch.tensor([prompt.token_ids])
                output = self.path.run(ids, prompt, cache=cache, use_cache=True)
                found.append((output.last_hidden_state[0, -1], cache))
        return found


@dataclass
class PlainDecoding:
    """Rows on their way, a cache for those of each prompt."""

    path: PlainPath
    caches: list[Any]
    prompt_of: Int[Tensor, " R"]

    def step(self, tokens: Int[Tensor, " R"], positions: Int[Tensor, " R"]) -> Float[Tensor, "R F"]:
        """Run one token of every row; its hidden state predicts the row's next token."""
        num_axes = self.path.family.num_axes
        order, found = [], []
        with _sampling(self.path.model):
            for number, cache in enumerate(self.caches):
                rows = self._rows_of(number)
                if not len(rows):
                    continue
                axes = positions[rows][:, None]
                axes = axes.expand(num_axes, -1, -1) if num_axes > 1 else axes
                output = self.path.run(
                    tokens[rows][:, None], None, cache=cache, position_ids=axes, use_cache=True
                )
                order.append(rows)
                found.append(output.last_hidden_state[:, 0])
        return torch.cat(found)[torch.cat(order).argsort().to(found[0].device)]

    def keep(self, rows: Int[Tensor, " kept"], prompt: Int[Tensor, " kept"]) -> None:
        """Forget every row but these; `prompt` says whose answer each kept row is."""
        kept = rows.cpu()
        for number, cache in enumerate(self.caches):
            own = self._rows_of(number)
            places = torch.searchsorted(own, kept[self.prompt_of[kept] == number])
            if len(own):
                cache.reorder_cache(places)
        self.prompt_of = self.prompt_of[kept]

    def _rows_of(self, number: int) -> Int[Tensor, " rows"]:
        """The rows that answer a prompt, in their order."""
        return (self.prompt_of == number).nonzero()[:, 0]


@contextlib.contextmanager
def _sampling(model: Any) -> Iterator[None]:
    """Without gradients, and not in training mode: there, checkpointed layers drop their cache."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)
