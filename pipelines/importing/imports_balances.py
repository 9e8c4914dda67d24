"""Balances beside amounts: what is open of a document, or what an account has come to with it."""

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import duckdb

from pipelines.canonical import MONEY
from pipelines.importing.imports_columns import ColumnPlan, amounts_in
from pipelines.importing.imports_errors import BalanceRuns
from pipelines.importing.imports_plan import Plan
from pipelines.reading.mapping import Mapping
from pipelines.reading.mapping_headers import is_account_balance, is_of_books, is_of_document

_MOSTLY = 0.8  # of the rows a rule must hold for, to be one
_LOOKED = 5_000  # rows looked at for movements in columns that were not understood
_FEWEST = 2  # rows that must follow one another


def settle_balances(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    mapping: Mapping,
    labels: Sequence[str],
    name: str,
    said: Dict[str, Any],
    base: str,
) -> Plan:
    """The plan with amounts received taken for credits where they are, and without a balance that is no open amount.

    What a person said of the columns holds. Raises BalanceRuns.
    """
    stated = (said.get("columns") or {}).keys()
    columns, notes = dict(plan.columns), list(plan.notes)
    has = {n for n, p in columns.items() if p.source}
    if mapping.kind == "aged_summary" and not mapping.buckets and "open_amount" not in stated:
        _refuse_running(con, columns, "open_amount", ("customer_id", "customer_name"), mapping, labels, name)
    if mapping.kind != "invoices":
        return plan
    if {"amount", "status"} <= has and (kept := _reversed(con, columns)):
        text = columns["status"].text
        value = f"case when contains({text}, '红冲') then 'open' else {columns['status'].value} end"
        columns["status"] = replace(columns["status"], value=value)
        notes.append({"code": "reversed_kept", "rows": kept})
    if {"amount", "paid_amount"} <= has and not {"paid_amount", "amount"} & stated and _are_movements(con, columns):
        columns["credit_amount"] = replace(columns["paid_amount"], name="credit_amount")
        columns["paid_amount"] = _without("paid_amount")
        if "open_amount" in has - stated and is_account_balance(columns["open_amount"].label):
            columns["open_amount"] = _without("open_amount")
            has -= {"open_amount"}
    if "open_amount" not in has or "open_amount" in stated:
        return Plan(columns, notes)
    open_label = columns["open_amount"].label
    if "amount" not in has:
        _refuse_running(con, columns, "open_amount", ("customer_id", "customer_name"), mapping, labels, name)
    elif is_account_balance(open_label) and _runs(con, columns):
        columns["open_amount"] = _without("open_amount")
        notes.append({"code": "balance_runs", "column": open_label})
    elif note := _other_currency(con, columns, base):
        columns["open_amount"] = _without("open_amount")
        notes.append(note)
    return Plan(columns, notes)


def _reversed(con: duckdb.DuckDBPyConnection, columns: Dict[str, ColumnPlan]) -> int:
    """How many invoices are marked as reversed, where the negative invoices that reverse them stand beside them."""
    text = columns["status"].text
    marked, negative = con.execute(
        f"""select count(*) filter (contains({text}, '红冲') and status = 'void' and amount > 0),
                count(*) filter (amount < 0 and status is distinct from 'void')
            from ({_query(columns, ("amount", "status"))}) join raw using (line_no)"""
    ).fetchone() or (0, 0)
    return int(marked) if negative else 0


def _without(name: str) -> ColumnPlan:
    return ColumnPlan(name, MONEY, False, f"null::{MONEY}")


def _query(columns: Dict[str, ColumnPlan], names: Sequence[str]) -> str:
    """SQL for line_no and the values of columns, NULL where a column is not there."""
    values = ", ".join(f"{columns[n].value} as {n}" if n in columns else f"null as {n}" for n in names)
    joins = " ".join(columns[n].join for n in names if n in columns and columns[n].join)
    return f"select line_no, {values} from raw {joins}"


def _are_movements(con: duckdb.DuckDBPyConnection, columns: Dict[str, ColumnPlan]) -> bool:
    """Whether no document has both an amount and an amount received, and some have the latter alone."""
    both, received, billed = con.execute(
        f"""select count(*) filter (coalesce(amount, 0) <> 0 and coalesce(paid_amount, 0) <> 0),
                count(*) filter (coalesce(amount, 0) = 0 and paid_amount <> 0 and invoice_id is not null),
                count(*) filter (amount <> 0 and coalesce(paid_amount, 0) = 0)
            from ({_query(columns, ("invoice_id", "issue_date", "amount", "paid_amount"))})
            where issue_date is not null"""
    ).fetchone() or (0, 0, 0)
    return both == 0 and received > 0 and billed > 0


