"""Parts of a map: which ICBs hang together through links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

Link = tuple[str, str]


def list_parts(members: Iterable[str], links: Iterable[Link]) -> list[tuple[str, ...]]:
    """Connected parts of the members under the links among them.

    Args:
        members: ICB codes, in the order wanted within each part.
        links: unordered pairs; those with an end outside the members are passed over.

    Returns:
        the parts, each in the order of the members, the largest first.
    """
    order = list(dict.fromkeys(members))
    label = {member: member for member in order}
    for a, b in links:
        if a in label and b in label:
            label[find_root(label, a)] = find_root(label, b)
    parts: dict[str, list[str]] = {}
    for member in order:
        parts.setdefault(find_root(label, member), []).append(member)
    return sorted((tuple(part) for part in parts.values()), key=len, reverse=True)


def find_root(label: dict[str, str], member: str) -> str:
    """The member that stands for the part, with the path to it made shorter."""
    while label[member] != member:
        label[member] = label[label[member]]
        member = label[member]
    return member


def list_links(neighbours: pd.DataFrame, min_border_km: float = 0.0) -> list[Link]:
    """Pairs of neighbours whose border is long enough."""
    strong = neighbours[neighbours["border_km"] >= min_border_km]
    return list(zip(strong["a"], strong["b"], strict=True))


def join_groups(groups: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Groups that share a member made one, in the order first met."""
    listed = [group for group in groups if group]
    members = [member for group in listed for member in group]
    return list_parts(members, [(group[0], other) for group in listed for other in group[1:]])
