"""Scores of a build: every open invoice once, dates ahead, reasons in both languages, and clear words without data."""

import datetime as dt
import json
from functools import cache
from pathlib import Path

import duckdb
import pytest

from models import candidates, card_tables, late_risk, store
from models import card as cards
from pipelines import i18n
from pipelines.settings import Settings
from tests.model_books import Application, Invoice, book, day, random_book, with_open_items

KNOWN = day(690)
COLUMNS = (
    *("as_of", "entity_id", "invoice_id", "instalment_no", "p_late", "p_very_late", "expected_pay_date"),
    *("expected_days_late", "risk_band", "reasons", "model_id"),
)


@cache
def home(folder: Path) -> Settings:
    """A warehouse whose model was trained on the seeded book and serves."""
    settings = Settings(home=folder)
    card = candidates.train(random_book(1), KNOWN, settings, "build")
    store.serve(settings, card.model_id)
    return settings


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return home(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="module")
def scored(trained: Settings) -> duckdb.DuckDBPyConnection:
    con = with_open_items(random_book(1), KNOWN)
    late_risk.score_build(con, KNOWN, trained)
    return con


def test_every_open_invoice_is_scored_once(scored: duckdb.DuckDBPyConnection) -> None:
    names = [row[0] for row in scored.execute("describe fct_late_risk").fetchall()]
    assert set(COLUMNS) <= set(names)
    (open_items, rows, items) = scored.execute(
        "select (select count(*) from fct_open_items), count(*), count(distinct invoice_id) from fct_late_risk"
    ).fetchone() or (0, 0, 0)
    assert open_items == rows == items > 50


def test_probabilities_dates_and_bands_make_sense_together(scored: duckdb.DuckDBPyConnection) -> None:
    bad = scored.execute(
        """
        select risk.invoice_id
        from fct_late_risk as risk
        inner join fct_invoices as invoices using (entity_id, invoice_id, instalment_no)
        where not (risk.p_late between 0 and 1 and risk.p_very_late between 0 and risk.p_late)
            or risk.expected_pay_date <= risk.as_of
            or risk.expected_pay_date - invoices.due_date <> risk.expected_days_late
            or not (risk.pay_date_p10 <= risk.expected_pay_date and risk.expected_pay_date <= risk.pay_date_p90)
            or (invoices.due_date < risk.as_of and risk.p_late <> 1)
            or (risk.as_of - invoices.due_date > 30 and risk.p_very_late <> 1)
            or risk.risk_band <> case
                when risk.p_very_late >= 0.5 then 'very_high'
                when risk.p_late >= 0.5 then 'high'
                when risk.p_late >= 0.25 then 'medium'
                else 'low'
            end
        """
    ).fetchall()
    assert bad == []


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_item_has_reasons_that_read_as_sentences(scored: duckdb.DuckDBPyConnection, language: str) -> None:
    stored = [row[0] for row in scored.execute("select reasons from fct_late_risk").fetchall()]
    for text in stored:
        assert 1 <= len(i18n.reasons(language, text)) <= 3
    assert len({item["code"] for text in stored for item in json.loads(text)}) >= 5


def test_similar_customers_are_said_to_be_late_more_often_only_where_they_are(
    scored: duckdb.DuckDBPyConnection,
) -> None:
    stored = [row[0] for row in scored.execute("select reasons from fct_late_risk").fetchall()]
    said = [item for text in stored for item in json.loads(text) if item["code"].startswith("risk_segment")]
    assert {item["code"] for item in said} >= {"risk_segment_up", "risk_segment_down"}
    for item in said:
        assert item["code"] != "risk_segment_up" or item["rate"] > item["rate_all"]
        assert item["code"] != "risk_segment_down" or item["rate"] < item["rate_all"]


def test_the_figures_of_a_reason_are_those_of_the_ledger(tmp_path: Path) -> None:
    rows = [Invoice(f"I{n}", "C", n * 10, n * 10 + 30) for n in range(9)] + [Invoice("open", "C", 150, 180)]
    paid = [Application(f"I{n}", n * 10 + 30 + (12 if n < 7 else -2)) for n in range(9)]
    con = with_open_items(book(rows, paid), day(160))
    assert late_risk.score_build(con, day(160), Settings(home=tmp_path)) == cards.BASELINE
    (stored,) = con.execute("select reasons from fct_late_risk").fetchone() or ("",)
    said = i18n.reasons("en", stored)
    assert "Paid 7 of 9 items late, 9 days after due on average" in said


def test_scores_are_the_same_every_time(trained: Settings) -> None:
    found = []
    for _ in range(2):
        con = with_open_items(random_book(1), KNOWN)
        late_risk.score_build(con, KNOWN, trained)
        found.append(con.execute("select * from fct_late_risk order by all").fetchall())
    assert found[0] == found[1]


def test_training_twice_gives_one_model(trained: Settings) -> None:
    before = cards.stored(trained)
    assert candidates.train(random_book(1), KNOWN, trained, "build").model_id in before
    assert cards.stored(trained) == before


