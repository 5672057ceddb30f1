"""What the sixteen systems run, as compositions: the loss of each by the name of the system.

"Paper" is the system's own; "code" is what its authors released, and where they name a framework
and keep its defaults, that framework. Where nothing is known, the number is ours and says so.
CognitiveDrone and Perceptual-Initialization use no reinforcement learning; that of DINO-R1 is not
over tokens, but over `queries`.

EasyR1 and verl average tokens over each micro-batch and then the micro-batches, so that what counts
depends on how a batch is cut. Here the mean is over the tokens of the update.
"""

from __future__ import annotations

from regard.algorithms.advantages import GroupMean
from regard.algorithms.aggregate import SequenceMean, TokenMean
from regard.algorithms.imitation import ReflectiveAndGood
from regard.algorithms.kl import Estimator
from regard.algorithms.policy_gradient import PolicyGradient
from regard.algorithms.surrogates import Clip, OnPolicy
from regard.schedule import Towards

_EASYR1 = GroupMean(eps=1e-6)
"""EasyR1 refuses groups of one."""
_VERL = GroupMean(eps=1e-6, alone="reward")


def gui_r1() -> PolicyGradient:
    """GUI-R1 (arXiv:2504.10458): EasyR1 of its time."""
    return PolicyGradient(
        advantage=_VERL,  # code
        surrogate=Clip(low=0.2, high=0.2),  # code
        aggregate=TokenMean(eps=1e-8),  # code
        kl_coef=0.01,  # code
        kl_limit=10.0,  # code
    )


def med_r1() -> PolicyGradient:
    """Med-R1 (arXiv:2503.13939): the paper writes a clipped ratio, its code has neither."""
    return PolicyGradient(
        advantage=GroupMean(eps=1e-4),  # code
        surrogate=OnPolicy(),  # code
        aggregate=SequenceMean(),  # code
        kl_coef=0.04,  # TRL's default, kept
    )


def mobile_r1() -> PolicyGradient:
    """Mobile-R1 (arXiv:2506.20332): GRPO with one advantage for all turns of a trajectory."""
    return PolicyGradient(
        advantage=GroupMean(),  # ours: the numbers are not published
        surrogate=Clip(low=0.2, high=0.2),  # ours
        kl_coef=0.01,  # ours
    )


def openvlthinker() -> PolicyGradient:
    """OpenVLThinker (arXiv:2503.17352): EasyR1 with a higher upper clip and a dual clip."""
    return PolicyGradient(
        advantage=_EASYR1,  # code
        surrogate=Clip(low=0.2, high=0.3, dual=3.0),  # code
        aggregate=TokenMean(eps=1e-8),  # code
        kl_coef=0.01,  # code
        kl_limit=10.0,  # code
    )


def patho_r1_grpo() -> PolicyGradient:
    """Patho-R1 (arXiv:2505.11404), first variant: means over samples, a divergence in the loss."""
    return PolicyGradient(
        advantage=_VERL,  # verl, which it builds on
        surrogate=Clip(low=0.2, high=0.2, dual=3.0),  # paper: symmetric; verl's numbers
        aggregate=SequenceMean(),  # paper, figure
        kl_coef=0.001,  # verl's default; the paper has a divergence without its weight
        kl_limit=10.0,  # verl
    )


def patho_r1_dapo() -> PolicyGradient:
    """Patho-R1, second variant: DAPO, without a reference; wants `Resample` in its stage."""
    return PolicyGradient(
        advantage=_VERL,  # verl
        surrogate=Clip(low=0.2, high=0.28, dual=10.0),  # verl's recipe of DAPO
        aggregate=TokenMean(eps=1e-8),  # paper, figure
    )


def skywork_r1v3() -> PolicyGradient:
    """Skywork-R1V3 (arXiv:2507.06167): one update a step, no divergence."""
    return PolicyGradient(
        advantage=_VERL,  # paper: divided by the spread; verl's eps
        surrogate=Clip(low=0.2, high=0.2, dual=3.0),  # paper; the dual clip is verl's
        aggregate=SequenceMean(),  # paper
    )


def so_fake_r1() -> PolicyGradient:
    """So-Fake-R1 (arXiv:2505.18660): GRPO with a reference; its numbers are not known."""
    return PolicyGradient(
        advantage=GroupMean(),  # ours: TRL's
        surrogate=Clip(low=0.2, high=0.2),  # ours
        kl_coef=0.04,  # ours: GRPO's
    )


def vision_r1_guided(*, kl_coef: float = 0.04) -> PolicyGradient:
    """Vision-R1, vision-guided (arXiv:2503.18013): one update, nothing clipped.

    The paper weighs the divergence with 0.2, the script keeps TRL's 0.04.
    """
    return PolicyGradient(
        advantage=GroupMean(eps=1e-4),  # code
        surrogate=OnPolicy(),  # code
        aggregate=SequenceMean(),  # code
        kl_coef=kl_coef,
    )


def vision_r1_math() -> PolicyGradient:
    """Vision-R1, mathematics (arXiv:2503.06749): GRPO; its staged lengths are schedules."""
    return PolicyGradient(
        advantage=_VERL,  # verl, which it builds on
        surrogate=Clip(low=0.2, high=0.2),  # paper
        aggregate=TokenMean(eps=1e-8),  # verl
        kl_coef=0.01,  # paper
        kl_limit=10.0,  # verl
    )


def vl_rethinker(*, imitation_coef: float = 0.05) -> PolicyGradient:
    """VL-Rethinker (arXiv:2504.08837): no spread, no reference, second thoughts imitated.

    Its selective sample replay is `SampleReplay` of a stage, its forced rethinking `Rethink`.
    """
    return PolicyGradient(
        advantage=GroupMean(divide_by_std=False),  # paper and code
        surrogate=Clip(low=0.2, high=0.35),  # code
        aggregate=TokenMean(eps=1e-4),  # code
        imitation_coef=imitation_coef,  # script
        imitate=ReflectiveAndGood(),  # code
    )


def vlaa_thinker(*, kl_estimator: Estimator = "k1") -> PolicyGradient:
    """VLAA-Thinker (arXiv:2504.11468): the divergence in the reward, its weight adapted."""
    return PolicyGradient(
        advantage=GroupMean(),  # ours: the paper does not define it
        surrogate=Clip(low=0.2, high=0.2),  # OpenRLHF's default
        aggregate=SequenceMean(),  # paper
        kl_coef=Towards(initial=1e-3, target=5e-4),  # paper, ablation
        kl_estimator=kl_estimator,
        kl_in="reward",  # OpenRLHF, which it builds on
    )


def vlm_r1(*, kl_coef: float = 0.04, clip_high: float = 0.2) -> PolicyGradient:
    """VLM-R1 (arXiv:2504.07615): GRPO; detection runs without the divergence (kl_coef=0).

    One of its scripts has a clip_high of 0.28.
    """
    return PolicyGradient(
        advantage=GroupMean(eps=1e-4),  # code
        surrogate=Clip(low=0.2, high=clip_high),  # script
        aggregate=SequenceMean(),  # code
        kl_coef=kl_coef,
    )


def wethink() -> PolicyGradient:
    """WeThink (arXiv:2506.07905): EasyR1 0.3.0 and its defaults."""
    return openvlthinker()
