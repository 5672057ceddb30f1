"""Meaning compared by a sentence encoder on this machine: no server, no words of a judge.

Sentences are vectors, the mean of what the encoder makes of their tokens (Sentence-BERT, Reimers
and Gurevych 2019, arXiv:1908.10084), and alike as the cosine of their angle says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Protocol

from regard.errors import ConfigError
from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say, target_of
from regard.text.plain import plain
from regard.text.similarity import words
from regard.text.tags import only
from regard.types import Completion, Example, FreeText, Score

Vector = Sequence[float]


class Encoder(Protocol):
    """Gives each text a vector, all of one length."""

    def __call__(self, texts: Sequence[str]) -> Sequence[Vector]: ...


@dataclass(frozen=True, kw_only=True)
class SentenceEncoder:
    """A sentence encoder that transformers can load, on the processor; it is loaded once."""

    model: str
    """A folder with its `config.json`, weights and tokenizer, or an installed package that holds
    one. Nothing is downloaded."""
    max_tokens: int = 256
    """Tokens of a text that are read."""

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        import torch

        tokenizer, model = _loaded(self.model)
        limit = min(self.max_tokens, getattr(model.config, "max_position_embeddings", 512))
        vectors = []
        # One at a time: what a text is worth must not hang on how long its neighbour is.
        for text in texts:
            tokens = tokenizer(text, truncation=True, max_length=limit, return_tensors="pt")
            with torch.inference_mode():
                hidden = model(**tokens).last_hidden_state[0]
            weights = tokens["attention_mask"][0].unsqueeze(-1)
            mean = (hidden * weights).sum(dim=0) / weights.sum().clamp(min=1)
            vectors.append([float(value) for value in mean])
        return vectors


@lru_cache(maxsize=4)
def _loaded(name: str) -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer

    folder = _folder(name)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True)
    return tokenizer, model.eval()


def _folder(name: str) -> Path:
    if (Path(name) / "config.json").is_file():
        return Path(name)
    try:
        spec = find_spec(name) if all(part.isidentifier() for part in name.split(".")) else None
    except ModuleNotFoundError:
        spec = None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for config in sorted(Path(place).rglob("config.json")):
            return config.parent
    raise ConfigError(
        f"no encoder at '{name}': expected a folder with a config.json, or an installed package "
        "that holds one"
    )


@dataclass(frozen=True)
class WordEncoder:
    """An encoder for tests: how often each of its words occurs.

    >>> WordEncoder(("red", "bus"))(["A red, red bus"])
    [[2.0, 1.0]]
    """

    vocabulary: tuple[str, ...]
    """The words that count."""

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        counts: list[Mapping[str, int]] = []
        for text in texts:
            said = words(text)
            counts.append({word: said.count(word) for word in self.vocabulary})
        return [[float(each[word]) for word in self.vocabulary] for each in counts]


def cosine(a: Vector, b: Vector) -> float:
    """The cosine of the angle between two vectors, -1 to 1; 0 where one has no direction.

    >>> cosine((1, 0), (1, 0)), cosine((1, 0), (0, 2)), cosine((1, 0), (0, 0))
    (1.0, 0.0, 0.0)
    """
    lengths = math.hypot(*a) * math.hypot(*b)
    if not (0 < lengths < math.inf):
        return 0.0
    return max(-1.0, min(1.0, sum(x * y for x, y in zip(a, b, strict=True)) / lengths))


@reward("semantic_similarity")
@dataclass(frozen=True, kw_only=True)
class SemanticSimilarity:
    """How near the answer is in meaning to the reference, by a sentence encoder.

    Encoders hear what a text is about and hardly whether it is true: "not a red bus" is near to "a
    red bus". Use it where words are free, and a judge or a rule where they are not.
    """

    encoder: Encoder
    """Who makes vectors of texts; `SentenceEncoder(model=FOLDER)` runs on this machine."""
    least: float = 0.5
    """Cosine, -1 to 1, that is worth nothing yet; from there on the value grows to 1. Ours: with
    most encoders unrelated sentences stay below."""
    max_characters: int = 2000
    """How much of an answer is read; a longer one earns nothing."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if not -1 <= self.least < 1:
            raise ConfigError(f"least is {self.least}; a cosine of -1 up to below 1 is expected")

    def __call__(self, completion: Completion, example: Example) -> Score:
        target = target_of(example, FreeText, self)
        answer = (only("answer", completion.text) or "").strip()
        if not answer:
            return Score(value=0.0, reason="no answer to compare")
        if len(answer) > self.max_characters:
            reason = f"the answer has {len(answer)} characters, more than {self.max_characters}"
            return Score(value=0.0, reason=reason)
        references = (target.text, *target.alternatives)
        if plain(answer) in {plain(text) for text in references}:
            return Score(value=1.0, reason="the reference, word by word", parsed=answer)
        said, *wanted = self.encoder([answer, *references])
        likeness = max(cosine(said, each) for each in wanted)
        value = max(0.0, (likeness - self.least) / (1 - self.least))
        return Score(value=min(1.0, value), reason=f"cosine {likeness:.3f}", parsed=answer)

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(encoder=WordEncoder(("red", "green", "bus", "bicycle"))),
            example=ask("What is on the road?", FreeText("a bus that is red")),
            best=say("<think>I look.</think><answer>A red bus.</answer>"),
            poor=say("<think>I look.</think><answer>A red bicycle.</answer>"),
            source="ours; the encoder is that of Sentence-BERT (arXiv:1908.10084)",
        )
