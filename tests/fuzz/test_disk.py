"""A command on a disk that is full saves whole or says so, and leaves nothing half."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

import pytest
from fuzz.disk import run_cases


def _may_mount() -> bool:
    """Whether a disk in memory may be mounted here."""
    if os.name == "nt" or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as place:
        words = ["mount", "-t", "tmpfs", "-o", "size=4096", "small", place]
        if subprocess.run(words, capture_output=True, check=False).returncode:
            return False
        subprocess.run(["umount", place], check=True)
    return True


@pytest.mark.nightly
@pytest.mark.skipif(not _may_mount(), reason="needs the right to mount a small disk")
def test_a_full_disk_leaves_nothing_half() -> None:
    """Four disks for each command that saves; some hold what it saves, some do not."""
    counts, wrong = run_cases(32, seed=3)
    assert not wrong, "\n".join(wrong)
    assert counts["whole"] + counts["told"] == counts["cases"]
    assert counts["whole"] > 4
    assert counts["told"] > 4
