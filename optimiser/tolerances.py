"""Every tolerance of the engine and of the checks, once, with what it is for."""

from __future__ import annotations
