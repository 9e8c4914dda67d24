"""The reader zoo: the same small table in every format, encoding and layout reads the same."""

import gzip
import io
import json
import tempfile
import zipfile
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import UserError
from pipelines.reading import mapping, readers_csv
from pipelines.reading.readers import open_export
from pipelines.reading.readers_layout import locate
from pipelines.reading.readers_raw import Raw
from pipelines.reading.readers_text import scan

HEADER = ["客户编码", "客户名称", "发票号", "开票日期", "金额"]
ROWS = [
    ["0012", "远山机电有限公司", "FP-1", "2026-03-05", "1200.50"],
    ["0013", "青禾贸易公司", "FP-2", "2026-03-06", "8"],
]
BARE = '5"0'  # written without quotes around it
ENGLISH = [["Customer", "Invoice No", "Date", "Amount"], ["A, B & Co", "1", "2026-01-02", "5"]]


def read(path: Path, tmp_path: Path, sheet: str | None = None) -> tuple[Raw, list[tuple]]:
    """The opened file and its rows as (line, cells...)."""
    raw = open_export(path, tmp_path, mapping.rank_header, sheet=sheet)
    layout = locate(raw, mapping.rank_header, mapping.is_data)
    con = duckdb.connect()
    raw.load(con, "raw", layout.first_line, len(layout.labels), {})
    rows = con.execute("select * from raw order by line_no").fetchall()
    assert all(row[-1] is None for row in rows), "cells beyond the last column"
    return raw, [tuple(c for c in layout.labels), *(row[1:-1] for row in rows)]


