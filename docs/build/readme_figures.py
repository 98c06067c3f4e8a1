"""Renew the README's table of plans and its map.

    python docs/build/readme_figures.py

Solves England's base scenario, scores every carried plan, and writes the table between the markers of
README.md and docs/images/nine-committees-and-optimum.png.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from optimiser.inputs.scenario.scenario import read_scenario
from optimiser.questions.evaluate import Evaluation, evaluate_all
from optimiser.reports.maps import write_comparison_map

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- plans begin -->", "<!-- plans end -->"
WIDTH = 1400


def plan_rows(evaluations: tuple[Evaluation, ...]) -> list[str]:
    """One row per plan, the best first, then by cost."""
    best = evaluations[0].optimum
    assert best is not None
    rows = [("**best plan, proven**", best, 0.0, "none")]
    for found in sorted(evaluations, key=lambda found: found.plan.objective):
        assert found.gap_to_optimum is not None
        broken = ", ".join(sorted({rule.rule for rule in found.broken_rules})) or "none"
        rows.append((found.plan.name, found.plan, found.gap_to_optimum, broken))
    lines = [
        "| plan | footprints | cost, £m | above the best | held locally, £m | of it treated outside "
        "| rules it breaks |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, plan, gap, broken in rows:
        local = plan.footprints["local_spend_m"].sum()
        leaks = plan.footprints["leakage_m"].sum() / local
        lines.append(
            f"| {name} | {len(plan.footprints)} | {plan.objective:,.1f} | {gap:.1%} | {local:,.0f} "
            f"| {leaks:.1%} | {broken} |"
        )
    return lines


def write_small(source: Path, to: Path) -> None:
    """A smaller copy in few colours, for a page that loads quickly."""
    with Image.open(source) as image:
        height = WIDTH * image.height // image.width
        small = image.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(64).save(to, optimize=True)


def main() -> None:
    """Solve, score, write."""
    scenario = read_scenario(ROOT / "inputs" / "england-42" / "scenarios" / "base.toml")
    evaluations = evaluate_all(scenario)
    lines = plan_rows(evaluations)
    readme = ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    table = "\n".join(lines)
    readme.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
    committees = next(found for found in evaluations if found.plan.name == "nine-committees-2023")
    assert committees.optimum is not None
    with tempfile.TemporaryDirectory() as folder:
        made = write_comparison_map(
            committees.plan, committees.optimum, committees.dataset, Path(folder) / "map"
        )
        png = next(path for path in made if path.suffix == ".png")
        write_small(png, ROOT / "docs" / "images" / "nine-committees-and-optimum.png")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
