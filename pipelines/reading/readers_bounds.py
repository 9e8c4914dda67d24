"""How far out the cells of a workbook lie, told before it is opened: a sheet is held in memory as a full rectangle."""

import html
import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, NamedTuple

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

# Of an xlsx: a cell whose formula has no result, where it stands, and what it shows instead.
_FAILED = b't="e"'
_FAILED_CELL = re.compile(
    rb"""<(?:\w+:)?c\s([^<>]*\bt=["']e["'][^<>]*)>((?:[^<]|<(?!(?:\w+:)?c[\s>]|/(?:\w+:)?c>))*+)</"""
)
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_SHOWN = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_LONGEST_CELL = 20_000  # bytes of a cell with the longest formula

_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^<>]*)>")
_LINK = re.compile(rb"<(?:\w+:)?Relationship\s([^<>]*)>")
_ATTRIBUTE = re.compile(rb"""(\w+)=(["'])([^<>]*?)\2""")
_XLSB_SHEET = 0x9C
_XLSB_FAILED = (3, 11)  # the records of an error that was typed, and of a formula's
_XLSB_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!"}

Errors = dict[tuple[int, int], str]  # by row and column, counted from 0
Measure = Callable[[Iterable[bytes], Errors], Iterator[tuple[int, int]]]


class Unpacked(NamedTuple):
    """A workbook without compression, and by sheet the cells whose formulas have no result, which read as blank."""

    path: Path
    errors: dict[str, Errors]


def unpack_workbook(archive: zipfile.ZipFile, folder: Path, name: str) -> Unpacked:
    """Copy an xlsx, xlsb or ods to a file in the folder without compression, and measure its sheets while doing so.

    What is opened later is what has been measured, byte for byte, and is not unpacked a second time. Raises TooLarge
    for a cell so far out that its sheet cannot be held in memory, MemoryError where all sheets need more than allowed.
    """
    failed: dict[str, Errors] = {}
    members = {info.filename: info for info in archive.infolist() if _READ.search(info.filename)}
    ending = "ods" if "content.xml" in members else "xlsb" if "xl/workbook.bin" in members else "xlsx"
    target, cells = folder / f"unpacked.{ending}", 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for member, info in members.items():
            plain = zipfile.ZipInfo(member)
            plain.file_size = info.file_size
            errors = failed.setdefault(member, {})
            with archive.open(info) as packed, out.open(plain, "w") as unpacked:
                for height, width in _measure(member)(_copied(packed, unpacked), errors):
                    if height * width > CELLS:
                        raise TooLarge(name)
                    cells += height * width
                    check_room(cells * _CELL)
        names = _sheet_names(archive) if any(failed.values()) else {}
    return Unpacked(target, {names[part]: errors for part, errors in failed.items() if errors and part in names})


def _sheet_names(archive: zipfile.ZipFile) -> dict[str, str]:
    """The names of the sheets of an xlsx or xlsb by the parts of the archive that hold them."""
    if "xl/workbook.xml" in archive.namelist():
        heads = [_attributes(head) for head in _SHEET.findall(archive.read("xl/workbook.xml"))]
        named = [(head.get(b"id", b""), html.unescape(head.get(b"name", b"").decode("utf-8"))) for head in heads]
        related = archive.read("xl/_rels/workbook.xml.rels")
    else:
        named = list(_bundled(archive.read("xl/workbook.bin")))
        related = archive.read("xl/_rels/workbook.bin.rels")
    links = [_attributes(link) for link in _LINK.findall(related)]
    parts = {link.get(b"Id", b""): link.get(b"Target", b"").decode("utf-8") for link in links}
    found = {parts[key]: name for key, name in named if key in parts}
    return {part.removeprefix("/") if part.startswith("/") else f"xl/{part}": name for part, name in found.items()}


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return {name: value for name, _, value in _ATTRIBUTE.findall(tag)}


def _bundled(data: bytes) -> Iterator[tuple[bytes, str]]:
    """The key and the name of every sheet of an xlsb, each a length and characters."""
    for kind, at, size in _records(data):
        if kind == _XLSB_SHEET:
            body, texts = data[at + 8 : at + size], []
            for _ in range(2):
                end = 4 + 2 * int.from_bytes(body[:4], "little")
                texts.append(body[4:end].decode("utf-16-le", "replace"))
                body = body[end:]
            yield texts[0].encode(), texts[1]


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


def _of_other(chunks: Iterable[bytes], errors: Errors) -> Iterator[tuple[int, int]]:
    for _ in chunks:
        pass
    yield 0, 0


def _of_xlsx(chunks: Iterable[bytes], errors: Errors) -> Iterator[tuple[int, int]]:
    columns: set[bytes] = set()
    last, rest = 1, b""
    for chunk in chunks:
        text = rest + chunk
        columns.update(_WIDE.findall(text))
        last = max(last, *map(int, _ROW.findall(text[-4096:])), 1)
        if _FAILED in text:
            errors.update(_failed_cells(text))
        rest = text[max(text.rfind(b"<c "), len(text) - _LONGEST_CELL) :]
    yield last, max(map(_column, columns), default=26)


def _failed_cells(text: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for head, body in _FAILED_CELL.findall(text):
        place, shown = _PLACE.search(head), _SHOWN.search(body)
        if place and shown:
            yield (int(place[2]) - 1, _column(place[1]) - 1), shown[1].decode("ascii", "replace")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _of_ods(chunks: Iterable[bytes], errors: Errors) -> Iterator[tuple[int, int]]:
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


def _of_xlsb(chunks: Iterable[bytes], errors: Errors) -> Iterator[tuple[int, int]]:
    """Records of a number and a length of 7 bits a byte; a row's begins with its row, a cell's with its column."""
    height = width = row = 0
    data = b"".join(chunks)
    end = len(data)
    for kind, at, size in _records(data):
        if kind == 0x0000 and size >= 4:
            if at + 4 <= end:
                row = struct.unpack_from("<I", data, at)[0]
                height = max(height, row + 1)
        elif 1 <= kind <= 11 and size >= 4 and at + 4 <= end:
            column = struct.unpack_from("<I", data, at)[0]
            width = max(width, column + 1)
            if kind in _XLSB_FAILED and size >= 9 and at + 9 <= end:
                errors[row, column] = _XLSB_ERRORS.get(data[at + 8], "#N/A")
    yield height, width


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The number, the place and the length of every record."""
    at, end = 0, len(data)
    while at < end:
        kind, at = _seven_bits(data, at)
        size, at = _seven_bits(data, at)
        yield kind, at, size
        at += size


def _seven_bits(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data) and shift < 28:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return number, at
