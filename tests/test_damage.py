"""What somebody else did to the warehouse or its disk is said in one line, by whoever meets it and by `doctor`."""

import errno
import json
import os
import random
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from bench.generate import ledger_of, write_ledger
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from models import card as cards
from models.__main__ import main as models_main
from pipelines.__main__ import main
from pipelines.collecting import journal, journal_read
from pipelines.collecting.journal import Subject
from pipelines.errors import SystemRefused
from pipelines.i18n import translate
from pipelines.importing import imports, imports_store
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED
from ui.formats import plain

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "zh_CN")


@pytest.fixture(autouse=True)
def own_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for what is not kept in which no killed process of another test has left anything."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with two imports, one with rejected rows, a published build, a journal and a mapping."""
    folder = tmp_path_factory.mktemp("sound")
    write_ledger(folder, 300)
    ledger, settings = ledger_of(folder, 300), Settings(home=folder / "home")
    with ledger.invoices.open("a", encoding="utf-8") as file:
        file.write("C1,Somebody,,2024-01-05,2024-02-05,17.00,CNY,Li,North\n")
    for path in (ledger.invoices, ledger.receipts):
        imports.import_file(path, settings)
    journal.append(settings, "greeting", Subject("main", "C1"), {"note": "hello"}, who="Li")
    assert say(settings.home, "build")[0] == 0
    return settings.home


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "home"))


def say(home: Path, *arguments: str, command: object = main, language: str = "en") -> tuple[int, list[str]]:
    """Exit status of a command and the lines it said."""
    environment = {"FIRSTPAID_HOME": str(home), "FIRSTPAID_LANGUAGE": language}
    result = CliRunner().invoke(command, arguments, env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output.splitlines()


def invoices(home: Path) -> Path:
    """The folder of the import of invoices."""
    (report,) = [each for each in imports_store.list_imports(Settings(home=home)) if each.kind == "invoices"]
    assert report.rows_rejected == 1
    return home / "imports" / report.import_id


def garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(4000))


def broken_inside(path: Path) -> None:
    """Bytes in the middle of the file are others; its beginning and end stay."""
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 4, len(content) // 2):
        content[place] ^= 0x5A
    path.write_bytes(content)


def one_row_less(path: Path) -> None:
    other = path.with_suffix(".other")
    duckdb.execute(f"copy (from '{path}' offset 1) to '{other}' (format parquet)")
    other.replace(path)


def one_amount_more(path: Path) -> None:
    other = path.with_suffix(".other")
    duckdb.execute(
        f"copy (select * replace (case line_no when 2 then amount + 1 else amount end as amount) from '{path}') "
        f"to '{other}' (format parquet)"
    )
    other.replace(path)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("rows.parquet", Path.unlink),
        ("rows.parquet", garbage),
        ("rows.parquet", broken_inside),
        ("rejected.parquet", Path.unlink),
        ("manifest.json", Path.unlink),
        ("manifest.json", garbage),
        ("manifest.json", lambda path: path.write_text("{}")),
        ("manifest.json", lambda path: path.write_text("")),
        ("retracted.json", garbage),
    ],
)
def test_a_damaged_import_is_named_by_the_build_and_by_doctor(
    home: Path, name: str, damage: Callable[[Path], object], language: str
) -> None:
    folder, before = invoices(home), (home / "CURRENT").read_text()
    damage(folder / name)
    for command in ("build", "doctor"):
        status, said = say(home, command, language=language)
        assert status == 1 and len(said) == 1, said
        assert folder.name in said[0] and name in said[0]
    assert (home / "CURRENT").read_text() == before


@pytest.mark.parametrize("damage", [one_row_less, one_amount_more])
def test_doctor_finds_rows_that_are_not_those_accepted(home: Path, damage: Callable[[Path], None]) -> None:
    folder = invoices(home)
    damage(folder / "rows.parquet")
    status, said = say(home, "doctor")
    assert status == 1 and folder.name in said[0] and "rows.parquet" in said[0]


def test_doctor_misses_a_lost_original(home: Path) -> None:
    folder = invoices(home)
    next(folder.glob("original*")).unlink()
    status, said = say(home, "doctor")
    assert status == 1 and folder.name in said[0] and "original" in said[0]


