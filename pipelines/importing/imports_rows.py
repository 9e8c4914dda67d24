"""Typed rows and rejected rows of one export, written as Parquet: every row read ends up in one of the two files."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_aged import (
    aged_notes,
    aged_rules,
    columns_beside_buckets,
    nested_names,
    refuse_documents_among_sums,
    unpivot,
)
from pipelines.importing.imports_apart import rows_above, rows_below, set_apart
from pipelines.importing.imports_figures import AMOUNTS, Figures, figures, unusual
from pipelines.importing.imports_lines import add_up_lines
from pipelines.importing.imports_places import sheet_sql
from pipelines.importing.imports_plan import Plan
from pipelines.importing.imports_reading import Reading
from pipelines.importing.imports_rejects import (
    SET_ASIDE,
    commonest_reason,
    create_rejected,
    find_duplicates,
    one,
    opening_balances,
    reject,
)
from pipelines.importing.imports_totals import open_total, sheet_totals, whole_total
from pipelines.literals import literal, parquet
from pipelines.reading.mapping_headers import is_clearing
from pipelines.reading.readers_layout import GRAND_TOTAL
from pipelines.reading.readers_raw import SHEET_LINES

_CREDIT_SIDE = "('h', 'haben', 'c', 'cr', 'cr.', 'credit', '贷', '贷方', '貸', '貸方', '대변', 'k')"
_CREDITED = "coalesce(doc_type, '') in ('credit_note', 'prepayment', 'payment')"
_ON_ACCOUNT = "('On Account', 'on account', 'ON ACCOUNT', 'Advance', 'advance', '预收', '预收款')"
# What a balance from before stands under where the column of numbers holds a word for it.
_OPENING = (
    "('期初余额', '期初', '上年结转', '上期结转', 'Opening Balance', 'Opening balance', 'opening balance', "
    "'OPENING BALANCE', 'Balance b/f', 'Balance B/F', 'Balance brought forward', "
    "'Balance Brought Forward', 'B/F', 'b/f')"
)
# What a day of clearing may be read as, which is said.
_CLEARING = {
    "paid_on": "clearing_as_paid_on",
    "applied_on": "clearing_as_applied_on",
    "cleared_on": "clearing_as_cleared_on",
}


@dataclass(frozen=True)
class Written:
    """What came of the rows of one export; `commonest` is the commonest reason of rejection."""

    accepted: int
    rejected: int
    set_aside: int
    control_total: Decimal | None
    notes: list[dict[str, Any]]
    commonest: dict[str, Any]
    figures: Figures


def write_rows(reading: Reading, import_id: str, file_name: str, folder: Path) -> Written:
    """Write `rows.parquet` and `rejected.parquet` into `folder`. Raises DocumentsAmongSums."""
    con, kind, sheets = reading.con, reading.mapping.kind, reading.raw.together
    _create_values(reading)
    if kind == "aged_summary":
        refuse_documents_among_sums(con, reading.mapping, reading.layout.labels, file_name)
    beside = columns_beside_buckets(con, reading.plan, reading.mapping, reading.layout.labels, file_name)
    create_rejected(con)
    rows, present = folder / "rows.parquet", _present(reading)
    # As an enumeration a text that is the same or missing in every row costs a quarter to write, and reads as any text.
    blank = "null::enum('-')"
    columns = [
        f"{blank} as {c.name}" if c.sql_type == "VARCHAR" and c.name not in present else c.name for c in KINDS[kind]
    ]
    table, same = "unpivoted" if kind == "aged_summary" else "valued", literal(import_id)
    head = f"select {same}::enum({same}) as import_id, line_no"
    accepted = _copy(con, f"{head}, {', '.join(columns)} from {table} where fault is null", rows)
    if kind == "aged_summary":  # one row of the file gives a row per bucket: what is counted are rows of the file
        (accepted,) = one(con, "select count(*) from valued where fault is null")
    (loaded,) = one(con, "select count(*) from raw")
    control, has_faults = None, accepted < loaded
    if has_faults:
        reject(reading, rows)
    con.execute("create temp table dropped (line_no bigint)")
    if has_faults and (apart := set_apart(reading, rows)):
        whole = rows.rename(rows.with_suffix(".whole"))
        _copy(con, f"from {parquet(whole)} where line_no not in (select line_no from dropped)", rows)
        whole.unlink()
        accepted -= apart
    found = figures(con, kind, rows, present)
    added = None
    if found["keys"] != found["different"]:
        con.execute("create temp table settled (line_no bigint, amount decimal(18,4), open_amount decimal(18,4))")
        added = add_up_lines(reading, rows)
        find_duplicates(reading, rows)
        sums = {"amount", "open_amount"} if added else set()
        taken = ", ".join(
            f"coalesce(s.{c.name}, v.{c.name}) as {c.name}" if c.name in sums else column
            for c, column in zip(KINDS[kind], columns, strict=True)
        )
        joined = "left join settled s using (line_no)" if added else ""
        kept = "fault is null and line_no not in (select line_no from dropped)"
        accepted = _copy(con, f"{head}, {taken} from {table} v {joined} where {kept}", rows)
        found = figures(con, kind, rows, present)
    _copy(
        con,
        f"""select {literal(import_id)} as import_id, {literal(file_name)} as file_name, {sheet_sql(sheets)} as sheet,
            line_no % {SHEET_LINES} as line_no, column_name, value, reason, raw
            from rejected order by rejected.line_no""",
        folder / "rejected.parquet",
    )
    aside = f"count(*) filter (json_extract_string(reason, '$.code') in {SET_ASIDE})"
    rejected, set_aside = one(con, f"select count(*), {aside} from rejected")
    notes = [
        *reading.plan.notes,
        *rows_above(reading.raw, reading.layout),
        *(rows_below(con) if has_faults else []),
        *([added] if added else []),
        *(opening_balances(con) if has_faults else []),
        *beside,
        *_notes(reading, found),
        *unusual(con, kind, rows, found, sheets, reading.base_currency),
    ]
    if has_faults:
        currencies = found.of_each(reading.base_currency)
        if sheets:
            control, differences = sheet_totals(con, rows, kind, sheets, currencies)
        elif kind in AMOUNTS:
            control, differences = whole_total(con, rows, kind, currencies, is_grouped=reading.groups is not None)
        else:
            differences = []
        notes += differences
        if not sheets and kind == "invoices" and control is None and not differences:
            notes += open_total(con, rows, currencies)
    commonest = commonest_reason(con) if not accepted else {}
    return Written(accepted, rejected, set_aside, control, notes, commonest, found)


def _create_values(reading: Reading) -> None:
    """The view `valued`: line_no, every canonical column, and the first fault as `code|column`, NULL for a good row."""
    con, plan, kind = reading.con, reading.plan, reading.mapping.kind
    values = ", ".join(f"{p.value} as {p.name}" for p in plan.columns.values())
    checks = ["case when extra is not null then 'too_many_cells|' end"]
    checks += [f"{p.fault} || '|{p.name}'" for p in plan.columns.values() if p.fault != "null"]
    joins = " ".join(p.join for p in plan.columns.values() if p.join)
    con.execute(
        f"""create temp view parsed as
            select line_no, {values}, coalesce({", ".join(checks)}, null) as parse_fault from raw {joins}"""
    )
    all_negative = kind == "receipts" and (one(con, "select max(amount) from parsed")[0] or 0) < 0
    if all_negative:
        plan.notes.append({"code": "receipts_turned"})
    derived = _derived(plan, kind, all_negative)
    if kind == "invoices" and (unsigned := _unsigned(con, plan)):
        plan.notes.append({"code": "credits_without_minus", "rows": unsigned})
        for name in ("amount", "open_amount"):
            value = derived.get(name, name)
            derived[name] = f"case when {_CREDITED} then -abs({value}) else {value} end"
    if kind == "aged_summary":
        derived |= nested_names(con, plan)
    names = [c.name for c in KINDS[kind]] if kind != "aged_summary" else list(plan.columns)
    selected = ", ".join(f"{derived.get(name, name)} as {name}" for name in names)
    rules = [f"when {n} is null then 'missing_value|{n}'" for n, p in plan.columns.items() if p.required]
    if kind == "receipts":
        rules.append("when amount = 0 then 'zero_amount|amount'")
    elif kind == "customers":
        rules.append(f"when regexp_full_match(lower(customer_id), '{GRAND_TOTAL}') then 'total_row|customer_id'")
    elif kind == "aged_summary":
        rules += aged_rules(reading.mapping)
    elif kind == "fx_rates":
        rules.append("when rate_to_base <= 0 then 'rate_not_positive|rate_to_base'")
    con.execute(
        f"""create temp view valued as
            select *, case when parse_fault is not null then parse_fault {" ".join(rules)} end as fault
            from (select line_no, {selected}, parse_fault from parsed)"""
    )
    if kind == "aged_summary":
        unpivot(con, reading.mapping)


def _unsigned(con: duckdb.DuckDBPyConnection, plan: Plan) -> int:
    """How many documents that are credits by their type are written without a minus."""
    has = {name for name, p in plan.columns.items() if p.source}
    if "doc_type" not in has or {"credit_amount", "side"} & has:
        return 0
    return int(one(con, f"select count(*) from parsed where {_CREDITED} and coalesce(amount, open_amount) > 0")[0])


def _derived(plan: Plan, kind: str, all_negative: bool) -> dict[str, str]:
    """Canonical columns that are computed from others where their own is missing, as SQL."""
    columns = plan.columns
    has = {name for name, p in columns.items() if p.source}
    by_age = [name for name in columns if name.startswith("bucket_")]
    derived: dict[str, str] = {}
    if "customer_name" in has:
        derived["customer_id"] = "coalesce(customer_id, customer_name)"
    if kind == "receipts" and all_negative:  # a ledger books money received as a credit
        derived["amount"] = "-amount"
    if kind == "aged_summary" and "open_amount" in has:
        derived |= _signed_balance(has)
    if kind == "fx_rates" and "unit_amount" in has:
        of_one = "when unit_amount > 0 then cast(rate_to_base / unit_amount as decimal(18,8))"
        derived["rate_to_base"] = f"case when unit_amount is null then rate_to_base {of_one} end"
    if kind != "invoices":
        return derived
    if "month_end" in columns:
        by_terms = "cast(last_day(issue_date) + coalesce(terms_days, 0) as date)"
        derived["due_date"] = f"case when due_date is null and month_end then {by_terms} else due_date end"
    if "void_flag" in has:
        derived["status"] = "case when void_flag = 'true' then 'void' else status end"
    own_number = "coalesce(invoice_id, e_invoice_no)" if "e_invoice_no" in has else "invoice_id"
    if by_age:
        some = ", ".join(by_age)
        total = " + ".join(f"coalesce({name}, 0)" for name in by_age)
        derived["open_amount"] = f"case when coalesce({some}) is not null then cast({total} as decimal(18,4)) end"
        derived["amount"] = derived["open_amount"]
    elif "amount" not in has:
        derived["amount"] = "open_amount"
    elif "open_amount" not in has and "paid_amount" in has:
        derived["open_amount"] = "cast(amount - coalesce(paid_amount, 0) as decimal(18,4))"
    if "tax_amount" in has:
        derived["amount"] = "cast(amount + coalesce(tax_amount, 0) as decimal(18,4))"
    if "credit_amount" in has:
        net = "cast(coalesce(amount, 0) - coalesce(credit_amount, 0) as decimal(18,4))"
        derived["amount"] = f"case when coalesce(amount, credit_amount) is not null then {net} end"
    elif "side" in has:  # the sign stands in a column of its own
        for name in ("amount", "open_amount"):
            value = derived.get(name, name)
            derived[name] = f"case when lower(trim(side)) in {_CREDIT_SIDE} then -abs({value}) else {value} end"
    amounts = [derived.get("amount", "amount"), derived.get("open_amount", "open_amount")]
    negative = f"({' or '.join(f'{amount} < 0' for amount in dict.fromkeys(amounts))})"
    # Books put what a customer paid on the credit side; a credit note that says so has a type, or a minus on the other.
    paid = "when doc_type is null and credit_amount <> 0 then 'payment' " if _has_credit_side(has) else ""
    derived["doc_type"] = f"case {paid}when doc_type is null and {negative} then 'credit_note' else doc_type end"
    number = own_number
    if "order_no" in has:  # a credit note without a number of its own goes by its reference
        number = f"case when {own_number} is null and {negative} then order_no else {own_number} end"
    if "doc_type" not in has and "customer_name" in has:  # money on account stands under a word, not a number
        on_account = f"invoice_id in {_ON_ACCOUNT}"
        derived["doc_type"] = f"case when {on_account} then 'prepayment' else {derived['doc_type']} end"
        words = "concat_ws(' ', invoice_id, coalesce(customer_id, customer_name), cast(issue_date as varchar))"
        number = f"case when {on_account} then {words} else {number} end"
    elif "doc_type" in has:  # money on account has no number where lists give each document its type
        words = (
            "concat_ws(' ', coalesce(customer_id, customer_name), cast(issue_date as varchar), cast(amount as varchar))"
        )
        number = (
            f"case when {own_number} is null and doc_type in ('prepayment', 'payment') and {negative} then {words} "
            f"else {number} end"
        )
    # In a list of what is open it is an item of its customer's; elsewhere its documents may be loaded too.
    whose = (
        f"concat_ws(' ', {own_number}, coalesce(customer_id, {'customer_name' if 'customer_name' in has else 'null'}))"
    )
    opening = f"case when {derived.get('open_amount', 'open_amount')} is not null then {whose} end"
    derived["invoice_id"] = f"case when {own_number} in {_OPENING} then {opening} else {number} end"
    return derived


def _has_credit_side(has: set[str]) -> bool:
    """Whether amounts, and not what of them is open, stand in a debit and a credit column."""
    return "credit_amount" in has and "open_amount" not in has


def _signed_balance(has: set[str]) -> dict[str, str]:
    """The balance of a customer whose sign stands in a column of its own, or whose credit balances do."""
    if "credit_amount" in has:
        net = "cast(coalesce(open_amount, 0) - coalesce(credit_amount, 0) as decimal(18,4))"
        return {"open_amount": f"case when coalesce(open_amount, credit_amount) is not null then {net} end"}
    if "side" in has:
        return {
            "open_amount": f"case when lower(trim(side)) in {_CREDIT_SIDE} then -abs(open_amount) else open_amount end"
        }
    return {}


def _notes(reading: Reading, found: Figures) -> list[dict[str, Any]]:
    """What was done by rule to accepted rows, with how many it was done to."""
    con, columns, kind = reading.con, reading.plan.columns, reading.mapping.kind
    has = {name for name, p in columns.items() if p.source}
    notes: list[dict[str, Any]] = []
    if kind == "invoices":
        if reading.mapping.buckets:
            notes.append({"code": "amount_from_buckets"})
        elif "amount" not in has:
            notes.append({"code": "amount_from_open"})
        if "tax_amount" in has:
            label = columns["amount"].label
            notes.append({"code": "tax_added", "amount": label, "tax": columns["tax_amount"].label})
        if "credit_amount" in has:
            notes.append({"code": "credits_in_own_column", "column": columns["credit_amount"].label})
        elif "side" in has:
            notes.append({"code": "sign_in_own_column", "column": columns["side"].label})
        if "doc_type" not in has and found["credits"]:
            notes.append({"code": "negative_is_credit", "rows": found["credits"]})
        if found["negative"]:
            notes.append({"code": "negative_invoice_is_credit", "rows": found["negative"]})
        if found["referred"]:
            notes.append({"code": "reference_is_id", "rows": found["referred"]})
        if "due_date" in has and found["not_due"]:
            notes.append({"code": "due_date_blank", "rows": found["not_due"]})
        if "month_end" in columns:
            (count,) = one(con, "select count(*) from parsed where month_end and due_date is null")
            notes.append({"code": "due_after_month_end", "rows": count, "column": columns["terms_days"].label})
        if "open_amount" not in has and "paid_amount" in has and "amount" in has:
            notes.append({"code": "open_from_paid"})
    if kind == "receipts":
        for name, code in _CLEARING.items():
            source = columns[name].source
            if source and source.how == "synonym" and is_clearing(source.header):
                notes.append({"code": code, "column": source.header})
    if kind == "fx_rates" and "unit_amount" in has:
        notes.append({"code": "rate_of_units", "column": columns["unit_amount"].label})
    if "customer_name" in has and "customer_id" not in has:
        notes.append({"code": "name_is_id"})
    if kind == "aged_summary" and "open_amount" in has and {"credit_amount", "side"} & has:
        label = columns["credit_amount" if "credit_amount" in has else "side"].label
        notes.append({"code": "balance_sign_in_column", "column": label})
    if kind == "aged_summary":
        notes += aged_notes(con, reading.mapping)
    if reading.groups:
        notes.append({"code": "grouped_by_customer"})
    return notes


def _present(reading: Reading) -> set[str]:
    """The canonical columns that some row may fill, from a column of the file or by rule."""
    plan, kind = reading.plan, reading.mapping.kind
    filled = {name for name, p in plan.columns.items() if p.source or p.value != f"null::{p.sql_type}"}
    return filled | set(_derived(plan, kind, False)) | ({"open_amount", "bucket"} if kind == "aged_summary" else set())


def _copy(con: duckdb.DuckDBPyConnection, sql: str, path: Path) -> int:
    """Write a query's rows as Parquet; how many they are."""
    (count,) = one(con, f"copy ({sql}) to {literal(str(path))} (format parquet, parquet_version 'V2')")
    return count
