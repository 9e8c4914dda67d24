"""Uploading a register of bills in a real browser: the file is read, seen, entered and stands in the table."""

import pytest
from test_browser_flows import browser, heading, pytestmark, served, tab  # noqa: F401 - fixtures and the marker
from workbook_files import xls

from pipelines.collecting import follow_up
from pipelines.settings import Settings

SAID = {
    "en-US": {
        "page": "Financing and bills", "tab": "Register of bills", "enter": "Enter 1 bill",
        "aside": "Rows not entered: 1", "done": "They count with the next build",
    },
    "zh-CN": {
        "page": "融资与票据", "tab": "票据登记簿", "enter": "登记 1 张票据", "aside": "未登记的行：1",
        "done": "下次计算后计入",
    },
}  # fmt: skip
ROWS = [
    ["应收票据备查簿"],
    ["票据号码", "客户编码", "票面金额", "到期日", "票据状态"],
    ["513100000012720260508000001", "01001", 1234567.5, "2026-11-01", "库存"],
    ["513100000012720260508000002", "没有", 1, "2026-11-01", "库存"],
]


@pytest.mark.parametrize("tab", list(SAID), indirect=True)
def test_a_register_of_bills_goes_from_the_uploader_into_the_table(sample_copy, tmp_path, tab):  # noqa: F811
    said = next(SAID[language] for language in SAID if tab.evaluate("navigator.language") == language)
    file, settings = tmp_path / "备查簿.xls", Settings(home=sample_copy)
    file.write_bytes(xls({"票据": ROWS}))
    with served(sample_copy, tmp_path / "log") as address:
        tab.goto(f"{address}/financing")
        heading(tab, said["page"]).wait_for()
        tab.get_by_role("tab", name=said["tab"]).click()
        tab.locator("input[type=file]").set_input_files(file)
        tab.get_by_text(said["aside"]).wait_for()
        assert not follow_up.notes(settings), "nothing is entered while it is looked at"
        tab.get_by_role("button", name=said["enter"]).click()
        tab.get_by_text(said["done"]).wait_for()
        # The grid is one drawing; what it shows stands in it as a table for those who do not see.
        tab.locator("[role=gridcell]", has_text=ROWS[2][0]).first.wait_for(state="attached")
    (note,) = follow_up.notes(settings, kind="bill")
    assert (note.payload.number, float(note.payload.amount)) == (ROWS[2][0], ROWS[2][2])