def test_doctor_says_everything_that_is_wrong_and_the_rest_as_sound(home: Path) -> None:
    assert say(home, "doctor") == (0, ["The warehouse is sound."])
    for report in imports_store.list_imports(Settings(home=home)):
        (home / "imports" / report.import_id / "rows.parquet").unlink()
    garbage(home / "journal.db")
    (build,) = (home / "builds").iterdir()
    garbage(build)
    status, said = say(home, "doctor")
    assert status == 1 and len(said) == 4
    status, (line, *complaints) = say(home, "doctor", "--json")
    assert status == 1 and json.loads(line)["problems"] == said == complaints
    assert "python -m pipelines build" in said[2] and "doctor" not in said[2]


def test_an_import_whose_folder_is_moved_away_is_made_again_from_its_original(home: Path, tmp_path: Path) -> None:
    folder = invoices(home)
    garbage(folder / "manifest.json")
    (original,) = Path(shutil.move(folder, tmp_path / "away")).glob("original*")
    assert say(home, "import", str(original))[0] == 0
    assert say(home, "build")[0] == 0
    assert say(home, "doctor") == (0, ["The warehouse is sound."])


@pytest.mark.parametrize("damage", [garbage, broken_inside])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_damaged_journal_is_said(home: Path, damage: Callable[[Path], None], language: str, tmp_path: Path) -> None:
    settings = Settings(home=home)
    for number in range(200):
        journal.append(settings, "greeting", Subject("main", "C1"), {"note": "hello" * 40 + str(number)}, who="Li")
    damage(home / "journal.db")
    for arguments in (["build"], ["doctor"], ["backup", str(tmp_path / "kept.tgz")]):
        status, said = say(home, *arguments, language=language)
        assert status == 1 and len(said) == 1 and "journal.db" in said[0], (arguments, said)
    assert not (tmp_path / "kept.tgz").exists()


@pytest.mark.parametrize("content", ["", "{}", "[1]", "\x00"])
def test_a_remembered_mapping_that_is_damaged_is_said(home: Path, content: str, tmp_path: Path) -> None:
    mapping = next((home / "mappings").glob("invoices.*"))
    mapping.write_text(content)
    export = tmp_path / "invoices.csv"
    shutil.copy(next(invoices(home).glob("original*")), export)
    status, said = say(home, "import", str(export), "--as-of", "2024-06-30")
    assert status == 1 and len(said) == 1 and str(mapping) in said[0], said
    mapping.unlink()
    assert say(home, "import", str(export), "--as-of", "2024-06-30")[0] == 0


