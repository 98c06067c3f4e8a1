"""Figures as readers see them: the same number reads the same in every document."""

from __future__ import annotations

import math

TERMS = {
    "leakage": "Treated outside",
    "contracting": "Bought outside the holder's territory",
    "volatility": "Volatility",
    "integration": "Integration forgone",
    "holding": "Contract teams",
    "lead_provider": "Lead providers' teams",
    "committee_cost": "Committees",
    "governance": "Governance",
    "transition_delegate": "Services that become local",
    "transition_clawback": "Services that become national",
    "disruption": "Disruption",
    "allocation": "Allocation shifted",
}
"""Terms of the objective as a reader would say them."""

MODES = {"delegated": "full delegation", "joint": "joint committee", "not_ready": "not ready"}
"""Modes of a footprint by its readiness, in words."""

NOTHING = "–"
_MINUS = "−"


def show(value: float, unit: str) -> str:
    """A value without its unit, with the digits that matter: per cent, millions of people.

    Args:
        value: the figure; NaN is shown as a dash.
        unit: its unit, as figures carry it.
    """
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "no limit"
    factor, form = _form(unit)
    text = format(value * factor, form)
    return _tidy(text) + ("%" if unit == "share" else "")


def show_difference(value: float, unit: str) -> str:
    """A difference with its sign; shares differ by percentage points."""
    if math.isnan(value):
        return NOTHING
    factor, form = _form(unit)
    text = _tidy(format(value * factor, f"+{form}"))
    return f"{text} pp" if unit == "share" else text


def round_off(value: float, unit: str) -> str:
    """A value without its unit, to the digits that modelled inputs bear.

    Money of 100 and more to three digits, of 10 and more to whole ones, people to a tenth of a
    million, shares of a fifth and more to whole per cent: the inputs are known no better. Scores of 10
    and more to whole ones however large, so that differences between options are those of the rest
    of the paper and the terms add up to what stands below them.
    """
    if not math.isfinite(value):
        return show(value, unit)
    if unit.startswith("£m"):
        is_score = unit == "£m-equivalents"
        digits = 0 if is_score or abs(value) < 100 else 2 - math.floor(math.log10(abs(value)))
        whole = abs(value) >= 10
        return _tidy(f"{round(value, digits):,.0f}" if whole else f"{value:,.1f}")
    if unit == "persons":
        return f"{value / 1e6:.1f}"
    if unit == "share" and abs(value) >= 0.2:
        return _tidy(f"{value:.0%}")
    return _tidy(f"{value:,.0f}") if unit in ("minutes", "persons a year") else show(value, unit)


def say_term(term: str) -> str:
    """A term of the objective in words."""
    return TERMS.get(term, term.replace("_", " "))


def say_mode(mode: str) -> str:
    """A mode of a footprint in words."""
    return MODES.get(mode, mode.replace("_", " "))


def head(unit: str) -> str:
    """The unit as it stands in a heading, for values that :func:`show` gives."""
    return {"share": "%", "persons": "million people", "": ""}.get(unit, unit)


def _form(unit: str) -> tuple[float, str]:
    if unit == "share":
        return 100.0, ".1f"
    if unit == "persons":
        return 1e-6, ".2f"
    if unit.startswith("£m"):
        return 1.0, ",.1f"
    if unit in ("footprints", "breaches", "ICBs", "services", "providers", "pairs of members"):
        return 1.0, ",.0f"
    return 1.0, ",.1f"


def _tidy(text: str) -> str:
    """No sign on nothing, and a real minus."""
    if not any(digit in text for digit in "123456789"):
        return text.lstrip("+-")
    return text.replace("-", _MINUS)
