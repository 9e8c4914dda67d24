"""How far out the cells of a workbook lie, told before it is opened: a sheet is held in memory as a full rectangle."""

import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from pipelines.reading.cancel import check
from pipelines.reading.memory import check_room
from pipelines.reading.readers_errors import TooLarge

CELLS = 60_000_000  # cells a sheet may span, blank ones included
_CELL = 32  # bytes of a cell in memory, blank or not
_CHUNK = 256 << 10  # what a processor keeps at hand between unpacking and looking at it
_WIDE = re.compile(rb""" r=["']([A-Z]{2,3})\d""")  # cells beyond column Z
_ROW = re.compile(rb""" r=["'][A-Z]{1,3}(\d{1,7})["']""")
_SHEETS = re.compile(r"xl/worksheets/[^/]+\.(xml|bin)")
# Of the parts of a workbook only these are read: no pictures, no embedded files, no macros.
_READ = re.compile(r"^mimetype$|\.(xml|rels)$|^xl/(?!vba).*\.bin$")
_ROW_END = b"</table:table-row>"
_REPEATED = re.compile(rb'number-(columns|rows)-repeated="(\d{1,9})"')

Measure = Callable[[Iterable[bytes]], Iterator[tuple[int, int]]]


def unpack_workbook(archive: zipfile.ZipFile, folder: Path, name: str) -> Path:
    """Copy an xlsx, xlsb or ods to a file in the folder without compression, and measure its sheets while doing so.

    What is opened later is what has been measured, byte for byte, and is not unpacked a second time. Raises TooLarge
    for a cell so far out that its sheet cannot be held in memory, MemoryError where all sheets need more than allowed.
    """
    members = {info.filename: info for info in archive.infolist() if _READ.search(info.filename)}
    ending = "ods" if "content.xml" in members else "xlsb" if "xl/workbook.bin" in members else "xlsx"
    target, cells = folder / f"unpacked.{ending}", 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for member, info in members.items():
            plain = zipfile.ZipInfo(member)
            plain.file_size = info.file_size
            with archive.open(info) as packed, out.open(plain, "w") as unpacked:
                for height, width in _measure(member)(_copied(packed, unpacked)):
                    if height * width > CELLS:
                        raise TooLarge(name)
                    cells += height * width
                    check_room(cells * _CELL)
    return target


def _measure(member: str) -> Measure:
    if member == "content.xml":
        return _of_ods
    found = _SHEETS.fullmatch(member)
    return _of_other if not found else _of_xlsx if found[1] == "xml" else _of_xlsb


def _copied(packed: IO[bytes], unpacked: IO[bytes]) -> Iterator[bytes]:
    """The pieces of a file, each written and looked at while the next one is unpacked."""
    with ThreadPoolExecutor(1) as worker:
        waiting = worker.submit(packed.read, _CHUNK)
        while chunk := waiting.result():
            check()
            waiting = worker.submit(packed.read, _CHUNK)
            unpacked.write(chunk)
            yield chunk


def _of_other(chunks: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    for _ in chunks:
        pass
    yield 0, 0


def _of_xlsx(chunks: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    columns: set[bytes] = set()
    last, rest = 1, b""
    for chunk in chunks:
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


def _of_ods(chunks: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """Rows and cells may stand for many alike; blank ones at the end of a row or sheet are none."""
    height = filled = width = 0
    rest = b""
    for chunk in chunks:
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


def _of_xlsb(chunks: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """Records of a number and a length of 7 bits a byte; a row's begins with its row, a cell's with its column."""
    height = width = 0
    data = b"".join(chunks)
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
