"""Find what new exports touch of an earlier build: customers, documents and receipt lines, and their imported rows."""

from collections.abc import Collection, Mapping

import duckdb

from pipelines.building import tables
from pipelines.building.renewal import NotPossible
from pipelines.building.worlds import GIVEN

FOLDER = tables.FOLDER / "updates"
# What the new exports name, and which customers differ in more than the documents named: in the order they are made.
NAMED = (
    "upd_numbers",
    "upd_named_invoices",
    "upd_named_receipts",
    "upd_named_rows",
    "upd_in_hand",
    "upd_bill_ends",
    "upd_customers",
    "upd_named_documents",
    "upd_named_lines",
    "upd_whole_names",
    "upd_whole_accounts",
)
# The rows that a build that goes on reads in place of all that were imported.
ROWS_OF = {"raw_invoices": "upd_invoices", "raw_receipts": "upd_receipts", "raw_customers": "upd_customer_rows"}


def find(
    con: duckdb.DuckDBPyConnection,
    parameters: Mapping[str, object],
    entered: Collection[tuple[str, str]],
    most: float,
) -> None:
    """Make the `upd_` tables; raises NotPossible when more than the share `most` of the instalments is touched.

    A customer is touched as a whole where one more document or payment may move its other money, and otherwise in the
    documents that bear a number the new exports name.
    """
    con.execute(f"create table {GIVEN}.main.upd_entered_customers (entity_id VARCHAR, customer_id VARCHAR)")
    if entered:
        con.executemany("insert into upd_entered_customers values (?, ?)", sorted(entered))
    make(con, NAMED, parameters)
    more_payers = 1
    while more_payers:
        make(con, ("upd_customer_keys", "upd_whole_keys"), parameters)
        beside = 1
        while beside:
            make(con, ("upd_whole_lines",), parameters)
            beside = _more(con, "upd_whole_keys", "upd_customers_beside", parameters)
        con.execute("insert into upd_customer_keys from upd_whole_keys except from upd_customer_keys")
        _refuse_too_many(con, most)
        make(con, ("upd_places", *ROWS_OF.values()), parameters)
        # Whoever is said to have paid is touched too, even where the money lies with the customer of the invoice.
        more_payers = _more(con, "upd_customers", "upd_payers", parameters)
    make(con, ("upd_account_keys", "upd_instalment_keys", "upd_line_keys", "upd_item_keys"), parameters)
    _know_keys(con)


def give(con: duckdb.DuckDBPyConnection) -> None:
    """Let the statements of a build read, of the imported rows, the touched ones."""
    for raw, rows in ROWS_OF.items():
        con.execute(f"drop view {GIVEN}.main.{raw}")
        con.execute(f"alter table {GIVEN}.main.{rows} rename to {raw}")


def make(con: duckdb.DuckDBPyConnection, names: Collection[str], parameters: Mapping[str, object]) -> None:
    """Make temporary tables by the statements of these names."""
    for name in names:
        sql = statement(name)
        con.execute(f"create or replace table {GIVEN}.main.{name} as {sql}", tables.used(sql, parameters))


def statement(name: str) -> str:
    """The statement of this name that only a build going on from another uses."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def _more(con: duckdb.DuckDBPyConnection, table: str, name: str, parameters: Mapping[str, object]) -> int:
    """Add the rows of a statement to a table; how many there were."""
    sql = statement(name)
    ((added,),) = con.execute(f"insert into {table} {sql}", tables.used(sql, parameters)).fetchall()
    return int(added)


def _refuse_too_many(con: duckdb.DuckDBPyConnection, most: float) -> None:
    ((touched, total),) = con.execute(
        "select count(*) filter (where customer_key in (select customer_key from upd_customer_keys)), count(*) "
        "from int_instalments"
    ).fetchall()
    if touched > most * total:
        raise NotPossible(f"{touched} of {total} instalments are touched")


def _know_keys(con: duckdb.DuckDBPyConnection) -> None:
    """Let the touched customers and their accounts keep their keys, and new ones be numbered on."""
    # A row that a new export replaces may have been the only one to name its customer.
    con.execute(
        "insert into ref_known_customers by name select accounts.entity_id, accounts.customer_id, "
        "min(accounts.customer_key) as customer_key, min(case when rows.line_no is null then 1 else 0 end) as is_named "
        "from int_accounts as accounts left join upd_named_rows as rows using (entity_id, customer_id) "
        "where customer_key in (select customer_key from upd_whole_keys) group by entity_id, customer_id"
    )
    # Of the others not all rows are read that may say who they are; those that are say nothing else.
    con.execute(
        "insert into ref_known_customers by name select entity_id, customer_id, customer_key, 1 as is_named, "
        "customer_name, rep, region, tax_id from dim_customers where customer_key in "
        "(select customer_key from upd_customer_keys except select customer_key from upd_whole_keys)"
    )
    con.execute(
        "insert into ref_known_accounts select account_key, customer_key, rep, region from int_accounts "
        "where customer_key in (select customer_key from upd_customer_keys)"
    )
    con.execute(
        "update ref_last_keys set customer_key = (select coalesce(max(customer_key), 0) from int_accounts), "
        "account_key = (select coalesce(max(account_key), 0) from int_accounts)"
    )
