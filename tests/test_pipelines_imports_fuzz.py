"""Damaged files: cut, doubled, shuffled, bytes flipped; and tables of any content. Never a traceback, never a hang,
never a lost row.

`make fuzz` tries 10,000 inputs (FIRSTPAID_FUZZ sets how many); the suite a share of them.
"""

import gzip
import io
import json
import os
import random
import signal
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
import workbook_files
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.reading import readers_csv
from pipelines.reading.readers_raw import SHEET_LINES
from pipelines.settings import Settings

INPUTS = int(os.environ.get("FIRSTPAID_FUZZ", "200"))
BATCHES = 10
DAMAGED, TABLES = INPUTS * 3 // 4, INPUTS // 4
LONGEST = 10  # processor seconds
ENGLISH = ["Customer No", "Customer Name", "Invoice No", "Invoice Date", "Due Date", "Amount", "Currency", "Status"]
CHINESE = ["客户编码", "客户名称", "发票号", "开票日期", "到期日", "价税合计", "币种", "状态"]


def table(rng: random.Random, header: list[str]) -> list[list[str]]:
    rows = []
    for i in range(rng.randint(1, 40)):
        day = f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        amount = rng.choice([f"{rng.uniform(-50, 9e5):.2f}", f"{rng.uniform(0, 9e5):,.2f}", "", "(5.00)", "1.5万"])
        name = rng.choice(["Ash Works", "青禾贸易", 'Quote "Q", Ltd', "line\nbreak", "  padded "])
        rows.append([f"{rng.randint(0, 99):04}", name, f"F{i}", day, rng.choice([day, ""]), amount, "EUR", "open"])
    total = [["Total", "", "", "", "", "1.00", "", ""]] if rng.random() < 0.3 else []
    return [header, *rows, *total]


def text(rows: list[list[str]], delimiter: str, end: str) -> str:
    quoted = [
        [f'"{c.replace(chr(34), chr(34) * 2)}"' if set(c) & {'"', "\n", delimiter} else c for c in r] for r in rows
    ]
    return end.join(delimiter.join(row) for row in quoted) + end


def sheets(rng: random.Random, rows: list[list[str]]) -> dict[str, list[list[str]]]:
    """The rows on one sheet or on several, each under the header, in whatever order of columns."""
    header, *rest = rows
    found: dict[str, list[list[str]]] = {}
    for name in ("AR", "二月", "x'y", "notes")[: rng.choice([1, 1, 2, 4])]:
        size = rng.randint(0, len(rest))
        order = rng.sample(range(len(header)), len(header)) if rng.random() < 0.3 else list(range(len(header)))
        found[name] = [[row[i] for i in order] for row in [header, *rest[:size]]]
        rest = rest[size if rng.random() < 0.8 else 0 :]
    found["AR"] = found["AR"] if len(found) > 1 else rows
    return found


