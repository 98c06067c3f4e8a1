"""The version, where every other file may read it."""

__version__ = "1.0.0"
