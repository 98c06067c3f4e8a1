"""The one way to HiGHS."""
