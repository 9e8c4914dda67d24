"""The main ways through the real app in a real browser: drill down and back, and load an export."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.reporting import queries, queries_buckets
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90_000  # milliseconds a busy machine may take for one step
BROWSER_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
BROWSER_ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
WORDS = {
    "en-US": {
        "overview": "Overview",
        "payers": "Payers",
        "choose": "Choose files",
        "refused": "Not uploaded: larger than 1 MB, or the connection broke",
        "load": "Load this file and rebuild",
        "not_accepted": "Rows not accepted: 1",
        "ends": "All figures computed as of 2026-05-01",
        "outstanding": "¥3.4K",
    },
    "zh-CN": {
        "overview": "应收总览",
        "payers": "客户",
        "choose": "选择文件",
        "refused": "未上传：超过 1 MB，或连接中断",
        "load": "导入此文件并重新计算",
        "not_accepted": "未接受的行：1",
        "ends": "已按截至 2026-05-01 重新计算",
        "outstanding": "¥3,400",
    },
}
# The uploader's own word stands below that of the reader's language, which is the style sheet's.
SAYS = """word => {
    const button = document.querySelector("[data-testid=stFileUploaderDropzone] button p");
    return button && getComputedStyle(button, "::after").content === JSON.stringify(word);
}"""
REFUSES = """word => {
    const chip = document.querySelector("[data-testid=stFileChip]");
    return chip && getComputedStyle(chip, "::after").content === JSON.stringify(word);
}"""
EXPORT = """客户编号,客户名称,发票号,开票日期,到期日,金额,币种,业务员
00017,测试客户甲,F-1,2026-04-01,2026-05-01,"1,000.00",CNY,张三
00017,测试客户甲,F-2,2026-05-01,2026-05-31,"2,400.00",CNY,张三
00018,测试客户乙,F-3,2026-05-01,很快,"9,999.00",CNY,李四
"""


def free_port() -> int:
    """A port nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(
    home: Path, log: Path, *options: str, port: int = 0, settings: dict[str, str] | None = None
) -> Iterator[str]:
    """The app on a free port, with its own warehouse; it is gone afterwards, whatever happened."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", *options]
    environment = os.environ | {"FIRSTPAID_HOME": str(home)} | (settings or {})
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def wait_for(address: str, process: subprocess.Popen) -> None:
    """Return when the address answers; fail when the process has ended or nothing answers in time."""
    limit = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < limit:
        assert process.poll() is None, "the app ended before it answered"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"{address} did not answer")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def tab(browser, request):
    """A fresh browser tab in the language of the test's parameter."""
    context = browser.new_context(locale=request.param, viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.words = WORDS[request.param]
    yield page
    context.close()


@pytest.fixture(scope="module")
def sample_app(sample_warehouse, tmp_path_factory) -> Iterator[str]:
    with served(sample_warehouse, tmp_path_factory.mktemp("app") / "log") as address:
        yield address


def heading(tab, text: str):
    return tab.get_by_role("heading", name=text, exact=True)


@pytest.mark.parametrize("tab", list(WORDS), indirect=True)
def test_from_a_heatmap_cell_to_the_payer_and_back(sample_app, sample_warehouse, tab):
    build = queries.published(Settings(home=sample_warehouse))
    with queries.open_build(build) as con:
        cells = queries_buckets.aging_heatmap(con, Scope(), 15)
    first = cells.iloc[0]

    tab.goto(sample_app)
    heading(tab, tab.words["overview"]).wait_for()
    amount = tab.locator(".st-key-heatmap .scatterlayer .textpoint text").first
    amount.wait_for()
    box = amount.bounding_box()
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    heading(tab, first["customer_name"]).wait_for()
    assert "/payer?" in tab.url
    assert f"bucket={first['bucket']}" in tab.url
    assert f"customer={first['customer_id']}" in tab.url
    tab.get_by_text(f"{first['open_base']:,.2f}").first.wait_for()

    tab.go_back()
    heading(tab, tab.words["overview"]).wait_for()
    tab.locator(".st-key-heatmap .scatterlayer .textpoint text").first.wait_for()
    assert "/payer" not in tab.url


@pytest.mark.parametrize("tab", ["zh-CN"], indirect=True)
def test_on_a_phone_the_names_stay_beside_their_rows_while_the_amounts_scroll(sample_app, tab):
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(sample_app)
    names, amounts = (tab.locator(f".st-key-{key} .textpoint text") for key in ("heatmap-names", "heatmap"))
    names.first.wait_for()
    amounts.last.scroll_into_view_if_needed()

    def heights(texts) -> list[float]:
        middle = "each => (each.getBoundingClientRect().top + each.getBoundingClientRect().bottom) / 2"
        return texts.evaluate_all(f"all => all.map({middle})")

    rows = heights(names)
    assert len(rows) == 15
    assert all(min(abs(height - row) for row in rows) < 6 for height in heights(amounts)), "a row is 30 pixels high"
    box = names.first.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390


@pytest.mark.parametrize("tab", list(WORDS), indirect=True)
def test_the_language_switch_stays_in_the_address(sample_app, tab):
    other = next(words for words in WORDS.values() if words is not tab.words)
    tab.goto(sample_app)
    heading(tab, tab.words["overview"]).wait_for()
    tab.get_by_role("radio", name="中文" if other is WORDS["zh-CN"] else "English").click()
    heading(tab, other["overview"]).wait_for()
    tab.get_by_role("link", name=other["payers"], exact=True).click()
    heading(tab, other["payers"]).wait_for()
    assert re.search(r"lang=(en|zh_CN)", tab.url)
    tab.reload()
    heading(tab, other["payers"]).wait_for()


@pytest.mark.parametrize("tab", list(WORDS), indirect=True)
def test_a_file_over_the_limit_is_refused_in_the_reader_s_language(tab, tmp_path):
    export = tmp_path / "large.csv"
    export.write_bytes(b"x" * (1 << 20) + b"x" * (1 << 19))
    with served(tmp_path / "warehouse", tmp_path / "log", settings={"FIRSTPAID_UPLOAD_LIMIT_MB": "1"}) as address:
        tab.goto(f"{address}/imports")
        tab.wait_for_function(SAYS, arg=tab.words["choose"])
        tab.locator("input[type=file]").set_input_files(export)
        tab.get_by_test_id("stFileChip").wait_for()
        tab.wait_for_function(REFUSES, arg=tab.words["refused"])


@pytest.mark.parametrize("tab", list(WORDS), indirect=True)
def test_an_export_goes_from_the_uploader_to_the_overview(tab, tmp_path):
    export = tmp_path / "台账.csv"
    export.write_text(EXPORT, encoding="gb18030")
    with served(tmp_path / "warehouse", tmp_path / "log") as address:
        tab.goto(f"{address}/imports")
        tab.wait_for_function(SAYS, arg=tab.words["choose"])
        tab.locator("input[type=file]").set_input_files(export)
        tab.get_by_text(tab.words["not_accepted"]).wait_for()
        tab.get_by_role("button", name=tab.words["load"]).click()
        tab.get_by_text(tab.words["ends"]).wait_for()
        tab.get_by_role("link", name=tab.words["overview"], exact=True).click()
        heading(tab, tab.words["overview"]).wait_for()
        tab.get_by_text(tab.words["outstanding"], exact=True).first.wait_for()