def test_a_customer_never_seen_gets_the_rate_of_all_with_its_spread(trained: Settings) -> None:
    con = random_book(1)
    con.execute(
        "insert into fct_invoices select * replace ('NEW' as invoice_id, 'nobody' as customer_id, "
        "date '2001-11-15' as issue_date, date '2001-12-15' as due_date) from fct_invoices limit 1"
    )
    con = with_open_items(con, KNOWN)
    late_risk.score_build(con, KNOWN, trained)
    (p, stored) = con.execute("select p_late, reasons from fct_late_risk where invoice_id = 'NEW'").fetchone() or (
        0,
        "",
    )
    assert 0.05 < p < 0.95
    assert i18n.reasons("en", stored)[0].startswith("No invoice of this customer has fallen due or been paid yet")


@pytest.mark.parametrize("rows", [[], [Invoice("only", "C", 0, 30)]], ids=["no document", "no history"])
def test_a_book_without_history_is_scored_by_the_baseline(tmp_path: Path, rows: list[Invoice]) -> None:
    con = with_open_items(book(rows), day(10))
    assert late_risk.score_build(con, day(10), Settings(home=tmp_path)) == cards.BASELINE
    found = con.execute("select p_late, expected_pay_date > as_of from fct_late_risk").fetchall()
    assert found == [(0.5, True)] * len(rows)


def test_training_on_too_little_refuses_and_still_scores(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    rows = [Invoice(f"I{n}", f"C{n % 3}", n, n + 30) for n in range(100)]
    paid = [Application(f"I{n}", n + (35 if n < 8 else 20)) for n in range(100)]
    con = with_open_items(book([*rows, Invoice("open", "C0", 150, 180)], paid), day(160))
    card = candidates.train(con, day(160), settings, "build")
    assert card.data["refusals"]["late"] | {"days": 0} == {
        "code": "refused_few",
        "positives": 8,
        "rows": 100,
        "days": 0,
    }
    store.serve(settings, card.model_id)
    assert late_risk.score_build(con, day(160), settings) == card.model_id
    assert con.execute("select count(*) from fct_late_risk").fetchone() == (1,)


def test_changed_lateness_settings_let_the_baseline_answer(trained: Settings) -> None:
    con = with_open_items(random_book(1), KNOWN)
    changed = trained.model_copy(update={"very_late_days": 60})
    assert late_risk.score_build(con, KNOWN, changed) == cards.BASELINE
    reason = cards.unusable(changed)
    assert reason is not None and cards.unusable(trained) is None
    for language in i18n.LANGUAGES:
        assert "30" in reason.text(language) and "60" in reason.text(language)


def test_drift_is_measured_in_the_build(scored: duckdb.DuckDBPyConnection) -> None:
    found = card_tables.drift(scored)
    assert (found["measure"] == "psi").sum() > 10 and (found["value"] >= 0).all()
    month = found[found["measure"] == "last_month"].set_index("name")["value"]
    assert {"p_mean", "share_late", "brier"} <= set(month.index)


def test_the_card_says_what_a_page_shows(trained: Settings) -> None:
    card = cards.serving_card(trained)
    assert card is not None
    assert {"build_id", "known", "settings", "versions", "left_out", "base_rate", "test", "reference"} <= set(card.data)
    table = card_tables.figures(card, "issue", "late").set_index("estimator")
    assert list(table.index) == ["prior", "late_share", "logistic", "boosting", "chosen"]
    assert (table["brier_low"] <= table["brier"]).all() and (table["brier"] <= table["brier_high"]).all()
    assert table.loc["chosen", "brier"] < table.loc["prior", "brier"]
    for what in ("calibration", "lift", "importance"):
        assert len(card_tables.details(card, "open", "late", what))
    assert any(item["code"] == "left_not_due" and item["documents"] > 0 for item in card.data["left_out"])


def test_the_threshold_follows_the_costs(trained: Settings) -> None:
    card = cards.serving_card(trained)
    assert card is not None
    dear = card_tables.best_threshold(card_tables.cost_curve(card, call_cost=1e9, late_month_rate=0.01))
    cheap = card_tables.best_threshold(card_tables.cost_curve(card, call_cost=0.0, late_month_rate=0.01))
    assert dear == 1.0 and cheap is not None and cheap < 0.5
    assert card_tables.best_threshold(card_tables.cost_curve(cards.Card("x", {}), 1, 1)) is None


def test_nothing_issued_after_the_as_of_date_is_scored(trained: Settings) -> None:
    con = with_open_items(random_book(1), KNOWN - dt.timedelta(days=100))
    late_risk.score_build(con, KNOWN - dt.timedelta(days=100), trained)
    (newest,) = con.execute(
        "select max(issue_date) from fct_late_risk join fct_invoices using (invoice_id)"
    ).fetchone() or (None,)
    assert newest is not None and newest <= KNOWN - dt.timedelta(days=100)
