"""Runs side by side: exact differences, unlike runs refused, every figure found at its source."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pandas as pd
import pytest
from support.saved import Saved, save_groupings

from optimiser.errors import InputError
from optimiser.runs.compare import Comparison, compare_folders, compare_runs
from optimiser.runs.compare.figures import list_columns, work_out
from optimiser.runs.compare.settings import say_value, word_differences
from optimiser.runs.compare.wording import round_off, show, show_difference
from optimiser.runs.folder import read_table


def _change(folder: Path, to: Path, change: dict[str, object]) -> Path:
    """A copy of a run with words of its manifest replaced, given as ``a.b``."""
    shutil.copytree(folder, to)
    manifest = json.loads((to / "manifest.json").read_text(encoding="utf-8"))
    for path, value in change.items():
        *parents, last = path.split("/")
        place = manifest
        for parent in parents:
            place = place[parent]
        place[last] = value
    (to / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return to


@pytest.mark.long
def test_every_figure_is_what_stands_at_its_source(comparison: Comparison) -> None:
    """Each figure worked out again from the saved table it names gives the same number."""
    runs = dict(zip(comparison.names, comparison.runs, strict=True))
    checked = 0
    for figure in comparison.figures.values():
        if figure.table != "manifest":
            table = read_table(runs[figure.run], figure.table)
            if not set(list_columns(figure.column)) <= set(table.columns):
                assert math.isnan(figure.value), figure.source  # of a level that is not open
                continue
            assert work_out(table, figure.row, figure.column) == pytest.approx(
                figure.value, rel=1e-12, nan_ok=True
            ), figure.source
            checked += 1
    assert checked > 100


def test_a_run_does_not_differ_from_itself(saved: Saved) -> None:
    """Compared with itself a run has no differences, no moves and no changes."""
    found = compare_runs([saved.runs[0], saved.runs[0]])
    assert (found.measures["difference_from_baseline"].dropna() == 0).all()
    assert not found.moves["moved"].any()
    assert found.service_changes.empty
    assert found.scenario_differences.empty
    assert len(set(found.names)) == 2


def test_a_proven_plan_of_one_year_has_no_score_of_a_roadmap(saved: Saved) -> None:
    """It is nought above the optimum; what no run has is left out and not told as nought."""
    run = saved.runs[0]
    outcome = replace(run.plan.outcome, status="optimal", gap=0.0)
    proven = replace(run, plan=replace(run.plan, outcome=outcome))
    measures = compare_runs([proven, proven]).measures.set_index("measure")["value"]
    assert (measures["gap_to_optimum_share"] == 0).all()
    assert "roadmap_score" not in measures.index


def test_swapping_the_baseline_turns_every_difference_round(
    saved: Saved, comparison: Comparison
) -> None:
    """The difference of a from b is minus the difference of b from a."""
    other = compare_runs(saved.runs, baseline="columns")
    assert other.baseline == "Columns"
    one = comparison.measures[comparison.measures["run"] == "Columns"].set_index("measure")
    two = other.measures[other.measures["run"] == "Rows"].set_index("measure")
    left, right = one["difference_from_baseline"], two["difference_from_baseline"]
    pd.testing.assert_series_equal(left, -right)


def test_terms_add_up_to_the_objective(comparison: Comparison) -> None:
    """The costs of a run's terms sum to its objective, in the table and in the figure."""
    for run, terms in comparison.terms.groupby("run"):
        figure = comparison.figure(str(run), "objective_m")
        assert terms["cost_m"].sum() == pytest.approx(figure.value)
        assert figure.value == pytest.approx(comparison.plans[str(run)].objective)


def test_the_fewest_icbs_move(comparison: Comparison) -> None:
    """As few as the best of all ways to match three footprints to three, tried one by one."""
    plans = comparison.plans
    then = plans["Rows"].icbs.set_index("icb")["footprint"].to_dict()
    now = plans["Columns"].icbs.set_index("icb")["footprint"].to_dict()
    names = list(plans["Columns"].grouping)
    fewest = min(
        sum(matched[now[icb]] != then[icb] for icb in now)
        for matched in (
            dict(zip(names, order, strict=True)) for order in permutations(plans["Rows"].grouping)
        )
    )
    moves = comparison.moves
    assert moves.loc[moves["run"] == "Columns", "moved"].sum() == fewest
    assert not moves.loc[moves["run"] == "Rows", "moved"].any()


def test_service_changes_are_the_levels_that_differ(comparison: Comparison) -> None:
    """A service is listed with as many ICBs as have another option, and no other service is."""
    levels = comparison.service_levels
    counted = (levels["Rows"] != levels["Columns"]).groupby(levels["service"]).sum()
    listed = comparison.service_changes.set_index("service")["icbs"]
    assert listed.to_dict() == counted[counted > 0].to_dict()
    assert comparison.service_changes["population_share"].between(0, 1).all()


