"""Every setting of a scenario: what it means, what it may be, its default and an example."""

from __future__ import annotations

import pandas as pd

from optimiser.errors import Fault, InputError
from optimiser.inputs.scenario.declared import Setting, list_settings
from optimiser.inputs.scenario.refusing import suggest_setting
from optimiser.inputs.scenario.scenario import Scenario

COLUMNS = ("setting", "meaning", "allowed", "default", "example")


def settings(which: str = "") -> pd.DataFrame:
    """The settings of a scenario, as they are declared.

    Args:
        which: a section, a setting as ``section.key`` or its key alone; all when empty.

    Returns:
        one row per setting: setting (``section.key``), meaning, allowed (in words), default and
        example (as TOML; an empty default is none).

    Raises:
        InputError: there is no such section or setting; the likely meant one is named.
    """
    known = list_settings(Scenario)
    found = [it for it in known if not which or _fits(it, which)]
    if not found:
        remedy = suggest_setting(which, {it.key: it for it in known})
        raise InputError([Fault("settings", 0, "", which, "unknown_setting", remedy)])
    rows = [(it.key, it.meaning, it.allowed, it.default, it.example) for it in found]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _fits(setting: Setting, which: str) -> bool:
    section, _, key = setting.key.rpartition(".")
    return which in (setting.key, section, key)