def workbook(parts: dict[str, list[list[str]]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": True}) as book:
        for name, rows in parts.items():
            sheet = book.add_worksheet(name.replace("'", ""))
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def archive(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(name, content)
    return buffer.getvalue()


def html(rows: list[list[str]]) -> str:
    return "<table>" + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in rows) + "</table>"


def parquet(rows: list[list[str]]) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        path = Path(folder) / "x.parquet"
        names = ", ".join(f'unnest(${i}::varchar[]) as "{name}"' for i, name in enumerate(rows[0], 1))
        con.execute(
            f"copy (select {names}) to '{path}' (format parquet)", [list(c) for c in zip(*rows[1:], strict=True)]
        )
        return path.read_bytes()


def spreadsheet_xml(parts: dict[str, list[list[str]]]) -> str:
    space = "urn:schemas-microsoft-com:office:spreadsheet"

    def cells(row: list[str]) -> str:
        return "".join(f"<Cell><Data ss:Type='String'>{c.replace('&', '')}</Data></Cell>" for c in row)

    bodies = {name: "".join(f"<Row>{cells(row)}</Row>" for row in rows) for name, rows in parts.items()}
    found = [f'<Worksheet ss:Name="{name}"><Table>{body}</Table></Worksheet>' for name, body in bodies.items()]
    return f"<Workbook xmlns='{space}' xmlns:ss='{space}'>{''.join(found)}</Workbook>"


def make(rng: random.Random) -> bytes:
    """An export in one of the formats."""
    rows = table(rng, rng.choice([ENGLISH, CHINESE]))
    plain, parts = text(rows, rng.choice(",;\t|"), rng.choice(["\n", "\r\n", "\r"])), sheets(rng, rows)
    makers: list[Callable[[], bytes]] = [
        lambda: plain.encode(rng.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16"])),
        lambda: plain.encode(),
        lambda: workbook(parts),
        lambda: workbook_files.xls(dict(parts)),
        lambda: workbook_files.xlsb(dict(parts)),
        lambda: workbook_files.ods(dict(parts)),
        lambda: parquet(rows),
        lambda: spreadsheet_xml(parts).encode(),
        lambda: "<hr>".join(map(html, parts.values())).encode(),
        lambda: "\n".join(json.dumps(dict(zip(rows[0], r, strict=True))) for r in rows[1:]).encode(),
        lambda: gzip.compress(plain.encode()),
        lambda: archive("a.csv", plain.encode()),
    ]
    return rng.choice(makers)()


def damage(rng: random.Random, content: bytes) -> bytes:
    """The content with up to three kinds of damage."""
    for _ in range(rng.randint(0, 3)):
        at, other = sorted((rng.randrange(len(content) + 1), rng.randrange(len(content) + 1)))
        lines = content.split(b"\n")
        kind = rng.randrange(8)
        if kind == 0:
            content = content[:other]
        elif kind == 1:
            content = content + content[at:other]
        elif kind == 2:
            content = b"\n".join(rng.sample(lines, len(lines)))
        elif kind == 3:
            changed = bytearray(content)
            for _ in range(rng.randint(1, 8)):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            content = bytes(changed)
        elif kind == 4:
            content = (
                content[:at] + rng.choice([b'"', b",", b"\n", b"\x00", b"\r", b"\xff", b";;;;", b"\t"]) + content[at:]
            )
        elif kind == 5:
            content = content[:at] + content[other:]
        elif kind == 6:
            content = b"\n".join([*lines, *lines])
        else:
            content = content.replace(b"2026-", rng.choice([b"00:00.0 ", b"26-", b"", b"31/12/"]))
        content = content or b" "
    return content


@contextmanager
def watched(what: str) -> Iterator[None]:
    """Fail when the block takes longer than any input may, by the processor's clock."""

    def stop(*_: object) -> None:
        raise AssertionError(f"{what} takes longer than {LONGEST} s")

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def take(path: Path, settings: Settings, what: str) -> imports.ImportReport | None:
    """Import the file and check that every row of it is in one of the two Parquet files; None where it is refused."""
    try:
        with watched(what):
            report = imports.import_file(path, settings)
    except UserError as error:
        assert error.text("en") and error.text("zh_CN")
        return None
    folder = settings.home / "imports" / report.import_id
    counted = """
        with taken as (select distinct line_no from read_parquet($rows)),
            set_aside as (
                select coalesce(list_position($sheets::varchar[], sheet) - 1, 0) * $lines + line_no as line_no
                from read_parquet($rejected))
        select (select count(*) from taken), (select count(*) from set_aside),
            (select count(distinct line_no) from (from taken union all from set_aside))
    """
    files = {"rows": str(folder / "rows.parquet"), "rejected": str(folder / "rejected.parquet")}
    place = {"sheets": report.format["together"], "lines": SHEET_LINES}
    accepted, rejected, lines = duckdb.execute(counted, files | place).fetchone() or (0, 0, 0)
    assert (report.rows_accepted, report.rows_rejected) == (accepted, rejected), what
    assert report.rows_read == accepted + rejected == lines, what
    return report


def filled_records(content: bytes, report: imports.ImportReport) -> int:
    """The records below the header that hold anything, counted by the careful reader."""
    whole = io.StringIO(content.decode("utf-8-sig", errors="replace").replace("\x00", ""), newline="")
    rows = readers_csv.records(whole, report.format["delimiter"], "x")
    return sum(1 for line, cells in rows if line > report.format["header_line"] and any(cells))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damaged_files_are_read_or_refused_and_no_row_is_lost(tmp_path: Path, batch: int) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    outcomes = {"read": 0, "refused": 0}
    for number in range(max(1, DAMAGED // BATCHES)):
        rng = random.Random(f"{batch}-{number}")
        path, content = tmp_path / "export.dat", damage(rng, make(rng))
        path.write_bytes(content)
        report = take(path, settings, f"input {batch}-{number}")
        outcomes["read" if report else "refused"] += 1
        packed = content.startswith((b"PK", b"\x1f\x8b"))
        if report and not packed and (report.format["format"], report.format["encoding"]) == ("csv", "utf-8"):
            assert report.rows_read == filled_records(content, report), f"input {batch}-{number}"
    assert min(outcomes.values()) > 0


ODD = """
, - , N/A , Total , 合计 , 小计 , 5 , (5) , 1.234,50 , 5- , 12.5万 , =1+1 , 05/03/2026 , 3/5/26 , 46086 , 2026年3月5日
, 00:00.0 , soon , 20260305 , EUR , 人民币 , open , void , 007 , 1.23E+11 , Ash Works , 青禾 , 'x , "q" , 2026-13-40 , #
"""
ANY_CELL = st.one_of(
    st.sampled_from([word.strip() for word in ODD.split(" ,")] + ["1,234.50", "a\nb", "  "]),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
)
COLUMNS = ("Customer No", "Invoice No", "Invoice Date", "Due Date", "Amount", "Status")
PLAIN = [["C7", f"F{i}", "2026-03-05", "2026-04-04", f"{i}.50", "open"] for i in range(15)]
CHANGED = st.dictionaries(st.integers(0, 5), ANY_CELL, max_size=6)


@examples(
    max_examples=max(TABLES, 1),
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.permutations(range(6)),
    st.lists(CHANGED, min_size=1, max_size=15),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
)
def test_tables_of_any_content_are_read_or_refused_and_no_row_is_lost(
    order: list[int], changes: list[dict[int, str]], delimiter: str, encoding: str
) -> None:
    rows = [[change.get(i, PLAIN[n][i]) for i in order] for n, change in enumerate(changes)]
    quoted = [["" if not c else '"' + c.replace('"', '""') + '"' for c in row] for row in rows]
    lines = [delimiter.join(row) for row in [[COLUMNS[i] for i in order], *quoted]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        report = take(path, Settings(home=Path(folder) / "warehouse"), "a table")
    if report and report.format["header_line"] == 1:
        assert report.rows_read == sum(1 for row in rows if any(row))
