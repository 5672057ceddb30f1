"""GRPO from scratch: all of it on one page, for a small model that learns to read digits.

A picture shows two handwritten digits, a question asks for one of them. First the model imitates
right answers until it is right half of the time. Then it answers each question eight times, and
every answer is pushed up or down by how much better it was than its seven siblings: group relative
policy optimisation (DeepSeekMath, arXiv:2402.03300), without a reference model.

    python examples/grpo_from_scratch.py --steps 400

The library's own trainer is not used. From it come the pictures, a Qwen2.5-VL of a million weights,
the sampling and the reward; advantages, loss and optimiser are plain torch.

Letters: B questions, G answers to each, R = B x G answers, N tokens of all answers.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch
from torch import Tensor

from regard.data.worlds.digits import Digits
from regard.models.head import token_logprobs
from regard.models.policy import Policy, PolicySpec
from regard.models.prompts import Prompt
from regard.models.tiny import TinyQwen
from regard.rewards import ExactAnswer, ThinkAnswerFormat, Weighted
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling
from regard.types import Completion, Dataset, Example

KINDS = ("larger", "smaller", "twice")
BATCH = 32  # demonstrations imitated in a step
QUESTIONS, GROUP = 16, 8  # questions in a step of GRPO, and answers to each
CLIP = 0.2  # how far the probability of a token may move before it is no longer pushed
ANSWER = Sampling(max_tokens=12)  # a right answer takes 9 tokens, its end included
REWARD = Weighted(accuracy=(1.0, ExactAnswer()), format=(0.1, ThinkAnswerFormat()))


def logprobs_of(
    policy: Policy, prompts: list[Prompt], answers: Sequence[Sequence[int]], prompt_of: list[int]
) -> Tensor:
    """Log-probability [N] of every token of the answers, answer after answer, with a graph."""
    state = policy.read(prompts)  # each prompt and its picture once, however many answers it has
    hidden = policy.respond(state, answers, prompt_of)
    tokens = torch.tensor([token for answer in answers for token in answer], device=policy.device)
    logprob, _ = token_logprobs(policy.head, hidden, tokens)
    return logprob


def imitation_loss(policy: Policy, examples: list[Example]) -> Tensor:
    """Cross-entropy of the tokens of the right answers."""
    prompts = [policy.prompt(example) for example in examples]
    answers = [policy.encode(example.gold or "") for example in examples]
    return -logprobs_of(policy, prompts, answers, list(range(len(examples)))).mean()


def group_advantages(rewards: Tensor) -> Tensor:
    """How much better each answer [B, G] was than its siblings, in spreads of its group."""
    centred = rewards - rewards.mean(dim=1, keepdim=True)
    return centred / (rewards.std(dim=1, keepdim=True) + 1e-4)


def grpo_loss(logprob: Tensor, old_logprob: Tensor, advantage: Tensor, lengths: Tensor) -> Tensor:
    """The clipped surrogate [N], averaged over the tokens of each answer, then over answers [R].

    Directly after sampling the ratio is 1, and this is the plain policy gradient. The clip matters
    when the same answers are learned from a second time.
    """
    ratio = (logprob - old_logprob).exp()
    advantage = advantage.repeat_interleave(lengths)
    gain = torch.minimum(ratio * advantage, ratio.clamp(1 - CLIP, 1 + CLIP) * advantage)
    share = 1 / (len(lengths) * lengths)
    return -(share.repeat_interleave(lengths) * gain).sum()


def scored(groups: list[list[Completion]], examples: list[Example]) -> Tensor:
    """What every answer [B, G] is worth."""
    pairs = zip(groups, examples, strict=True)
    return torch.tensor([[REWARD(one, example).value for one in group] for group, example in pairs])


def loss_of(
    policy: Policy, prompts: list[Prompt], groups: list[list[Completion]], rewards: Tensor
) -> Tensor:
    """GRPO's loss of sampled and scored groups."""
    completions = [completion for group in groups for completion in group]
    prompt_of = [number for number, group in enumerate(groups) for _ in group]
    logprob = logprobs_of(policy, prompts, [c.token_ids for c in completions], prompt_of)
    old_logprob = torch.tensor([p for c in completions for p in c.logprobs])
    lengths = torch.tensor([len(c.token_ids) for c in completions])
    facts = (old_logprob, group_advantages(rewards).flatten(), lengths)
    return grpo_loss(logprob, *(fact.to(policy.device) for fact in facts))


