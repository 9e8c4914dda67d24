"""The tie-out on the pages: one quiet line where every count agrees, the rows where a build or an export does not."""

from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from pipelines import i18n
from pipelines.building import builds, publish
from pipelines.importing.imports import import_file
from pipelines.settings import Settings
from tests.small_ledgers import no_risk
from tests.test_app_pages import opened, turned_to

PAGES = ("overview", "aging", "payers", "cash", "results", "rolls")
HOLDS = {"en": "ties out", "zh_CN": "核对一致"}


def lines(app: AppTest, word: str) -> list[str]:
    return [caption.value for caption in app.caption if word in caption.value]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", HOLDS)
def test_every_page_of_balances_ties_out(sample_warehouse: Path, monkeypatch, page: str, language: str) -> None:
    app = opened(sample_warehouse, monkeypatch, page, lang=language)
    if page == "results":
        turned_to(app, page, i18n.translate(language, "results.scorecard"))
    (line,) = lines(app, HOLDS[language])
    assert ":green[" in line and "¥45,764,338.23" in line
    assert not app.exception


def test_one_payer_ties_out_by_itself(sample_warehouse: Path, monkeypatch) -> None:
    with duckdb.connect(str(builds.current(Settings(home=sample_warehouse))), read_only=True) as con:
        entity_id, customer_id, owed = con.execute(
            "select entity_id, customer_id, sum(open_base) from fct_account_balances group by all "
            "order by 3 desc limit 1"
        ).fetchall()[0]
    app = opened(sample_warehouse, monkeypatch, entity=entity_id, customer=customer_id)
    app.switch_page("app_pages/payer.py").run()
    (line,) = lines(app, "ties out")
    assert f"¥{owed:,.2f}" in line


def test_a_difference_names_its_rows_and_they_can_be_opened(sample_copy: Path, monkeypatch) -> None:
    path = builds.current(Settings(home=sample_copy))
    with duckdb.connect(str(path)) as con:
        (invoice_id,) = con.execute(
            "select invoice_id from fct_open_items where doc_type = 'invoice' order by invoice_id limit 1"
        ).fetchall()[0]
        con.execute("update fct_open_items set open_base = open_base + 123 where invoice_id = ?", [invoice_id])
    app = opened(sample_copy, monkeypatch)
    (line,) = lines(app, "does not tie out")
    assert ":orange[" in line and "Aging buckets -¥123.00" in line
    app.session_state["tie_out_rows"] = True
    app.run()
    rows = next(table.value for table in app.dataframe if "counted_base" in table.value.columns)
    assert rows["invoice_id"].dropna().tolist()[0] == invoice_id
    assert set(rows["difference"]) == {-123}


def test_an_export_whose_total_is_not_met_is_a_click_away(tmp_path: Path, monkeypatch) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    header = "客户编码,单据编号,单据日期,到期日,金额\n"
    for name, rows in {
        "good": "C1,A,2025-01-01,2025-01-31,10\n合计,,,,10\n",
        "short": "C1,B,2025-01-01,2025-01-31,20\n合计,,,,25\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(header + rows, encoding="utf-8")
        import_file(tmp_path / f"{name}.csv", settings)
    publish.build(settings, score=no_risk)
    for page in ("overview", "aging"):
        app = opened(settings.home, monkeypatch, page)
        (line,) = lines(app, "Totals of the exports")
        assert ":orange[" in line and "only 1 of 2 met" in line and "-5.00" in line.replace("\\", "")
        app.session_state["tie_out_totals"] = True
        app.run()
        rows = next(table.value for table in app.dataframe if "control_total" in table.value.columns)
        assert rows["file_name"].tolist() == ["short.csv"]


def test_a_damaged_import_takes_nothing_from_what_is_published(tmp_path: Path, monkeypatch) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    text = "客户编码,单据编号,单据日期,到期日,金额\nC1,A,2025-01-01,2025-01-31,10\n合计,,,,12\n"
    (tmp_path / "short.csv").write_text(text, encoding="utf-8")
    report = import_file(tmp_path / "short.csv", settings)
    publish.build(settings, score=no_risk)
    (settings.home / "imports" / report.import_id / "manifest.json").write_text("{", encoding="utf-8")
    app = opened(settings.home, monkeypatch)
    (line,) = lines(app, "Totals of the exports")
    assert "only 0 of 1 met" in line and "-2.00" in line.replace("\\", "")


def test_a_build_of_an_earlier_version_says_that_it_holds_no_totals(sample_copy: Path, monkeypatch) -> None:
    with duckdb.connect(str(builds.current(Settings(home=sample_copy)))) as con:
        con.execute("drop table import_totals")
    for page in ("overview", "aging"):
        app = opened(sample_copy, monkeypatch, page)
        assert lines(app, "An earlier version made this build") and lines(app, HOLDS["en"])
        assert not app.error


def test_totals_of_several_currencies_are_held_against_each_and_never_added_up(tmp_path: Path, monkeypatch) -> None:
    settings = Settings(home=tmp_path / "warehouse")
    each = (
        "客户编码,单据编号,单据日期,到期日,金额,币种",
        "C1,A,2025-01-01,2025-01-31,10,CNY",
        "C1,B,2025-01-01,2025-01-31,20,USD",
        "合计,,,,10,CNY",
        "合计,,,,25,USD",
    )
    mixed = (*each[:3], "合计,,,,31,")
    rates = "Currency,Rate Date,Rate\nUSD,2025-01-01,7\n"
    for name, text in {
        "each": "\n".join(each),
        "mixed": "\n".join(mixed).replace("C1,", "C2,"),
        "rates": rates,
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        import_file(tmp_path / f"{name}.csv", settings)
    publish.build(settings, score=no_risk)
    app = opened(settings.home, monkeypatch)
    (line,) = lines(app, "Totals of the exports")
    assert "only 0 of 2 met" in line
    app.session_state["tie_out_totals"] = True
    app.run()
    rows = next(table.value for table in app.dataframe if "control_total" in table.value.columns)
    names = ["file_name", "currency", "accepted_total", "control_total", "difference_doc"]
    assert rows[names].values.tolist() == [
        ["each.csv", "USD", 20, 25, -5],
        ["mixed.csv", "all currencies added up", 30, 31, -1],
    ]
