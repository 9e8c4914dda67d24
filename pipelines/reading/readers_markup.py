"""Tables written as markup: the XML spreadsheets of 2003, and HTML pages saved under a workbook's name."""

import codecs
import re
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from pipelines.reading.readers_cells import Rows, raw_of_rows
from pipelines.reading.readers_errors import BrokenFile, EmptyFile, NoSuchSheet, WrongFormat
from pipelines.reading.readers_layout import KNOWN
from pipelines.reading.readers_raw import HEAD_ROWS, Beside, Raw
from pipelines.reading.readers_text import HeaderRank, encoding_of, scan

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_WIDEST = 16_384
_ENTITIES = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.I)


def open_spreadsheet_xml(path: Path, name: str, rank_header: HeaderRank, sheet: str | None = None) -> Raw:
    """Open an XML spreadsheet; one that declares entities is refused.

    Raises WrongFormat, BrokenFile, EmptyFile or NoSuchSheet.
    """
    with path.open("rb") as file:
        if _ENTITIES.search(file.read(1 << 20)):
            raise WrongFormat(name, "XML DOCTYPE")
    try:
        tables = list(_worksheets(path))
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError):
        raise BrokenFile(name) from None
    return _best("xml", tables, name, rank_header, sheet)


def _worksheets(path: Path) -> Iterator[tuple[str, Rows]]:
    """(sheet name, rows) of every worksheet, cells as text; rows and cells that are skipped by an index stay blank."""
    rows: Rows = []
    names: list[str] = []
    for event, element in ElementTree.iterparse(path, events=("start", "end")):
        if event == "start":
            if element.tag == f"{_SS}Worksheet":
                given, rows = element.get(f"{_SS}Name", ""), []
                names.append(given if given and given not in names else f"#{len(names) + 1}")
        elif element.tag == f"{_SS}Row":
            index = int(element.get(f"{_SS}Index", len(rows) + 1))
            if len(rows) < index - 1 <= len(rows) + 100_000:
                rows.extend([] for _ in range(index - 1 - len(rows)))
            rows.append(_cells(element))
            element.clear()
        elif element.tag == f"{_SS}Worksheet":
            yield names[-1], _squared(rows)
            element.clear()


def _cells(row: ElementTree.Element) -> list[object]:
    cells: list[object] = []
    for cell in row.findall(f"{_SS}Cell"):
        index = int(cell.get(f"{_SS}Index", len(cells) + 1))
        if len(cells) < index - 1 < _WIDEST:
            cells.extend([""] * (index - 1 - len(cells)))
        data = cell.find(f"{_SS}Data")
        text = "".join(data.itertext()) if data is not None else ""
        kind = data.get(f"{_SS}Type") if data is not None else None
        cells.append(_number(text) if kind == "Number" else text.removesuffix("T00:00:00.000"))
        cells.extend([""] * min(int(cell.get(f"{_SS}MergeAcross", 0)), _WIDEST))
    return cells


def _number(text: str) -> object:
    """A number as a number, since it may be written as 1.5E3; what is none as text."""
    try:
        return float(text)
    except ValueError:
        return text


def open_html(path: Path, name: str, rank_header: HeaderRank, sheet: str | None = None) -> Raw:
    """Open the table of an HTML page that looks most like a known header; tables are numbered, and chosen by number.

    Raises EmptyFile or NoSuchSheet.
    """
    data = path.read_bytes()
    parser = _Tables()
    parser.feed(data.decode(_html_encoding(data, path, name, rank_header), errors="replace"))
    parser.close()
    tables = [(f"#{number}", _squared(rows)) for number, rows in enumerate(parser.tables, 1)]
    return _best("html", tables, name, rank_header, sheet)


def _html_encoding(data: bytes, path: Path, name: str, rank_header: HeaderRank) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = re.search(rb"charset\s*=\s*[\"']?([\w-]+)", data[:4096], re.I)
    if declared:
        label = declared[1].decode("ascii").lower()
        try:
            return "gb18030" if label in ("gb2312", "gbk") else codecs.lookup(label).name
        except LookupError:
            pass
    return encoding_of(data[: 1 << 18], scan(path), name, rank_header)


