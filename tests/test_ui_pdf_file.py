"""Letters and call sheets as PDF: pages, odd characters, and that every call sheet fits on one page."""

import re
from itertools import product

import pytest

from pipelines import i18n
from pipelines.collecting.debt_class import CLASSES
from ui.call_sheet import INVOICES_SHOWN, METHODS, STEPS, _wording
from ui.pdf_file import letter_bytes, sheet_bytes

HEAD = ["发票号", "开票日期", "到期日", "逾期天数", "未付金额"]
ROW = ["SI-2500001", "2025-07-01", "2025-08-30", "304", "¥307,582.92"]


def pages(file: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", file))


def letter(text: str, rows: int = 3) -> bytes:
    return letter_bytes(
        "催款函", text, [HEAD, *[ROW] * rows, ["合计", *ROW[1:]]], text, "note", lambda page: f"- {page} -"
    )


def test_a_letter_is_a_pdf_and_the_same_words_give_the_same_bytes():
    file = letter("Dear Sir,\n\nplease pay.")
    assert file.startswith(b"%PDF-") and file.rstrip().endswith(b"%%EOF")
    assert pages(file) == 1
    assert file == letter("Dear Sir,\n\nplease pay.")


def test_a_long_list_goes_over_several_pages():
    assert pages(letter("text", rows=120)) > 2


@pytest.mark.parametrize(
    "text",
    ["<b>a</b> & <para>", "a\x00b\x0bc", "票据🧾𬭎", "한국 주식회사", "ΑΒΓ Żółć", "", "\n\n", "汉" * 3000, "w" * 300],
)
def test_no_text_breaks_the_file_or_is_read_as_markup(text):
    assert pages(letter(text)) >= 1


@pytest.mark.parametrize(("language", "method", "cause"), list(product(i18n.LANGUAGES, METHODS, CLASSES)))
def test_every_call_sheet_fits_on_one_page(language, method, cause):
    said = {"text": "¥123,456,789.00", "count": "1,234", "age": "1,234", "name": "霁城昱禾建筑设备工程有限公司" * 2}
    lines = ["SI-2501402 · 2025-11-30 · ¥123,456,789.00"] * (INVOICES_SHOWN + 1)
    steps = [
        (
            step,
            i18n.translate(language, _wording(step, method, cause, True), **said),
            lines if step == "subject" else [],
        )
        for step in STEPS
    ]
    facts = ["决策人: 谢思远 · 验收人: 周俊杰 · 付款责任人: 张永康" * 3] * 3 + ["上次联系", "未到期承诺"]
    assert pages(sheet_bytes("催款话术单", facts, steps, "note", str)) == 1
