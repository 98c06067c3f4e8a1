"""The rules of every table as data: columns, kinds, units, ranges, keys, references, defaults.

A column without a default must be in the file. A column with a default may be left out as a whole;
the default, a text as it would stand in a cell, then stands in every row (``""`` is a blank: NaN
for a number, the empty string for a text). Leaving one out is told in the notices of the dataset.
A cell of a column that is there may be blank only where ``blank`` says so. True/false is written
``true`` or ``false`` in either case, because spreadsheets save it in capitals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from optimiser.inputs.dataset import PDAF_DOMAINS

Kind = Literal["code", "text", "number", "whole", "flag", "choice"]
"""``whole`` is a whole number, ``flag`` true/false, ``choice`` one of a few words."""

CATEGORIES = ("ready", "not_yet", "national")
LINK_KINDS = ("land", "river", "estuary_crossing")
SOURCE_KINDS = ("published", "derived", "modelled", "illustrative")
ALLOCATION, HELD_CENTRALLY, RUNNING_COST = "allocation", "held_centrally", "running_cost_a_head"
PUBLISHED_ITEMS = (ALLOCATION, HELD_CENTRALLY, RUNNING_COST)
"""£m a year of one footprint, £m a year of England, and the ceiling on an ICB's, £ a head."""
TOTALS_TOLERANCE_SHARE = 0.001
"""How far totals that should agree may be apart, as a share of the larger."""
HIGHLY_SPECIALISED_PATIENTS = 500
"""Highly specialised services have fewer patients a year than this."""


@dataclass(frozen=True)
class Column:
    """What may stand in one column.

    Attributes:
        name: header of the column.
        kind: what a cell holds.
        meaning: what it is, with its unit; shown when it is missing.
        default: the cell that stands for a column left out; None when it may not be left out.
        copies: the column that a column left out repeats, instead of a default.
        blank: whether a cell may be blank.
        least: smallest value.
        most: greatest value.
        above_least: whether the smallest value itself is too small.
        choices: the words a choice may be.
        refers_to: table whose key the code must be.
        unused: left out, nothing is switched off and nothing is assumed: it goes without a word.
    """

    name: str
    kind: Kind
    meaning: str
    default: str | None = None
    copies: str = ""
    blank: bool = False
    least: float = -math.inf
    most: float = math.inf
    above_least: bool = False
    choices: tuple[str, ...] = ()
    refers_to: str = ""
    unused: bool = False

    @property
    def required(self) -> bool:
        """Whether the column must be in the file."""
        return self.default is None and not self.copies


