"""An import that is stopped leaves nothing behind, wherever it is when it is told to."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT

from pipelines.importing import imports
from pipelines.reading import cancel
from pipelines.reading.cancel import ImportCancelled
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse

LEDGER = "Customer,Invoice No,Date,Amount\nA,1,2026-01-02,5\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "ar.csv"
    path.write_text(LEDGER, encoding="utf-8")
    return path


@pytest.mark.parametrize("step", ["read", "convert", "store"])
def test_stopped_at_any_step_nothing_is_left(export: Path, settings: Settings, step: str) -> None:
    stop = threading.Event()

    def progress(name: str, done: int, total: int) -> None:
        if name == step:
            stop.set()

    with pytest.raises(ImportCancelled):
        imports.import_file(export, settings, progress=progress, cancelled=stop.is_set)
    assert list(Warehouse.of(settings).imports.iterdir()) == [] and imports.list_imports(settings) == []
    assert imports.import_file(export, settings, cancelled=lambda: False).rows_accepted == 1


def test_what_progress_raises_stops_the_import_too(export: Path, settings: Settings) -> None:
    def progress(name: str, done: int, total: int) -> None:
        if name == "convert":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        imports.import_file(export, settings, progress=progress)
    assert list(Warehouse.of(settings).imports.iterdir()) == []


def test_a_running_query_is_ended() -> None:
    stop = threading.Event()
    with pytest.raises(ImportCancelled), cancel.cancellable(stop.is_set, "ar.csv"), duckdb.connect() as con:
        cancel.interruptible(con).create_function("stop", lambda x: stop.set() or x, ["BIGINT"], "BIGINT")
        con.execute("select sum(hash(a.range)) from range(stop(10000000)) a, range(10000000) b").fetchall()


def test_an_import_that_waits_for_another_can_be_stopped(export: Path, settings: Settings) -> None:
    asked = iter([False, False, True])
    with Warehouse.of(settings).lock("import"), pytest.raises(ImportCancelled):
        imports.import_file(export, settings, cancelled=lambda: next(asked, True))


def test_a_terminated_command_leaves_nothing(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "ar.csv"
    path.write_text(LEDGER + "".join(f"A,{i},2026-01-02,5\n" for i in range(2, 400_000)), encoding="utf-8")
    command = [sys.executable, "-m", "pipelines", "import", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"FIRSTPAID_HOME": str(settings.home)})
    folder = Warehouse.of(settings).imports
    while process.poll() is None and not list(folder.glob(f"{UNFINISHED}*")):
        pass
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 1
    assert list(folder.iterdir()) == []
