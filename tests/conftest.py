"""Fixtures shared by the tests: a warehouse made from the sample exports by the real commands."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_SUFFIXES = (".csv", ".xlsx")


def command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m <arguments>` on the warehouse `home`, in English."""
    environment = os.environ | {"FIRSTPAID_HOME": str(home), "FIRSTPAID_LANGUAGE": "en"}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8"
    )


@pytest.fixture(scope="session")
def sample_files() -> list[Path]:
    """The committed sample exports."""
    return sorted(path for path in (ROOT / "data" / "sample").iterdir() if path.suffix in SAMPLE_SUFFIXES)


@pytest.fixture(scope="session")
def sample_warehouse(tmp_path_factory: pytest.TempPathFactory, sample_files: list[Path]) -> Path:
    """A warehouse with the sample imported, built, trained on and built again.

    It is made once for all workers of a run, the first one to ask makes it; read it, never write to it (`sample_copy`
    is yours to change).
    """
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    home = shared / "sample-warehouse"
    with (shared / "sample-warehouse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "sample-warehouse.ready").exists():
            shutil.rmtree(home, ignore_errors=True)
            for step in (
                ("pipelines", "import", *map(str, sample_files)),
                ("pipelines", "build"),
                ("models", "train"),
                ("pipelines", "build"),
            ):
                done = command(home, *step)
                assert done.returncode == 0, f"{' '.join(step[:2])}: {done.stdout}{done.stderr}"
            (shared / "sample-warehouse.ready").touch()
    return home


@pytest.fixture
def sample_copy(sample_warehouse: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the sample warehouse that the test may change."""
    home = tmp_path / "warehouse"
    shutil.copytree(sample_warehouse, home)
    yield home
