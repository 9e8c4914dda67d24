"""Killed at any moment, started twice, a broken pointer: the last published build stays, nothing half-done shows."""

import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from bench.generate import ledger_of, write_ledger
from click.testing import CliRunner

from models import card, store
from models.late_risk import score_build
from models.model import Model
from pipelines.__main__ import main
from pipelines.building import builds, checks, publish
from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.reporting import queries
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse, WarehouseBusy

ROOT = Path(__file__).resolve().parent.parent
INVOICES = 8_000  # their numbers begin like those of the first ledger, which they replace
MOMENTS = [round(random.Random(number).uniform(0.2, 1.0), 2) for number in range(3)]  # shares of an undisturbed run


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "FIRSTPAID_HOME": str(home), "FIRSTPAID_LANGUAGE": "en"}


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines", *arguments],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit status and everything said."""
    said, complaint = process.communicate()
    return process.returncode, said + complaint


def run(home: Path, *arguments: str) -> tuple[int, str]:
    return finish(start(home, *arguments))


def here(home: Path, *arguments: str) -> tuple[int, str]:
    """The command in this process: the same words and status, without loading the libraries again."""
    result = CliRunner().invoke(main, arguments, env=environment(home))
    return result.exit_code, result.output


def build(settings: Settings) -> publish.BuildInfo:
    return publish.build(settings, score=score_build)


def kill_after(seconds: float, home: Path, *arguments: str) -> None:
    """Start the command and kill it after that long, unless it is faster."""
    process = start(home, *arguments)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A first ledger that is published, and a larger one whose import and build are killed."""
    folder = tmp_path_factory.mktemp("exports")
    for size in (500, INVOICES):
        write_ledger(folder, size)
    return {
        "first": ledger_of(folder, 500).invoices,
        "invoices": ledger_of(folder, INVOICES).invoices,
        "receipts": ledger_of(folder, INVOICES).receipts,
    }


@pytest.fixture(scope="module")
def published(exports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with one import and one published build."""
    home = tmp_path_factory.mktemp("published") / "home"
    settings = Settings(home=home)
    imports.import_file(exports["first"], settings)
    build(settings)
    return home