def _runs(con: duckdb.DuckDBPyConnection, columns: Dict[str, ColumnPlan]) -> bool:
    """Whether the balance of a row is that of the row above and its own amount, and cannot be what is open of it."""
    names = ("customer_id", "customer_name", "amount", "open_amount")
    whose = "coalesce(customer_id, customer_name)"
    own = "lag(open_amount) over (partition by whose order by line_no) + amount = open_amount"
    all_ = "lag(open_amount) over (order by line_no) + amount = open_amount"
    rows, beyond, followed, in_all = con.execute(
        f"""with rows as (
                select line_no, cast({whose} as varchar) as whose, amount, open_amount from ({_query(columns, names)})
                where amount <> 0 and open_amount is not null and {whose} is not null),
            chain as (select amount, open_amount, {own} as own, {all_} as every,
                lag(open_amount) over (partition by whose order by line_no) as before from rows)
            select count(*), count(*) filter (open_amount <> 0
                    and (abs(open_amount) > abs(amount) or sign(open_amount) <> sign(amount))),
                count(*) filter (own) >= greatest(1, {_MOSTLY} * count(before)),
                count(*) filter (every) >= greatest(1, {_MOSTLY} * (count(*) - 1))
            from chain"""
    ).fetchone() or (0, 0, False, False)
    return rows >= _FEWEST and beyond > 0 and bool(followed or in_all)


def _other_currency(
    con: duckdb.DuckDBPyConnection, columns: Dict[str, ColumnPlan], base: str
) -> dict[str, object] | None:
    """The note that what is open is in the currency of the books beside amounts in that of the documents, or the like.

    None where both are of one currency: by their headers, or as all documents are in that of the books.
    """
    amount, balance = columns["amount"].label, columns["open_amount"].label
    if is_of_books(amount) == is_of_books(balance):
        return None
    if not {is_of_document(amount), is_of_document(balance)} & {True} and columns["currency"].source is None:
        return None
    if columns["currency"].source is not None:
        query = _query(columns, ("currency",))
        other = con.execute(
            f"select 1 from ({query}) where currency is not null and currency <> ? limit 1", [base]
        ).fetchone()
        if other is None:
            return None
    return {"code": "open_in_other_currency", "column": balance, "amount": amount}


def _refuse_running(
    con: duckdb.DuckDBPyConnection,
    columns: Dict[str, ColumnPlan],
    balance: str,
    whose: Sequence[str],
    mapping: Mapping,
    labels: Sequence[str],
    name: str,
) -> None:
    """Raise BalanceRuns where a balance changes from row to row by what stands in columns that were not understood."""
    source = columns[balance].source if balance in columns else None
    if source is None or not is_account_balance(source.header) or not mapping.unmapped:
        return
    read = {i: amounts_in(con, i) for i, header in enumerate(labels) if header in mapping.unmapped}
    others = [i for i, value in read.items() if value]
    if not others:
        return
    cells = ", ".join(f"abs(coalesce({read[i]}, 0)) as n{i}" for i in others)
    rows = con.execute(
        f"""select coalesce(cast(q.customer_id as varchar), cast(q.customer_name as varchar)) as whose,
                q.{balance}, {", ".join(f"n{i}" for i in others)}
            from ({_query(columns, (*whose, balance))}) q
                join (select line_no, {cells} from raw) using (line_no)
            where q.{balance} is not null and coalesce(q.customer_id, q.customer_name) is not null
            order by line_no limit {_LOOKED}"""
    ).fetchall()
    moved = [i for i in range(len(others)) if any(row[2 + i] for row in rows)]
    steps = [(after[1] - before[1], after[2:]) for before, after in pairwise(rows) if before[0] == after[0]]
    steps = [step for step in steps if step[0]]
    told = [[i for i in moved if cells[i] == abs(change)] for change, cells in steps]
    if len(steps) >= 1 and sum(map(bool, told)) >= max(1, _MOSTLY * len(steps)):
        found = sorted({i for places in told for i in places[:1]})
        raise BalanceRuns(name, source.header, [labels[others[i]] for i in found])
