"""Recorded functions that no room has a place for yet, by what they wait for."""

from __future__ import annotations

_POLICY = "advantages, losses and masks: with the algorithms"
_QUERIES = "the objective over detector queries: with the detector"
_EMBEDDINGS = "contrastive and triplet losses: with the dual encoder"
_RETHINKING = "replay, rethinking and sampling of groups: with the rollout"
_TRAINING = "learning rates and stages: with the training"

_WAITING: dict[str, dict[str, tuple[str, ...]]] = {
    _POLICY: {
        "gui-r1": ("grpo_advantage", "policy_loss", "actor_loss", "kl_penalty", "eos_mask"),
        "med-r1": ("completion_mask", "advantages", "grpo_loss"),
        "openvlthinker": ("grpo_advantage", "policy_loss", "kl_estimate"),
        "patho-r1": ("verl_policy_loss", "verl_grpo_advantage", "dynamic_sampling_keep"),
        "skywork-r1v3": ("token_entropy_nats", "grpo_advantage_from_scores", "ppo_clip_loss"),
        "vision-r1-guided": ("grpo_loss",),
        "vision-r1-math": ("grpo_advantage", "policy_loss", "kl_low_var"),
        "vl-rethinker": (
            "group_advantage",
            "group_advantage_longer",
            "policy_loss",
            "token_returns",
        ),
        "vlm-r1": ("grpo_advantage", "grpo_loss"),
        "wethink": ("easyr1_grpo_advantage", "easyr1_policy_loss", "easyr1_kl"),
    },
    _QUERIES: {
        "dino-r1": ("grqo_loss", "objectness_kl", "contrastive_logits", "lv_contrastive_loss"),
    },
    _EMBEDDINGS: {
        "perceptual-init": ("triplet_loss", "dreamsim_hinge", "clip_loss"),
    },
    _RETHINKING: {
        "vl-rethinker": (
            "ssr_active_sampling",
            "filter_active_sampling",
            "active_sampling_as_called_in_trainer",
        ),
    },
    _TRAINING: {
        "perceptual-init": ("lr_factor",),
    },
}

LATER: dict[tuple[str, str], str] = {
    (system, function): reason
    for reason, systems in _WAITING.items()
    for system, functions in systems.items()
    for function in functions
}
"""System and function to the reason; an entry goes when its adapter comes."""
