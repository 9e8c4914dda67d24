"""Every page, in both languages, for every role: it runs, is translated, and shows no more than the role may see."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest
from small_ledgers import INVOICES, RECEIPTS, built
from streamlit.testing.v1 import AppTest

from models.late_risk import score_build
from pipelines import i18n
from pipelines.importing import imports
from pipelines.reporting import queries, queries_balances, queries_payers, queries_priority
from pipelines.reporting.queries import Scope
from pipelines.reporting.queries_chain import chain
from pipelines.settings import Settings
from ui import session
from ui.access import ROLES
from ui.aging_charts import age_name
from ui.i18n import Reader
from ui.navigation import PLACES, start
from ui.page import UNFILTERED
from ui.tables import KINDS

APP = str(Path(__file__).resolve().parent.parent / "app.py")
LANGUAGES = i18n.LANGUAGES
# Words of the program that no reader may see: keys of the catalogue, column names, codes.
RAW = re.compile(r"\b[a-z]+(_[a-z]+)+\b|\{\w+\}|\bnan\b|\bNone\b|\bNaT\b")


def opened(home, monkeypatch, page="overview", **address) -> AppTest:
    """The app on a warehouse, at a page, with an address; it has run twice where the page is not the first."""
    monkeypatch.setenv("FIRSTPAID_HOME", str(home))
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    return app if page == start(address.get("role", "manager")) else app.switch_page(f"app_pages/{page}.py").run()


def turned_to(app: AppTest, page: str, part: str) -> AppTest:
    """The page with another of its tabs open, by what is written on it."""
    app.session_state[f"{page}_part"] = part
    return app.run()


def texts(app: AppTest) -> Iterator[str]:
    """Everything on the page that a person reads, table headers and cells included."""
    for kind in ("title", "subheader", "markdown", "caption", "info", "success", "warning", "error", "page_link"):
        for element in app.get(kind):
            yield str(element.value)
    for kind in ("button", "selectbox", "multiselect", "text_input", "date_input", "expander", "download_button"):
        for element in app.get(kind):
            yield str(element.label)
    for metric in app.metric:
        yield f"{metric.label} {metric.value} {metric.delta} {metric.help}".replace("None", "")
    for table in app.dataframe:
        for column in table.value.columns:
            if not pd.api.types.is_numeric_dtype(table.value[column]):
                yield " ".join(table.value[column].dropna().astype(str).head(50))


def headers(app: AppTest) -> list[str]:
    """What stands over each column of every table: its configured label, else its own name."""
    found = []
    for table in app.dataframe:
        configured = json.loads(table.proto.columns)
        found += [configured.get(name, {}).get("label", name) for name in table.value.columns if name != "open"]
    return found


def healthy(app: AppTest, language: str, page: str = "") -> None:
    """The page ran, every word of it is in the language, and none is a word of the program."""
    assert not app.exception, (page, app.exception[0].message)
    assert not app.error, (page, app.error[0].value)
    said = list(texts(app))
    raw = [text for text in said if RAW.search(re.sub(r":material/\w+:|`[^`]*`|\S+\.(csv|xlsx)", "", text))]
    assert not raw, (page, raw[:3])
    assert not set(headers(app)) & set(KINDS), (page, "a raw column name stands over a column")
    if language == "zh_CN":
        whole = " ".join(said)
        assert re.search(r"[\u4e00-\u9fff]", whole)
        english = {text for key, text in i18n.catalogue("en").items() if text != i18n.catalogue("zh_CN")[key]}
        sentences = {text for text in english if len(text) > 12 and "{" not in text}
        assert not [text for text in said if text in sentences], page


def ask(home, query, *args):
    """The answer of a query, over the connection that the app itself holds in this process."""
    return session.answer(queries.published(Settings(home=home)), query, *args)


@pytest.fixture(scope="module")
def worst(sample_warehouse) -> dict[str, str]:
    """The customer with most overdue, its rep, and one of its open invoices."""
    first = ask(sample_warehouse, queries_payers.customers, Scope()).iloc[0]
    who = (first["entity_id"], first["customer_id"])
    items = ask(sample_warehouse, queries_payers.customer_open_items, Scope(), *who)
    rep = ask(sample_warehouse, queries_payers.customer, Scope(), *who)["rep"]
    return {"entity": who[0], "customer": who[1], "me": rep, "invoice": items.iloc[0]["invoice_id"]}


def walk(app: AppTest, role: str, language: str, address: dict[str, str]) -> None:
    """Visit every page of the role and find each healthy."""
    for page in (place.name for place in PLACES if role in place.roles):
        for name, value in address.items():
            app.query_params[name] = value
        app.switch_page(f"app_pages/{page}.py").run()
        healthy(app, language, page)
        assert app.title[0].value, page
        if f"{page}_part" in app.session_state:  # only the open tab of such a page is made
            for part in [tab.label for tab in app.get("tab")][1:]:
                healthy(turned_to(app, page, part), language, page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_for_every_role(sample_warehouse, monkeypatch, worst, language, role):
    address = {"lang": language, "role": role, **worst}
    app = opened(sample_warehouse, monkeypatch, **address)
    walk(app, role, language, address)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_before_anything_is_loaded(tmp_path, monkeypatch, language, role):
    address = {"lang": language, "role": role}
    walk(opened(tmp_path / "empty", monkeypatch, **address), role, language, address)
    assert not (tmp_path / "empty").exists(), "looking must not create anything"


@pytest.mark.parametrize(("role", "language"), list(zip(ROLES, [*LANGUAGES, *LANGUAGES], strict=False)))
def test_every_page_on_exports_that_say_the_least(tmp_path, monkeypatch, role, language):
    """No due dates, terms, names, reps or regions; one invoice is paid in part."""
    invoices = "Invoice No,Customer ID,Invoice Date,Amount\nI-1,C1,2026-01-10,1000\nI-2,C2,2026-03-10,500"
    receipts = "Receipt No,Invoice No,Payment Date,Amount\nR-1,I-1,2026-02-10,400"
    built(tmp_path, "2026-03-31", {"invoices": invoices, "receipts": receipts}, score=score_build).close()
    address = {"lang": language, "role": role, "entity": "main", "customer": "C1", "me": "", "invoice": "I-1"}
    walk(opened(tmp_path / "warehouse", monkeypatch, **address), role, language, address)


def test_the_empty_state_says_what_to_do_next(tmp_path, monkeypatch):
    app = opened(tmp_path, monkeypatch, lang="en")
    assert "Nothing has been loaded yet" in [each.value for each in app.subheader]
    assert "Go to the import page" in [each.value for each in app.page_link]
    assert "Load it on the import page" in [each.value for each in app.page_link]


def test_the_overview_shows_the_builds_own_figures(sample_warehouse, monkeypatch):
    app = opened(sample_warehouse, monkeypatch, lang="en")
    overdue = ask(sample_warehouse, queries_balances.kpis, Scope())["overdue"]
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Overdue"] == f"¥{float(overdue) / 1e6:.1f}M"
    assert any("ties out" in each.value for each in app.caption)
    assert len(app.get("plotly_chart")) >= 4


def test_filters_narrow_the_figures_and_say_so(sample_warehouse, monkeypatch, worst):
    whole = opened(sample_warehouse, monkeypatch, lang="en")
    app = opened(sample_warehouse, monkeypatch, lang="en")
    app.multiselect(key="reps").select(worst["me"]).run()
    healthy(app, "en")
    assert any(f"Sales rep: {worst['me']}" in each.value for each in app.caption)
    assert app.metric[0].value != whole.metric[0].value


def without_balance(home, customer: bool) -> dict[str, str]:
    """An entity and a region that no customer has together; or a customer that has nothing open."""
    with queries.open_build(queries.published(Settings(home=home))) as con:
        if customer:
            found = con.execute(
                "select entity_id, customer_id from dim_customers anti join fct_open_items using (customer_key) "
                "where customer_id <> '' order by all"
            ).fetchone()
            return dict(zip(("entity", "customer"), found, strict=True))
        found = con.execute(
            "select one.entity_id, other.region from dim_customers as one, dim_customers as other where not exists ("
            "select 1 from dim_customers as met where met.entity_id = one.entity_id and met.region = other.region"
            ") order by all"
        ).fetchone()
        return dict(zip(("entities", "regions"), found, strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_filters_that_leave_nobody_are_said_on_every_page_and_can_be_cleared(sample_warehouse, monkeypatch, language):
    address = {"lang": language, **without_balance(sample_warehouse, customer=False)}
    app = opened(sample_warehouse, monkeypatch, **address)
    said = i18n.translate(language, "filter.nobody")
    filtered = [place.name for place in PLACES if not place.hidden and place.name not in UNFILTERED]
    for name in filtered:
        for key, value in address.items():
            app.query_params[key] = value
        app.switch_page(f"app_pages/{name}.py").run()
        healthy(app, language, name)
        assert any(said in each.value for each in app.caption), name
        assert not app.dataframe and not app.metric, "no noughts that look like an answer"
    app.button(key="clear").click().run()
    healthy(app, language)
    assert app.multiselect(key="entities").value == [] == app.multiselect(key="regions").value
    assert not any(said in each.value for each in app.caption) and app.title[0].value


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_more_is_overdue_than_outstanding_it_says_why(sample_warehouse, monkeypatch, language):
    found = ask(sample_warehouse, queries_priority.payers, Scope())
    beyond = found[found["overdue_base"] > found["open_base"]]
    app = opened(sample_warehouse, monkeypatch, "payers", lang=language)
    healthy(app, language)
    said = i18n.translate(language, "payers.overdue_beyond", count=len(beyond))
    assert len(beyond) and any(said in each.value for each in app.caption)
    for row, says in ((beyond.iloc[0], True), (found[found["overdue_base"] < found["open_base"]].iloc[0], False)):
        app.query_params["entity"], app.query_params["customer"] = row["entity_id"], row["customer_id"]
        app.switch_page("app_pages/payer.py").run()
        healthy(app, language)
        why = i18n.translate(language, "payer.overdue_beyond", text="~").split("~")[0]
        assert any(why in each.value for each in app.caption) is says


def test_a_customer_with_nothing_open_needs_no_next_step(sample_warehouse, monkeypatch, worst):
    asked = i18n.translate("en", "handover.nobody")
    owing = opened(sample_warehouse, monkeypatch, "payer", lang="en", **worst)
    assert any(asked in each.value for each in owing.caption)
    settled = opened(
        sample_warehouse, monkeypatch, "payer", lang="en", **without_balance(sample_warehouse, customer=True)
    )
    healthy(settled, "en")
    assert any("Owner" in each.value for each in settled.caption)
    assert not any(asked in each.value for each in settled.caption)


def test_the_first_page_without_contacts_leads_to_where_they_are_logged(sample_warehouse, monkeypatch):
    for name in ("effects", "agreements"):
        app = opened(sample_warehouse, monkeypatch, name, lang="en")
        links = [each.value for each in app.main.get("page_link")]
        assert i18n.translate("en", "nav.calls") in links, name


def test_a_filter_comes_back_from_the_address(sample_warehouse, monkeypatch, worst):
    app = opened(sample_warehouse, monkeypatch, lang="en", reps=worst["me"])
    assert app.multiselect(key="reps").value == [worst["me"]]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_filter_in_the_address_that_names_nobody_is_said_not_to_count(sample_warehouse, monkeypatch, worst, language):
    app = opened(sample_warehouse, monkeypatch, lang=language, reps="Nobody")
    said = i18n.translate(language, "filter.gone", names="Nobody")
    assert [each.value for each in app.toast] == [said]
    known = opened(sample_warehouse, monkeypatch, lang=language, reps=worst["me"])
    assert not known.toast


@pytest.mark.parametrize("page", ["payer", "letters", "sheet", "invoice", "receipt"])
def test_an_address_that_names_nothing_leads_to_the_customers(sample_warehouse, monkeypatch, page):
    app = opened(sample_warehouse, monkeypatch, page, lang="en", entity="main", customer="NOPE", invoice="NOPE")
    assert len(app.info) == 1
    assert "Find a customer" in [each.label for each in app.main.get("page_link")]


def test_a_rep_without_data_is_told_whom_to_ask_and_not_of_what_only_others_may_do(tmp_path, monkeypatch):
    app = opened(tmp_path, monkeypatch, "calls", lang="en", role="rep")
    assert i18n.translate("en", "empty.own_ask") in [each.value for each in app.caption]
    assert i18n.translate("en", "empty.sample_text") not in texts(app)


def test_ledger_ages_say_their_unit_once():
    english, chinese = (Reader(language, "CNY", ZoneInfo("UTC")) for language in ("en", "zh_CN"))
    ages = ("0-3", "3-6", "6-12", "12-24", "9-18", "36+")
    assert [age_name(english, age) for age in ages] == [
        "Up to 3 months", "3 to 6 months", "6 months to 1 year", "1 to 2 years", "9 to 18 months", "Over 3 years",
    ]  # fmt: skip
    assert [age_name(chinese, age) for age in ages] == [
        "3 个月以内", "3 至 6 个月", "6 个月至 1 年", "1 至 2 年", "9 至 18 个月", "3 年以上",
    ]  # fmt: skip


def test_a_rep_sees_only_their_own_customers(sample_warehouse, monkeypatch, worst):
    reps = ask(sample_warehouse, queries.filter_values, Scope())["reps"]
    other = next(rep for rep in reps if rep and rep != worst["me"])
    own = len(ask(sample_warehouse, queries_payers.customers, Scope(reps=(other,))))
    address = {"lang": "en", "role": "rep", "me": other}
    app = opened(sample_warehouse, monkeypatch, "payers", **address)
    assert any(f"{own} customers, most urgent" in each.value for each in app.caption)
    assert "reps" not in [each.key for each in app.multiselect], "a rep has no filter to look beyond"
    foreign = opened(
        sample_warehouse, monkeypatch, "payer", **address, entity=worst["entity"], customer=worst["customer"]
    )
    assert [each.value for each in foreign.info] == ["There is no such customer among those you may see."]
    assert not foreign.metric
    with pytest.raises(ValueError, match="imports"):
        opened(sample_warehouse, monkeypatch, "imports", **address)


def test_a_rep_starts_with_whom_to_call(sample_warehouse, monkeypatch):
    """Nobody having said who they are, the list is that of the first rep, not of what belongs to nobody."""
    app = opened(sample_warehouse, monkeypatch, "calls", lang="en", role="rep")
    assert app.title[0].value == "Call list"
    assert app.selectbox(key="me.choice").value


def test_a_bucket_in_the_address_narrows_the_open_items(sample_warehouse, monkeypatch, worst):
    items = ask(sample_warehouse, queries_payers.customer_open_items, Scope(), worst["entity"], worst["customer"])
    bucket = items["bucket"].iloc[0]
    address = {"lang": "en", "entity": worst["entity"], "customer": worst["customer"], "bucket": bucket}
    app = opened(sample_warehouse, monkeypatch, "payer", **address)
    shown = next(each.value for each in app.dataframe if "days_past_due" in each.value)
    assert len(shown) == (items["bucket"] == bucket).sum()


def test_the_language_follows_the_browser_until_it_is_chosen(sample_warehouse, monkeypatch):
    monkeypatch.setenv("FIRSTPAID_HOME", str(sample_warehouse))
    app = AppTest.from_file(APP, default_timeout=60)
    app.context = {"locale": "zh-CN"}
    app.run()
    assert app.title[0].value == "应收总览"
    app.segmented_control(key="lang.choice").set_value("en").run()
    assert app.title[0].value == "Overview"
    assert app.query_params["lang"] == "en"


def test_wrong_settings_are_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRSTPAID_BUCKET_EDGES", "[30, 10]")
    app = opened(tmp_path, monkeypatch, lang="en")
    assert not app.exception
    assert "bucket_edges" in app.error[0].value


def test_what_one_step_of_the_chain_gives_the_next_one_takes(sample_warehouse):
    steps = ask(sample_warehouse, chain).set_index("step")
    assert steps.loc["instalments", "rows_in"] == steps.loc["invoices", "rows_out"] > 12_000
    assert steps.loc["applications", "rows_in"] == steps.loc["receipts", "rows_out"]
    assert steps.loc["open_items", "rows_in"] == steps.loc["instalments", "rows_out"]
    assert steps.loc["risk", "rows_in"] == steps.loc["risk", "rows_out"]


def test_a_damaged_build_is_one_clear_line_and_can_be_rebuilt(sample_copy, monkeypatch):
    build = next((sample_copy / "builds").glob((sample_copy / "CURRENT").read_text().strip() + "*"))
    build.write_bytes(b"not a database")
    app = opened(sample_copy, monkeypatch, "imports", lang="en")
    assert not app.exception
    assert len(app.error) == 1
    assert "build" in [button.key for button in app.button]
    app.switch_page("app_pages/overview.py").run()
    assert len(app.error) == 1
    assert i18n.translate("en", "empty.title") not in [each.value for each in app.subheader], "something was loaded"


@pytest.fixture
def published_file(sample_copy) -> str:
    """The file of the published build in a copy of the sample warehouse."""
    return str(sample_copy / "builds" / f"{(sample_copy / 'CURRENT').read_text().strip()}.duckdb")


def test_a_build_of_another_version_says_so_once_on_every_page(sample_copy, published_file, monkeypatch, worst):
    with duckdb.connect(published_file) as con:
        con.execute("update build_info set statements = 'those of another version'")
        con.execute("drop table fct_call_list")
    said = i18n.translate("zh_CN", "app.build_foreign")
    app = opened(sample_copy, monkeypatch, "payers", lang="zh_CN")
    for page in ("payers", "imports", "aging"):
        app.switch_page(f"app_pages/{page}.py").run()
        assert not app.exception and not app.error
        assert [said in each.value for each in app.markdown].count(True) == 1
    app.switch_page("app_pages/calls.py").run()
    assert not app.exception
    assert [each.value for each in app.error] == [i18n.translate("zh_CN", "app.from_here_on")]
    rep = opened(sample_copy, monkeypatch, "payers", lang="en", role="rep", me=worst["me"])
    assert any(i18n.translate("en", "app.build_foreign_ask") in each.value for each in rep.markdown)


def test_a_build_of_this_version_that_does_not_answer_is_not_said_to_be_of_another(
    sample_copy, published_file, monkeypatch
):
    with duckdb.connect(published_file) as con:
        con.execute("drop table fct_call_list")
    app = opened(sample_copy, monkeypatch, "calls", lang="zh_CN")
    assert not app.exception
    assert [each.value for each in app.error] == [i18n.translate("zh_CN", "app.build_silent")]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_list_of_open_items_shows_no_balance_of_a_day_before_it(tmp_path, monkeypatch, language):
    settings = Settings(home=tmp_path / "warehouse")
    rows = [f"C{n % 3},A{n},2025-{n:02d}-05,2025-{n:02d}-20,{n * 100},{n * 100}" for n in range(1, 12)]
    (tmp_path / "list.csv").write_text(
        "\n".join(["customer_id,invoice_id,issue_date,due_date,amount,open_amount", *rows]), encoding="utf-8"
    )
    imports.import_file(tmp_path / "list.csv", settings, as_of=dt.date(2025, 11, 30))
    built(tmp_path, "2025-11-30", {}).close()
    app = opened(settings.home, monkeypatch, lang=language)
    healthy(app, language, "overview")
    assert any("2025-11-30" in caption.value for caption in app.caption)
    assert not any(metric.delta for metric in app.metric[:3]), "the month end before is known of no customer"
    aging = opened(settings.home, monkeypatch, "aging", lang=language, day="2025-10-31")
    healthy(aging, language, "aging")
    assert "2025-11-30" in aging.warning[0].value
    assert not opened(settings.home, monkeypatch, "aging", lang=language).warning
    behaviour = opened(settings.home, monkeypatch, "behaviour", lang=language)
    healthy(behaviour, language, "behaviour")
    assert any(i18n.translate(language, "app.paid_by_lists") in caption.value for caption in behaviour.caption)


@pytest.mark.parametrize(("language", "said"), [("en", "Balances are known from"), ("zh_CN", "余额自")])
def test_a_payer_known_from_lists_has_no_balance_of_months_before_the_first(tmp_path, monkeypatch, language, said):
    heading = "customer_id,invoice_id,issue_date,due_date,amount,open_amount\n"
    rows = "C1,A1,2025-09-01,2025-10-01,500,500\n"
    for day in ("2025-12-31", "2026-02-28"):
        path = tmp_path / f"list-{day}.csv"
        path.write_text(heading + rows, encoding="utf-8")
        rows += "C1,A2,2026-01-05,2026-02-04,900,900\n"
        imports.import_file(path, Settings(home=tmp_path / "warehouse"), as_of=dt.date.fromisoformat(day), source="erp")
    built(tmp_path, "2026-03-31", {}).close()
    app = opened(tmp_path / "warehouse", monkeypatch, entity="main", customer="C1", lang=language)
    app.switch_page("app_pages/payer.py").run()
    healthy(app, language)
    assert any(said in caption.value and "2025-12-31" in caption.value for caption in app.caption)
    trend = next(chart for chart in app.get("plotly_chart") if chart.proto.id.endswith("trend"))
    months = {str(day)[:7] for trace in json.loads(trend.proto.spec)["data"] for day in trace["x"]}
    assert months == {"2025-12", "2026-01", "2026-02", "2026-03"}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_dso_that_is_shown_is_not_said_to_be_missing(tmp_path, monkeypatch, language):
    """All sales lie before the window of the simple DSO; counting back reaches them."""
    invoices = f"{INVOICES}\nI-1,C1,2025-01-10,2025-02-10,1000,R\nI-2,C1,2025-03-10,2025-04-10,500,R"
    receipts = f"{RECEIPTS}\nR-1,I-2,2025-04-10,500,payment"
    built(tmp_path, "2025-12-31", {"invoices": invoices, "receipts": receipts}).close()
    app = opened(tmp_path / "warehouse", monkeypatch, lang=language)
    healthy(app, language, "overview")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown[i18n.translate(language, "metric.dso_countback")] not in ("–", "")
    said = [caption.value for caption in app.caption]
    why = i18n.translate(language, "dso_reason.no_sales_in_window")
    text = i18n.translate(language, "overview.simple_dso_missing", text=why)
    assert [line for line in said if why in line] == [f":material/info: {text}"]


@pytest.mark.parametrize(("as_of", "is_whole"), [("2025-04-20", False), ("2025-03-31", True)])
@pytest.mark.parametrize(
    ("language", "months", "month_end"),
    [("en", ("Mar 2025", "Feb 2025"), "vs. Feb 28"), ("zh_CN", ("2025年3月", "2025年2月"), "较2月末")],
)
def test_the_overview_says_of_which_month_dso_is(tmp_path, monkeypatch, language, months, month_end, as_of, is_whole):
    days = ("2025-01-10", "2025-02-10", "2025-03-10", "2025-04-10")
    invoices = "\n".join([INVOICES, *(f"I-{day},C1,{day},2025-12-31,1000,R" for day in days)])
    built(tmp_path, as_of, {"invoices": invoices}).close()
    app = opened(tmp_path / "warehouse", monkeypatch, lang=language)
    healthy(app, language, "overview")
    label = i18n.translate(language, "metric.dso_countback")
    (card,) = [metric for metric in app.metric if metric.label == label]
    before = i18n.translate(language, "overview.since_month", month=months[1])
    assert card.proto.delta_description == (month_end if is_whole else before)
    said = i18n.translate(language, "overview.dso_month", month=months[0])
    assert any(said in caption.value for caption in app.caption) != is_whole


def test_the_line_of_a_card_ends_at_the_figure_it_shows(tmp_path, monkeypatch):
    """Between two month ends: what is open has grown by 500 since the one of March."""
    billed = {"2025-02-10": 1000, "2025-03-10": 1000, "2025-04-10": 500}
    invoices = "\n".join([INVOICES, *(f"I-{day},C1,{day},2025-12-31,{amount},R" for day, amount in billed.items())])
    built(tmp_path, "2025-04-20", {"invoices": invoices}).close()
    app = opened(tmp_path / "warehouse", monkeypatch)
    (card,) = [metric for metric in app.metric if metric.label == i18n.translate("en", "metric.outstanding")]
    line = list(card.proto.chart_data)
    assert line[-1] - line[-2] == 500.0
    assert card.delta.startswith("+"), "the change says the same"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_payer_whom_no_export_names_says_so_beside_its_number(tmp_path, monkeypatch, language):
    receipts = "Receipt No,Customer ID,Payment Date,Amount\nR-1,C9,2025-04-10,500"
    files = {"invoices": f"{INVOICES}\nI-1,C1,2025-03-10,2025-04-10,1000,R", "receipts": receipts}
    built(tmp_path, "2025-04-30", files).close()
    app = opened(tmp_path / "warehouse", monkeypatch, entity="main", customer="C9", lang=language)
    app.switch_page("app_pages/payer.py").run()
    healthy(app, language)
    assert [each.value for each in app.title] == ["C9"]
    assert any(each.value.startswith(i18n.translate(language, "payer.no_name")) for each in app.caption)
