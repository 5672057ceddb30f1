"""VL-Rethinker's claim about selective sample replay, on questions of very different difficulty."""

from __future__ import annotations

from regard.claims.claim import Claim, Criterion

VL_RETHINKER = Claim(
    system="vl_rethinker",
    sentence="Where groups saturate, replaying what had an advantage beats leaving out what has "
    "none, which beats learning from everything.",
    source="arXiv:2504.08837, its ablation of selective sample replay",
    start=None,
    arms={
        "SSR": "vl_rethinker",
        "filter": "vl_rethinker:filtered",
        "GRPO": "vl_rethinker:plain",
    },
    budget="generated tokens",
    criteria=(
        Criterion("SSR ends above GRPO", better="SSR", worse="GRPO"),
        Criterion("SSR is above GRPO half-way", better="SSR", worse="GRPO", share=0.5),
        # Two points: less than 300 held-out questions can tell apart.
        Criterion("SSR does not end below filter", better="SSR", worse="filter", least=-0.02),
        Criterion("filter does not end below GRPO", better="filter", worse="GRPO", least=-0.02),
    ),
)
