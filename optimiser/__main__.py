"""``python -m optimiser`` is ``footprints``."""

from optimiser.cli import run

if __name__ == "__main__":
    run()
