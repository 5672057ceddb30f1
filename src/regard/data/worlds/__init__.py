"""Worlds: seeded generators of examples, for tests, demonstrations and claims.

A world is a frozen dataclass registered with `@regard.registry.world("name")`. It promises

- `load() -> Dataset`: item i is a pure function of the world's fields and i, so it is the same
  whoever asks, in whatever order;
- `describe() -> str`: in words, what is seen, what is asked, and what a right answer looks like;
- examples with ids of their own, a `kind`, and a `gold` answer that earns full marks;
- a `split` field, "train" or "test", where nothing seen in one occurs in the other.
"""
