"""Forced rethinking: a finished answer is given a trigger ("Wait") and goes on.

In training (VL-Rethinker, arXiv:2504.08837) some answers of a group are continued, and those whose
second look comes out right take the place of the first. In evaluation the same mechanism asks what
a second look is worth: `forced` gives one to every answer, `bound` counts it only where the first
was wrong, which no policy could know.

The trigger was not drawn by the policy, so it pushes nothing; of an accepted answer, what came
after the trigger is marked as worth imitating.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal

from regard.models.policy import Policy
from regard.models.prompts import Prompt
from regard.rewards.contract import AnyReward, range_of, score_group
from regard.rollout.engine import Engine
from regard.rollout.sampling import Sampling, uniforms
from regard.text.places import num_tokens_within
from regard.text.reflection import before_second_thought, count_marks
from regard.types import Completion, Finish, Group, Score

WAIT = "\n\nWait"


@dataclass(frozen=True, kw_only=True)
class Rethink:
    """Second looks in training. The numbers are those of VL-Rethinker's code."""

    share: float = 0.65
    """Share of the candidates that is continued."""
    rewind_share: float = 0.5
    """Share of those that is cut back first, to where a second look could begin."""
    plain_share: float = 0.2
    """Share of triggers that are the bare word."""
    questioning_share: float = 0.3
    """Share that asks; the others verify what was right and correct what was wrong."""
    plain: str = WAIT
    questioning: str = WAIT + ", does it seem right?"
    verifying: str = WAIT + ", let's double check"
    correcting: str = WAIT + ", there might be a mistake"
    most_new_tokens: int = 1024
    """A second look that gets there is not accepted; answers without room for it are left alone."""
    least_new_tokens: int = 30
    """A second look of so few tokens or fewer is not accepted."""
    most_accepted: int = 2
    """Second looks accepted in one group."""
    most_marks: int = 4
    """Second thoughts in an accepted one, the trigger's included."""
    easy_from: float = 0.7
    """Where more than this share of a group is right, only right answers are continued."""
    right_from: float | None = None
    """Least reward of a right answer; None takes the reward's full marks."""
    temperature: float | None = None
    """Of the second look; None is the stage's. Theirs is 0.9: then let the algorithm have an
    `importance`, so that training finds its own log-probabilities."""

    def __call__(
        self,
        policy: Policy,
        engine: Engine,
        prompts: Sequence[Prompt],
        groups: Sequence[Group],
        reward: AnyReward,
        sampling: Sampling,
        seed: int,
    ) -> tuple[list[Group], dict[str, float]]:
        """Scored groups with accepted second looks in place of the first, and counts."""
        plans = [
            plan
            for number, group in enumerate(groups)
            for plan in self._plans(number, group, policy, reward, sampling, seed)
        ]
        temperature = sampling.temperature if self.temperature is None else self.temperature
        second = replace(sampling, temperature=temperature, max_tokens=self.most_new_tokens)
        looks = go_on(engine, prompts, plans, second, seed)
        changed, num_accepted = list(groups), 0
        for plan, look in zip(plans, looks, strict=True):
            group = changed[plan.group]
            accepted = sum(bool(c.imitation_weights) for c in group.completions)
            whole = joined(plan, look, policy.decode_text)
            (score,) = score_group(reward, [whole], group.example)
            is_right = score.value >= self._full_marks(reward, group)
            if is_right and accepted < self.most_accepted and self._is_fit(look):
                changed[plan.group] = _exchanged(group, plan.row, whole, score)
                num_accepted += 1
        marked = [count_marks(c.text) > 0 for group in groups for c in group.completions]
        return changed, {
            "rethink/native": fmean(marked) if marked else 0.0,
            "rethink/tried": float(len(plans)),
            "rethink/accepted": float(num_accepted),
        }

    def _plans(
        self,
        number: int,
        group: Group,
        policy: Policy,
        reward: AnyReward,
        sampling: Sampling,
        seed: int,
    ) -> list[Plan]:
        """Which completions of a group are continued, from where, and with what trigger."""
        is_right = [value >= self._full_marks(reward, group) for value in group.values]
        is_easy = fmean(is_right) > self.easy_from
        plans = []
        for row, completion in enumerate(group.completions):
            chance, rewinds, kind = uniforms(seed, group.example.id, row, 3).tolist()
            if chance >= self.share or (is_easy and not is_right[row]):
                continue
            if completion.finish != Finish.STOP:
                continue
            cut = cut_back(completion, policy) if rewinds < self.rewind_share else None
            trigger = self._trigger(kind, is_right[row])
            plan = plan_of(number, row, completion, cut, trigger, policy)
            if len(plan.token_ids) + self.most_new_tokens <= sampling.max_tokens:
                plans.append(plan)
        return plans

    def _trigger(self, kind: float, is_right: bool) -> str:
        if kind < self.plain_share:
            return self.plain
        if kind < self.plain_share + self.questioning_share:
            return self.questioning
        return self.verifying if is_right else self.correcting

    def _is_fit(self, look: Completion) -> bool:
        is_short_enough = len(look.token_ids) < self.most_new_tokens
        is_long_enough = len(look.token_ids) > self.least_new_tokens
        return is_short_enough and is_long_enough and 1 + count_marks(look.text) <= self.most_marks

    def _full_marks(self, reward: AnyReward, group: Group) -> float:
        if self.right_from is not None:
            return self.right_from
        return range_of(reward, group.example)[1] - 1e-6


