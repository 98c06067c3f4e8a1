"""Modelled flows fitted to observed ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimiser.cli import main
from optimiser.errors import InputError
from optimiser.importers.calibration import calibrate_dataset, list_fitted, rank_correlations
from optimiser.importers.fitting import PRIOR_PATIENTS, fit_flows, scale_to_margins
from optimiser.importers.observed import Observed, read_families, read_shares
from optimiser.inputs.reading.load import read_dataset

ROOT = Path(__file__).resolve().parents[2]
HOSTS = {"P1": "A", "P2": "B", "P3": "C"}
CENTRES = pd.DataFrame(
    [(s, p) for s in ("S1", "S2") for p in HOSTS], columns=["service", "provider"]
)


def _flows() -> pd.DataFrame:
    """Two services; residents of A and B, most at home."""
    rows = [
        (service, icb, provider, 10.0 * weight, weight)
        for service, size in (("S1", 1.0), ("S2", 3.0))
        for icb, near in (("A", "P1"), ("B", "P2"))
        for provider, share in ((p, 0.6 if p == near else 0.2) for p in HOSTS)
        for weight in (size * share,)
    ]
    return pd.DataFrame(rows, columns=["service", "icb", "provider", "patients", "spend_m"])


def _observed(own: float, patients: float) -> Observed:
    shares = [("F", "A", "A", own), ("F", "A", "B", 1 - own)]
    return Observed(
        pd.DataFrame(shares, columns=["family", "icb", "host", "share"]),
        pd.DataFrame([("F", "A", patients)], columns=["family", "icb", "patients"]),
        0.0,
        "a test",
    )


def _share(flows: pd.DataFrame, icb: str, host: str) -> float:
    mine = flows[flows["icb"] == icb]
    return float(
        mine.loc[mine["provider"].map(HOSTS) == host, "spend_m"].sum() / mine["spend_m"].sum()
    )


def test_many_counted_patients_give_the_observed_shares() -> None:
    """With a very large base the model has no say left."""
    fitted = fit_flows(_flows(), HOSTS, {"S1": "F", "S2": "F"}, CENTRES, _observed(0.3, 1e9))
    assert _share(fitted, "A", "A") == pytest.approx(0.3, abs=1e-6)
    assert _share(fitted, "A", "B") == pytest.approx(0.7, abs=1e-6)


def test_as_many_patients_as_the_model_is_worth_give_the_middle() -> None:
    """Shrinkage: observed and model count alike at PRIOR_PATIENTS."""
    fitted = fit_flows(
        _flows(), HOSTS, {"S1": "F", "S2": "F"}, CENTRES, _observed(0.3, PRIOR_PATIENTS)
    )
    assert _share(fitted, "A", "A") == pytest.approx((0.3 + 0.6) / 2, abs=1e-6)


def test_the_own_icb_never_keeps_everything() -> None:
    """Counts leave out small flows: 97 % of what is reachable stays at home at most."""
    fitted = fit_flows(_flows(), HOSTS, {"S1": "F", "S2": "F"}, CENTRES, _observed(1.0, 1e9))
    assert _share(fitted, "A", "A") == pytest.approx(0.97, abs=1e-6)


def test_totals_of_services_and_what_was_not_observed_stay() -> None:
    """Every service's patients and £m by ICB; flows of other ICBs and other families to the letter."""
    flows = _flows()
    fitted = fit_flows(flows, HOSTS, {"S1": "F"}, CENTRES, _observed(0.1, 500))
    keys = ["service", "icb"]
    for column in ("patients", "spend_m"):
        pd.testing.assert_series_equal(
            fitted.groupby(keys)[column].sum(), flows.groupby(keys)[column].sum()
        )
    untouched = (flows["service"] == "S2") | (flows["icb"] == "B")
    same = fitted.merge(flows[untouched])
    assert len(same) == untouched.sum() == 9


