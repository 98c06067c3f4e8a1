"""``python -m optimiser`` is ``footprints``."""

from optimiser.cli import main

if __name__ == "__main__":
    main(prog_name="footprints")
