"""The call list as a page to print: one sheet of paper in a real browser, however many rows, and text shown as text."""

import re
from pathlib import Path

import pytest
from test_browser_flows import BROWSER_ARGUMENTS, CHROMIUM, sync_api

from ui.print_page import printable

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
PAGE = re.compile(rb"/Type\s*/Page[^s]")


def page(rows: int) -> bytes:
    lines = [(str(n), f"<b>客户 {n}</b> & 有限公司", "1,234,567.89", "逾期原因 " * 30) for n in range(1, rows + 1)]
    return printable(
        "zh_CN", "催收清单", "截至 2026-06-30", ("排名", "客户", "逾期", "原因"), lines, (5, 30, 15, 50), (0, 2)
    )


def test_what_people_wrote_is_shown_as_text() -> None:
    html = page(1).decode()
    assert "&lt;b&gt;客户 1&lt;/b&gt; &amp; 有限公司" in html and "<b>" not in html


@pytest.mark.parametrize("rows", [0, 12, 22, 25, 60])
def test_the_list_prints_on_one_sheet(tmp_path: Path, rows: int) -> None:
    (tmp_path / "list.html").write_bytes(page(rows))
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=BROWSER_ARGUMENTS)
        try:
            sheet = browser.new_page()
            sheet.add_init_script("window.print = () => {}")
            sheet.goto((tmp_path / "list.html").as_uri())
            assert sheet.locator("tbody tr").count() == rows
            if rows == 12:
                reasons, numbers = sheet.locator("td div").last.bounding_box(), sheet.locator("td.number").last
                assert reasons["height"] > 2 * 8.5 * 1.25, "what does not fit on one line goes on below"
                assert reasons["height"] < numbers.bounding_box()["height"]
            paper = sheet.pdf(prefer_css_page_size=True)
        finally:
            browser.close()
    assert len(PAGE.findall(paper)) == 1
