"""Workbooks in the formats that no well-kept library writes, made from rows of text, numbers and dates.

xls: xlwt has had no release since 2017; xlsb: no library writes it; ods: a zip of plain XML needs no library. What is
written here is the least each format asks for, by its published description.
"""

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

Cell = str | float | dt.date | None
Sheets = Mapping[str, Sequence[Sequence[Cell]]]
_FAILED = {"#DIV/0!": 0x07, "#REF!": 0x17, "#N/A": 0x2A}  # what a cell without a result holds in a binary workbook
_ZERO = dt.date(1899, 12, 30)


def _serial(cell: float | dt.date) -> float:
    return float((cell - _ZERO).days) if isinstance(cell, dt.date) else float(cell)


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return buffer.getvalue()


def ods(sheets: Sheets) -> bytes:
    """An OpenDocument spreadsheet."""

    def cell(value: Cell) -> str:
        if value is None or value == "":
            return "<table:table-cell/>"
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
        if isinstance(value, dt.date):
            return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    names = "".join(f' xmlns:{n}="{space}{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names} office:version="1.3"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{space}manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return _zip(
        {"mimetype": kind.encode(), "META-INF/manifest.xml": manifest.encode(), "content.xml": content.encode()}
    )


def xls(sheets: Sheets) -> bytes:
    """A workbook of Excel 97-2003: BIFF8 records in a compound file."""

    def record(kind: int, body: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def text(value: str, length: str) -> bytes:
        return struct.pack(f"<{length}B", len(value), 1) + value.encode("utf-16-le")

    def page(rows: Sequence[Sequence[Cell]]) -> bytes:
        width = max((len(row) for row in rows), default=0)
        cells = [record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))]
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, str):
                    cells.append(record(0x0204, struct.pack("<HHH", r, c, 0) + text(value, "H")))
                elif value is not None:
                    style = 1 if isinstance(value, dt.date) else 0
                    cells.append(record(0x0203, struct.pack("<HHHd", r, c, style, _serial(value))))
        return record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + b"".join(cells) + record(0x000A)

    styles = b"".join(record(0x00E0, struct.pack("<HHHBBBBIIH", 0, f, 1, 0, 0, 0, 0, 0, 0, 0)) for f in (0, 14))
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)) + record(0x0042, b"\xb0\x04") + styles
    pages = {name: page(rows) for name, rows in sheets.items()}
    heads = {name: struct.pack("<BB", 0, 0) + text(name, "B") for name in pages}
    at = len(begin) + sum(4 + 4 + len(head) for head in heads.values()) + 4
    bound = b""
    for name, content in pages.items():
        bound += record(0x0085, struct.pack("<I", at) + heads[name])
        at += len(content)
    return _compound(begin + bound + record(0x000A) + b"".join(pages.values()))


def _compound(stream: bytes) -> bytes:
    """A compound file that holds one stream named Workbook."""
    stream = stream.ljust(-(-max(len(stream), 4096) // 512) * 512, b"\0")
    sectors = len(stream) // 512
    tables = 1
    while tables * 128 < tables + 1 + sectors:
        tables += 1
    assert tables <= 109, "larger than a test needs"
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [table] * tables + [end] + [tables + 2 + i for i in range(sectors - 1)] + [end]
    chain += [free] * (tables * 128 - len(chain))

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        label = name.encode("utf-16-le")
        length = len(label) + 2 if name else 0
        return (
            label.ljust(64, b"\0")
            + struct.pack("<HBBIII", length, kind, 1, free, free, child)
            + bytes(36)
            + struct.pack("<IQ", first, size)
        )

    folder = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, tables + 1, len(stream))
    folder += entry("", 0, free, 0, 0) * 2
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", *(list(range(tables)) + [free] * (109 - tables)))
    return header + struct.pack(f"<{tables * 128}I", *chain) + folder + stream


def xlsb(sheets: Sheets) -> bytes:
    """A binary workbook: the parts of an xlsx with records in place of XML."""

    def varint(number: int) -> bytes:
        out = b""
        while True:
            number, low = number >> 7, number & 0x7F
            out += bytes([low | (0x80 if number else 0)])
            if not number:
                return out

    def record(kind: int, body: bytes = b"") -> bytes:
        return varint(kind) + varint(len(body)) + body

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    def page(rows: Sequence[Sequence[Cell]]) -> bytes:
        width = max((len(row) for row in rows), default=1)
        out = record(0x0081) + record(0x0094, struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, width - 1))
        out += record(0x0091)
        for r, row in enumerate(rows):
            out += record(0x0000, struct.pack("<IIHBBI", r, 0, 300, 0, 0, 0))
            for c, value in enumerate(row):
                if value in _FAILED:
                    out += record(0x0003, struct.pack("<IIB", c, 0, _FAILED[str(value)]))
                elif isinstance(value, str):
                    out += record(0x0006, struct.pack("<II", c, 0) + text(value))
                elif value is not None:
                    style = 1 if isinstance(value, dt.date) else 0
                    out += record(0x0005, struct.pack("<IId", c, style, _serial(value)))
        return out + record(0x0092) + record(0x0082)

    def style(number: int) -> bytes:
        return record(0x002F, struct.pack("<HHHHBBH", 0, number, 0, 0, 0, 0, 0))

    formats = record(0x0269, struct.pack("<I", 2)) + style(0) + style(14) + record(0x026A)
    bundle = b"".join(
        record(0x009C, struct.pack("<II", 0, i) + text(f"rId{i}") + text(name)) for i, name in enumerate(sheets, 1)
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = "".join(
        f'<Relationship Id="rId{i}" Type="{kind}/worksheet" Target="worksheets/sheet{i}.bin"/>'
        for i, _ in enumerate(sheets, 1)
    )
    space = "http://schemas.openxmlformats.org/package/2006"
    related = f'<Relationships xmlns="{space}/relationships">{parts}</Relationships>'
    return _zip(
        {
            "[Content_Types].xml": f'<Types xmlns="{space}/content-types"/>'.encode(),
            "xl/_rels/workbook.bin.rels": related.encode(),
            "xl/workbook.bin": record(0x0083) + record(0x008F) + bundle + record(0x0090) + record(0x0084),
            "xl/styles.bin": record(0x0116) + formats + record(0x0117),
            **{f"xl/worksheets/sheet{i}.bin": page(rows) for i, rows in enumerate(sheets.values(), 1)},
        }
    )
