"""From a model's words to a value, or to None: each function is pure, total and linear in time."""
