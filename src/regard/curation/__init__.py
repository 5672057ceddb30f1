"""Making data: pure steps over records, from pages and attempts to examples worth learning from."""
