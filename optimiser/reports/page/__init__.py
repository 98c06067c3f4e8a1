"""The web page: one self-contained file that works with no network; no solver is needed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from optimiser.inputs.dataset import Dataset
from optimiser.reports import palette
from optimiser.reports.atlas import read_atlases
from optimiser.reports.page.content import head_footprints, head_services, list_services
from optimiser.reports.page.map import Chart, draw_chart
from optimiser.reports.page.what_if import carry_figures
from optimiser.reports.paper.brief import Brief, Option
from optimiser.reports.paper.rows import list_costs, list_criteria, list_homes, list_members
from optimiser.reports.paper.sentences import role_of, sum_up
from optimiser.runs.compare import Comparison

NAME = "page.html"
_COLOURS = (
    "DARK_BLUE",
    "BLUE",
    "WARM_YELLOW",
    "DARK_GREY",
    "MID_GREY",
    "PALE_GREY",
    "WHITE",
    "INK",
)


def write_page(
    comparison: Comparison, folder: Path, datasets: Mapping[str, Dataset] | None = None
) -> Path:
    """Write the page into a folder.

    Args:
        comparison: the runs, baseline first.
        folder: where it goes.
        datasets: of each run, for its map; without the baseline's the page has tables alone.

    Returns:
        The file.
    """
    chart, figures = None, None
    atlases, first = read_atlases(datasets or {}), comparison.baseline
    if datasets and first in atlases:
        chart = draw_chart(comparison, atlases)
        figures = carry_figures(comparison, datasets[first], atlases[first], chart.grounds[0])
    path = folder / NAME
    path.write_text(render_page(comparison, chart, figures), encoding="utf-8", newline="\n")
    return path


def render_page(
    comparison: Comparison, chart: Chart | None, figures: dict[str, Any] | None = None
) -> str:
    """The page as HTML.

    Args:
        comparison: the runs, baseline first.
        chart: the map, or None.
        figures: what :func:`carry_figures` gives, or None: then its reader can't move ICBs.

    Style and script are named by their hash in its content security policy, which allows nothing
    else: neither a request nor another script.
    """
    brief = Brief(comparison, (), Path())
    room = Environment(
        loader=PackageLoader("optimiser.reports.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    colours = {name: getattr(palette, name) for name in _COLOURS}
    style = room.get_template("page.css").render(colours=colours)
    script = "\n".join(room.get_template(f"{name}.js").render() for name in ("page", "what_if"))
    return room.get_template("page.html.j2").render(
        policy=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=_embed({**_data(brief, chart), "what_if": figures}),
        chart=chart,
        proofs=[brief.tell_proof(option) for option in brief.options],
        **_tables(brief),
    )


def _tables(brief: Brief) -> dict[str, Any]:
    manifest = brief.usual.manifest
    return {
        "brief": brief,
        "options": brief.options,
        "roles": [role_of(brief, option) for option in brief.options],
        "sums": [sum_up(brief, option, "below") for option in brief.options],
        "dataset": manifest["dataset"],
        "measures": list_criteria(brief),
        "terms": list_costs(brief),
        "footprint_heads": head_footprints(brief),
        "footprints": [list(enumerate(list_members(brief, o))) for o in brief.options],
        "service_heads": head_services(brief),
        "here": brief.on_one_map,
        "icbs": list_homes(brief),
        "counts": lambda: list(brief.sources.found.values()),
        "about": brief.comparison.about.to_dict(orient="records"),
    }


def _data(brief: Brief, chart: Chart | None) -> dict[str, Any]:
    """What the script works with."""
    found = list_services(brief.comparison)
    plans = [
        {"name": option.name, **_homes(option), **_names(brief, option), **services}
        for option, services in zip(brief.options, found["plans"], strict=True)
    ]
    if chart is not None:
        plans = [{**plan, **more} for plan, more in zip(plans, chart.plans, strict=True)]
    return {"services": found["services"], "reasons": found["reasons"], "plans": plans}


def _homes(option: Option) -> dict[str, Any]:
    names = option.plan.footprints["footprint"].astype("str").tolist()
    homes = option.plan.icbs[["icb", "footprint"]].astype("str").to_numpy().tolist()
    return {"footprints": names, "home": {icb: names.index(name) for icb, name in homes}}


def _names(brief: Brief, option: Option) -> dict[str, Any]:
    """Names of the ICBs, with the first option of each map."""
    first = option is brief.usual or option.label in brief.comparison.other_maps
    names = option.plan.icbs[["icb", "name"]].astype("str").to_numpy().tolist()
    return {"icbs": dict(names)} if first else {}


def _embed(data: dict[str, Any]) -> Markup:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
