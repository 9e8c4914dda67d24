"""Aged summaries in a build: their own table, never part of a total, compared with the documents of their day."""

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner

from pipelines.__main__ import main
from pipelines.building import builds, checks, publish
from pipelines.importing import imports_store
from pipelines.importing.imports import import_file
from pipelines.reporting import queries_balances, queries_summaries
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings
from tests.small_ledgers import INVOICES, built, no_risk

SUMMARY = """As of 2026-03-31
Customer,Rep,Current,1-30,31-60,over 60,Total
Alder Ltd,wang,100.00,50.00,,,150.00
Birch GmbH,li,,,-20.00,70.00,50.00
Total,,100.00,50.00,-20.00,70.00,200.00
"""
EVERYTHING = Scope()


def only(con) -> str:
    (import_id,) = queries_summaries.summaries(con, EVERYTHING)["import_id"]
    return str(import_id)


def cells(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    return {(row.customer_id, row.bucket): row.open_base for row in frame.itertuples()}


def test_a_summary_alone_makes_a_build_with_its_own_buckets_and_no_document(tmp_path: Path) -> None:
    con = built(tmp_path, "2026-03-31", {"aging": SUMMARY})
    assert not queries_summaries.has_documents(con)
    assert queries_balances.kpis(con, EVERYTHING)["outstanding"] == 0
    found = queries_summaries.summaries(con, EVERYTHING).iloc[0]
    assert (found["customers"], found["open_base"], found["overdue_base"]) == (2, 200.0, 100.0)
    assert cells(queries_summaries.summary_heatmap(con, EVERYTHING, only(con))) == {
        ("Alder Ltd", "not_due"): 100.0,
        ("Alder Ltd", "1-30"): 50.0,
        ("Birch GmbH", "31-60"): -20.0,
        ("Birch GmbH", "60+"): 70.0,
    }
    assert checks.run(con) == []


def test_a_reader_sees_a_summary_within_the_scope(tmp_path: Path) -> None:
    con = built(tmp_path, "2026-03-31", {"aging": SUMMARY})
    totals = queries_summaries.summary_totals(con, Scope(reps=("li",)), only(con))
    assert (totals["open"], totals["overdue"], totals["customers"]) == (Decimal(50), Decimal(50), 1)


def test_a_later_summary_of_a_source_takes_the_place_of_the_earlier_and_both_stay(tmp_path: Path) -> None:
    later = SUMMARY.replace("2026-03-31", "2026-04-30").replace("100.00", "80.00").replace("150.00", "130.00")
    files = {"aging 2026-03-31": SUMMARY, "aging 2026-04-30": later.replace("200.00", "180.00")}
    con = built(tmp_path, "2026-04-30", files)
    found = queries_summaries.summaries(con, EVERYTHING)
    assert list(found["open_base"]) == [180.0]
    newest = con.sql("select is_newest, sum(open_base) from fct_aged_summary group by 1 order by 1").fetchall()
    assert newest == [(False, Decimal(200)), (True, Decimal(180))]
    con = built(tmp_path, "2026-04-15", {})
    assert list(queries_summaries.summaries(con, EVERYTHING)["open_base"]) == [200.0], "what was newest on that day"


def test_a_summary_beside_documents_is_compared_and_never_added(tmp_path: Path) -> None:
    ledger = f"""{INVOICES}
        A-1,C1,2026-02-01,2026-03-15,150.00,wang
        D-1,C9,2026-02-01,2026-03-15,10.00,wang"""
    names = "Customer ID,Customer Name,Industry\nC1,ALDER LTD,tools\nC9,Dogwood,tools"
    con = built(tmp_path, "2026-04-30", {"ledger": ledger, "customers": names, "aging": SUMMARY})
    assert queries_balances.kpis(con, EVERYTHING)["outstanding"] == Decimal(160)
    compared = queries_summaries.against_documents(con, EVERYTHING, only(con)).set_index("customer_id")
    assert compared.loc["C1"][["summary_base", "documents_base", "found_in"]].tolist() == [150.0, 150.0, "both"]
    assert compared.loc["C9"][["difference", "found_in"]].tolist() == [-10.0, "documents"]
    assert compared.loc["Birch GmbH"][["difference", "found_in"]].tolist() == [50.0, "summary"]
    assert checks.run(con) == []


def test_a_summary_in_a_currency_without_rate_is_refused_with_the_currency(tmp_path: Path) -> None:
    foreign = "Customer,Currency,Current,1-30\nAlder Ltd,USD,100.00,50.00\n"
    with pytest.raises(checks.MissingRates, match="USD"):
        built(tmp_path, "2026-03-31", {"aging 2026-03-31": foreign})


def test_a_balance_without_ages_is_not_called_late(tmp_path: Path) -> None:
    con = built(tmp_path, "2026-03-31", {"aging": "Customer,Balance\nAlder Ltd,100.00\n"})
    totals = queries_summaries.summary_totals(con, EVERYTHING, only(con))
    assert (totals["open"], totals["unaged"], totals["overdue"]) == (Decimal(100), Decimal(100), Decimal(0))


@pytest.mark.parametrize(
    ("total", "stated", "said"),
    [
        ("Total,,100.00,50.00,-20.00,70.00,200.00", 200, "The stated total 200.00 is that of the accepted rows"),
        # The column of totals holds, whatever stands beside it.
        ("Total,,100.00,50.00,-20.00,70.00,201.00", 201, "The stated total is 201.00; the accepted rows differ"),
        ("Total,,,,,,200.00", 200, "The stated total 200.00 is that of the accepted rows"),
        # Where it is left blank, the buckets of the total row are all there is.
        ("Total,,100.00,50.00,-20.00,71.00,", 201, "The stated total is 201.00; the accepted rows differ"),
    ],
)
def test_the_total_that_a_summary_states_is_told_from_that_of_its_rows(
    tmp_path: Path, total: str, stated: int, said: str
) -> None:
    export = tmp_path / "aging.csv"
    export.write_text(SUMMARY[: SUMMARY.index("Total,,")] + total + "\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["import", str(export)], env={"FIRSTPAID_HOME": str(tmp_path / "home")})
    assert result.exit_code == 0 and f"\n  {said}" in result.output, result.output
    (report,) = imports_store.list_imports(Settings(home=tmp_path / "home"))
    assert (report.accepted_total, report.control_total) == ("200.00", f"{stated}.00")


def test_each_stated_total_is_said_once_with_its_currency(tmp_path: Path) -> None:
    export = tmp_path / "aging.csv"
    export.write_text(
        "Customer,Currency,Current,1-30,Total\nAlder,CNY,100.00,20.00,120.00\nBirch,USD,10.00,2.00,12.00\n"
        "Total,CNY,100.00,20.00,120.00\nTotal,USD,10.00,2.00,13.00\n",
        encoding="utf-8",
    )
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"control_total": "140"}', encoding="utf-8")
    said = CliRunner().invoke(
        main, ["import", str(export), "--mapping", str(mapping)], env={"FIRSTPAID_HOME": str(tmp_path / "home")}
    )
    assert [line.strip() for line in said.output.splitlines() if "stated total" in line] == [
        "The stated total CNY 120.00 is that of the accepted rows",
        "The stated total is USD 13.00; the accepted rows differ from it by -1.00",
        "The stated total is 140.00 (all currencies added up); the accepted rows differ from it by -8.00",
    ], said.output


CURRENCIES = """Customer,Currency,Current,1-30
Alder,CNY,100.00,20.00
Birch,USD,10.005,2.00
"""


@pytest.mark.parametrize(
    ("change", "off"),
    [
        ("select 1", []),
        # The sum over both currencies stays.
        ("update fct_aged_summary set open_doc = open_doc + case currency when 'CNY' then 1 else -1 end", [
            ("CNY", 120, 122), ("USD", Decimal("12.005"), Decimal("10.005")),
        ]),
        ("delete from fct_aged_summary where currency = 'USD'", [("USD", Decimal("12.005"), 0)]),
        ("update fct_aged_summary set currency = 'EUR' where currency = 'USD'", [
            ("EUR", 0, Decimal("12.005")), ("USD", Decimal("12.005"), 0),
        ]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("named", [True, False])
def test_the_balances_of_each_currency_are_those_accepted(
    tmp_path: Path, change: str, off: list[tuple[object, ...]], named: bool
) -> None:
    """Where some rows name no currency only the sum of all can be held against what was accepted."""
    rates = "Currency,Rate Date,Rate\nUSD,2026-01-01,7\n"
    files = {"aging": CURRENCIES if named else CURRENCIES.replace(",CNY,", ",,"), "rates": rates}
    with built(tmp_path, "2026-03-31", files) as con:
        (path,) = con.execute("select path from duckdb_databases() where not internal").fetchall()[0]
    shutil.copy(path, tmp_path / "changed.duckdb")
    with duckdb.connect(str(tmp_path / "changed.duckdb")) as con:
        con.execute(change)
        found = con.execute(checks.statement("summaries_tie_out") + " order by currency").fetchall()
    if named:
        assert [row[1:] for row in found] == off
    else:
        assert [row[1:] for row in found] == ([("", Decimal("132.005"), 120)] if "delete" in change else [])


def test_a_summary_whose_blank_currencies_were_another_base_currency_still_ties_out(tmp_path: Path) -> None:
    """One total was kept for both, in the currency that the books were in."""
    text = CURRENCIES.replace(",USD,", ",,")
    rates = "Currency,Rate Date,Rate\nCNY,2026-01-01,0.14\n"
    home = Settings(home=tmp_path / "warehouse")
    for name, content in {"aging": text, "rates": rates}.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        import_file(tmp_path / f"{name}.csv", home)
    publish.build(home.model_copy(update={"base_currency": "USD"}), score=no_risk)
    with duckdb.connect(str(builds.current(home)), read_only=True) as con:
        assert checks.run(con) == []
        found = con.execute("select currency, sum(open_doc) from fct_aged_summary group by 1 order by 1").fetchall()
    assert found == [("CNY", 120), ("USD", Decimal("12.005"))]
