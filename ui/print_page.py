"""A list as a page to print: one A4 sheet across, however many rows, as a file that any browser prints."""

from collections.abc import Sequence
from html import escape

ROWS_AT_FULL_SIZE = 22  # rows that fit at the size of STYLE; more rows are set smaller
STYLE = """@page {{ size: A4 landscape; margin: 9mm }}
* {{ box-sizing: border-box }}
body {{ font: {size}pt/1.25 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", Arial, sans-serif; margin: 0 }}
h1 {{ font-size: 13pt; margin: 0 }}
p {{ margin: 1mm 0 2mm; color: #444; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }}
table {{ width: 100%; table-layout: fixed; border-collapse: collapse }}
th, td {{ border: .2mm solid #999; padding: 0 1.2mm; height: {height}mm; text-align: left; overflow: hidden }}
td div {{ display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: {lines}; overflow: hidden;
 overflow-wrap: anywhere }}
th {{ background: #eef1f6; line-height: 1.1 }}
.number {{ text-align: right }}
@media screen {{ body {{ margin: 9mm; max-width: 279mm }} }}"""
TALL, LINE_HEIGHT, FULL_HEIGHT = 158.0, 6.6, 11.5  # mm: all rows, a row of one line, a row at most
FULL_SIZE = 8.5  # points
LINE = 1.25 * 25.4 / 72  # mm of a line for each point of its letters


def printable(
    language: str,
    title: str,
    line: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    numbers: Sequence[int] = (),
) -> bytes:
    """The page as HTML, which opens the print dialogue by itself; text is shown as text.

    `widths` in percent; `numbers` are the places of columns set to the right.
    """
    height = min(FULL_HEIGHT, TALL / max(len(rows) + 1, 1))
    size = FULL_SIZE if len(rows) <= ROWS_AT_FULL_SIZE else max(FULL_SIZE * height / LINE_HEIGHT, 3.0)
    # Where few rows leave room, what does not fit on one line goes on below.
    lines = max(1, int(height / (size * LINE)))
    columns = "".join(f'<col style="width:{width}%">' for width in widths)
    head = "".join(f"<th>{escape(each)}</th>" for each in headers)
    body = "".join(f"<tr>{_cells(row, numbers)}</tr>" for row in rows)
    page = (
        f'<!doctype html><html lang="{language.replace("_", "-")}"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE.format(size=round(size, 2), height=round(height, 2), lines=lines)}</style>"
        f'<body onload="window.print()"><h1>{escape(title)}</h1><p>{escape(line)}</p>'
        f"<table><colgroup>{columns}</colgroup><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></body></html>"
    )
    return page.encode()


def _cells(row: Sequence[str], numbers: Sequence[int]) -> str:
    return "".join(
        f'<td class="number">{escape(cell)}</td>' if place in numbers else f"<td><div>{escape(cell)}</div></td>"
        for place, cell in enumerate(row)
    )
