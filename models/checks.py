"""Faults of the inputs that a model could not be built from, all at once."""

from __future__ import annotations

from collections.abc import Iterator

from models.inputs import AssignmentInputs, SelectionInputs


def check_selection_inputs(inputs: SelectionInputs) -> None:
    """See that the parts of the inputs fit together.

    Raises:
        ValueError: with every fault found.
    """
    _raise_all([*_cover_faults(inputs), *_level_faults(inputs), *_uniform_faults(inputs)])


def check_assignment_inputs(inputs: AssignmentInputs) -> None:
    """See that links, people and pairs name ICBs of the map, and that no weight is negative.

    Raises:
        ValueError: with every fault found.
    """
    known = set(inputs.icbs)
    pairs = [*inputs.links, *inputs.keep_together, *inputs.keep_apart]
    unknown = sorted({i for pair in pairs for i in pair if i not in known})
    faults = [f"{i} stands in a pair or link and is no ICB of icbs" for i in unknown]
    faults += [f"population of {i} is missing" for i in inputs.icbs if i not in inputs.population]
    faults += [f"{i} is linked to itself" for i, j in inputs.links if i == j]
    weights = (
        "weight_leakage",
        "weight_contracting",
        "holding_cost_m",
        "committee_cost_m",
        "governance_cost_m",
    )
    faults += [f"{name} is negative" for name in weights if getattr(inputs, name) < 0]
    _raise_all(faults)


def _cover_faults(inputs: SelectionInputs) -> Iterator[str]:
    covered = {i for members in inputs.members.values() for i in members}
    for i in inputs.icbs:
        if i not in covered:
            yield f"no candidate holds {i}"
    for i in sorted(covered - set(inputs.icbs)):
        yield f"{i} is a member of a candidate and is no ICB of icbs"


def _level_faults(inputs: SelectionInputs) -> Iterator[str]:
    uniform = set(inputs.uniform)
    for (s, f), levels in inputs.open_levels.items():
        if f not in inputs.members:
            yield f"open_levels names the candidate {f}, which is not in members"
        if len(set(levels)) < (1 if s in uniform else 2) or len(set(levels)) != len(levels):
            yield f"the levels {levels} of {s} in {f} repeat or are too few"
    for term, costs in inputs.level_m.items():
        for s, o, f in costs:
            if o not in inputs.open_levels.get((s, f), ()):
                yield f"level_m[{term}] prices {s}, {o}, {f}, which is not open"


def _uniform_faults(inputs: SelectionInputs) -> Iterator[str]:
    for s in inputs.uniform:
        missing = [f for f in inputs.members if (s, f) not in inputs.open_levels]
        if missing:
            yield f"the uniform service {s} has no level in {', '.join(missing[:5])}"


def _raise_all(faults: list[str]) -> None:
    if faults:
        raise ValueError("the inputs do not fit together: " + "; ".join(faults))
