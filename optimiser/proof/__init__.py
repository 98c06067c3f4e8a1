"""Re-checking: the referee for plans, and verify for saved runs."""
