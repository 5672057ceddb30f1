"""Data: files and worlds that become examples, in an order that depends on nothing but the seed."""
