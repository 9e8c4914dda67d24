"""Damaged files: cut, doubled, shuffled, bytes flipped. Never a traceback, never a lost row.

FIRSTPAID_FUZZ sets how many inputs are tried (default 150).
"""

import gzip
import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from pipelines import imports
from pipelines.errors import UserError
from pipelines.settings import Settings

INPUTS = int(os.environ.get("FIRSTPAID_FUZZ", "150"))
BATCHES = 10
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


def workbook(rows: list[list[str]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": True}) as book:
        sheet = book.add_worksheet()
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


def make(rng: random.Random) -> bytes:
    """An export in one of the formats."""
    rows = table(rng, rng.choice([ENGLISH, CHINESE]))
    plain = text(rows, rng.choice(",;\t|"), rng.choice(["\n", "\r\n", "\r"]))
    makers: list[Callable[[], bytes]] = [
        lambda: plain.encode(rng.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16"])),
        lambda: plain.encode(),
        lambda: workbook(rows),
        lambda: html(rows).encode(),
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


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damaged_files_are_read_or_refused_and_no_row_is_lost(tmp_path: Path, batch: int) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    outcomes = {"read": 0, "refused": 0}
    for number in range(max(1, INPUTS // BATCHES)):
        rng = random.Random(f"{batch}-{number}")
        path = tmp_path / "export.dat"
        path.write_bytes(damage(rng, make(rng)))
        try:
            report = imports.import_file(path, settings)
        except UserError as error:
            assert error.text("en") and error.text("zh_CN")
            outcomes["refused"] += 1
            continue
        outcomes["read"] += 1
        folder = settings.home / "imports" / report.import_id
        counted = "select (select count(distinct line_no) from read_parquet(?)), (select count(*) from read_parquet(?))"
        files = [str(folder / "rows.parquet"), str(folder / "rejected.parquet")]
        accepted, rejected = duckdb.execute(counted, files).fetchone() or (0, 0)
        assert (report.rows_accepted, report.rows_rejected) == (accepted, rejected), f"input {batch}-{number}"
        assert report.rows_read == accepted + rejected
    assert min(outcomes.values()) > 0
