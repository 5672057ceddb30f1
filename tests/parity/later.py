"""Recorded functions that no room has a place for yet, by what they wait for."""

from __future__ import annotations

_RETHINKING = "replay, rethinking and sampling of groups: with the rollout"


_WAITING: dict[str, dict[str, tuple[str, ...]]] = {
    _RETHINKING: {
        "vl-rethinker": (
            "ssr_active_sampling",
            "filter_active_sampling",
            "active_sampling_as_called_in_trainer",
        ),
    },
}

LATER: dict[tuple[str, str], str] = {
    (system, function): reason
    for reason, systems in _WAITING.items()
    for system, functions in systems.items()
    for function in functions
}
"""System and function to the reason; an entry goes when its adapter comes."""
