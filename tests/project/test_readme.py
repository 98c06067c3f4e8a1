"""The README says what the tool prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.evaluate import evaluate_all

ROOT = Path(__file__).parents[2]


def rows_of(text: str, begin: str, end: str) -> list[list[str]]:
    """Cells of the table between two markers, without its header."""
    table = text.split(begin)[1].split(end)[0].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


@pytest.mark.long
def test_the_readmes_table_of_plans_is_what_england_gives() -> None:
    """Every plan's cost, gap and broken rules stand in the README as evaluated now."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = {row[0]: row for row in rows_of(text, "<!-- plans begin -->", "<!-- plans end -->")}
    scenario = read_scenario(ROOT / "inputs" / "england-42" / "scenarios" / "base.toml")
    evaluations = evaluate_all(scenario)
    best = evaluations[0].optimum
    assert best is not None
    assert best.outcome.status == "optimal"
    assert rows["**best plan, proven**"][2] == f"{best.objective:,.1f}"
    assert set(rows) == {"**best plan, proven**", *(one.plan.name for one in evaluations)}
    for one in evaluations:
        row = rows[one.plan.name]
        assert row[2] == f"{one.plan.objective:,.1f}"
        assert row[3] == f"{one.gap_to_optimum:.1%}"
        broken = ", ".join(sorted({rule.rule for rule in one.broken_rules})) or "none"
        assert row[6] == broken
    committees = next(one for one in evaluations if one.plan.name == "nine-committees-2023")
    assert not committees.broken_rules
    assert committees.plan.objective > best.objective


def test_every_file_the_readme_links_to_exists() -> None:
    """No link of the README, nor of a document in docs, leads nowhere."""
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = document.read_text(encoding="utf-8")
        for part in text.split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            if target and "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"
