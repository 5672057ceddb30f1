"""Models put together from weights that published packages carry: fetched, converted, kept."""
