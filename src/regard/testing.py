"""Checks for what others write: call `check_reward` in the tests of a reward of your own.

from regard.testing import check_reward

def test_my_reward_keeps_its_promises():
    check_reward(MyReward)
"""

from __future__ import annotations

import gc
import math
import pickle
import random
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from regard.config import field_doc
from regard.errors import ConfigError
from regard.rewards.contract import AnyReward, Demo, range_of, say, score_group
from regard.types import Completion, Example, Finish, Score

NASTY_TEXTS: tuple[str, ...] = (
    "",
    " \n\t ",
    "\x00",
    "\ufeff<answer>\u200b</answer>",
    "</answer></think>",
    "<think><think><answer><answer>",
    "<think>a</think><answer>b</answer>" * 3,
    "<answer><answer>1</answer></answer>",
    "<think><answer>1</answer></think>",
    "<answer>" + "🙂👩‍👩‍👧" * 3 + "</answer>",
    "<answer>\u202e5 \u0661\u0662 שלום</answer>",
    "<answer>" + "9" * 5000 + "</answer>",
    "<answer>1e999</answer>",
    "<answer>-0</answer>",
    "<answer>1/0</answer>",
    "<answer>nan</answer>",
    "<answer>[nan, inf, -inf, 1e400]</answer>",
    "<answer>[0, 0, 0, 0]</answer>",
    "<answer>[9, 9, 1, 1]</answer>",
    "<answer>" + "[" * 5000 + "</answer>",
    "<answer>" + '{"a": ' * 5000 + "</answer>",
    "<answer>```json\n[{\n```</answer>",
    "<answer>```json\nnull\n```</answer>",
    '<answer>```json\n[null, 1, "a", {"bbox_2d": null, "label": 3}]\n```</answer>',
    r"<answer>\boxed{\boxed{\frac{1}{0}}</answer>",
    "<answer>\\" + "frac{" * 2000 + "</answer>",
    "<answer>__import__('os').abort()</answer>",
    "<answer>(?:(a+)+)+$</answer>",
    "<answer>None</answer>",
    "<answer>True</answer>",
    "<answer>A B C D</answer>",
    "\ud800",  # half a surrogate pair, as a broken decoder leaves it
)
"""Texts that have broken somebody's reward."""

_REPEATED = (
    "<answer>",
    "<think></think>",
    "[1, ",
    "{",
    "1",
    "(",
    " ",
    "a b\n",
    "\\frac{",
    "```json\n",
)


def check_reward(
    reward: AnyReward | type, examples: Iterable[Example] | None = None, *, num_mutants: int = 100
) -> None:
    """Assert that a reward keeps the promises of `regard.rewards.contract`.

    It scores texts that are empty, broken, endless or absurd, and mutants of a good answer: no
    text is an error, and each value is finite, within the range and the same when asked again. The
    reward pickles, compares and prints as a value, each field is documented, and a text ten times
    as long takes about ten times as long.

    A class is checked through its `demo`; a reward without one needs `examples`.
    """
    demo: Demo | None = reward.demo() if hasattr(reward, "demo") else None
    if isinstance(reward, type):
        if demo is None:
            raise ConfigError(f"{reward.__name__} has no demo(); give check_reward an instance")
        reward = demo.reward
    if examples is None and demo is None:
        raise ConfigError(f"{reward!r} has no demo(); give check_reward some examples")
    examples = [demo.example] if examples is None and demo else list(examples or ())
    _check_value(reward)
    _check_documentation(reward)
    if demo is not None and demo.reward == reward:
        _check_demo(demo)
    for example in examples:
        good = demo.best.text if demo else (example.gold or "")
        texts = [*NASTY_TEXTS, *_mutants(good, num_mutants), "x" * 1_000_000]
        _check_scores(reward, example, [say(text) for text in texts])
        cut = [Completion(text=text, finish=Finish.LENGTH) for text in ("", good)]
        _check_scores(reward, example, cut)
        _check_time(reward, example, good)


def _check_value(reward: AnyReward) -> None:
    """Pickles, compares, prints, cannot be changed."""
    copy = pickle.loads(pickle.dumps(reward))
    assert copy == reward, f"{reward!r} is another one after pickling: {copy!r}"
    assert repr(copy) == repr(reward), f"{reward!r} prints differently after pickling: {copy!r}"
    if is_dataclass(reward) and not isinstance(reward, type):
        assert reward.__dataclass_params__.frozen, f"{type(reward).__name__} is not frozen"
        assert replace(reward) == reward, f"{reward!r} is another one after dataclasses.replace"
    low, high = range_of(reward)
    assert low < high, f"the range of {reward!r} is ({low}, {high}); expected least < greatest"


