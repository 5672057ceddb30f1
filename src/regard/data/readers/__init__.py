"""Readers: one for each format on disk, each a frozen dataclass with `load() -> Dataset`."""
