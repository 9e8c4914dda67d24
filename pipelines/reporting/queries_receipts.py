"""One receipt line: what it paid and by which rule, what is left on account, and what a person said about it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from pipelines.importing.imports_places import built_file_sql
from pipelines.reading.readers_raw import SHEET_LINES
from pipelines.reporting.queries import Connection, Scope, _frame, _row
from pipelines.reporting.queries_payers import customer_key

# Rules by which money was applied that nobody stated; a person may say otherwise.
AUTOMATIC = ("reference", "settled", "exact", "oldest")


@dataclass(frozen=True)
class ReceiptLine:
    """One line of a receipts export as the build applied it; money is Decimal in the receipt's own currency.

    `kind`: payment, or credit, discount or write_off, with which no money came in. `parts` holds a row per instalment
    paid: invoice_id, instalment_no, due_date (null for a credit note), applied_on, amount_doc, kind, rule, basis.
    `may_direct`: the line states no invoice itself, so a person may say where its money goes. `decision_id` is the
    journal's version that this build followed, None where the rules decided.
    """

    line_key: int
    import_id: str
    line_no: int
    line_shown: int
    file_name: str
    receipt_id: str | None
    entity_id: str
    customer_id: str
    customer_name: str
    paid_on: Any
    method: str | None
    reference: str | None
    currency: str
    amount: Decimal
    on_account: Decimal
    kind: str
    parts: pd.DataFrame
    may_direct: bool
    decision_id: int | None


def line_of(con: Connection, line_key: int) -> tuple[str, int] | None:
    """The import and the line that a line_key of this build stands for; None for what no receipt line stands behind."""
    if line_key <= 0:
        return None
    number, line_no = divmod(line_key, 10_000_000_000)
    found = _row(con, "select import_id from imports where import_no = ?", [number])
    return (found["import_id"], line_no) if found else None


def receipt_line(con: Connection, scope: Scope, import_id: str, line_no: int) -> ReceiptLine | None:
    """The line, or None where the build holds no such line or it lies outside the scope."""
    line = _row(
        con,
        f"""
        select texts.*, {built_file_sql(str(int(line_no)))} as file_name
        from int_receipt_texts as texts
        inner join imports on texts.line_key = imports.import_no * 10000000000 + ?
        where imports.import_id = ?
        """,
        [line_no, import_id],
    )
    if not line:
        return None
    key = line["line_key"]
    parts = _parts(con, key)
    left = _row(
        con,
        "select entity_id, customer_id, currency, -open_doc as left_doc from fct_open_items where item_key = ?",
        [-key],
    )
    payer = left or _row(
        con, "select entity_id, customer_id, currency from fct_applications where line_key = ? limit 1", [key]
    )
    if not payer or customer_key(con, scope, payer["entity_id"], payer["customer_id"]) is None:
        return None
    owner = "select customer_name from dim_customers where entity_id = ? and customer_id = ?"
    named = _row(con, owner, [payer["entity_id"], payer["customer_id"]])
    on_account = left.get("left_doc", Decimal(0))
    applied = _row(con, "select coalesce(sum(amount_doc), 0) as sum from fct_applications where line_key = ?", [key])
    decision = _row(con, "select decision_id from fct_receipt_decisions where line_key = ?", [key])
    rules = set(parts["rule"])
    amount = applied["sum"] + on_account
    return ReceiptLine(
        line_key=key,
        import_id=import_id,
        line_no=line_no,
        line_shown=line_no % SHEET_LINES,
        file_name=line["file_name"],
        receipt_id=line["receipt_id"],
        entity_id=payer["entity_id"],
        customer_id=payer["customer_id"],
        customer_name=named["customer_name"],
        paid_on=line["paid_on"],
        method=line["method"],
        reference=line["reference"],
        currency=payer["currency"],
        amount=amount,
        on_account=on_account,
        kind=str(parts["kind"].iloc[0]) if len(parts) else "payment",
        parts=parts,
        may_direct=not line["states_invoice"] and amount > 0 and rules <= {*AUTOMATIC, "person"},
        decision_id=decision.get("decision_id"),
    )


def _parts(con: Connection, line_key: int) -> pd.DataFrame:
    return _frame(
        con,
        """
        select applications.invoice_id, applications.instalment_no, applications.due_date, applications.applied_on,
            applications.amount_doc, applications.currency, applications.kind, applications.rule, applications.basis
        from fct_applications as applications
        inner join fct_invoices as invoices using (instalment_key)
        where applications.line_key = ?
        order by invoices.due_date, applications.invoice_id, applications.instalment_no
        """,
        [line_key],
    )


def payable(
    con: Connection, scope: Scope, line_key: int, entity_id: str, customer_id: str, currency: str
) -> pd.DataFrame:
    """A payer's instalments that could take money of one of its receipt lines, oldest due first.

    invoice_id, instalment_no, due_date, open_doc: what is open now plus what this very line pays of it.
    """
    condition, values = scope.where("invoices")
    return _frame(
        con,
        f"""
        with paid as (
            select instalment_key, sum(amount_doc) as amount_doc
            from fct_applications
            where line_key = ?
            group by instalment_key
        )
        select invoices.invoice_id, invoices.instalment_no, invoices.due_date,
            invoices.open_doc + coalesce(paid.amount_doc, 0) as open_doc
        from fct_invoices as invoices
        left join paid using (instalment_key)
        where invoices.entity_id = ? and invoices.customer_id = ? and invoices.currency = ? and invoices.amount_doc > 0
            and invoices.open_doc + coalesce(paid.amount_doc, 0) >= 0.01 and {condition}
        order by invoices.due_date, invoices.invoice_id, invoices.instalment_no
        """,
        [line_key, entity_id, customer_id, currency, *values],
    )