@dataclass(frozen=True, kw_only=True)
class SecondLook:
    """Second looks in evaluation: every answer goes on once."""

    kind: Literal["forced", "bound"] = "forced"
    """Whether the second look counts always, or only where the first was wrong."""
    trigger: str = WAIT
    max_new_tokens: int = 1024

    def __call__(
        self,
        policy: Policy,
        engine: Engine,
        prompts: Sequence[Prompt],
        groups: Sequence[Group],
        reward: AnyReward,
        sampling: Sampling,
        seed: int,
    ) -> list[Group]:
        """Scored groups of what the answers are in the end."""
        plans = [
            plan_of(number, row, completion, None, self.trigger, policy)
            for number, group in enumerate(groups)
            for row, completion in enumerate(group.completions)
            if self.kind == "forced" or not self._is_right(group, row, reward)
        ]
        looks = go_on(
            engine, prompts, plans, replace(sampling, max_tokens=self.max_new_tokens), seed
        )
        changed = list(groups)
        for plan, look in zip(plans, looks, strict=True):
            group = changed[plan.group]
            whole = joined(plan, look, policy.decode_text)
            (score,) = score_group(reward, [whole], group.example)
            changed[plan.group] = _exchanged(group, plan.row, whole, score)
        return changed

    def most_more(self, policy: Policy) -> int:
        """The most tokens a second look adds, its trigger included."""
        return self.max_new_tokens + len(policy.encode(self.trigger)) - 1

    def _is_right(self, group: Group, row: int, reward: AnyReward) -> bool:
        return group.values[row] >= range_of(reward, group.example)[1] - 1e-6


# ------------------------------------------------------------------------------ the mechanism


@dataclass(frozen=True)
class Plan:
    """How one completion goes on."""

    group: int
    row: int
    first: Completion
    """What is left of the first look, its stop token gone."""
    trigger_ids: tuple[int, ...]

    @property
    def token_ids(self) -> tuple[int, ...]:
        return self.first.token_ids + self.trigger_ids


def plan_of(
    group: int, row: int, completion: Completion, cut: int | None, trigger: str, policy: Policy
) -> Plan:
    """The plan to go on from the first `cut` tokens, or from the end."""
    ended = bool(completion.token_ids) and completion.token_ids[-1] in policy.stop_ids
    left = len(completion.token_ids) - ended if cut is None else cut
    first = replace(
        completion,
        token_ids=completion.token_ids[:left],
        logprobs=completion.logprobs[:left],
        entropies=completion.entropies[:left],
    )
    return Plan(group, row, first, tuple(policy.encode(trigger)[:-1]))


def cut_back(completion: Completion, policy: Policy) -> int:
    """How many tokens are left when an answer is cut back to where a second look could begin."""
    left = len(before_second_thought(completion.text).rstrip())
    return num_tokens_within(completion.token_ids, left, policy.decode_text)


def go_on(
    engine: Engine, prompts: Sequence[Prompt], plans: Sequence[Plan], sampling: Sampling, seed: int
) -> list[Completion]:
    """What each answer says after its trigger."""
    begun = [
        replace(prompts[plan.group], token_ids=prompts[plan.group].token_ids + plan.token_ids)
        for plan in plans
    ]
    return [answers[0] for answers in engine.sample(begun, 1, sampling, seed)] if begun else []


def joined(plan: Plan, look: Completion, decode: Callable[[Sequence[int]], str]) -> Completion:
    """First look, trigger and second look as one completion, with the weights of its tokens."""
    first, put_in, second = len(plan.first.token_ids), len(plan.trigger_ids), len(look.token_ids)
    token_ids = plan.token_ids + look.token_ids
    return replace(
        look,
        text=decode(token_ids),
        token_ids=token_ids,
        # The trigger's are never read, since it has no weight.
        logprobs=plan.first.logprobs + (0.0,) * put_in + look.logprobs,
        entropies=(),
        policy_weights=(1.0,) * first + (0.0,) * put_in + (1.0,) * second,
        imitation_weights=(0.0,) * (first + put_in) + (1.0,) * second,
    )


def _exchanged(group: Group, row: int, completion: Completion, score: Score) -> Group:
    completions, scores = list(group.completions), list(group.scores)
    completions[row], scores[row] = completion, score
    return replace(group, completions=tuple(completions), scores=tuple(scores))