def accuracy(policy: Policy, data: Dataset) -> float:
    """Share of held-out questions whose likeliest answer is right."""
    examples = [data[i] for i in range(len(data))]
    prompts = [policy.prompt(example) for example in examples]
    answers = NativeEngine(policy).sample(prompts, 1, ANSWER.greedy(), seed=0)
    pairs = zip(answers, examples, strict=True)
    return sum(ExactAnswer()(group[0], example).value for group, example in pairs) / len(examples)


def update(policy: Policy, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step of the optimiser down the gradient, which is cut to a length of 1."""
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for _, p in policy.trainable()], 1.0)
    optimizer.step()


def imitate(policy: Policy, data: Dataset, held_out: Dataset, max_steps: int) -> None:
    """The cold start: right answers are shown until half of the held-out questions are solved."""
    weights = [parameter for _, parameter in policy.trainable()]
    optimizer = torch.optim.AdamW(weights, lr=2e-3, betas=(0.9, 0.95), weight_decay=0.0)
    for step in range(max_steps):
        loss = imitation_loss(policy, [data[step * BATCH + i] for i in range(BATCH)])
        update(policy, optimizer, loss)
        if (step + 1) % 20 == 0 or step + 1 == max_steps:
            share = accuracy(policy, held_out)
            print(f"imitation {step + 1}/{max_steps}  loss {loss.item():.3f}  accuracy {share:.3f}")
            if share >= 0.5:
                return


def reinforce(policy: Policy, data: Dataset, held_out: Dataset, num_steps: int) -> None:
    """GRPO: answer, score, compare with the siblings, learn."""
    weights = [parameter for _, parameter in policy.trainable()]
    optimizer = torch.optim.AdamW(weights, lr=5e-4, betas=(0.9, 0.95), weight_decay=0.0)
    for step in range(num_steps):
        optimizer.param_groups[0]["lr"] = 5e-4 * (1 - 0.8 * step / num_steps)
        examples = [data[step * QUESTIONS + i] for i in range(QUESTIONS)]
        prompts = [policy.prompt(example) for example in examples]
        groups = NativeEngine(policy).sample(prompts, GROUP, ANSWER, seed=step)
        rewards = scored(groups, examples)
        loss = loss_of(policy, prompts, groups, rewards)
        update(policy, optimizer, loss)
        if (step + 1) % 20 == 0 or step + 1 == num_steps:
            share = accuracy(policy, held_out)
            mean = rewards.mean().item()
            print(f"grpo {step + 1}/{num_steps}  reward {mean:.3f}  accuracy {share:.3f}")


def main(arguments: Sequence[str] | None = None) -> list[float]:
    """Train and print; the held-out accuracies before, between and after."""
    parser = argparse.ArgumentParser(description="GRPO on handwritten digits, from scratch.")
    parser.add_argument("--steps", type=int, default=400, help="steps of GRPO")
    parser.add_argument("--imitate", type=int, default=600, help="most steps of imitation")
    parser.add_argument("--held-out", type=int, default=300, help="questions accuracy is over")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)  # tensors this small gain nothing from a second
    torch.set_flush_denormal(True)  # a CPU multiplies numbers next to nothing six times slower

    policy = PolicySpec(weights=TinyQwen(words=Digits.words(), seed=given.seed)).load()
    # Drawn as they are asked for; no scan of a held-out picture is among them.
    data = Digits(kinds=KINDS, size=10**6, seed=given.seed, max_shift=1, max_stretch=0.0).load()
    held_out = Digits(split="test", kinds=KINDS, size=given.held_out).load()
    found = [accuracy(policy, held_out)]
    imitate(policy, data, held_out, given.imitate)
    found.append(accuracy(policy, held_out))
    reinforce(policy, data, held_out, given.steps)
    found.append(accuracy(policy, held_out))
    before, between, after = found
    print(
        f"held-out accuracy: {before:.3f} untrained, {between:.3f} after imitation, "
        f"{after:.3f} after GRPO"
    )
    return found


if __name__ == "__main__":
    main()
