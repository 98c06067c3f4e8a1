"""Run folders: saved whole, read back, compared."""
