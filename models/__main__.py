"""``python -m models`` writes FORMULATION.md anew from the docstrings of the models."""

from __future__ import annotations

from models.formulation import FORMULATION, formulation_text

if __name__ == "__main__":
    FORMULATION.write_text(formulation_text(), encoding="utf-8", newline="\n")
    print(f"wrote {FORMULATION.name}")
