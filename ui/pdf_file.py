"""Letters and call sheets as PDF (A4), in Chinese and Latin script, with figures that cannot be edited by accident.

Chinese is set in STSong-Light, a font that PDF readers bring along, so that none has to be shipped or embedded.
"""

import io
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

LATIN, LATIN_BOLD, HAN, HANGUL = "Helvetica", "Helvetica-Bold", "STSong-Light", "HYSMyeongJo-Medium"
RUNS = re.compile(r"([\uac00-\ud7a3\u1100-\u11ff]+)|([^\x20-\x7e\xa0-\xff\u2013\u2014\u2018-\u201d\u2022\u20ac]+)")
# What no PDF font takes: control characters, and those beyond the first plane, which become the geta mark of print.
CONTROL, BEYOND = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]"), re.compile(r"[\U00010000-\U0010ffff]")
HAS_HAN = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")
LINE, PALE = colors.HexColor("#9AA3B2"), colors.HexColor("#EEF1F6")
MARGIN = 22 * mm
WIDTH = A4[0] - 2 * MARGIN

for each in (HAN, HANGUL):
    pdfmetrics.registerFont(UnicodeCIDFont(each))


def letter_bytes(
    title: str,
    before: str,
    rows: Sequence[Sequence[str]],
    after: str,
    note: str,
    pages: Callable[[int], str],
    widths: Sequence[float] | None = None,
) -> bytes:
    """The letter: title, text, table (first row heading, last row total), text; `note` and the page stand at the foot.

    `pages` words a page number; `widths` are the shares of the columns.
    """
    story: list[Any] = [_paragraph(title, _style(16, before=0, after=14, align=TA_CENTER, bold=True))]
    story += [_paragraph(line, _style(10.5)) for line in before.splitlines()]
    story += [Spacer(1, 4 * mm), _table(rows, widths), Spacer(1, 4 * mm)]
    story.append(KeepTogether([_paragraph(line, _style(10.5)) for line in after.splitlines()]))
    return _made(title, story, note, pages)


def sheet_bytes(
    title: str,
    facts: Sequence[str],
    steps: Sequence[tuple[str, str, Sequence[str]]],
    note: str,
    pages: Callable[[int], str],
) -> bytes:
    """A call sheet: facts a line each, then a box per step with its words, the lines below it, and room to write."""
    story: list[Any] = [_paragraph(title, _style(14, after=6, bold=True))]
    story += [_paragraph(line, _style(9)) for line in facts]
    for heading, words, below in steps:
        cell = [_paragraph(heading, _style(10, after=2, bold=True)), _paragraph(words, _style(9.5))]
        cell += [_paragraph(line, _style(8)) for line in below]
        box = Table([[cell], [""]], colWidths=[WIDTH], rowHeights=[None, 9 * mm])
        box.setStyle(TableStyle([("BOX", (0, 0), (-1, -1), 0.6, LINE), ("TOPPADDING", (0, 0), (-1, -1), 3)]))
        story += [Spacer(1, 2.5 * mm), box]
    return _made(title, story, note, pages)


def _made(title: str, story: list[Any], note: str, pages: Callable[[int], str]) -> bytes:
    buffer = io.BytesIO()

    def foot(canvas: Any, document: Any) -> None:
        words = _paragraph(f"{note}    {pages(document.page)}", _style(7.5))
        words.wrap(WIDTH, 20 * mm)
        words.drawOn(canvas, MARGIN, 12 * mm)

    document = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=20 * mm, bottomMargin=24 * mm,
        title=_clean(title), author="", creator="FirstPaid", invariant=1,
    )  # fmt: skip
    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


def _table(rows: Sequence[Sequence[str]], widths: Sequence[float] | None) -> Table:
    """The figures: the first column reads left, the others right; the heading comes again on every page."""
    shares = widths or [1.0] * len(rows[0])
    cells = []
    for place, row in enumerate(rows):
        bold = place in (0, len(rows) - 1)
        left, right = _style(8.5, bold=bold), _style(8.5, align=TA_RIGHT, bold=bold)
        cells.append([_paragraph(text, right if column else left) for column, text in enumerate(row)])
    table = Table(cells, colWidths=[WIDTH * share / sum(shares) for share in shares], repeatRows=1)
    look = [
        ("LINEBELOW", (0, 0), (-1, -2), 0.4, LINE),
        ("LINEABOVE", (0, -1), (-1, -1), 0.9, colors.black),
        ("BACKGROUND", (0, 0), (-1, 0), PALE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    table.setStyle(TableStyle(look))
    return table


def _style(size: float, *, before: float = 0, after: float = 1.5, align: int = 0, bold: bool = False) -> ParagraphStyle:
    return ParagraphStyle(
        "text", fontName=LATIN_BOLD if bold else LATIN, fontSize=size, leading=size * 1.5, spaceBefore=before,
        spaceAfter=after, alignment=align,
    )  # fmt: skip


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph in which every script has its font; nothing in the text is read as markup."""
    cleaned = _clean(text)
    if len(HAS_HAN.findall(cleaned)) > len(cleaned) / 4:
        style.wordWrap = "CJK"
    marked, end = [], 0
    for found in RUNS.finditer(cleaned):
        marked.append(_spaced(cleaned[end : found.start()]))
        font = HANGUL if found.group(1) else HAN
        marked.append(f'<font name="{font}">{escape(found.group())}</font>')
        end = found.end()
    marked.append(_spaced(cleaned[end:]))
    return Paragraph("".join(marked) or "&nbsp;", style)


def _spaced(text: str) -> str:
    # Several spaces are room to write in a reply form; a paragraph would make them one.
    return re.sub(r" {2,}", lambda run: "\u00a0" * len(run.group()), escape(text))


def _clean(text: str) -> str:
    return BEYOND.sub("\u3013", CONTROL.sub("", text))
