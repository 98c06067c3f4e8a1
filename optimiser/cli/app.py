"""``footprints app``: the what-if page on this machine."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

import optimiser as fp
from optimiser.cli.shared import find_base


@click.command("app", short_help="Move ICBs on a map and see what follows, in the browser.")
@click.argument(
    "subject", required=False, metavar="[RUN|SCENARIO]", type=click.Path(path_type=Path)
)
@click.option(
    "--port", type=click.IntRange(1, 65_535), help="Port of the address.  [default: 8765]"
)
@click.option("--browser/--no-browser", default=True, help="Open the browser.  [default: yes]")
def command(subject: Path | None, port: int | None, browser: bool) -> None:
    r"""Open a page on this machine on which ICBs are moved and every measure follows at once.

    RUN is the folder of a saved run, whose plan the page begins with; SCENARIO a .toml file. Without
    either it is today's England. Nobody but who has the printed address can open the page, and only on
    this machine; nothing is fetched from elsewhere. Ctrl-C ends it.

    \b
    Examples:
      footprints app
      footprints app inputs/toy/scenarios/base.toml --port 8800
    """
    import webbrowser

    with fp.open_app(subject or find_base(), port) as page:
        click.echo(page.address)
        click.echo("Open this address on this machine. Ctrl-C ends it.", err=True)
        if browser:
            webbrowser.open(page.address)
        with suppress(KeyboardInterrupt):  # the way to end it, and no failure
            page.wait()