def _check_documentation(reward: AnyReward) -> None:
    cls: Any = reward if not is_dataclass(reward) and hasattr(reward, "__name__") else type(reward)
    doc = (cls.__doc__ or "").strip()
    if doc.startswith(f"{cls.__name__}("):  # written by @dataclass, where there is none
        doc = ""
    assert doc, f"{cls.__name__} has no docstring"
    for field in fields(cls) if is_dataclass(cls) else ():
        if field.name != "range":
            assert field_doc(cls, field.name), f"{cls.__name__}.{field.name} has no docstring"


def _check_demo(demo: Demo) -> None:
    best, poor = score_group(demo.reward, [demo.best, demo.poor], demo.example)
    full_marks = range_of(demo.reward, demo.example)[1]
    assert math.isclose(best.value, full_marks), (
        f"the best answer of the demo earns {best.value}, not full marks ({full_marks}): "
        f"{best.reason}"
    )
    assert poor.value < best.value, f"the poor answer of the demo earns as much: {poor.reason}"


def _check_scores(reward: AnyReward, example: Example, completions: Sequence[Completion]) -> None:
    """No error, finite, within the range, the same again."""
    low, high = range_of(reward, example)
    for start in range(0, len(completions), 4):
        group = completions[start : start + 4]
        scores = _scores(reward, group, example)
        again = _scores(reward, group, example)
        for completion, score, second in zip(group, scores, again, strict=True):
            text = _shown(completion.text)
            assert low - 1e-9 <= score.value <= high + 1e-9, (
                f"{text} earns {score.value}, outside the range ({low}, {high})"
            )
            assert (score.value, score.reason) == (second.value, second.reason), (
                f"{text} earns {score.value} ({score.reason}), then {second.value} "
                f"({second.reason})"
            )


def _scores(
    reward: AnyReward, completions: Sequence[Completion], example: Example
) -> Sequence[Score]:
    try:
        return score_group(reward, completions, example)
    except Exception as error:
        texts = ", ".join(_shown(completion.text) for completion in completions)
        raise AssertionError(
            f"a text is never an error, but among {texts} one raised "
            f"{type(error).__name__}: {error}"
        ) from error


def _seconds(reward: AnyReward, text: str, example: Example) -> float:
    """Time of this thread for one text, without the garbage of whoever came before."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        start = time.thread_time()
        score_group(reward, [say(text)], example)
        return time.thread_time() - start
    finally:
        if was_on:
            gc.enable()


def _check_time(reward: AnyReward, example: Example, good: str) -> None:
    """Ten times the text, about ten times the time; growing, so that the worst stops early."""
    before: dict[int, float] = {}
    for size in (1_000, 10_000, 100_000, 1_000_000):
        for kind, (piece, text) in enumerate(endless_texts(good, size)):
            spent = _seconds(reward, text, example)
            last = before.get(kind)
            # Below 3 ms the clock and the caches speak louder than the reward.
            assert last is None or spent <= 40 * max(last, 0.003), (
                f"{size} characters of {piece!r} take {spent:.3f} s, a tenth of them "
                f"{last:.3f} s: the time does not grow in line with the text"
            )
            before[kind] = spent


def endless_texts(good: str, size: int) -> Iterator[tuple[str, str]]:
    """Texts of about `size` characters, each a piece over and over, with that piece.

    Each piece is all there is to the text, and then what stands in the answer of a good one.
    """
    for piece in _REPEATED:
        for before, after in (("", ""), _around_answer(good)):
            yield piece, before + piece * (size // len(piece)) + after


def _around_answer(good: str) -> tuple[str, str]:
    """What stands before and after the answer in a good text."""
    match = re.search(r"<answer>.*</answer>", good, re.DOTALL)
    if match is None:
        return "<answer>", "</answer>"
    return good[: match.start()] + "<answer>", "</answer>" + good[match.end() :]


def _mutants(good: str, count: int) -> Iterator[str]:
    """Damaged copies of a good answer, the same ones every time."""
    draw = random.Random(0)
    pieces = (*'<>[]{}()",.:;/\\$%^&*-+0129aAéß\n \x00🙂', "</answer>", "<answer>", "nan", "null")
    for _ in range(count if good else 0):
        text = good
        for _ in range(draw.randint(1, 4)):
            start = draw.randrange(len(text) + 1)
            end = min(start + draw.choice((0, 0, 1, 2, 5, 1000)), len(text))
            middle = draw.choice((*pieces, "", text[start:end] * 2))
            text = text[:start] + middle + text[end:]
        yield text


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 60 else f"{text[:60]!r}… ({len(text)} characters)"
