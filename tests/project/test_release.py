"""What is released: a wheel and a source archive that are whole, and install where nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from optimiser.version import __version__

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheel and source archive, built from the files that git knows."""
    home = tmp_path_factory.mktemp("release")
    source, built = home / "source", home / "dist"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    make = "from hatchling.build import build_sdist, build_wheel; import sys; "
    tools = home / "tools"
    venv.create(tools, with_pip=True)
    python = _python_of(tools)
    subprocess.run([python, "-m", "pip", "install", "-q", "hatchling"], check=True)
    made = f"{make}build_wheel(sys.argv[1]); build_sdist(sys.argv[1])"
    built.mkdir()
    subprocess.run([python, "-c", made, str(built)], cwd=source, check=True, capture_output=True)
    return built


def _python_of(home: Path) -> str:
    return str(home / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


@pytest.mark.long
def test_the_wheel_holds_the_packages_and_nothing_else(dist: Path) -> None:
    """Neither tests, nor inputs, nor what builds documents; the licence is inside."""
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    about = f"footprints_optimiser-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"optimiser", "models", about}
    assert f"{about}/licenses/LICENSE" in names


@pytest.mark.long
def test_the_source_archive_can_be_cited_and_tested(dist: Path) -> None:
    """It holds the tests, the toy country, the licences and how to cite it."""
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("CITATION.cff", "LICENSE", "DATA-LICENCES.md", "CHANGELOG.md", "constraints.txt")
    assert set(wanted) <= names
    assert "inputs/toy/dataset.toml" in names
    assert "tests/project/test_release.py" in names


@pytest.mark.long
def test_the_wheel_solves_in_an_environment_of_its_own(dist: Path, tmp_path: Path) -> None:
    """Its own code, the locked libraries beside it, far from the project's folder."""
    venv.create(tmp_path / "env", with_pip=True)
    python = _python_of(tmp_path / "env")
    install = [python, "-m", "pip", "install", "-q", "--no-deps", str(next(dist.glob("*.whl")))]
    subprocess.run(install, check=True)
    shutil.copytree(ROOT / "inputs" / "toy", tmp_path / "toy")
    (tmp_path / "one.toml").write_text('dataset = "toy"\n[footprints]\ncount = 3\n', "utf-8")
    # On the path, not in the environment: a project that is installed for editing stays out.
    libraries = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    for words in (["solve", "one.toml", "--out", "run"], ["verify", "run", "--dataset", "toy"]):
        done = subprocess.run(
            [python, "-P", "-m", "optimiser", *words],
            cwd=tmp_path, env=libraries, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    where = [python, "-P", "-c", "import optimiser; print(optimiser.__file__)"]
    found = subprocess.run(
        where, cwd=tmp_path, env=libraries, capture_output=True, text=True, check=True
    )
    assert str(tmp_path / "env") in found.stdout