@pytest.fixture(scope="module")
def loaded(published: Path, exports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published warehouse, with the large ledger imported but not built yet."""
    home = tmp_path_factory.mktemp("loaded") / "home"
    shutil.copytree(published, home)
    settings = Settings(home=home)
    for name in ("invoices", "receipts"):
        imports.import_file(exports[name], settings)
    return home


@pytest.fixture(scope="module")
def undisturbed(published: Path, loaded: Path, exports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory):
    """Seconds an import and a build of the large ledger take when nobody kills them."""
    taken = {}
    for job, source, arguments in (
        ("import", published, ["import", str(exports["invoices"])]),
        ("build", loaded, ["build"]),
    ):
        home = tmp_path_factory.mktemp("undisturbed") / "home"
        shutil.copytree(source, home)
        began = time.perf_counter()
        assert run(home, *arguments)[0] == 0
        taken[job] = time.perf_counter() - began
    return taken


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the warehouse `published`, or of the one a test names by `@pytest.mark.parametrize(..., indirect)`."""
    source = request.getfixturevalue(getattr(request, "param", "published"))
    return Path(shutil.copytree(source, tmp_path / "home"))


def build_id(home: Path) -> str:
    now = queries.published(Settings(home=home))
    assert now is not None
    return now.build_id


def unfinished(home: Path) -> list[str]:
    return sorted(path.name for path in home.rglob(f"{UNFINISHED}*"))


def assert_every_import_is_whole(home: Path) -> list[str]:
    """Each listed import has all its files and rows; returns the names of the files imported."""
    reports = imports.list_imports(Settings(home=home))
    for report in reports:
        folder = home / "imports" / report.import_id
        counted = {
            name: duckdb.execute("select count(*) from read_parquet(?)", [str(folder / f"{name}.parquet")]).fetchall()
            for name in ("rows", "rejected")
        }
        assert counted == {"rows": [(report.rows_accepted,)], "rejected": [(report.rows_rejected,)]}
        assert len(list(folder.glob("original*"))) == 1
    return [report.file_name for report in reports]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_import_killed_at_any_moment_is_whole_or_not_there(
    home: Path, exports: dict[str, Path], undisturbed: dict[str, float], moment: float
) -> None:
    before = build_id(home)
    kill_after(moment * undisturbed["import"], home, "import", str(exports["invoices"]))

    assert build_id(home) == before
    assert set(assert_every_import_is_whole(home)) in ({"invoices.csv"}, {"invoices.csv", "receipts.csv"})
    status, said = here(home, "doctor")
    assert status == 0, said
    assert unfinished(home) == []

    report = imports.import_file(exports["invoices"], Settings(home=home))
    assert report.rows_accepted == INVOICES
    assert len(assert_every_import_is_whole(home)) == 2


@pytest.mark.parametrize("home", ["loaded"], indirect=True)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_build_killed_at_any_moment_leaves_a_published_build(
    home: Path, undisturbed: dict[str, float], moment: float
) -> None:
    before = build_id(home)
    kill_after(moment * undisturbed["build"], home, "build")

    now = queries.published(Settings(home=home))
    assert now is not None
    with queries.open_build(now) as con:
        assert checks.run(con) == []
        counted = con.execute("select count(*) from fct_invoices").fetchall()
    assert counted == [(500 if now.build_id == before else INVOICES,)]

    status, said = here(home, "doctor")
    assert status == 0, said
    assert unfinished(home) == []
    assert {path.suffix for path in (home / "builds").iterdir()} == {".duckdb"}
    build(Settings(home=home))
    assert build_id(home) not in (before, now.build_id)


def test_doctor_removes_what_a_killed_process_left(home: Path) -> None:
    before = build_id(home)
    (home / "imports" / f"{UNFINISHED}abc").mkdir()
    (home / "imports" / f"{UNFINISHED}abc" / "rows.parquet").write_bytes(b"half")
    (home / "builds" / f"{UNFINISHED}1-x.duckdb").write_bytes(b"half")
    (home / "builds" / f"{UNFINISHED}1-x.duckdb.wal").write_bytes(b"half")
    (home / "builds" / f"{UNFINISHED}1-x.duckdb.tmp").mkdir()
    (home / "builds" / f"{UNFINISHED}1-x.duckdb.tmp" / "part").write_bytes(b"half")
    (home / f"{UNFINISHED}1-CURRENT").write_text("half")
    report = imports.list_imports(Settings(home=home))[0]
    for folder, name in ((f"imports/{report.import_id}", "retracted"), ("mappings", "a.invoices"), ("model", "a.card")):
        (home / folder).mkdir(exist_ok=True)
        (home / folder / f"{UNFINISHED}1-{name}.json").write_text('{"half')
    assert card.stored(Settings(home=home)) == []
    assert assert_every_import_is_whole(home) and build_id(home) == before
    status, said = here(home, "doctor")
    assert status == 0 and said.count(UNFINISHED) == 8
    assert unfinished(home) == []
    assert build_id(home) == before


@pytest.mark.parametrize(
    ("lock", "folder"),
    [
        ("import", "imports"),
        ("import", "mappings"),
        ("retraction", "imports/*"),
        ("model", "model"),
        ("build", "builds"),
    ],
)
def test_doctor_leaves_what_is_being_written(home: Path, lock: str, folder: str) -> None:
    for name in ("mappings", "model"):
        (home / name).mkdir(exist_ok=True)
    written = next(home.glob(folder)) / f"{UNFINISHED}1-x.json"
    written.write_text("half")
    with Warehouse(home).lock(lock):
        status, said = here(home, "doctor")
    assert unfinished(home) == [written.name] and UNFINISHED not in said
    assert status == (1 if lock == "build" else 0)  # while a build runs it is not known which one is published
    status, said = here(home, "doctor")
    assert (status, unfinished(home)) == (0, []) and written.name in said


def test_what_is_stored_beside_a_clean_up_is_stored(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, synced, said = Settings(home=home), os.fsync, list[tuple[int, str]]()

    def clean_up_first(descriptor: int) -> None:
        """Have another process clean up in the very moment when what is being stored is written, not yet whole."""
        if unfinished(home):
            said.append(run(home, "doctor"))
        synced(descriptor)

    report = imports.list_imports(settings)[0]
    model = Model({}, {}, 0, 30, dt.date(2026, 1, 1), None, {}, 0, "a" * 12)
    monkeypatch.setattr(os, "fsync", clean_up_first)
    assert imports.retract(settings, report.import_id).retracted_at
    kept = store.save(model, {}, settings)
    store.serve(settings, kept.model_id)
    monkeypatch.undo()

    assert imports.list_imports(settings)[0].retracted_at
    assert card.stored(settings) == [kept.model_id] and card.serving_card(settings) == kept
    assert store.load(settings, kept.model_id) == model
    assert len(said) == 4 and all(status == 0 and UNFINISHED not in words for status, words in said)


def test_a_second_build_says_that_one_is_running(home: Path) -> None:
    before = build_id(home)
    with Warehouse(home).lock("build"):
        status, said = here(home, "build")
    assert status == 1
    assert said.startswith("Another build is running on this warehouse.") and len(said.splitlines()) == 1
    assert "数据计算" in WarehouseBusy("build").text("zh_CN")
    assert build_id(home) == before


def test_builds_started_at_once_all_wait_and_all_publish(home: Path) -> None:
    started = [start(home, "build", "--wait") for _ in range(3)]
    assert [finish(process)[0] for process in started] == [0, 0, 0]
    made = builds.finished(Warehouse(home))
    assert len(made) == 4
    assert build_id(home) == made[-1]


def test_a_reader_keeps_its_build_while_another_is_published(home: Path) -> None:
    settings = Settings(home=home)
    now = queries.published(settings)
    assert now is not None
    with queries.open_build(now) as con:
        build(settings)
        assert con.cursor().execute("select count(*) from fct_invoices").fetchall() == [(500,)]
    assert build_id(home) != now.build_id


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"20990101-never-built\n", b"\xff\xfe\x00broken", b"../../etc/passwd\n", b"x" * 5000],
    ids=["empty", "blank", "dangling", "binary", "elsewhere", "endless"],
)
def test_a_broken_pointer_is_said_and_mended(home: Path, content: bytes) -> None:
    before = build_id(home)
    (home / "CURRENT").write_bytes(content)
    with pytest.raises(UserError, match="doctor"):
        queries.published(Settings(home=home))
    status, said = here(home, "doctor")
    assert (status, build_id(home)) == (0, before), said
    assert before in said


