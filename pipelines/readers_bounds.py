"""How far out the cells of a workbook lie, told before it is opened: a sheet is held in memory as a full rectangle."""

import re
import struct
import zipfile
from collections.abc import Iterator
from typing import IO

from pipelines.cancel import check
from pipelines.readers_errors import TooLarge

CELLS = 60_000_000  # cells a sheet may span, blank ones included
_CHUNK = 256 << 10  # what a processor keeps at hand between unpacking and looking at it
_WIDE = re.compile(rb""" r=["']([A-Z]{2,3})\d""")  # cells beyond column Z
_ROW = re.compile(rb""" r=["'][A-Z]{1,3}(\d{1,7})["']""")
_SHEETS = re.compile(r"xl/worksheets/[^/]+\.(xml|bin)")
_ROW_END = b"</table:table-row>"
_REPEATED = re.compile(rb'number-(columns|rows)-repeated="(\d{1,9})"')


def check_archive(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse an xlsx, xlsb or ods with a cell so far out that its sheet cannot be held in memory. Raises TooLarge."""
    for member in archive.namelist():
        found = _SHEETS.fullmatch(member)
        if not found and member != "content.xml":
            continue
        with archive.open(member) as file:
            measure = _of_ods if not found else _of_xlsx if found[1] == "xml" else _of_xlsb
            for height, width in measure(file):
                if height * width > CELLS:
                    raise TooLarge(name)


def _of_xlsx(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    columns: set[bytes] = set()
    last, rest = 1, b""
    while chunk := file.read(_CHUNK):
        check()
        text = rest + chunk
        columns.update(_WIDE.findall(text))
        last = max(last, *map(int, _ROW.findall(text[-4096:])), 1)
        rest = chunk[-64:]
    yield last, max(map(_column, columns), default=26)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _of_ods(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Rows and cells may stand for many alike; blank ones at the end of a row or sheet are none."""
    height = filled = width = 0
    rest = b""
    while chunk := file.read(_CHUNK):
        check()
        *rows, rest = (rest + chunk).split(_ROW_END)
        for row in rows:
            if b"<table:table " in row:
                yield filled, width
                height = filled = width = 0
            start = row.rfind(b"<table:table-row")
            head = row[start : row.find(b">", start) + 1]
            height += sum(int(n) for kind, n in _REPEATED.findall(head) if kind == b"rows") or 1
            last = row.rfind(b"office:value-type")
            if last >= 0:
                filled = height
                cells = row[start + len(head) : row.find(b">", last)]
                repeats = [int(n) for kind, n in _REPEATED.findall(cells) if kind == b"columns"]
                width = max(width, cells.count(b"table-cell") + sum(repeats))
    yield filled, width


def _of_xlsb(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Records of a number and a length of 7 bits a byte; a row's begins with its row, a cell's with its column."""
    height = width = 0
    data = file.read()
    at, end = 0, len(data)
    while at < end:
        kind, at = _seven_bits(data, at)
        size, at = _seven_bits(data, at)
        if kind == 0x0000 and size >= 4:
            height = max(height, struct.unpack_from("<I", data, at)[0] + 1) if at + 4 <= end else height
        elif 1 <= kind <= 11 and size >= 4 and at + 4 <= end:
            width = max(width, struct.unpack_from("<I", data, at)[0] + 1)
        at += size
    yield height, width


def _seven_bits(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data) and shift < 28:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return number, at