def test_a_host_without_a_centre_gets_nothing() -> None:
    """Observed shares can't send residents where nobody gives the service."""
    centres = CENTRES[CENTRES["provider"] != "P2"]
    flows = _flows()
    flows = flows[flows["provider"] != "P2"]
    fitted = fit_flows(flows, HOSTS, {"S1": "F", "S2": "F"}, centres, _observed(0.3, 1e9))
    assert set(fitted["provider"]) == {"P1", "P3"}
    assert fitted["spend_m"].sum() == pytest.approx(flows["spend_m"].sum())


@given(
    arrays(float, (3, 4), elements=st.floats(0.01, 10)),
    arrays(float, 4, elements=st.floats(0.01, 10)),
)
def test_scaling_keeps_rows_and_meets_columns(table: np.ndarray, columns: np.ndarray) -> None:
    """The two margins of iterative proportional fitting, where nothing is zero."""
    fitted = scale_to_margins(table, columns)
    wanted = columns * table.sum() / columns.sum()
    np.testing.assert_allclose(fitted.sum(axis=1), table.sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(fitted.sum(axis=0), wanted, rtol=1e-4)


@given(arrays(float, (3, 4), elements=st.floats(0.01, 10)))
def test_a_table_that_fits_already_stays(table: np.ndarray) -> None:
    """Nothing is changed without need."""
    np.testing.assert_allclose(scale_to_margins(table, table.sum(axis=0)), table, rtol=1e-9)


@pytest.mark.long
def test_england_is_fitted_icb_by_icb() -> None:
    """The carried facts: ranks of general services rise, the dataset passes its own check."""
    base = read_dataset(ROOT / "inputs" / "england-42")
    observed = read_shares(ROOT / "inputs" / "england" / "facts" / "observed_shares.csv")
    families = read_families(
        ROOT / "inputs" / "england" / "mapping" / "families.csv", base.services["service"]
    )
    found = calibrate_dataset(base, observed, families, "fitted")
    spend = found.new.tables["flows"].groupby("service")["spend_m"].sum()
    stated = base.services.set_index("service")["spend_m"]
    pd.testing.assert_series_equal(spend.sort_index(), stated.sort_index(), rtol=1e-5)
    assert rank_correlations(found.after)["general"] > 0.95
    assert min(rank_correlations(found.after)[name] for name in ("neurosciences", "plastics")) > 0.8
    funding = found.new.tables["funding"]
    assert base.funding is not None
    assert funding["historic_m"].sum() == pytest.approx(base.funding["historic_m"].sum())


def test_a_service_of_few_centres_is_not_fitted_where_its_family_stays_at_home() -> None:
    """S2 has a centre in B alone: A's residents, 95 % of whom are seen at home, are not seen for it."""
    centres = CENTRES.drop(CENTRES.query("service == 'S2' and provider != 'P2'").index)
    families = {"S1": "F", "S2": "F"}
    for own, patients, kept in (
        (0.95, 400, {"S1"}),
        (0.25, 400, {"S1", "S2"}),
        (0.95, 10, {"S1", "S2"}),
    ):
        found = list_fitted(_flows(), HOSTS, families, centres, _observed(own, patients))
        assert set(found) == kept, (own, patients)


def test_faults_of_a_table_of_shares_are_all_told(tmp_path: Path) -> None:
    """Shares above 100 %, and two counts for one ICB: two faults."""
    file = tmp_path / "shares.csv"
    file.write_text(
        "family,icb,host_icb,share_percent,patients\nF,A,A,90,10\nF,A,B,30,10\nF,B,B,50,10\nF,B,A,40,9\n"
    )
    with pytest.raises(InputError) as caught:
        read_shares(file)
    assert {fault.rule for fault in caught.value.faults} == {"shares_add_up", "one_count"}


def test_a_service_that_the_dataset_lacks_is_a_fault(tmp_path: Path) -> None:
    """Its line is named."""
    file = tmp_path / "families.csv"
    file.write_text("service,family\nS1,F\nS9,F\n")
    with pytest.raises(InputError) as caught:
        read_families(file, pd.Series(["S1", "S2"]))
    assert [(fault.line, fault.value) for fault in caught.value.faults] == [(3, "S9")]


def test_the_command_writes_a_dataset_that_can_be_checked(tmp_path: Path) -> None:
    """From the toy country and a table of shares; a service of too few centres is named, not fitted."""
    shares, families = tmp_path / "shares.csv", tmp_path / "families.csv"
    toy = read_dataset(ROOT / "inputs" / "toy")
    icb = toy.icbs["icb"].iloc[0]
    shares.write_text(f"family,icb,host_icb,share_percent,patients\nF,{icb},{icb},55,400\n")
    families.write_text("service,family\n" + "".join(f"{s},F\n" for s in toy.services["service"]))
    words = ["calibrate", str(ROOT / "inputs" / "toy"), "--flows", str(shares)]
    words += ["--families", str(families), "--out", str(tmp_path / "new")]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 0, answer.output
    fitted = read_dataset(tmp_path / "new")
    assert fitted.flows["spend_m"].sum() == pytest.approx(toy.flows["spend_m"].sum())
    assert "are given in too few places" in " ".join(answer.output.split())
    assert fitted.about.fit.startswith("Flows of 96% of the spend are fitted")
    checked = CliRunner().invoke(main, ["check", str(tmp_path / "new")])
    assert fitted.about.fit[:60] in checked.output


def test_areas_of_an_icb_are_fitted_together() -> None:
    """Smaller areas: their ICB has the observed shares, each keeps its demand and its differences."""
    parts = []
    for part, weight in (("1", 0.3), ("2", 0.7)):
        rows = _flows()
        rows[["patients", "spend_m"]] *= weight
        parts.append(rows.assign(icb=rows["icb"] + part))
    fine = pd.concat(parts, ignore_index=True)
    homes = {area: area[0] for area in set(fine["icb"])}
    families = {"S1": "F", "S2": "F"}
    fitted = fit_flows(fine, HOSTS, families, CENTRES, _observed(0.3, 1e9), homes)
    whole = fitted.assign(icb=fitted["icb"].map(homes))
    assert _share(whole, "A", "A") == pytest.approx(0.3, abs=1e-6)
    keys = ["service", "icb"]
    pd.testing.assert_series_equal(
        fitted.groupby(keys)["spend_m"].sum(), fine.groupby(keys)["spend_m"].sum()
    )
    coarse = fit_flows(_flows(), HOSTS, families, CENTRES, _observed(0.3, 1e9))
    both = [
        rows.groupby(["service", "icb", "provider"])["spend_m"].sum() for rows in (whole, coarse)
    ]
    pd.testing.assert_series_equal(*both)


def test_a_part_that_is_known_stays() -> None:
    """What is kept is not moved, and the rest makes up for it."""
    flows = _flows()
    kept = flows[(flows["service"] == "S1") & (flows["icb"] == "A")]
    families = {"S1": "F", "S2": "F"}
    fitted = fit_flows(flows, HOSTS, families, CENTRES, _observed(0.5, 1e9), kept=kept)
    assert _share(fitted, "A", "A") == pytest.approx(0.5, abs=1e-6)
    assert len(fitted.merge(kept, on=["service", "icb", "provider"])) == len(kept) == 3
    same = fitted.merge(kept, on=["service", "icb", "provider"])
    np.testing.assert_allclose(same["spend_m_x"], same["spend_m_y"])


def test_the_own_share_is_met_although_a_service_must_leave() -> None:
    """S1 has its only centre in C, where nobody was seen: it goes there, and S2 stays as observed."""
    centres = CENTRES[(CENTRES["service"] == "S2") | (CENTRES["provider"] == "P3")]
    flows = _flows().merge(centres)
    fitted = fit_flows(flows, HOSTS, {"S1": "F", "S2": "F"}, centres, _observed(0.6, 1e9))
    assert _share(fitted, "A", "A") == pytest.approx(0.6, abs=1e-6)
