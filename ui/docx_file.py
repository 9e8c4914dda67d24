"""A letter as a Word file (.docx): paragraphs and one table, nothing that a person typed is read as markup."""

import io
import re
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
RELATIONS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
 Target="word/document.xml"/></Relationships>"""
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
FONTS = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="SimSun"/>'
BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:color="999999"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def docx_bytes(
    title: str, before: str, rows: Sequence[Sequence[str]], after: str, note: str, numbers: int = 0
) -> bytes:
    """The file: title, text, table (the first row is its heading), text, and a small note on where figures are from.

    `numbers` columns at the end of the table are set to the right.
    """
    body = [_paragraph(title, bold=True, size=32), *map(_paragraph, before.splitlines())]
    body += [_table(rows, numbers), _paragraph(""), *map(_paragraph, after.splitlines()), _paragraph(note, size=16)]
    document = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{WORD}"><w:body>'
    document += "".join(body) + "</w:body></w:document>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", CONTENT_TYPES)
        file.writestr("_rels/.rels", RELATIONS)
        file.writestr("word/document.xml", document)
    return buffer.getvalue()


def _paragraph(text: str, bold: bool = False, size: int = 22, right: bool = False) -> str:
    look = f'<w:rPr>{FONTS}{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/></w:rPr>'
    place = '<w:pPr><w:jc w:val="right"/></w:pPr>' if right else ""
    return f'<w:p>{place}<w:r>{look}<w:t xml:space="preserve">{escape(NOT_IN_XML.sub("", text))}</w:t></w:r></w:p>'


def _table(rows: Sequence[Sequence[str]], numbers: int) -> str:
    first = len(rows[0]) - numbers if rows else 0
    cells = [
        "".join(
            f"<w:tc>{_paragraph(cell, bold=place == 0, size=20, right=column >= first)}</w:tc>"
            for column, cell in enumerate(row)
        )
        for place, row in enumerate(rows)
    ]
    grid = "<w:gridCol/>" * (len(rows[0]) if rows else 0)
    lines = "".join(f"<w:tr>{row}</w:tr>" for row in cells)
    look = f'<w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{BORDERS}</w:tblBorders></w:tblPr>'
    return f"<w:tbl>{look}<w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>"
