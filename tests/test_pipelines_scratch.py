"""Scratch folders hold customers' data: they go with their process, at the latest when the next one starts."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines import scratch
from pipelines.__main__ import main
from scripts import run
from ui import import_files
from ui.jobs import Job

ROOT = Path(__file__).resolve().parent.parent
# Makes a folder with a file in it, says where, and waits to be told to end.
HOLDS = """
import sys
from pathlib import Path
from pipelines import scratch
held = scratch.folder()
(Path(held.name) / "receivables.csv").write_text("C1,100")
print(held.name, flush=True)
sys.stdin.readline()
"""
Holder = tuple[subprocess.Popen[str], Path]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of this test alone, and a process that has no scratch folder yet."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_own", [])
    return tmp_path


@pytest.fixture
def holder(temporary: Path) -> Iterator[Callable[[], Holder]]:
    """Starts processes that hold a scratch folder; ends those that still run."""
    started: list[subprocess.Popen[str]] = []

    def start() -> Holder:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDS], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout
        return process, Path(process.stdout.readline().strip())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def left(temporary: Path) -> list[Path]:
    return sorted(path for path in temporary.rglob("*") if path.is_file())


def test_a_folder_goes_when_it_is_closed(temporary: Path) -> None:
    with scratch.folder() as name:
        (Path(name) / "receivables.csv").write_text("C1,100")
        assert len(left(temporary)) == 1
    assert left(temporary) == []


def test_a_process_that_ends_leaves_nothing(holder: Callable[[], Holder], temporary: Path) -> None:
    process, folder = holder()
    assert (folder / "receivables.csv").is_file()
    process.communicate("\n")
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_not(
    holder: Callable[[], Holder], temporary: Path
) -> None:
    killed, of_killed = holder()
    _, of_living = holder()
    killed.kill()
    killed.wait()
    foreign = temporary / "somebody-else"
    foreign.mkdir()
    assert (of_killed / "receivables.csv").is_file()
    assert scratch.clean_up() == [of_killed.parent]
    assert left(temporary) == [of_living / "receivables.csv"] and foreign.is_dir()
    assert scratch.clean_up() == []


@pytest.mark.parametrize("way", ["doctor", "make run", "the next folder"])
def test_it_is_removed_at_the_next_start_and_by_the_doctor(
    holder: Callable[[], Holder], temporary: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    killed, folder = holder()
    killed.kill()
    killed.wait()
    monkeypatch.setenv("FIRSTPAID_HOME", str(temporary / "home"))
    if way == "doctor":
        said = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).output)
        assert said["removed"] == [str(folder.parent)]
    elif way == "make run":
        monkeypatch.setattr(run, "load_sample", lambda warehouse: True)
        assert run.prepare(run.Settings())
    else:
        scratch.folder().cleanup()
    assert not folder.parent.exists()


def test_the_uploads_of_a_session_go_with_it_but_not_before_the_work_that_reads_them(temporary: Path) -> None:
    held = import_files.Held(scratch.folder())
    assert held.folder
    (Path(held.folder.name) / "receivables.csv").write_text("C1,100")
    held.job = Job((("pipelines", "import"),))
    before = set(threading.enumerate())
    import_files.release(held)
    (waits,) = set(threading.enumerate()) - before
    assert len(left(temporary)) == 1
    held.job.done = True
    held.job.ended.set()
    waits.join(60)
    assert left(temporary) == []


@pytest.mark.parametrize("job", [None, Job((), done=True)])
def test_the_uploads_of_a_session_without_work_go_at_once(temporary: Path, job: Job | None) -> None:
    held = import_files.Held(scratch.folder(), job)
    assert held.folder
    (Path(held.folder.name) / "receivables.csv").write_text("C1,100")
    import_files.release(held)
    assert left(temporary) == []
    import_files.release(import_files.Held())