def test_numbers_follow_footprints_that_continue(comparison: Comparison) -> None:
    """A footprint has the number of the one it continues; no number is used twice in a run."""
    numbers = comparison.numbers
    first = numbers[numbers["run"] == "Rows"].set_index("footprint")["number"]
    for row in numbers[numbers["continues"] != ""].to_dict(orient="records"):
        assert row["number"] == first[row["continues"]]
    assert not numbers.duplicated(["run", "number"]).any()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"dataset/files/flows.csv": "0" * 64}, "alike_inputs"),
        ({"dataset/vintage": "2019-20"}, "alike_vintage"),
        ({"scenario/services/year": 2031}, "alike_scope"),
        ({"scenario/footprints/population_base": "weighted"}, "alike_scope"),
    ],
)
def test_unlike_runs_are_refused_by_name_or_labelled(
    saved: Saved, tmp_path: Path, change: dict[str, object], kind: str
) -> None:
    """Other inputs, vintage or scope: refused with what differs, and labelled when asked for."""
    folders = [saved.folders["rows"], _change(saved.folders["columns"], tmp_path / "other", change)]
    with pytest.raises(InputError) as refused:
        compare_folders(folders)
    assert [fault.rule for fault in refused.value.faults] == [kind]
    assert len(compare_folders(folders, unlike="label").unlike) == 1


def test_another_plan_file_does_not_make_runs_unlike(saved: Saved, tmp_path: Path) -> None:
    """Carried plans are no inputs: a plan added since changes no figure."""
    other = shutil.copytree(saved.folders["columns"], tmp_path / "other")
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    manifest["dataset"]["files"]["plans/rows.csv"] = "0" * 64
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert not compare_folders([saved.folders["rows"], other]).unlike


@pytest.mark.long
def test_what_was_asked_differently_is_listed(tmp_path: Path, saved: Saved) -> None:
    """Every setting that differs is a row, and nothing else."""
    other = save_groupings(tmp_path, "[objective]\nleakage = 0.5\n")
    found = compare_folders([saved.folders["rows"], other.folders["rows"]])
    table = found.scenario_differences.set_index("setting")
    assert list(table.index) == ["objective.leakage"]
    assert list(table.loc["objective.leakage"]) == ["0.3", "0.5"]


@pytest.mark.long
def test_what_was_asked_differently_is_told_in_words(tmp_path: Path, saved: Saved) -> None:
    """Settings by what they mean, ICBs by name, plans by title, flags as yes and no."""
    names = list(saved.runs[0].plan.icbs[["icb", "name"]].to_numpy())
    (first, one), (second, two) = names[:2]
    asked = (
        f'keep_together = [["{first}", "{second}"]]\ncontiguous = false\n'
        "[objective]\nleakage = 0.5\n"
    )
    found = compare_folders(
        [saved.folders["rows"], save_groupings(tmp_path, asked).folders["rows"]]
    )
    told = {row[0]: row[2] for row in word_differences(found).to_numpy().tolist()}
    assert told == {
        "Contiguous": "no",
        "Keep together": f"{one} with {two}",
        "Weight of treated outside": "0.5",
    }
    assert say_value("footprints.baseline", "pan-icb-offices-2027", {}) == "Pan ICB offices 2027"
    assert say_value("footprints.keep_whole", "clusters-26", {}) == "26 clusters"
    assert say_value("footprints.population_m", [4, math.inf], {}) == "at least 4"
    assert say_value("services.levels", ["national", "icb"], {}) == "national, single ICB"


def test_an_unknown_baseline_names_the_choices(saved: Saved) -> None:
    """The message lists the labels that can be named."""
    with pytest.raises(InputError, match="Rows, Columns"):
        compare_runs(saved.runs, baseline="nowhere")


def test_wording_is_the_same_everywhere() -> None:
    """Shares are per cent, people millions, nothing has no sign, and a minus is a minus."""
    assert show(0.1234, "share") == "12.3%"
    assert show(2_345_678, "persons") == "2.35"
    assert show(float("nan"), "£m") == "–"
    assert show_difference(-0.0001, "share") == "0.0% pp".replace("%", "")
    assert show_difference(-1234.56, "£m a year") == "−1,234.6"
    assert show_difference(0.02, "share") == "+2.0 pp"


def test_scores_are_whole_where_money_has_three_digits() -> None:
    """So that terms add up to the score below them, and differences are those told elsewhere."""
    assert round_off(1_002.8, "£m-equivalents") == "1,003"
    assert round_off(1_002.8, "£m a year") == "1,000"
    assert round_off(9.24, "£m-equivalents") == "9.2"
