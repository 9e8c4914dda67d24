"""Starting: a taken port is said, an empty warehouse gets the sample, and a warehouse with data keeps it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.building import updates
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse
from scripts import run

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs that would be started, in order; each goes well."""
    started: list[list[str]] = []

    def record(key: str, *arguments: str) -> bool:
        started.append([*arguments[:2], *(["sample"] if "data/sample" in " ".join(arguments) else [])])
        return True

    monkeypatch.setattr(run, "step", record)
    return started


def publish_something(home: Path, statements: str = "") -> None:
    """The smallest build that counts as one, made by this version unless other statements are named."""
    warehouse, build_id = Warehouse(home), "20250131-20250201T080000000000"
    warehouse.builds.mkdir()
    with duckdb.connect(str(warehouse.builds / f"{build_id}.duckdb")) as con:
        con.execute(
            "create table build_info as select ? as build_id, date '2025-01-31' as as_of, ? as statements",
            [build_id, statements or updates.fingerprint()],
        )
    warehouse.current.write_text(build_id + "\n")


def import_something(home: Path) -> None:
    """The smallest folder that counts as an import."""
    folder = Warehouse(home).imports / "0123"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")


def test_a_taken_port_is_said_and_nothing_is_touched(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        home = tmp_path / "home"
        done = subprocess.run(
            [sys.executable, "-m", "scripts.run", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "FIRSTPAID_HOME": str(home), "FIRSTPAID_LANGUAGE": "en"},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} is taken by another program.")
    assert not home.exists()


def test_an_empty_warehouse_gets_the_sample_built_twice_around_training(tmp_path: Path, steps: list[list[str]]) -> None:
    warehouse = Warehouse(tmp_path / "home")
    assert run.prepare(Settings(home=warehouse.home))
    assert [step for step in steps if step[1] != "sample"] == [
        ["pipelines", "import", "sample"],
        ["pipelines", "build"],
        ["models", "train"],
        ["pipelines", "build"],
    ]
    assert not (warehouse.home / run.LOADING).exists()


def test_an_interrupted_first_load_is_repeated(tmp_path: Path, steps: list[list[str]]) -> None:
    publish_something(tmp_path)  # built, but not yet with the model
    (tmp_path / run.LOADING).touch()
    assert run.prepare(Settings(home=tmp_path))
    assert ["models", "train"] in steps


def test_a_warehouse_with_a_build_is_left_alone(tmp_path: Path, steps: list[list[str]]) -> None:
    publish_something(tmp_path)
    assert run.prepare(Settings(home=tmp_path))
    assert steps == []


def test_a_build_of_another_version_is_made_again(tmp_path: Path, steps: list[list[str]]) -> None:
    publish_something(tmp_path, statements="of old")
    assert run.prepare(Settings(home=tmp_path))
    assert steps == []  # from what? there is no import
    import_something(tmp_path)
    assert run.prepare(Settings(home=tmp_path))
    assert steps == [["pipelines", "build"]]


def test_a_broken_pointer_is_mended_before_the_app_opens(tmp_path: Path, steps: list[list[str]]) -> None:
    publish_something(tmp_path)
    Warehouse(tmp_path).current.unlink()
    assert run.prepare(Settings(home=tmp_path))
    assert steps == [["pipelines", "doctor"]]


def test_imports_without_a_build_are_built_and_never_mixed_with_the_sample(
    tmp_path: Path, steps: list[list[str]]
) -> None:
    import_something(tmp_path)
    assert run.prepare(Settings(home=tmp_path))
    assert steps == [["pipelines", "build"]]
