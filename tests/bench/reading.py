"""The same invoices as exports are written, one file a shape, and the least that reading each of them can cost."""

import codecs
import csv
import datetime as dt
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from tests.bench.floor import TYPES

SHEET_ROWS = 200_000
_DAY_FIRST = """* replace (strftime("Invoice Date", '%d/%m/%Y') as "Invoice Date",
    strftime("Due Date", '%d/%m/%Y') as "Due Date")"""
_QUOTED = _DAY_FIRST.replace("* replace (", """* replace (format('{:,.2f}', cast("Amount" as double)) as "Amount", """)
_CHINESE = """"Customer ID" as 客户编码, replace("Customer Name", 'Customer', '客户有限公司') as 客户名称,
    "Invoice No" as 发票号码, "Invoice Date" as 开票日期, "Due Date" as 到期日, "Amount" as 金额, "Currency" as 币种,
    replace("Sales Rep", 'Rep', '业务员') as 业务员, replace("Region", 'Region', '区域') as 区域"""


@dataclass(frozen=True)
class Shape:
    """How a file is written, and how its floor is told to read it; `limit` is the ratio it is to stay below."""

    select: str
    options: str = ""  # for `copy`
    floor: str = ""  # for `read_csv`
    limit: float = 3.0


SHAPES = {
    "plain.csv": Shape("*"),
    "day_first.csv": Shape(_DAY_FIRST, floor=", dateformat = '%d/%m/%Y'"),
    "total_row.csv": Shape("*"),
    "quoted_thousands.csv": Shape(_QUOTED, ", force_quote *", ", dateformat = '%d/%m/%Y', thousands = ','"),
    "gb18030.csv": Shape(_CHINESE, limit=5.0),
    "sheet.xlsx": Shape("*", limit=1.5),
}


def floor_file(file: Path) -> Path:
    """What the floor reads: the same file, but for GB18030, which DuckDB cannot read, the same text as UTF-8."""
    return file.with_name("utf8.csv") if file.name == "gb18030.csv" else file


def write(folder: Path, invoices: Path) -> None:
    """Write every shape of the invoices, unless they are there whole already."""
    if (folder / "whole").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute(
            f"create table invoices as select * from read_csv(?, columns = {TYPES['invoices']}, header = true)",
            [str(invoices)],
        )
        con.execute('alter table invoices alter "Amount" type decimal(18, 2)')
        for name, shape in SHAPES.items():
            target = floor_file(folder / name)
            if target.suffix == ".csv":
                con.execute(f"copy (select {shape.select} from invoices) to '{target}' (header{shape.options})")
        (total,) = con.execute('select sum("Amount") from invoices').fetchone() or (0,)
    with (folder / "total_row.csv").open("a", encoding="utf-8") as file:
        file.write(f"Total,,,,,{total},,,\n")
    with (
        (folder / "utf8.csv").open(encoding="utf-8") as plain,
        codecs.open(str(folder / "gb18030.csv"), "w", "gb18030") as out,
    ):
        for line in plain:
            out.write(line)
    _write_sheet(folder / "sheet.xlsx", folder / "plain.csv")
    (folder / "whole").touch()


def _write_sheet(target: Path, source: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(target) as book, source.open(encoding="utf-8", newline="") as file:
        sheet, day = book.add_worksheet("AR"), book.add_format({"num_format": "yyyy-mm-dd"})
        rows = csv.reader(file)
        sheet.write_row(0, 0, next(rows))
        for number, row in enumerate(islice(rows, SHEET_ROWS), 1):
            for column, cell in enumerate(row):
                if column in (3, 4):
                    sheet.write_datetime(number, column, dt.datetime.fromisoformat(cell), day)
                elif column == 5:
                    sheet.write_number(number, column, float(cell))
                else:
                    sheet.write_string(number, column, cell)


def read_barely(file: Path) -> None:
    """Read a shape with nothing but the library: a typed table in memory, or the rows of the sheet."""
    if file.suffix == ".xlsx":
        from python_calamine import CalamineWorkbook

        CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
        return
    kinds = TYPES["invoices"]
    if file.name == "utf8.csv":
        kinds = {f"c{i}": kind for i, kind in enumerate(kinds.values())}
    options = SHAPES["gb18030.csv" if file.name == "utf8.csv" else file.name].floor
    with duckdb.connect() as con:
        con.execute(
            f"create table t as select * from read_csv(?, columns = {kinds}, header = true{options})", [str(file)]
        )


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        read_barely(Path(sys.argv[2]))
