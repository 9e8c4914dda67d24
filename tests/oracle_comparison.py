"""The fixed tables of a build beside the oracle's figures: equal to the cent, or the rows that differ."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.oracle import Oracle
from tests.oracle_documents import ZERO
from tests.oracle_figures import aging, dso, month_ends, open_items, receivables

ACCOUNT = "entity_id, customer_id, rep, region"
INVOICES = (
    f"{ACCOUNT}, invoice_id, instalment_no, doc_type, issue_date, due_date, due_basis, currency, "
    "amount_doc, amount_base, disputed"
)
OPEN_ITEMS = (
    f"{ACCOUNT}, invoice_id, instalment_no, doc_type, issue_date, due_date, due_basis, currency, "
    "open_doc, open_base, days_past_due, bucket, ledger_age_days, disputed"
)
SUMS = (
    "opening_base, sales_base, collected_base, credited_base, written_off_base, ar_end_base, overdue_end_base, "
    "current_end_base, unapplied_end_base"
)
DAYS = (
    "dso_simple, dso_countback, is_lower_bound, dso_best_possible, add_days, cei, overdue_ratio, not_computable_reason"
)
# The fixed tables without the keys and import ids that tell two builds of the same rows apart.
TABLES = {
    "fct_invoices": INVOICES,
    "fct_applications": "entity_id, invoice_id, instalment_no, applied_on, kind, basis, amount_doc, amount_base",
    "fct_open_items": OPEN_ITEMS,
    "fct_aging": f"{ACCOUNT}, bucket, items, open_base",
    "fct_aging_monthly": f"month_end, {ACCOUNT}, bucket, items, open_base",
    "fct_receivables_monthly": f"month_end, {ACCOUNT}, {SUMS}",
    "fct_dso_monthly": f"month_end, scope, entity_id, scope_id, ar_end_base, sales_base, {DAYS}",
}


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def contents(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every fixed table as sorted rows."""
    return {table: rows(con, f"select {columns} from {table} order by all") for table, columns in TABLES.items()}


def assert_same(ours: Any, oracles: Any) -> None:
    """Equal sets or dictionaries, saying only what differs."""
    if isinstance(ours, dict):
        ours, oracles = set(ours.items()), set(oracles.items())
    only_ours, only_oracles = sorted(ours - oracles, key=str), sorted(oracles - ours, key=str)
    assert not only_ours and not only_oracles, f"only in the build: {only_ours}\nonly in the oracle: {only_oracles}"


def compare_invoices(con: duckdb.DuckDBPyConnection, oracle: Oracle) -> None:
    found = rows(con, f"select {INVOICES} from fct_invoices")
    expected = {
        (
            *one.account, one.invoice_id, one.instalment, one.doc_type, one.issue, one.due, one.due_basis,
            one.currency, one.amount, one.in_base(one.amount), one.disputed,
        )
        for one in oracle.documents
    }  # fmt: skip
    assert len(found) == len(expected)
    assert_same(set(found), expected)


def compare_applications(con: duckdb.DuckDBPyConnection, oracle: Oracle) -> None:
    """Sums by instalment, day and kind: which of two equal receipts of a day paid what is nobody's concern."""
    key = "entity_id, invoice_id, instalment_no, applied_on, kind"
    found = rows(con, f"select {key}, sum(amount_doc), sum(amount_base) from fct_applications group by {key}")
    expected: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for one in oracle.documents:
        for day, amount, kind, _ in one.applied:
            expected[one.entity, one.invoice_id, one.instalment, day, kind][0] += amount
        for day, amount, kind in one.base_steps():
            expected[one.entity, one.invoice_id, one.instalment, day, kind][1] += amount
    assert_same(
        {row[:5]: row[5:] for row in found if any(row[5:])},
        {key: tuple(amounts) for key, amounts in expected.items() if any(amounts)},
    )


def compare_open_items(con: duckdb.DuckDBPyConnection, oracle: Oracle) -> None:
    found = sorted(rows(con, f"select {OPEN_ITEMS} from fct_open_items"), key=str)
    assert_same(set(found), set(open_items(oracle)))
    assert len(found) == len(open_items(oracle))


def aged(con: duckdb.DuckDBPyConnection) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """(account, bucket) -> open base amount and number of items as of the build's day."""
    return {row[:-2]: row[-2:] for row in rows(con, f"select {ACCOUNT}, bucket, open_base, items from fct_aging")}


def compare_aging(con: duckdb.DuckDBPyConnection, oracle: Oracle, months: int) -> None:
    assert_same(aged(con), aging(oracle, oracle.as_of))
    monthly = rows(con, f"select month_end, {ACCOUNT}, bucket, open_base, items from fct_aging_monthly")
    expected = {
        (end, *key): sums
        for end in month_ends(oracle, months)
        for key, sums in aging(oracle, end).items()
        if end >= oracle.known_from.get(key[:4], end)
    }
    assert_same({row[:-2]: row[-2:] for row in monthly}, expected)


def compare_bills(con: duckdb.DuckDBPyConnection, oracle: Oracle) -> None:
    """The bills and cheques in hand, and that everyone who gave one is a customer."""
    columns = "entity_id, customer_id, bill_number, invoice_id, due_on, currency, amount_doc, amount_base"
    found = rows(con, f"select {columns} from fct_bills_in_hand where basis = 'ledger'")
    assert sorted(found, key=str) == sorted(oracle.bills_in_hand(), key=str)
    named = rows(con, "select entity_id, customer_id from dim_customers where customer_id <> ''")
    assert_same(set(named), oracle.customers())
    assert rows(con, "select count(*) from fct_bills_in_hand anti join dim_customers using (customer_key)") == [(0,)]


def compare_receivables(con: duckdb.DuckDBPyConnection, table: dict[Any, dict[str, Decimal]]) -> None:
    columns = [column.strip().removesuffix("_base") for column in SUMS.split(",")]
    found = rows(con, f"select month_end, {ACCOUNT}, {SUMS} from fct_receivables_monthly")
    expected = {(end, *account): tuple(row[column] for column in columns) for (end, account), row in table.items()}
    assert_same({row[:5]: row[5:] for row in found}, expected)


def compare_dso(con: duckdb.DuckDBPyConnection, expected: dict[tuple[Any, ...], dict[str, Any]]) -> None:
    found = {row[:4]: row[4:] for row in rows(con, f"select {TABLES['fct_dso_monthly']} from fct_dso_monthly")}
    assert_same(set(found), set(expected))
    wrong = [
        (key, name, ours, oracles)
        for key, row in expected.items()
        for (name, oracles), ours in zip(row.items(), found[key], strict=True)
        if not alike(ours, oracles)
    ]
    assert not wrong, f"(key, column, build, oracle): {wrong}"


def alike(ours: Any, theirs: Any) -> bool:
    """Equal, and for days and ratios equal to nine digits."""
    return ours == (pytest.approx(theirs, rel=1e-9, abs=1e-9) if isinstance(theirs, float) else theirs)


def compare(con: duckdb.DuckDBPyConnection, oracle: Oracle, months: int = 60) -> None:
    """Every fixed table of a build; `months` is the length of the history kept."""
    compare_invoices(con, oracle)
    compare_applications(con, oracle)
    compare_open_items(con, oracle)
    compare_aging(con, oracle, months)
    compare_bills(con, oracle)
    table = receivables(oracle, months)
    compare_receivables(con, table)
    compare_dso(con, dso(oracle, table, months))
