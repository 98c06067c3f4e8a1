"""Renew the README's figures: its tables of plans, what is firm, and its map.

    python docs/build/readme_figures.py

Every part stands between two markers of README.md and is made by a function here, with the command that
prints the same beside it in the README. The maps are seven-offices-and-best.png and how-firm.png in
docs/images.
"""

from __future__ import annotations

import tempfile
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

import optimiser as fp

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
TODAY = ROOT / "inputs" / "england" / "scenarios" / "today.toml"
NINE = ROOT / "inputs" / "england-42" / "scenarios" / "nine-2023.toml"
OFFICES, COMMITTEES = "pan-icb-offices-2027", "nine-committees-2023"
HELD = "held-jointly-2023"
DRAWS, SEED = 50, 7
WIDTH = 1400
"""Pixels of the map: sharp on a page, quick to load."""

TODAYS_ROWS = {
    "optimal": "**best seven, proven**",
    OFFICES: "seven offices of April 2027 = the seven regions",
    COMMITTEES: "nine committees of 2023/24",
    "clusters-26": "26 clusters",
    "icbs-36-2026": "36 ICBs, each alone",
}
"""Plans of the first table by name, in its order, with what the reader calls them."""

HEADER = (
    "| plan | footprints | smallest to largest, m people | treated outside, % of in-scope spend "
    "| collective, £m | single ICBs, £m | national, £m | score | above the best |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def tell_row(label: str, row: Mapping[Hashable, Any]) -> str:
    """One row of a table, from a row of ``fp.summarise_evaluations``."""
    return (
        f"| {label} | {row['footprints']} | {row['smallest_m']:.1f} to {row['largest_m']:.1f} "
        f"| {row['in_scope_treated_outside_share']:.1%} | {row['collective_m']:,.0f} "
        f"| {row['individual_m']:,.0f} | {row['national_m']:,.0f} | {row['score']:,.0f} "
        f"| {row['gap_to_optimum']:.0%} |"
    )


def tell_today(evaluations: tuple[fp.Evaluation, ...]) -> str:
    """Today's map: `footprints evaluate --plan all`."""
    table = fp.summarise_evaluations(evaluations)
    rows = {str(row["plan"]): row for row in table.to_dict("records")}
    lines = [tell_row(label, rows[name]) for name, label in TODAYS_ROWS.items()]
    return "\n".join([HEADER, *lines])


def tell_moves(best: fp.SolvedPlan) -> str:
    """What `footprints solve` says moves from the offices to the best seven, and what each is worth."""
    assert best.beside is not None
    moves = best.beside.moves
    gains = moves[["name", "gain"]].itertuples(index=False)
    return (
        f"From the offices to the best seven {len(moves)} ICBs move, each with what it takes off the "
        f"score: {', '.join(f'{move.name} ({move.gain:+.0f})' for move in gains)}."
    )


def tell_nine() -> str:
    """The nine committees at their best levels and exactly as they were, on their own map of 42 ICBs."""
    free = fp.evaluate(NINE, COMMITTEES)
    held = fp.evaluate(NINE, COMMITTEES, services=HELD, no_optimum=True)
    assert free.optimum is not None
    table = fp.summarise_evaluations([free, held])
    avoidable = float(table["avoidable_score"].iloc[0])
    table["gap_to_optimum"] = (table["score"] - table["score"].iloc[0]) / avoidable
    labels = (
        "**best nine, proven**",
        "nine committees, each service at its best level",
        "nine committees as they were: 59 services held jointly",
    )
    pairs = zip(labels, table.to_dict("records"), strict=True)
    return "\n".join([HEADER, *(tell_row(label, row) for label, row in pairs)])


def tell_firm(found: fp.Robustness) -> str:
    """What is firm and what is not, in a few sentences."""
    table = found.summarise().set_index("plan")
    best, offices = table.loc["best"], table.loc[OFFICES]
    pairs = found.pairs()["together_share"]
    outside = pd.Series([draw.outside_share[0] for draw in found.draws]).quantile([0.1, 0.9])
    scores = found.by_draw()["optimum_m"].quantile([0.1, 0.9])
    return (
        "**What is firm and what is not.** With every modelled and illustrative input drawn anew "
        f"{DRAWS} times, the best seven score better than the seven offices in "
        f"{offices['beats_share']:.0%} of draws and treat less outside in "
        f"{offices['less_outside_share']:.0%}; but exactly these seven stay the best in "
        f"{best['stays_best_share']:.0%}. Of {len(pairs)} pairs of ICBs {(pairs == 1).sum()} share a "
        f"footprint in every draw, {(pairs == 0).sum()} in none, and "
        f"{((pairs > 0) & (pairs < 1)).sum()} depend on the draw. In the middle 80 % of draws the "
        f"share treated outside by the best seven runs from {outside.iloc[0]:.1%} to "
        f"{outside.iloc[1]:.1%} (errors scatter patients: more than in the table), the score of the "
        f"best from {scores.iloc[0]:,.0f} to {scores.iloc[1]:,.0f}: quote neither as a fact."
    )


def make_parts(today: tuple[fp.Evaluation, ...], firm: fp.Robustness) -> dict[str, str]:
    """Each part of the README by the name of its markers."""
    return {
        "today": tell_today(today),
        "moves": tell_moves(fp.solve(TODAY)),
        "nine": tell_nine(),
        "firm": tell_firm(firm),
    }


def score_today() -> tuple[fp.Evaluation, ...]:
    """Every carried plan on today's scale."""
    return fp.evaluate_all(fp.read_scenario(TODAY))


def draw_again() -> fp.Robustness:
    """Today's question with everything that is modelled drawn anew."""
    return fp.robust(TODAY, draws=DRAWS, seed=SEED)


def split_at(text: str, name: str) -> tuple[str, str, str]:
    """What stands before, between and after the markers of a part."""
    before, rest = text.split(f"<!-- {name} begins -->\n")
    part, after = rest.split(f"\n<!-- {name} ends -->")
    return before, part, after


def write_small(source: Path, to: Path) -> None:
    """A smaller copy in few colours, for a page that loads quickly."""
    with Image.open(source) as image:
        height = WIDTH * image.height // image.width
        small = image.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(64).save(to, optimize=True)


def draw_maps(offices: fp.Evaluation, firm: fp.Robustness) -> None:
    """The seven offices beside the best seven, and how firm each border is."""
    assert offices.optimum is not None
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        fp.write_comparison_map(offices.plan, offices.optimum, offices.dataset, folder / "map")
        write_small(folder / "map.png", IMAGES / "seven-offices-and-best.png")
        firm.plot(folder)
        write_small(folder / "together-map.png", IMAGES / "how-firm.png")


def main() -> None:
    """Solve, score, draw again, write."""
    today, firm = score_today(), draw_again()
    parts = make_parts(today, firm)
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    for name, part in parts.items():
        before, _, after = split_at(text, name)
        text = f"{before}<!-- {name} begins -->\n{part}\n<!-- {name} ends -->{after}"
        print(part)
    readme.write_text(text, encoding="utf-8")
    draw_maps(next(scored for scored in today if scored.plan.name == OFFICES), firm)


if __name__ == "__main__":
    main()
