"""The dataset as the rest of the package sees it: clean frames and nothing else.

A :class:`Dataset` exists only after every check has passed, so code that receives one never
checks again. Rows keep the order of the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimiser.arrays import Bools

PDAF_DOMAINS = (
    "benefit_to_outcomes",
    "shared_understanding",
    "governance",
    "clinical_leadership",
    "finance",
    "workforce",
    "digital",
    "geography_and_patient_flows",
)
"""The eight domains of the pre-delegation assessment framework (PDAF)."""
POPULATION_COLUMNS = {
    "resident": "population",
    "registered": "registered_population",
    "weighted": "weighted_population",
}
"""Column of ``icbs.csv`` that each base of the population window counts."""


@dataclass(frozen=True)
class About:
    """What ``dataset.toml`` says of the dataset.

    Attributes:
        name: short name.
        title: one line that says what it is.
        vintage: year of the data.
        population_base: whom population counts.
        currency_year: year of the prices.
        attribution: what must be said where the data is shown.
        modelled: a sentence on each thing that is modelled.
        fit: how well its flows fit what is observed, in a sentence; blank where that is not known.
        unplaced_share: of the activity that was counted, what has no ICB of residence and is in no flow.
    """

    name: str
    title: str
    vintage: str
    population_base: str
    currency_year: str
    attribution: str
    modelled: tuple[str, ...] = ()
    fit: str = ""
    unplaced_share: float = 0.0

    @property
    def unplaced(self) -> str:
        """What was counted and is in no flow, in a sentence; nothing where all was placed."""
        if not self.unplaced_share:
            return ""
        share = f"{self.unplaced_share:.1%}"
        return f"Unplaced: {share} of what was counted has no ICB of residence and is in no flow."


@dataclass(frozen=True, eq=False)
class Dataset:
    """All tables of one dataset, checked.

    Text columns are ``str``; numbers are ``float64`` (blank is NaN only where the table allows a
    blank); counts and years are ``int64`` (``Int64`` where blank is allowed); true/false columns are
    ``bool``. A table that is absent is None and is named in ``notices``.

    Attributes:
        folder: where it was read from.
        about: what it says of itself.
        icbs: icb, gss_code, name, short_name, region, population, registered_population,
            weighted_population (persons), lon, lat (degrees), deprived_share (NaN where not known).
        neighbours: a, b, kind, border_km, reason; one row per unordered link.
        services: service, name, programme_of_care, category, ready_year, highly_specialised,
            patients (a year), spend_m, case_cost_cv, common_shock, min_providers, min_patients,
            max_cv, integration_benefit, innovation, needs_delegation, moves_with, provenance.
        providers: provider, name, icb (empty string: elsewhere), lon, lat, specialised_income_share.
        flows: service, icb (of residence), provider, patients, spend_m.
        service_providers: service, provider, provenance.
        travel: from_icb, to_icb, minutes.
        readiness: icb, domain, score (0-4), year.
        funding: icb, historic_m, needs_based_m.
        sources: table, column, kind, source, licence, note.
        plans: name of each carried plan to a frame of icb, footprint.
        boundaries: path of the GeoJSON file keyed by ``icb``.
        hashes: file name relative to the folder to its SHA-256.
        notices: what is switched off because a table is missing, in sentences.
        published: item, plan, footprint, amount (£m a year, or £ a head), year, source, confidence,
            note.
        history: service, icb (of residence), year, spend_m (£m in that year, constant prices).
    """

    folder: Path
    about: About
    icbs: pd.DataFrame
    neighbours: pd.DataFrame
    services: pd.DataFrame
    providers: pd.DataFrame
    flows: pd.DataFrame
    service_providers: pd.DataFrame | None
    travel: pd.DataFrame | None
    readiness: pd.DataFrame | None
    funding: pd.DataFrame | None
    sources: pd.DataFrame | None
    plans: Mapping[str, pd.DataFrame]
    boundaries: Path | None
    hashes: Mapping[str, str]
    notices: tuple[str, ...] = ()
    filled: Bools | None = None
    history: pd.DataFrame | None = None
    published: pd.DataFrame | None = None
