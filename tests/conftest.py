"""Shared by all tests; being here makes ``tests/support`` importable as ``support``."""
