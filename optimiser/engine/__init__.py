"""The exact engine: list or price, relax, cut, fix, prove."""
