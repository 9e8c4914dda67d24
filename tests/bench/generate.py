"""A large ledger as two CSV exports, the same bytes each time: 5 years, n invoices and about 1.3 n receipts."""

import datetime as dt
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

FIRST_DAY = dt.date(2020, 1, 1)
AS_OF = dt.date(2024, 12, 31)

# Three rounds of a multiplicative generator: DuckDB's own hash may change between versions, this arithmetic cannot.
RANDOM = """
create macro random(i, salt) as
    (((((i * 48271 + salt * 69621 + 11) % 2147483647) * 16807) % 2147483647) * 48271 % 2147483647) / 2147483647.0
"""

CUSTOMERS = """
create table customers as
select
    customer,
    'C' || lpad(cast(customer as varchar), 7, '0') as customer_id,
    'Customer ' || customer as customer_name,
    'Rep ' || lpad(cast(customer % greatest(5, least(200, $customers // 100)) as varchar), 3, '0') as rep,
    'Region ' || (customer % 7) as region,
    case customer % 4 when 0 then 30 when 1 then 45 when 2 then 60 else 90 end as terms,
    -- Most pay about on time, some weeks late, a few very late.
    cast(140 * random(customer, 1) * random(customer, 2) * random(customer, 3) as integer) - 12 as habit
from range($customers) as t(customer)
"""

INVOICES = """
create table invoices as
select
    i,
    customers.customer_id,
    customers.customer_name,
    'INV-' || lpad(cast(i as varchar), 9, '0') as invoice_id,
    date '2020-01-01' + cast(i * 1827 // $invoices as integer) as issue_date,
    date '2020-01-01' + cast(i * 1827 // $invoices as integer) + customers.terms as due_date,
    cast(round(200 + 40000 * random(i, 4) * random(i, 5), 2) as decimal(18, 2)) as amount,
    customers.rep,
    customers.region,
    customers.habit,
    -- 1 payment for 65 %, 2 for 28 %, 3 for 5 %; 2 % are never paid.
    case
        when random(i, 6) < 0.65 then 1
        when random(i, 6) < 0.93 then 2
        when random(i, 6) < 0.98 then 3
        else 0
    end as payments
from range($invoices) as t(i)
inner join customers on customers.customer = cast(floor(random(i, 7) * $customers) as integer)
order by i
"""

RECEIPTS = """
create table receipts as
with paid as (
    select
        invoices.*,
        part,
        greatest(
            issue_date + 1,
            due_date + habit + cast(floor(25 * random(i * 3 + part, 8) - 12) as integer) + 20 * (part - payments)
        ) as paid_on,
        case
            when part < payments then cast(round(amount / payments, 2) as decimal(18, 2))
            else amount - cast(round(amount / payments, 2) as decimal(18, 2)) * (payments - 1)
        end as paid
    from invoices
    inner join (values (1), (2), (3)) as parts(part) on part <= payments
)
select 'R-' || i || '-' || part as receipt_id, customer_id, paid_on, paid as amount, invoice_id
from paid
where paid_on <= $as_of
order by i, part
"""

EXPORTS = {
    "invoices": """
        select
            customer_id as "Customer ID", customer_name as "Customer Name", invoice_id as "Invoice No",
            issue_date as "Invoice Date", due_date as "Due Date", amount as "Amount", 'CNY' as "Currency",
            rep as "Sales Rep", region as "Region"
        from invoices order by i
    """,
    "receipts": """
        select
            receipt_id as "Receipt No", customer_id as "Customer ID", paid_on as "Payment Date", amount as "Amount",
            'CNY' as "Currency", invoice_id as "Invoice No"
        from receipts
    """,
}

# Documents of the last day, under numbers of their own: what a ledger is given after it was built.
ADDITION = """
    select
        customer_id as "Customer ID", customer_name as "Customer Name",
        'ADD-' || $number || '-' || lpad(cast(i as varchar), 5, '0') as "Invoice No",
        $as_of as "Invoice Date", $as_of + terms as "Due Date",
        cast(round(200 + 40000 * random(i, 4) * random(i, 5), 2) as decimal(18, 2)) as "Amount", 'CNY' as "Currency",
        rep as "Sales Rep", region as "Region"
    from range(10000) as t(i)
    inner join customers on customers.customer = cast(floor(random(10000 * $number + i, 7) * $customers) as integer)
    order by i
"""


@dataclass(frozen=True)
class Ledger:
    """The two files of one size."""

    invoices: Path
    receipts: Path


def ledger_of(folder: Path, invoices: int) -> Ledger:
    """Where the ledger of that many invoices lies, or is to be written."""
    within = folder / f"ledger-{invoices}"
    return Ledger(within / "invoices.csv", within / "receipts.csv")


def write_ledger(folder: Path, invoices: int) -> None:
    """Write the exports of a ledger of that many invoices, unless they are there whole already."""
    folder = ledger_of(folder, invoices).invoices.parent
    if (folder / "whole").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with _book(invoices) as con:
        for statement in (INVOICES, RECEIPTS):
            con.execute(statement, _used(statement, invoices))
        for name, select in EXPORTS.items():
            con.execute(f"copy ({select}) to '{folder / name}.csv' (header)")
    (folder / "whole").touch()


def addition_of(folder: Path, invoices: int, number: int) -> Path:
    """Where the export of 10,000 more invoices lies, or is to be written; each `number` is one of its own."""
    return ledger_of(folder, invoices).invoices.with_name(f"added-{number}.csv")


def write_addition(folder: Path, invoices: int, number: int) -> None:
    """Write an export of 10,000 more invoices to the customers of a ledger."""
    with _book(invoices) as con:
        con.execute(f"create table added as {ADDITION}", _used(ADDITION, invoices) | {"number": number})
        con.execute(f"copy added to '{addition_of(folder, invoices, number)}' (header)")


def _book(invoices: int) -> duckdb.DuckDBPyConnection:
    """A connection with the customers of a ledger of that many invoices."""
    con = duckdb.connect()
    con.execute(RANDOM)
    con.execute(CUSTOMERS, _used(CUSTOMERS, invoices))
    return con


def _used(statement: str, invoices: int) -> dict[str, object]:
    values = {"invoices": invoices, "customers": max(1, invoices // 50), "as_of": AS_OF}
    return {name: value for name, value in values.items() if f"${name}" in statement}


if __name__ == "__main__":
    if len(sys.argv) == 3:
        write_ledger(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        write_addition(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
