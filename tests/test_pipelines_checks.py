"""Every identity finds the one figure that breaks it."""

import datetime as dt
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.building import checks
from tests.small_ledgers import INVOICES, RECEIPTS, built

BOOK = {
    "invoices": f"""{INVOICES}
        A-1,C1,2025-01-10,2025-02-10,1000.00,Wang
        A-2,C1,2025-02-15,2025-03-15,600.00,Wang
        B-1,C2,2025-01-20,2025-02-20,800.00,Li
        B-2,C2,2025-03-05,2025-04-05,250.00,Li""",
    "receipts": f"""{RECEIPTS}
        R-1,A-1,2025-02-20,400.00,payment
        R-2,B-1,2025-03-01,800.00,payment""",
    "aging": """Customer ID,Customer Name,0-30 days,31-60 days,Total
        C9,Ninth Ltd,100.00,50.00,150.00""",
}
ONE_MONTH = "where month_no = 2025 * 12 + 2"
SOLD_MORE = f"update int_movement_months set amount_base = amount_base + 0.01 {ONE_MONTH} and kind = 'sale'"

DAMAGES = {
    "applications_within_instalments": "update int_instalment_balances set open_doc = -open_doc",
    "buckets_add_up": "update fct_aging set open_base = open_base + 1 where customer_id = 'C1'",
    "cash_forecast_adds_up": "update int_cash_weeks set expected_base = expected_base + 1",
    "month_end_is_as_of": "update int_aging_accounts set open_base = open_base + 1",
    "one_row_per_instalment": "insert into int_instalments from int_instalments where invoice_id = 'A-1'",
    "open_items_add_up": "update int_applications set amount_base = amount_base + 0.01",
    "rates_are_known": "update int_instalments set amount_base = null where invoice_id = 'B-2'",
    "receivables_are_aged": f"update int_receivables_desks set current_end_base = current_end_base + 1 {ONE_MONTH}",
    "receivables_roll_forward": SOLD_MORE,
    "rolls_start_from_balances": f"update int_roll_months set amount_base = amount_base + 0.01 {ONE_MONTH}",
    "rows_are_accounted_for": "update imports set rows_accepted = rows_accepted + 1 where kind = 'receipts'",
    "summaries_tie_out": "update fct_aged_summary set open_doc = open_doc + 1",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a build as of a month end with every kind of row that the identities are about."""
    home = tmp_path_factory.mktemp("checks")
    with built(home, "2025-03-31", BOOK):
        pass
    (path,) = (home / "warehouse" / "builds").glob("*.duckdb")
    return path


@pytest.mark.parametrize("name", checks.names())
def test_an_identity_finds_what_breaks_it(book: Path, tmp_path: Path, name: str) -> None:
    damaged = tmp_path / "damaged.duckdb"
    shutil.copyfile(book, damaged)
    with duckdb.connect(str(damaged)) as con:
        assert checks.run(con) == []
        con.execute(DAMAGES[name])
        assert [failure.check for failure in checks.run(con, [name])] == [name]


def test_a_broken_roll_forward_names_month_customer_and_difference(book: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.duckdb"
    shutil.copyfile(book, damaged)
    with duckdb.connect(str(damaged)) as con:
        con.execute(SOLD_MORE)
        found = con.execute(checks.statement("receivables_roll_forward")).fetchall()
    assert [(month, customer, str(difference)) for month, _, customer, difference in found] == [
        (dt.date(2025, 2, 28), "C1", "-0.0100")
    ]
