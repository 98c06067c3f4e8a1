"""A paper from front to back as blocks, in the usual order."""

from __future__ import annotations

from optimiser.reports.paper.annexes import list_annexes
from optimiser.reports.paper.appraisal import write_appraisal, write_scoring
from optimiser.reports.paper.blocks import Block, Heading
from optimiser.reports.paper.brief import Brief
from optimiser.reports.paper.money import write_finance
from optimiser.reports.paper.opening import write_background, write_purpose, write_recommendation
from optimiser.reports.paper.people import write_access, write_next_steps, write_readiness
from optimiser.reports.paper.register import write_risks

SECTIONS = (
    write_purpose,
    write_recommendation,
    write_background,
    write_appraisal,
    write_scoring,
    write_finance,
    write_risks,
    write_access,
    write_readiness,
    write_next_steps,
)
"""Numbered from 1; the sentences that point to a section rely on this order."""


def list_blocks(brief: Brief) -> list[Block]:
    """The whole paper."""
    body = [_number(block, at) for at, write in enumerate(SECTIONS, 1) for block in write(brief)]
    return [*body, *list_annexes(brief)]


def _number(block: Block, section: int) -> Block:
    if isinstance(block, Heading) and block.level == 1:
        return Heading(1, f"{section}. {block.text}")
    return block


def title_of(brief: Brief) -> str:
    """The paper's title."""
    if len(brief.options) == 1:
        return "Footprints for specialised commissioning: one plan appraised"
    return "Footprints for specialised commissioning: options for the board"
