"""The paper as PDF by LibreOffice, where it is installed, and the pages its headings fell on."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

LONGEST = 180
"""Seconds that a conversion may take."""

_TAGGED = '{"UseTaggedPDF":{"type":"boolean","value":"true"}}'
"""So that screen readers find headings, tables and texts of pictures."""

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\s*(.*?)endobj", re.DOTALL)
_ENTRY = re.compile(rb"/Title\s*<([0-9A-Fa-f]+)>")
_TARGET = re.compile(rb"/Dest\s*\[\s*(\d+) 0 R")
_KIDS = re.compile(rb"/Type\s*/Pages.*?/Kids\s*\[(.*?)\]", re.DOTALL)


def find_office() -> str | None:
    """LibreOffice's program, or None."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def write_pdf(document: Path) -> Path | None:
    """Convert a Word document beside itself; None where LibreOffice is missing or fails.

    The office gets a profile of its own, so that it neither waits for nor disturbs one that is
    open on the user's screen.
    """
    office = find_office()
    if office is None:
        return None
    made = document.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        command = [office, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless"]
        command += [
            "--convert-to",
            f"pdf:writer_pdf_Export:{_TAGGED}",
            "--outdir",
            str(document.parent),
            str(document),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=LONGEST, check=True)
        except (subprocess.SubprocessError, OSError):
            return None
    return made if made.is_file() else None


def read_heading_pages(pdf: Path) -> dict[str, list[int]]:
    """Pages of the headings of each text, in order, from the outline that LibreOffice writes."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf.read_bytes())}
    pages = _list_pages(objects)
    found: dict[str, list[int]] = {}
    for _, body in sorted(objects.items()):
        title, target = _ENTRY.search(body), _TARGET.search(body)
        if title and target and int(target.group(1)) in pages:
            text = bytes.fromhex(title.group(1).decode("ascii")).decode("utf-16")
            found.setdefault(text, []).append(pages[int(target.group(1))])
    return {text: sorted(places) for text, places in found.items()}


def _list_pages(objects: dict[int, bytes]) -> dict[int, int]:
    """Number of each page's object to its place in the file, from 1."""
    for body in objects.values():
        kids = _KIDS.search(body)
        if kids:
            order = [int(number) for number in re.findall(rb"(\d+) 0 R", kids.group(1))]
            return {number: at for at, number in enumerate(order, 1)}
    return {}
