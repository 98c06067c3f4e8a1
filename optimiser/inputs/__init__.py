"""Datasets and scenarios: read, checked with every fault told at once, and written."""
