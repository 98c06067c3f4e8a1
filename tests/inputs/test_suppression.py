"""Suppressed cells are filled by a stated policy, and what rests on them is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.datasets import write_tiny_dataset

from optimiser.errors import InputError
from optimiser.inputs.reading.load import check_dataset, read_dataset
from optimiser.plan.flows import measure_suppressed

GROUPING = {"West": ["QAA", "QBB"], "East": ["QCC", "QDD"]}


def _suppress(folder: Path, policy: str, mark: str = "*", spend: str = "*") -> Path:
    """Suppress the flow of S1 from QAA to P3 (1 patient, £0.01m)."""
    write_tiny_dataset(folder)
    flows = folder / "flows.csv"
    text = flows.read_text(encoding="utf-8")
    assert "S1,QAA,P3,1,0.01\n" in text
    flows.write_text(
        text.replace("S1,QAA,P3,1,0.01\n", f"S1,QAA,P3,{mark},{spend}\n"), encoding="utf-8"
    )
    about = folder / "dataset.toml"
    about.write_text(about.read_text(encoding="utf-8") + policy, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("policy", "mark", "patients"),
    [
        ('policy = "midpoint"', "*", 2.5),
        ('policy = "lower"', "*", 1.0),
        ('policy = "upper"', "*", 4.0),
        ('policy = "upper"', "<10", 9.0),
        ('policy = "midpoint"', "< 8", 4.0),
        ('policy = "upper"\nbelow = 8', "*", 7.0),
        ('policy = "value"\nvalue = 3', "*", 3.0),
    ],
)
def test_a_policy_fills_the_cell(tmp_path: Path, policy: str, mark: str, patients: float) -> None:
    """Patients by the policy; money by the service's mean cost of a patient."""
    dataset = read_dataset(_suppress(tmp_path / "d", f"[suppression]\n{policy}\n", mark))
    row = dataset.flows.iloc[2]
    assert row["patients"] == patients
    assert row["spend_m"] == pytest.approx(patients * 0.01)
    assert dataset.filled is not None
    assert dataset.filled.sum() == 1
    assert any("1 of 48 flows were suppressed" in notice for notice in dataset.notices)


def test_without_a_policy_it_is_a_fault(tmp_path: Path) -> None:
    """Nothing is filled that the dataset does not ask for."""
    faults = check_dataset(_suppress(tmp_path / "d", ""))
    assert {fault.column for fault in faults} >= {"patients", "spend_m"}
    assert any("[suppression]" in fault.remedy for fault in faults)


def test_known_money_stays(tmp_path: Path) -> None:
    """Money that is not suppressed is left as it stands."""
    folder = _suppress(tmp_path / "d", '[suppression]\npolicy = "lower"\n', "*", "0.01")
    assert read_dataset(folder).flows.iloc[2]["spend_m"] == 0.01


def test_totals_out_of_reach_are_faults(tmp_path: Path) -> None:
    """A total that no true value of the filled cells explains is still a fault."""
    folder = _suppress(tmp_path / "d", '[suppression]\npolicy = "midpoint"\n')
    services = folder / "services.csv"
    text = services.read_text(encoding="utf-8")
    services.write_text(text.replace(",204,2.04,", ",230,2.30,"), encoding="utf-8")
    assert {fault.rule for fault in check_dataset(folder)} == {"flows_add_up"}


@pytest.mark.parametrize(
    ("policy", "column"),
    [
        ('policy = "guess"', "suppression.policy"),
        ('policy = "value"', "suppression.value"),
        ('policy = "lower"\nbelow = 1', "suppression.below"),
        ('policy = "lower"\nbelwo = 9', "suppression.belwo"),
    ],
)
def test_a_bad_policy_is_refused(tmp_path: Path, policy: str, column: str) -> None:
    """The setting that is wrong is named."""
    with pytest.raises(InputError) as caught:
        read_dataset(_suppress(tmp_path / "d", f"[suppression]\n{policy}\n"))
    assert column in {fault.column for fault in caught.value.faults}


def test_the_share_of_each_result_is_told(tmp_path: Path) -> None:
    """The share of a footprint's spend and leakage is what the filled row holds of them."""
    dataset = read_dataset(_suppress(tmp_path / "d", '[suppression]\npolicy = "lower"\n'))
    table = measure_suppressed(dataset, GROUPING).set_index("footprint")
    west = dataset.flows[dataset.flows["icb"].isin(["QAA", "QBB"])]
    outside = west[west["provider"].isin(["P2", "P3"])]["spend_m"].sum()
    assert table.loc["West", "suppressed_share"] == pytest.approx(0.01 / west["spend_m"].sum())
    assert table.loc["West", "suppressed_leakage_share"] == pytest.approx(0.01 / outside)
    assert table.loc["East", "suppressed_share"] == 0


def test_an_evaluated_plan_carries_the_share(tmp_path: Path) -> None:
    """Plans say in their footprints and notes how much rests on filled cells."""
    import optimiser as fp
    from optimiser.questions.evaluate import evaluate

    folder = _suppress(tmp_path / "d", '[suppression]\npolicy = "upper"\n')
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "base.toml").write_text('dataset = ".."\n', encoding="utf-8")
    scenario = fp.read_scenario(folder / "scenarios" / "base.toml")
    plan = evaluate(scenario, GROUPING, no_optimum=True).plan
    assert plan.footprints["suppressed_share"].iloc[0] > 0
    assert any(note.startswith("Small numbers: at most") for note in plan.notes)


def test_a_saved_run_keeps_the_share(tmp_path: Path) -> None:
    """footprints.csv of a run has the share, and reading the run gives it back."""
    import optimiser as fp
    from optimiser.questions.evaluate import evaluate

    folder = _suppress(tmp_path / "d", '[suppression]\npolicy = "upper"\n')
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "base.toml").write_text('dataset = ".."\n', encoding="utf-8")
    scenario = fp.read_scenario(folder / "scenarios" / "base.toml")
    plan = evaluate(scenario, GROUPING, no_optimum=True).plan
    run = plan.save(tmp_path / "run")
    kept = fp.read_run(run).plan.footprints["suppressed_share"].tolist()
    assert kept == pytest.approx(plan.footprints["suppressed_share"].tolist())