class _Tables(HTMLParser):
    """Collects every table as rows of text.

    A cell over several columns leaves the others blank, one over several rows stands in each of them, as a merged
    cell of a workbook does.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Rows] = []
        self._open: list[Rows] = []
        self._cell: list[str] | None = None
        self._span = self._down = 1
        self._silent = 0
        # By column, a cell's text and how many rows more it reaches: from the rows above into this one, and below it.
        self._from_above: dict[int, tuple[str, int]] = {}
        self._below: dict[int, tuple[str, int]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "table":
            self._open.append([])
            self._from_above, self._below = {}, {}
            self.tables.append(self._open[-1])
        elif tag == "tr" and self._open:
            self._end_cell()
            self._reach_down(None)
            self._from_above, self._below = self._below, {}
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            if not self._open[-1]:
                self._open[-1].append([])
            self._span, self._down = (_spanned(dict(attrs).get(name)) for name in ("colspan", "rowspan"))
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._silent:
            self._cell.append(data)

    def close(self) -> None:
        super().close()
        self._end_cell()

    def _end_cell(self) -> None:
        if self._cell is not None and self._open and self._open[-1]:
            text = re.sub(r"\s+", " ", "".join(self._cell)).strip()
            row = self._open[-1][-1]
            self._reach_down(len(row))
            for i in range(self._span if self._down > 1 else 0):
                self._below[len(row) + i] = ("" if i else text, self._down - 1)
            row.extend([text, *[""] * (self._span - 1)])
        self._cell = None

    def _reach_down(self, column: int | None) -> None:
        """Put cells that reach down from above where they stand: those next to a column, at a row's end (None) all."""
        while self._from_above and self._open[-1]:
            row = self._open[-1][-1]
            at = min(self._from_above) if column is None else len(row)
            if at not in self._from_above:
                return
            text, rows = self._from_above.pop(at)
            if rows > 1:
                self._below[at] = (text, rows - 1)
            row.extend([""] * (at - len(row)))
            row.append(text)


def _spanned(attribute: str | None) -> int:
    """How many columns or rows a cell stands for."""
    text = (attribute or "1").strip()
    return max(1, min(int(text), _WIDEST)) if text.isascii() and text.isdigit() else 1


def _best(format: str, tables: list[tuple[str, Rows]], name: str, rank_header: HeaderRank, wanted: str | None) -> Raw:
    """The table asked for, else the one whose first rows look most like a known header; a longer one wins a draw."""
    filled = {sheet: rows for sheet, rows in tables if any(any(row) for row in rows)}
    if not filled:
        raise EmptyFile(name)
    ranks = {
        sheet: max(rank_header([str(c) for c in row]) for row in rows[:HEAD_ROWS]) for sheet, rows in filled.items()
    }
    if format == "html":  # pages lay out text and buttons as tables, too
        known = [sheet for sheet in filled if ranks[sheet] >= KNOWN]
        filled = {sheet: filled[sheet] for sheet in known} or filled
    names = tuple(filled)
    if wanted is not None and wanted not in filled:
        raise NoSuchSheet(name, wanted, list(names))
    if wanted is not None or len(filled) == 1:
        best = wanted or names[0]
        only = format == "html" and len(filled) == 1
        return raw_of_rows(format, filled[best], sheet=None if only else best, sheets=() if only else names)
    best = max(names, key=lambda sheet: (ranks[sheet], len(filled[sheet])))
    beside = [
        Beside(sheet, partial(raw_of_rows, format, rows, sheet=sheet, sheets=names))
        if ranks[sheet] >= KNOWN
        else Beside(sheet, why="sheet_no_table")
        for sheet, rows in filled.items()
        if sheet != best
    ]
    beside += [Beside(sheet, why="sheet_empty") for sheet, _ in tables if sheet not in filled and format != "html"]
    return raw_of_rows(format, filled[best], sheet=best, sheets=names, beside=tuple(beside))


def _squared(rows: Rows) -> Rows:
    """All rows filled to the width of the widest."""
    width = max((len(row) for row in rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]
