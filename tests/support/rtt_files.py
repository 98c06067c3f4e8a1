"""Small files in the real layouts of NHS England's extracts, written by hand."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

WEEKS = [f"Gt {k:02d} To {k + 1:02d} Weeks SUM 1" for k in range(104)] + ["Gt 104 Weeks SUM 1"]
KEYS = [
    "Period", "Provider Parent Org Code", "Provider Parent Name", "Provider Org Code",
    "Provider Org Name", "Commissioner Parent Org Code", "Commissioner Parent Name",
    "Commissioner Org Code", "Commissioner Org Name",
]  # fmt: skip
RTT_HEADER = [
    *KEYS, "RTT Part Type", "RTT Part Description", "Treatment Function Code",
    "Treatment Function Name", *WEEKS, "Total", "Patients with unknown clock start date",
    "Total All",
]  # fmt: skip
DM01_HEADER = [
    *KEYS, "Diagnostic Tests Sort Order", "Diagnostic Tests", "00 < 01 Week", "13+ Weeks",
    "Total WL", "Waiting List Activity", "Planned Activity", "Unscheduled Activity",
    "Total Activity",
]  # fmt: skip

# host ICB, provider, commissioner's parent, commissioner, function, count
HAND = [
    ("QAA", "RAA", "QAA", "01A", "C_150", 30),
    ("QAA", "RAA", "QBB", "02B", "C_150", 10),
    ("QAA", "RAA", "QDD", "04D", "C_150", 5),
    ("QCC", "RCC", "QCC", "03C", "C_150", 20),
    ("QCC", "RCC", "QBB", "02B", "C_150", 15),
    ("QCC", "RCC", "QDD", "04D", "C_110", 40),
    ("QCC", "RCC", "QCC", "03C", "C_110", 60),
    ("QAA", "RAA", "", "13Q", "C_150", 7),
    ("QCC", "RCC", "", "NONC", "C_150", 3),
    ("QAA", "NT4", "QAA", "01A", "C_110", 9),
]
NAMES = {"C_150": "Neurosurgical Service", "C_110": "Trauma and Orthopaedic Service"}
Row = Sequence[object]


def rtt_row(
    host: str,
    provider: str,
    parent: str,
    commissioner: str,
    function: str,
    count: object,
    part: str = "Part_1A",
    period: str = "RTT-January-2026",
) -> list[object]:
    """One row of the full CSV; weeks are blank, as in some published parts."""
    name = "#N/A" if commissioner == "NONC" else f"NHS {commissioner}"
    title = "Total" if function == "C_999" else NAMES.get(function, function)
    return [
        period, host, f"NHS {host}", provider, f"{provider} HOSPITALS NHS TRUST", parent,
        f"NHS {parent}" if parent else "", commissioner, name, part, "as published", function,
        title, *[""] * len(WEEKS), "", "", count,
    ]  # fmt: skip


def with_totals(rows: Sequence[tuple[str, str, str, str, str, int]]) -> list[list[object]]:
    """The rows and, for each provider and commissioner, the row of the total (C_999)."""
    totals: dict[tuple[str, ...], int] = {}
    for *key, _, count in rows:
        totals[tuple(key)] = totals.get(tuple(key), 0) + count
    listed = [rtt_row(*row) for row in rows]
    for (host, provider, parent, commissioner), count in totals.items():
        listed.append(rtt_row(host, provider, parent, commissioner, "C_999", count))
    return listed


def write_extract(
    path: Path,
    rows: Sequence[Row],
    header: Sequence[str] = RTT_HEADER,
    preamble: Sequence[str] = (),
    line_end: str = "\r\n",
) -> Path:
    """Write a file, or a zip that holds one, by the ending of the path."""
    stream = io.StringIO(newline="")
    stream.writelines(f"{line}{line_end}" for line in preamble)
    csv.writer(stream, lineterminator=line_end).writerows([header, *rows])
    text = "\ufeff" + stream.getvalue()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("month.csv", text.encode("utf-8"))
    else:
        path.write_bytes(text.encode("utf-8"))
    return path


def dm01_row(provider: str, parent: str, test: str, waiting: int, activity: int) -> list[object]:
    """One row of the diagnostics extract."""
    keys = ["DM01-JANUARY-2026", "QAA", "NHS QAA", provider, f"{provider} NHS TRUST", parent]
    order = 16 if test == "TOTAL" else 1
    return [
        *keys, f"NHS {parent}", "01A", "NHS 01A", order, test, waiting, 0, waiting, activity, 0,
        0, activity,
    ]  # fmt: skip