@pytest.fixture(scope="module")
def trained(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Path(shutil.copytree(sound, tmp_path_factory.mktemp("trained") / "home"))
    assert say(home, "train", command=models_main)[0] == 0
    return home


@pytest.mark.parametrize("name", ["*.skops", "card.json"])
def test_a_model_that_cannot_serve_is_said_and_the_baseline_answers(trained: Path, name: str, tmp_path: Path) -> None:
    home = Path(shutil.copytree(trained, tmp_path / "home"))
    (path,) = (home / "model").glob(name)
    garbage(path)
    reason = cards.unusable(Settings(home=home))
    assert reason is not None
    status, said = say(home, "build")
    assert status == 0 and str(reason) in said and "risk model baseline" in said[-1]
    assert say(home, "doctor") == (1, [str(reason)])
    for arguments, command in ((["build", "--json"], main), (["report"], models_main)):
        status, said = say(home, *arguments, command=command)
        assert status == 0 and str(reason) in said


def test_a_model_trained_with_another_lateness_is_said_until_it_is_trained_again(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rebuild helps, so the model page offers none."""
    home = Path(shutil.copytree(trained, tmp_path / "home"))
    monkeypatch.setenv("FIRSTPAID_VERY_LATE_DAYS", "45")
    reason = cards.unusable(Settings(home=home))
    assert reason is not None and "45" in str(reason) and "train --keep" in str(reason)
    status, said = say(home, "build")
    assert status == 0 and said[0] == str(reason) and "risk model baseline" in said[-1]
    assert say(home, "doctor") == (1, [str(reason)])
    assert say(home, "report", command=models_main)[1][0] == str(reason)
    monkeypatch.setenv("FIRSTPAID_HOME", str(home))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run().switch_page("app_pages/model.py").run()
    assert plain(str(reason)) in [each.value for each in app.warning]
    assert not [each for each in app.caption if "rebuild" in each.value]
    assert say(home, "train", "--keep", command=models_main)[0] == 0
    status, said = say(home, "build")
    assert status == 0 and len(said) == 1 and "risk model baseline" not in said[0]
    assert say(home, "doctor")[0] == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_say_what_is_damaged(trained: Path, language: str, tmp_path: Path, monkeypatch) -> None:
    home = Path(shutil.copytree(trained, tmp_path / "home"))
    (path,) = (home / "model").glob("*.skops")
    garbage(path)
    folder = invoices(home)
    garbage(folder / "manifest.json")
    monkeypatch.setenv("FIRSTPAID_HOME", str(home))
    unusable = cards.unusable(Settings(home=home))
    assert unusable is not None
    # What is published stands without the exports it was made from.
    expected = {"imports": folder.name, "overview": "", "aging": "", "model": plain(unusable.text(language))}
    for page, said in expected.items():
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.query_params["lang"] = language
        app.run().switch_page(f"app_pages/{page}.py").run()
        assert not app.exception
        shown = [each.value for each in [*app.warning, *app.error]]
        assert any(said in each for each in shown) if said else not shown, page


def test_a_place_that_is_none_is_said_before_anything_is_written(home: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "no" / "such"
    commands = [["export", "fct_aging", "--output", str(nowhere / f"x.{form}")] for form in ("csv", "xlsx", "parquet")]
    commands += [["backup", str(nowhere / "x.tgz")], ["sample", "--output", f"{home}/CURRENT/x"]]
    for arguments in commands:
        status, said = say(home, *arguments)
        assert status == 1 and len(said) == 1, (arguments, said)
        assert said[0].startswith("There is no such place") and said[0].endswith("Name another place."), said
    file = tmp_path / "file"
    file.write_text("x")
    status, said = say(file, "build")
    assert status == 1 and str(file) in said[0]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/x"), "no space left on the disk (/data/x)."),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "no space left on the disk."),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/data/x"), "may not read or write there (/data/x)"),
        (OSError(errno.EIO, os.strerror(errno.EIO), "/data/x"), "(/data/x): [Errno 5]"),
        (
            duckdb.IOException(
                'IO Error: Checkpoint failed for database "build". Original error: Could not write file '
                '"/data/b.duckdb": No space left on device'
            ),
            "no space left on the disk (/data/b.duckdb).",
        ),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate"), "memory was not enough"),
    ],
)
def test_what_the_machine_refuses_is_said_in_words(error: Exception, words: str) -> None:
    said = SystemRefused(error)
    assert words in str(said) and len(str(said).splitlines()) == 1
    assert said.text("zh_CN") != str(said)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 30 megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=30m tmpfs {disk} 2>/dev/null"):
        pytest.skip("a small disk takes the right to mount one")
    yield disk
    os.system(f"umount {disk}")


def test_a_full_disk_leaves_what_was_published(home: Path, small_disk: Path) -> None:
    place = Path(shutil.copytree(home, small_disk / "home"))
    (place / "journal.db").unlink()
    before = (place / "CURRENT").read_text()
    with (small_disk / "fill").open("wb") as file:
        file.write(bytes(os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize - 8_000))
    original = next(invoices(home).glob("original*"))
    for arguments in (["build"], ["import", str(original), "--as-of", "2023-12-31"], ["backup", f"{small_disk}/x.tgz"]):
        status, said = say(place, *arguments)
        assert status == 1 and len(said) == 1 and "no space left" in said[0], (arguments, said)
    (small_disk / "fill").unlink()
    assert (place / "CURRENT").read_text() == before
    assert say(place, "doctor") == (0, ["The warehouse is sound."])


def test_a_full_disk_beside_a_journal_is_said_as_such(home: Path, small_disk: Path, tmp_path: Path) -> None:
    """Also whoever only reads a journal writes an index beside it."""
    place = Path(shutil.copytree(home, small_disk / "home"))
    with (small_disk / "fill").open("wb") as file:
        file.write(bytes(os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize - 8_000))
    for arguments in (["build"], ["doctor"], ["backup", str(tmp_path / "x.tgz")]):
        status, said = say(place, *arguments)
        assert status == 1 and len(said) == 1 and "no space left" in said[0], (arguments, said)
        assert "journal.db" in said[0], (arguments, said)
    with pytest.raises(SystemRefused, match=r"no space left.*journal\.db"):
        journal.append(Settings(home=place), "greeting", Subject("main", "C1"), {"note": "again"}, who="Li")
    (small_disk / "fill").unlink()
    assert say(place, "doctor") == (0, ["The warehouse is sound."])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_warehouse_without_an_import_or_an_entry_is_empty(home: Path, tmp_path: Path, language: str) -> None:
    """A first import that fails leaves its folder, a killed one what it had begun."""
    other, kept = tmp_path / "other", tmp_path / "kept.tgz"
    assert say(other, "import", str(tmp_path / "no.csv"))[0] == 1
    (other / "imports" / f"{UNFINISHED}abc").mkdir(parents=True)
    status, said = say(other, "backup", str(kept), language=language)
    assert (status, said) == (1, [translate(language, "error.nothing_to_back_up", home=str(other))])
    assert not kept.exists()
    assert say(home, "backup", str(kept))[0] == 0
    assert say(other, "restore", str(kept))[0] == 0
    assert say(other, "imports")[1] == say(home, "imports")[1]
    assert not list((other / "imports").glob(f"{UNFINISHED}*"))


def test_entries_without_an_import_are_kept(tmp_path: Path) -> None:
    home, other, kept = tmp_path / "home", tmp_path / "other", tmp_path / "kept.tgz"
    journal.append(Settings(home=home), "greeting", Subject("main", "C1"), {"note": "hello"}, who="Li")
    assert say(home, "backup", str(kept))[0] == 0
    assert say(other, "restore", str(kept))[0] == 0
    assert journal_read.size(Settings(home=other)) == journal_read.size(Settings(home=home)) != (0, 0)


def test_a_full_disk_is_not_said_to_be_a_wrong_backup(home: Path, small_disk: Path, tmp_path: Path) -> None:
    assert say(home, "backup", str(tmp_path / "kept.tgz"))[0] == 0
    with (small_disk / "fill").open("wb") as file:
        file.write(bytes(os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize - 20_000))
    status, said = say(small_disk / "home", "restore", str(tmp_path / "kept.tgz"))
    assert status == 1 and len(said) == 1 and "no space left" in said[0], said


def test_a_backup_that_is_damaged_is_no_backup(home: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.tgz"
    assert say(home, "backup", str(kept))[0] == 0
    assert tarfile.is_tarfile(kept)
    broken_inside(kept)
    status, said = say(tmp_path / "other", "restore", str(kept))
    assert status == 1 and len(said) == 1 and said[0].startswith("kept.tgz is not a backup")
    assert [path for path in (tmp_path / "other").iterdir() if path.suffix != ".lock"] == []


def test_a_backup_put_back_elsewhere_gives_the_same_tables(home: Path, tmp_path: Path) -> None:
    kept, other = tmp_path / "kept.tgz", tmp_path / "other"
    other.mkdir()
    (other / f"{UNFINISHED}from-a-killed-restore").mkdir()
    for arguments in (["backup", str(kept)], ["build", "--as-of", "2024-06-30"]):
        assert say(home, *arguments)[0] == 0
    for arguments in (["restore", str(kept)], ["doctor"], ["build", "--as-of", "2024-06-30"]):
        assert say(other, *arguments)[0] == 0
    assert list(other.glob(f"{UNFINISHED}*")) == []
    for table in ("fct_open_items", "fct_aging", "fct_call_list"):
        files = [tmp_path / f"{place.name}.csv" for place in (home, other)]
        for place, file in zip((home, other), files, strict=True):
            assert say(place, "export", table, "--output", str(file))[0] == 0
        one, same = [file.read_text() for file in files]
        assert one == same and len(one.splitlines()) > 1, table
    status, said = say(other, "restore", str(kept))
    assert status == 1 and "is not empty" in said[0]
