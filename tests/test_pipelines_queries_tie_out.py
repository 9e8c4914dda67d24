"""The tie-out: the same balance counted several ways, the rows where a build was damaged, and the exports' totals."""

import datetime as dt
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines import i18n
from pipelines.importing.imports import import_file
from pipelines.reporting import exports, queries, queries_aging, queries_balances, queries_calls, queries_tie_out
from pipelines.reporting.queries import Scope
from pipelines.reporting.queries_imports import stated_totals
from pipelines.reporting.queries_tie_out import tie_out, tie_out_rows
from pipelines.settings import Settings
from tests.small_ledgers import INVOICES, RECEIPTS, built

LEDGER = {
    "invoices": f"""{INVOICES}
        A,C1,2025-01-01,2025-01-31,1000,R1
        B,C1,2025-02-10,2025-03-10,500,R2
        S,C2,2025-02-10,2025-03-10,0.004,R2
        C,C2,2025-03-05,2025-03-05,80,R2""",
    "receipts": f"""{RECEIPTS}
        P1,A,2025-02-05,400,payment
        P5,,2025-04-01,70,payment""",
}


def damaged(tmp_path: Path, *statements: str) -> duckdb.DuckDBPyConnection:
    """The build of LEDGER with its stored tables changed behind its back."""
    with built(tmp_path, "2025-04-30", LEDGER) as con:
        (path,) = con.execute("select path from duckdb_databases() where not internal").fetchall()[0]
    shutil.copy(path, tmp_path / "damaged.duckdb")
    broken = duckdb.connect(str(tmp_path / "damaged.duckdb"))
    for statement in statements:
        broken.execute(statement)
    return broken


def test_every_count_of_the_balance_agrees(tmp_path: Path) -> None:
    """What is open by less than a cent is in none of them and is named."""
    con = built(tmp_path, "2025-04-30", LEDGER)
    found = tie_out(con, Scope())
    assert found.amounts == dict.fromkeys(("open_items", "buckets", "ledger"), 1110)
    assert (found.residue, found.differences) == (Decimal("0.004"), {})
    assert tie_out(con, Scope(reps=("R2",))).amounts["ledger"] == 580
    assert tie_out(con, Scope(reps=("R2",)), None, ("main", "C1")).amounts["ledger"] == 500
    assert tie_out(con, Scope(), None, ("main", "C1")).amounts["open_items"] == 1100
    assert tie_out_rows(con, Scope()).empty


def test_a_customer_out_of_scope_stays_out(tmp_path: Path) -> None:
    con = built(tmp_path, "2025-04-30", LEDGER)
    assert set(tie_out(con, Scope(entities=("other",)), None, ("main", "C1")).amounts.values()) == {0}


@pytest.mark.parametrize(("day", "open_base"), [("2025-01-31", 1000), ("2025-02-09", 600), ("2025-02-10", 1100)])
def test_the_balance_of_any_day_is_counted_twice(tmp_path: Path, day: str, open_base: int) -> None:
    con = built(tmp_path, "2025-04-30", LEDGER)
    found = tie_out(con, Scope(), dt.date.fromisoformat(day))
    assert found.amounts == {"buckets": open_base, "ledger": open_base}
    assert tie_out_rows(con, Scope(), dt.date.fromisoformat(day)).empty


def test_the_sample_ties_out_on_any_day_within_any_scope(sample_warehouse: Path) -> None:
    build = queries.published(Settings(home=sample_warehouse))
    assert build is not None
    with queries.open_build(build) as con:
        rep = queries_calls.reps(con, Scope())["rep"][0]
        for scope in (Scope(), Scope(reps=(rep,))):
            assert tie_out(con, scope).showing(queries_balances.balances(con, scope)["outstanding"]).differences == {}
            for day in (build.as_of, dt.date(2025, 2, 17), dt.date(2024, 6, 30)):
                buckets = queries_aging.aging_at(con, scope, day)["open_base"].sum()
                assert tie_out(con, scope, day).showing(buckets).differences == {}
                assert buckets > 0