@dataclass(frozen=True)
class TableSchema:
    """The columns of a table and what holds between its rows.

    Attributes:
        name: the table, which is also the stem of its file.
        columns: in the order of the file.
        key: columns that together are unique.
        without: what is switched off when the table is missing; empty when nothing is.
        optional: whether it may be missing without a word.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    without: str = ""
    optional: bool = False

    @property
    def required(self) -> bool:
        """Whether a dataset must have the table."""
        return not self.without and not self.optional

    @property
    def names(self) -> tuple[str, ...]:
        """Headers of the columns."""
        return tuple(column.name for column in self.columns)


def _lon_lat(default: str, blank: bool) -> tuple[Column, Column]:
    lon = Column("lon", "number", "degrees east", default, blank=blank, least=-180, most=180)
    lat = Column("lat", "number", "degrees north", default, blank=blank, least=-90, most=90)
    return lon, lat


ICBS = TableSchema(
    "icbs",
    (
        Column("icb", "code", "code of the ICB, such as QWE"),
        Column("gss_code", "text", "statistical code of the area", default="", blank=True),
        Column("name", "text", "full name of the ICB"),
        Column(
            "short_name",
            "text",
            "name for maps and tables; else the name, shortened",
            copies="name",
        ),
        Column("region", "text", "NHS England region", default="", blank=True),
        Column("population", "whole", "residents, persons", least=1),
        Column("registered_population", "number", "GP-registered, persons", default="", least=1),
        Column("weighted_population", "number", "need-weighted, persons", default="", least=1),
        *_lon_lat("", blank=False),
        Column(
            "deprived_share",
            "number",
            "share of residents in England's most deprived fifth, 0 to 1",
            default="",
            blank=True,
            least=0,
            most=1,
            unused=True,
        ),
        Column(
            "commissioner",
            "code",
            "ICB that commissions for the area, where areas are parts of ICBs",
            default="",
            blank=True,
            unused=True,
        ),
    ),
    ("icb",),
)
NEIGHBOURS = TableSchema(
    "neighbours",
    (
        Column("a", "code", "code of one ICB", refers_to="icbs"),
        Column("b", "code", "code of its neighbour", refers_to="icbs"),
        Column("kind", "choice", "kind of link", default="land", choices=LINK_KINDS),
        Column("border_km", "number", "length of the common border, km", least=0),
        Column("reason", "text", "why the link is there", default="", blank=True),
    ),
    ("a", "b"),
)
TRAVEL = TableSchema(
    "travel",
    (
        Column("from_icb", "code", "ICB of residence", refers_to="icbs"),
        Column("to_icb", "code", "ICB travelled to", refers_to="icbs"),
        Column("minutes", "number", "mean travel time, minutes", least=0),
    ),
    ("from_icb", "to_icb"),
    without="limits on travel, the travel term and nearness of the lead ICB are switched off.",
)
SERVICES = TableSchema(
    "services",
    (
        Column("service", "code", "code of the service"),
        Column("name", "text", "name of the service"),
        Column("programme_of_care", "text", "programme of care", default="", blank=True),
        Column("category", "choice", "portfolio category", choices=CATEGORIES),
        Column(
            "ready_year",
            "whole",
            "first year it may go local",
            "",
            blank=True,
            least=1990,
            most=2100,
        ),
        Column("highly_specialised", "flag", "whether it is highly specialised"),
        Column("patients", "number", "patients a year in England", least=0),
        Column("spend_m", "number", "£m a year in England", least=0),
        Column("case_cost_cv", "number", "sd / mean of the cost of a case", least=0),
        Column(
            "common_shock", "number", "sd of spend that does not pool, a share", least=0, most=1
        ),
        Column("min_providers", "whole", "floor on providers hosted", default="0", least=0),
        Column("min_patients", "number", "floor on patients a year", default="0", least=0),
        Column(
            "max_cv",
            "number",
            "ceiling on its holder's sd / spend",
            "",
            blank=True,
            least=0,
            above_least=True,
        ),
        Column(
            "integration_benefit", "number", "worth of local care, share of spend", least=0, most=1
        ),
        Column("innovation", "number", "pace of innovation, 0 to 1", default="0", least=0, most=1),
        Column("needs_delegation", "flag", "whether it needs full delegation", default="false"),
        Column("moves_with", "code", "service it moves with", "", blank=True, refers_to="services"),
        Column("provenance", "text", "where its numbers come from", default="", blank=True),
        Column(
            "current_level",
            "choice",
            "level at which it is held today",
            default="",
            blank=True,
            unused=True,
            choices=("national", "footprint", "icb", "collaborative"),
        ),
        Column(
            "published_category",
            "choice",
            "category that was published, blank where none was",
            default="",
            blank=True,
            unused=True,
            choices=CATEGORIES,
        ),
        Column(
            "delegated_from",
            "whole",
            "year from which it was delegated",
            default="",
            blank=True,
            unused=True,
            least=1990,
            most=2100,
        ),
        Column(
            "collaborative",
            "flag",
            "whether provider collaboratives hold budgets of its pathway",
            default="false",
            unused=True,
        ),
    ),
    ("service",),
)
PROVIDERS = TableSchema(
    "providers",
    (
        Column("provider", "code", "code of the provider, such as RRV"),
        Column("name", "text", "name of the provider"),
        Column("icb", "code", "ICB that hosts it; blank: elsewhere", blank=True, refers_to="icbs"),
        *_lon_lat("", blank=True),
        Column(
            "specialised_income_share",
            "number",
            "share of its own income that is specialised, 0 to 1",
            default="",
            blank=True,
            least=0,
            most=1,
        ),
    ),
    ("provider",),
)
SERVICE_PROVIDERS = TableSchema(
    "service_providers",
    (
        Column("service", "code", "code of the service", refers_to="services"),
        Column("provider", "code", "code of a provider of it", refers_to="providers"),
        Column("provenance", "text", "where this comes from", default="", blank=True),
    ),
    ("service", "provider"),
    without="the providers of a service are taken to be those with spend in the flows.",
)
FLOWS = TableSchema(
    "flows",
    (
        Column("service", "code", "code of the service", refers_to="services"),
        Column("icb", "code", "ICB of residence", refers_to="icbs"),
        Column("provider", "code", "code of the provider", refers_to="providers"),
        Column("patients", "number", "patients a year", least=0),
        Column("spend_m", "number", "£m a year", least=0),
    ),
    ("service", "icb", "provider"),
)
READINESS = TableSchema(
    "readiness",
    (
        Column("icb", "code", "code of the ICB", refers_to="icbs"),
        Column("domain", "choice", "PDAF domain", choices=PDAF_DOMAINS),
        Column("score", "number", "score, 0 to 4", least=0, most=4),
        Column("year", "whole", "year of the score", least=1990, most=2100),
    ),
    ("icb", "domain", "year"),
    without="readiness thresholds and readiness of the lead ICB are switched off.",
)
FUNDING = TableSchema(
    "funding",
    (
        Column("icb", "code", "code of the ICB", refers_to="icbs"),
        Column("historic_m", "number", "host-based allocation, £m a year", least=0),
        Column("needs_based_m", "number", "needs-based allocation, £m a year", least=0),
    ),
    ("icb",),
    without="the funding view and the allocation term are switched off.",
)
HISTORY = TableSchema(
    "history",
    (
        Column("service", "code", "code of the service", refers_to="services"),
        Column("icb", "code", "ICB of residence", refers_to="icbs"),
        Column("year", "whole", "year of the spend", least=1990, most=2100),
        Column("spend_m", "number", "£m in that year, at the prices of one year", least=0),
    ),
    ("service", "icb", "year"),
    optional=True,  # no notice without it: a solve needs none, and volatility says so
)
PUBLISHED = TableSchema(
    "published",
    (
        Column("item", "choice", "what was published", choices=PUBLISHED_ITEMS),
        Column("plan", "text", "carried plan it is of; blank: all England", "", blank=True),
        Column("footprint", "text", "footprint of that plan", "", blank=True),
        Column("amount", "number", "£m a year, or £ a head of population", least=0),
        Column("year", "text", "year it is of"),
        Column("source", "text", "where it was published"),
        Column("confidence", "text", "how sure that is", default="", blank=True),
        Column("note", "text", "anything else", default="", blank=True),
    ),
    ("item", "plan", "footprint"),
    optional=True,  # nothing rests on it: it stands beside what is modelled
)
SOURCES = TableSchema(
    "sources",
    (
        Column("table", "text", "name of a table"),
        Column("column", "text", "name of a column of it"),
        Column("kind", "choice", "how far it can be trusted", choices=SOURCE_KINDS),
        Column("source", "text", "where it comes from"),
        Column("licence", "text", "licence of the source", default="", blank=True, unused=True),
        Column("note", "text", "anything else", default="", blank=True, unused=True),
        Column(
            "spread",
            "number",
            "how far it may be off, see spreads",
            default="",
            blank=True,
            unused=True,
            least=0,
        ),
        Column("spread_reason", "text", "why that far", default="", blank=True, unused=True),
    ),
    ("table", "column", "kind", "source"),
    without="reports cannot say which numbers are published and which are modelled.",
)
DRAWN = {
    ("services", "spend_m"),
    ("services", "patients"),
    ("services", "case_cost_cv"),
    ("services", "common_shock"),
    ("services", "integration_benefit"),
    ("flows", "spend_m"),
    ("service_providers", "provider"),
    ("readiness", "score"),
    ("funding", "historic_m"),
    ("funding", "needs_based_m"),
}
"""(table, column) that may have a spread: what :mod:`optimiser.inputs.spreads` draws."""
PLAN = TableSchema(
    "plans",
    (
        Column("icb", "code", "code of the ICB", refers_to="icbs"),
        Column("footprint", "text", "name of its footprint"),
    ),
    ("icb",),
    without="there is no grouping to score or to measure disruption against.",
)
TABLES: Mapping[str, TableSchema] = {
    table.name: table
    for table in (
        ICBS,
        NEIGHBOURS,
        SERVICES,
        PROVIDERS,
        FLOWS,
        TRAVEL,
        SERVICE_PROVIDERS,
        READINESS,
        FUNDING,
        HISTORY,
        PUBLISHED,
        SOURCES,
    )
}
"""Every table but the plans, of which there may be many with one schema, :data:`PLAN`."""
WITHOUT_BOUNDARIES = "maps are drawn as points (by lon and lat of every ICB), without borders."
