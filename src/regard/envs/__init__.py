"""Worlds that answer to actions: what happens next, and whether the task is done."""
