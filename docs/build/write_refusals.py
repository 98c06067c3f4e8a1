"""Write docs/refusals.md: every refusal of bringing one's own data, as the commands print it.

Run: python docs/build/write_refusals.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))


def main() -> None:
    """Bring every refusal about and write the page."""
    from support.refusals import FILE, describe

    FILE.write_text(describe(), encoding="utf-8")


if __name__ == "__main__":
    main()
