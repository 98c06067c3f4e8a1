"""A headless Chromium for tests of pages; where there is none the tests say so and are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")
"""For containers, where the browser may run as root and shared memory is small."""


def find_chromium() -> str | None:
    """The system's Chromium or Chrome, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


@contextmanager
def open_chromium(path: str) -> Iterator[Browser]:
    """A headless browser that is closed again."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