def test_an_item_that_parts_from_its_movements_is_named(tmp_path: Path) -> None:
    con = damaged(tmp_path, "update fct_open_items set open_base = open_base + 7 where invoice_id = 'B'")
    found = tie_out(con, Scope())
    assert found.differences == {"buckets": -7, "ledger": -7}
    rows = tie_out_rows(con, Scope())
    named = rows[["measure", "customer_id", "open_base", "counted_base", "difference"]].values.tolist()
    assert named == [["ledger", "C1", 507, 500, -7], ["buckets", "C1", 1107, 1100, -7]]
    assert rows["invoice_id"].dropna().tolist() == ["B"]


def test_an_item_that_is_missing_and_a_bucket_that_is_off_are_named(tmp_path: Path) -> None:
    """P5 is money on account; the widest gap comes first and `top` cuts the list but not the count."""
    con = damaged(
        tmp_path,
        "delete from fct_open_items where invoice_id = 'P5'",
        "update fct_aging set open_base = open_base - 1 where customer_id = 'C2'",
    )
    rows = tie_out_rows(con, Scope())
    assert rows[["measure", "invoice_id", "difference"]].fillna("").values.tolist() == [
        ["ledger", "P5", -70], ["buckets", "", -70], ["buckets", "", -1],
    ]  # fmt: skip
    assert tie_out_rows(con, Scope(), None, None, 1)["whole"].tolist() == [3]
    assert tie_out(con, Scope()).showing(1180).differences == {"buckets": -71, "ledger": -70}


def test_an_exported_table_of_balances_says_whether_it_ties_out(tmp_path: Path) -> None:
    con = damaged(tmp_path, "update fct_aging set open_base = open_base - 1 where customer_id = 'C2'")
    amounts = {"cents_open_items": 1110, "cents_buckets": 1109, "cents_ledger": 1110}
    assert exports.tied_out(con, "fct_aging") == [("cli.export_differs", {**amounts, "cents_shown": 1109})]
    assert exports.tied_out(con, "fct_promises") == []
    for language in i18n.LANGUAGES:
        assert "1,109.00" in i18n.translate(language, "cli.export_differs", **amounts, cents_shown=Decimal(1109))


def test_the_totals_of_the_exports_are_held_against_what_was_accepted(tmp_path: Path) -> None:
    """A row without an amount is rejected, so the total of that file is not met by it; a total may be typed as well."""
    header = "客户编码,单据编号,单据日期,到期日,金额\n"
    texts = {
        "met": header + "C1,A,2025-01-01,2025-01-31,10\n合计,,,,10\n",
        "off": header + "C1,B,2025-01-01,2025-01-31,20\nC1,D,2025-01-01,2025-01-31,十五元?\n合计,,,,35.5\n",
        "without": header + "C1,E,2025-01-01,2025-01-31,1\n",
    }
    settings = Settings(home=tmp_path / "warehouse")
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        import_file(tmp_path / f"{name}.csv", settings)
    (tmp_path / "typed.csv").write_text(header + "C1,F,2025-01-01,2025-01-31,4\n", encoding="utf-8")
    import_file(tmp_path / "typed.csv", settings, mapping={"control_total": "5"})
    con = built(tmp_path, "2025-01-31", {})
    found = stated_totals(con)
    assert found is not None
    shown = found[["file_name", "control_total", "difference_doc", "rows_not_accepted"]].values.tolist()
    assert shown == [["off.csv", 35.5, -15.5, 1], ["typed.csv", 5, -1, 0], ["met.csv", 10, 0, 0]]
    assert tie_out(con, Scope()).amounts["ledger"] == 35


def test_a_build_that_kept_no_totals_says_that_it_does_not_know_them(tmp_path: Path) -> None:
    assert stated_totals(damaged(tmp_path, "drop table import_totals")) is None


def test_what_customers_paid_too_much_is_counted_customer_by_customer(tmp_path: Path) -> None:
    con = built(
        tmp_path,
        "2025-04-30",
        {
            "invoices": f"{INVOICES}\nA,C1,2025-01-01,2025-01-31,100,R1\nB,C2,2025-01-01,2025-01-31,50,R1",
            "receipts": f"{RECEIPTS}\nP1,A,2025-02-05,130,payment\nP2,B,2025-02-05,20,payment",
        },
    )
    assert queries_tie_out.in_favour(con, Scope()) == 30