def save(tmp_path: Path, content: bytes, name: str = "export.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def lines(table: list[list[str]], delimiter: str = ",", end: str = "\n") -> str:
    return end.join(delimiter.join(f'"{c}"' if delimiter in c else c for c in row) for row in table) + end


def html(table: list[list[str]]) -> str:
    rows = "".join("<tr>" + "".join(f"<td>{c.replace('&', '&amp;')}</td>" for c in row) + "</tr>" for row in table)
    return (
        f"<html><head><style>td {{}}</style></head><body><table><tr><td>x</td></tr></table><table>{rows}</table></body>"
    )


def spreadsheet(table: list[list[str]]) -> str:
    rows = "".join(
        "<Row>"
        + "".join(f'<Cell><Data ss:Type="String">{c.replace("&", "&amp;")}</Data></Cell>' for c in row)
        + "</Row>"
        for row in table
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="S"><Table>{rows}</Table></Worksheet></Workbook>'  # noqa: E501


def workbook(table: list[list[str]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for number, row in enumerate(table):
            book.get_worksheet_by_name("AR") or book.add_worksheet("AR")
            book.get_worksheet_by_name("AR").write_row(number, 0, row)
    return buffer.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return buffer.getvalue()


TABLE = [HEADER, *ROWS]
FORMATS = {
    "utf-8 with mark": "﻿".encode() + lines(TABLE).encode(),
    "gb18030": lines(TABLE).encode("gb18030"),
    "utf-16": lines(TABLE, "\t").encode("utf-16"),
    "utf-16 without mark": lines(TABLE).encode("utf-16-le"),
    "old Mac line ends": lines(TABLE, ";", "\r").encode(),
    "Windows line ends": lines(TABLE, "|", "\r\n").encode(),
    "html": html(TABLE).encode(),
    "html in gb2312": html(TABLE).replace("<head>", '<head><meta charset="gb2312">').encode("gb18030"),
    "xml of 2003": spreadsheet(TABLE).encode(),
    "workbook": workbook(TABLE),
    "json lines": "\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS).encode(),
    "json array": json.dumps([dict(zip(HEADER, row, strict=True)) for row in ROWS], ensure_ascii=False).encode(),
    "gzip": gzip.compress(lines(TABLE).encode()),
    "zip of a workbook": archive({"folder/ar.xlsx": workbook(TABLE), "__MACOSX/._ar.xlsx": b"x"}),
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_table_in_every_format(tmp_path: Path, name: str) -> None:
    _, table = read(save(tmp_path, FORMATS[name], "export.xls"), tmp_path)
    assert table == [tuple(row) for row in TABLE]


@pytest.mark.parametrize(
    ("encoding", "header", "row"),
    [
        ("big5", "客戶編號,客戶名稱,發票號碼,發票日期,金額", "K1,遠山機電股份有限公司,T1,2026-03-05,7"),
        ("cp932", "得意先コード,得意先名,請求書番号,請求日,請求金額", "K1,株式会社アルファ,T1,2026-03-05,7"),
        ("cp949", "거래처코드,거래처명,송장번호,발행일,금액", "K1,주식회사 한빛,T1,2026-03-05,7"),
        (
            "cp1252",
            "Kundennummer;Kunde;Rechnungsnummer;Rechnungsdatum;Fälligkeitsdatum",
            "K1;Müller Söhne;T1;5.3.2026;4.4.2026",
        ),
        ("cp1252", "Customer No,Customer Name,Invoice No,Date,Amount", "K1,Société Générale d'Été,T1,2026-03-05,7"),
        ("gb18030", "Customer No,Customer Name,Invoice No,Date,Amount", "K1,远山机电有限公司,T1,2026-03-05,7"),
    ],
)
def test_legacy_encodings(tmp_path: Path, encoding: str, header: str, row: str) -> None:
    raw, table = read(save(tmp_path, f"{header}\n{row}\n".encode(encoding)), tmp_path)
    assert raw.encoding == encoding
    assert table[1] == tuple(row.split(raw.delimiter))


@pytest.mark.parametrize(
    ("encoding", "names", "is_sure"),
    [
        ("cp1250", ("Żółw Łódź", "Spółka Gdańsk"), True),
        ("cp1250", ("Řezník Plzeň", "Kovářství Třebíč"), True),
        ("cp1250", ("Győri Művek", "Fűtőerőmű"), True),
        ("cp1251", ("ООО Ромашка", "Строймаш", "ИП Иванов"), True),
        ("koi8-r", ("ООО Ромашка", "Строймаш", "ИП Иванов"), True),
        ("cp1253", ("Ελληνική Εταιρεία", "Αθήνα"), True),
        ("cp1254", ("Çelik Güneş", "İnşaat"), True),
        ("cp1252", ("Müller Söhne", "Straßenbau", "Générale"), True),
        ("cp1252", ("Industrias Peñón", "Construções São João"), True),
        ("cp1252", ("Blåbær Ørsted", "Æbeløe"), True),
        ("cp1252", ("Crème",), False),  # Crčme to a Czech
    ],
)
def test_the_code_page_is_told_by_the_words_of_a_language(
    tmp_path: Path, encoding: str, names: tuple[str, ...], is_sure: bool
) -> None:
    rows = "".join(f"K{place},{name},T{place},2026-03-05,7\n" for place, name in enumerate(names))
    text = f"Customer No,Customer Name,Invoice No,Date,Amount\n{rows}"
    raw, table = read(save(tmp_path, text.encode(encoding)), tmp_path)
    assert (raw.encoding, raw.is_page_sure) == (encoding, is_sure)
    assert [row[1] for row in table[1:]] == list(names)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_lines_that_are_quoted_as_a_whole_are_the_records_within(tmp_path: Path, delimiter: str) -> None:
    rows = [*TABLE, ["9", f'Birch{delimiter} "Ltd"', *TABLE[1][2:]]]
    cells = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' if delimiter in cell else cell for cell in row] for row in rows]
    text = "".join(f'"{delimiter.join(row).replace(chr(34), chr(34) * 2)}"\r\n' for row in cells)
    _, table = read(save(tmp_path, text.encode()), tmp_path)
    assert table == [tuple(row) for row in rows]


def test_parquet_reads_as_text_with_whole_numbers(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    row = "'A' as customer, 17.0 as \"invoice no\", date '2026-01-02' as date, 5.25 as amount"
    duckdb.connect().execute(f"copy (select {row}) to '{path}' (format parquet)").fetchall()
    assert read(path, tmp_path)[1][1] == ("A", "17.0", "2026-01-02", "5.25")


def test_quotes_line_breaks_blank_and_ragged_rows_keep_their_line_numbers(tmp_path: Path) -> None:
    text = 'Customer,Invoice No,Date,Amount\n"A\n""x""",1,2026-01-01,5\n\n,,,\n'
    text += 'B,2,2026-01-02\n"C,3,2026-01-03,7\nD,4,2026-01-04,8\n'
    raw = open_export(save(tmp_path, text.encode()), tmp_path, mapping.rank_header)
    con = duckdb.connect()
    raw.load(con, "raw", 2, 4, {})
    assert con.execute("select line_no, c0, c1, c3 from raw order by line_no").fetchall() == [
        (2, 'A\n"x"', "1", "5"),
        (6, "B", "2", None),
        (7, '"C', "3", "7"),
        (8, "D", "4", "8"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('A,5"00,x\nB,6,y\n', [(1, ["A", '5"00', "x"]), (2, ["B", "6", "y"])]),  # a quote inside a cell opens none
        ('A,"l\nm",5"0,x\nB,6"\n', [(1, ["A", "l\nm", '5"0', "x"]), (3, ["B", '6"'])]),
        ('A,5"0,"l\nm"\nB,6\n', [(1, ["A", '5"0', "l\nm"]), (3, ["B", "6"])]),
        ('"a""b,1\nB,6\n', [(1, ['"a""b', "1"]), (2, ["B", "6"])]),  # never closed: it stands for itself
        ('"a" b,"c\n\nd"\nB,6\n', [(1, ["a b", "c\n\nd"]), (4, ["B", "6"])]),
    ],
)
def test_a_quote_opens_a_cell_only_at_its_start(text: str, expected: list[tuple[int, list[str]]]) -> None:
    assert list(readers_csv.records(io.StringIO(text, newline=""), ",", "x")) == expected


def test_cells_beyond_the_header_are_kept_apart(tmp_path: Path) -> None:
    raw = open_export(
        save(tmp_path, lines(ENGLISH).encode() + b"B,2,2026-01-02,1,234\n"), tmp_path, mapping.rank_header
    )
    con = duckdb.connect()
    raw.load(con, "raw", 2, 4, {})
    assert con.execute("select c3, extra from raw where line_no = 3").fetchall() == [("1", "234")]


def test_fast_and_careful_reading_give_the_same_rows(tmp_path: Path) -> None:
    rows = [[f"K{i}", f"INV{i}", "2026-01-02", f"{i}.5"] for i in range(3000)]
    fast = save(tmp_path, lines([ENGLISH[0], *rows]).encode(), "fast.csv")
    careful = save(tmp_path, lines([ENGLISH[0], *rows, [""]]).encode() + b"K,I,2026-01-02,1\n", "careful.csv")
    assert read(careful, tmp_path)[1][:-1] == read(fast, tmp_path)[1]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.one_of(
            st.just([]), st.lists(st.sampled_from(["a", "b c", "x\ny", "1,5", 'q"q', "", BARE]), min_size=1, max_size=4)
        ),
        min_size=1,
        max_size=12,
    )
)
def test_line_numbers_are_the_same_whoever_reads(rows: list[list[str]]) -> None:
    """Rows of up to four cells, blank lines and cells with line breaks between them."""
    cells = [[c if c in ("", BARE) else '"' + c.replace('"', '""') + '"' for c in row] for row in rows]
    quoted = [",".join(row) for row in cells]
    text = "h1,h2,h3,h4\n" + "\n".join(quoted) + "\n"
    careful = [
        (n, cells) for n, cells in readers_csv.records(io.StringIO(text, newline=""), ",", "x") if n > 1 and any(cells)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_text(text, encoding="utf-8", newline="")
        con = duckdb.connect()
        readers_csv.load_text(con, "raw", path, "x", scan(path).lines, ",", 2, 4, {})
        found = con.execute("select * from raw order by line_no").fetchall()
    filled = [row for row in found if any(row[1:])]
    assert [(n, [c or "" for c in cells]) for n, *cells in filled] == [(n, (c + [""] * 5)[:5]) for n, c in careful]


@pytest.mark.parametrize(
    ("above", "header_line"),
    [
        ([], 1),
        (["Northwind Pumps", "", "As of 31 March 2026"], 4),
        (["# exported by the ledger", "Aging,by,customer"], 3),
    ],
)
def test_the_header_is_found_below_titles_and_comments(tmp_path: Path, above: list[str], header_line: int) -> None:
    text = "\n".join(above + lines(ENGLISH).splitlines())
    raw = open_export(save(tmp_path, text.encode()), tmp_path, mapping.rank_header)
    layout = locate(raw, mapping.rank_header, mapping.is_data)
    assert (layout.header_line, layout.labels) == (header_line, tuple(ENGLISH[0]))


def test_two_header_rows_are_read_together(tmp_path: Path) -> None:
    table = [["Date", "Ref. No.", "Party's Name", "Opening", "Pending"], ["", "", "", "Amount", "Amount"]]
    raw = open_export(
        save(tmp_path, workbook([*table, ["2026-01-02", "1", "A", "5", "4"]])), tmp_path, mapping.rank_header
    )
    layout = locate(raw, mapping.rank_header, mapping.is_data)
    assert (layout.labels[3:], layout.header_line, layout.first_line) == (("Opening Amount", "Pending Amount"), 2, 3)


def test_the_sheet_with_the_table_is_chosen_and_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Notes").write_column(0, 0, ["Read me", "first", "please", "now"])
        for name in ("March", "April"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ENGLISH[0])
            sheet.write_row(1, 0, [name, "1", "2026-01-02", 5])
    raw, table = read(path, tmp_path)
    assert (raw.sheets, table[1][0]) == (("Notes", "March", "April"), "March")
    assert read(path, tmp_path, "April")[1][1][0] == "April"
    with pytest.raises(UserError, match="March"):
        open_export(path, tmp_path, mapping.rank_header, sheet="May")


def bomb() -> bytes:
    return archive({"ar.csv": b"0" * (80 << 20)})


def far_cell() -> bytes:
    """A workbook whose only two cells are as far apart as a sheet allows."""
    with zipfile.ZipFile(io.BytesIO(workbook(ENGLISH))) as source:
        files = {name: source.read(name) for name in source.namelist()}
    sheet = files["xl/worksheets/sheet1.xml"]
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    files["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", far)
    return archive(files)


REFUSED = {
    "zip bomb": (bomb, "error.file_too_large"),
    "far cell": (far_cell, "error.file_too_large"),
    "archive in an archive": (lambda: archive({"a.zip": archive({"b.csv": b"x"})}), "error.file_wrong_format"),
    "several files": (lambda: archive({"a.csv": b"x", "b.csv": b"y"}), "error.file_several"),
    "document": (lambda: archive({"word/document.xml": b"x"}), "error.file_wrong_format"),
    "entities": (
        lambda: spreadsheet(ENGLISH).replace("<Workbook", "<!DOCTYPE x [<!ENTITY a 'b'>]><Workbook").encode(),
        "error.file_wrong_format",
    ),
    "cut xml": (lambda: spreadsheet(ENGLISH).encode()[:-60], "error.file_damaged"),
    "cut gzip": (lambda: gzip.compress(lines(TABLE).encode() * 50)[:60], "error.file_damaged"),
    "bad json": (lambda: b'{"customer": "A"}\n{"customer": \n', "error.file_damaged"),
    "other xml": (lambda: b"<?xml version='1.0'?><feed/>", "error.file_wrong_format"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    content, code = REFUSED[name]
    with pytest.raises(UserError) as caught:
        open_export(save(tmp_path, content()), tmp_path, mapping.rank_header)
    assert caught.value.code == code