def test_a_lost_pointer_is_mended(home: Path) -> None:
    before = build_id(home)
    (home / "CURRENT").unlink()
    with pytest.raises(UserError, match="doctor"):
        queries.published(Settings(home=home))
    status, said = here(home, "doctor")
    assert (status, build_id(home)) == (0, before), said


@pytest.mark.parametrize("damage", ["truncated", "overwritten", "empty"])
def test_a_damaged_build_is_said_and_the_one_before_it_put_back(home: Path, damage: str) -> None:
    before = build_id(home)
    build(Settings(home=home))
    file = home / "builds" / f"{build_id(home)}.duckdb"
    content = file.read_bytes()
    file.write_bytes({"truncated": content[:1000], "overwritten": b"not a database" * 1000, "empty": b""}[damage])
    with pytest.raises(UserError, match="doctor"):
        queries.published(Settings(home=home))
    status, said = here(home, "check")
    assert status == 1 and len(said.splitlines()) == 1, said
    status, said = here(home, "doctor")
    assert (status, build_id(home)) == (0, before), said


def test_without_builds_everything_is_made_again_from_the_imports(home: Path) -> None:
    shutil.rmtree(home / "builds")
    (home / "CURRENT").unlink()
    assert queries.published(Settings(home=home)) is None
    build(Settings(home=home))
    now = queries.published(Settings(home=home))
    assert now is not None
    with queries.open_build(now) as con:
        assert con.execute("select count(*) from fct_invoices").fetchall() == [(500,)]


def test_a_build_opens_twice_in_one_process_and_reaches_no_file(home: Path, tmp_path: Path) -> None:
    now = queries.published(Settings(home=home))
    assert now is not None
    with queries.open_build(now) as first, queries.open_build(now) as second:
        for con in (first, second):
            assert con.execute("select count(*) from fct_invoices").fetchall() == [(500,)]
            with pytest.raises(duckdb.PermissionException):
                con.execute(f"copy (select 1) to '{tmp_path / 'out.csv'}'")
