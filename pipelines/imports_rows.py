"""Typed rows and rejected rows of one export, written as Parquet: every row read ends up in one of the two files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from pipelines.canonical import KINDS
from pipelines.imports_plan import ColumnPlan, Plan
from pipelines.mapping import Mapping

# A row is set aside, not at fault, for these reasons.
SET_ASIDE = ("total_row", "heading_row", "footer_row", "repeated_header", "comment_row", "duplicate_row", "zero_amount")
IDENTITY = {
    "invoices": ("customer_id", "customer_name", "invoice_id", "issue_date"),
    "receipts": ("receipt_id", "customer_id", "invoice_id", "paid_on"),
    "customers": ("customer_id", "customer_name"),
    "fx_rates": ("currency", "rate_date"),
}
_KEYS = {
    "invoices": ("entity_id", "invoice_id", "coalesce(instalment_no, 1)"),
    "customers": ("entity_id", "customer_id"),
    "fx_rates": ("currency", "rate_date"),
    "receipts": ("receipt_id", "invoice_id", "coalesce(instalment_no, 1)", "paid_on", "kind"),
}
_TOTAL = (
    r"((grand|sub|net|report|overall|running|page|invoice|customer|account|balance)?[ -]*totals?([ :：-].*)?"
    r"|.*[^a-z](sub)?total:?|percent(age)? of total|sum:?|balance due"
    r"|.*(小计|合计|总计|共计|累计|总和)[:：]?|(小计|合计|总计|本页|共计|累计)[ :：(（].*"
    r"|.*(合計|小計|総計|合计额)[:：]?|.*(합계|소계|총계|누계)[:：]?"
    r"|(gesamt|summe|zwischensumme|endsumme)[a-zü]*([ :].*)?|.* (summe|gesamt)|soma([ :].*)?|total geral)"
)
_GRAND = r"((grand|report|overall) ?total:?|totals?:?|总计[:：]?|合计[:：]?|総合計|総計|合計|총계|합계|gesamt(summe)?|endsumme|total geral)"


@dataclass(frozen=True)
class Written:
    """What came of the rows of one export."""

    accepted: int
    rejected: int
    set_aside: int
    control_total: Decimal | None
    notes: list[dict[str, object]]


def write_rows(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    mapping: Mapping,
    import_id: str,
    file_name: str,
    folder: Path,
    labels: Sequence[str],
    cells: Callable[[], str],
) -> Written:
    """Write `rows.parquet` and `rejected.parquet` into `folder` from the loaded table `raw`; `cells()` names a table of the cells as written."""
    _create_values(con, plan, mapping)
    rows, rejected = folder / "rows.parquet", folder / "rejected.parquet"
    select = f"select {_literal(import_id)} as import_id, line_no, {', '.join(c.name for c in KINDS[mapping.kind])} from valued"
    accepted = _copy(con, f"{select} where fault is null", rows)
    (loaded,) = _one(con, "select count(*) from raw")
    _create_rejected(con)
    control = None
    if accepted < loaded:
        control = _set_aside_and_reject(con, plan, mapping, labels, cells())
    if _find_duplicates(con, mapping.kind, plan, rows, cells):
        accepted = _copy(
            con,
            f"{select} v where fault is null and not exists (select 1 from doubles d where d.line_no = v.line_no and not d.kept)",
            rows,
        )
    con.execute(
        f"""copy (select {_literal(import_id)} as import_id, {_literal(file_name)} as file_name, line_no, column_name, value, reason, raw
                  from rejected order by line_no) to {_literal(str(rejected))} (format parquet)"""
    )
    total, set_aside = _one(
        con, f"select count(*), count(*) filter (json_extract_string(reason, '$.code') in {SET_ASIDE}) from rejected"
    )
    return Written(accepted, total, set_aside, control, plan.notes + _notes(con, mapping, plan, rows))


def _create_values(con: duckdb.DuckDBPyConnection, plan: Plan, mapping: Mapping) -> None:
    """The view `valued`: line_no, every canonical column, and the code of the first fault with its column."""
    columns = plan.columns
    values = ", ".join(f"{p.value} as {p.name}" for p in columns.values())
    checks = ["case when extra is not null then 'too_many_cells|' end"]
    checks += [f"{p.fault} || '|{p.name}'" for p in columns.values() if p.fault != "null"]
    joins = " ".join(p.join for p in columns.values() if p.join)
    con.execute(
        f"""create or replace temp view parsed as
            select line_no, {values}, coalesce({", ".join(checks)}, null) as parse_fault from raw {joins}"""
    )
    derived = {name: name for name in columns}
    if "customer_name" in columns and columns["customer_name"].source:
        derived["customer_id"] = "coalesce(customer_id, customer_name)"
    if mapping.kind == "invoices":
        if columns["amount"].source is None:
            derived["amount"] = "open_amount"
        elif columns["open_amount"].source is None and columns["paid_amount"].source is not None:
            derived["open_amount"] = "cast(amount - coalesce(paid_amount, 0) as decimal(18,4))"
        derived["doc_type"] = (
            "case when doc_type is null and (amount < 0 or open_amount < 0) then 'credit_note' else doc_type end"
        )
    selected = ", ".join(
        f"{sql} as {name}" for name, sql in derived.items() if name in {c.name for c in KINDS[mapping.kind]}
    )
    lacking = [f"when {c.name} is null then 'missing_value|{c.name}'" for c in KINDS[mapping.kind] if c.required]
    rules = ["when amount = 0 then 'zero_amount|amount'"] if mapping.kind == "receipts" else []
    if mapping.kind == "customers":
        rules.append(f"when regexp_full_match(lower(customer_id), '{_GRAND}') then 'total_row|customer_id'")
    if mapping.kind == "fx_rates":
        rules.append("when rate_to_base <= 0 then 'rate_not_positive|rate_to_base'")
    con.execute(
        f"""create or replace temp view valued as
            select *, case when parse_fault is not null then parse_fault {" ".join(lacking + rules)} end as fault
            from (select line_no, {selected}, parse_fault from parsed)"""
    )


def _create_rejected(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create or replace temp table rejected (line_no bigint, column_name varchar, value varchar, reason varchar, raw varchar)"
    )


def _set_aside_and_reject(
    con: duckdb.DuckDBPyConnection, plan: Plan, mapping: Mapping, labels: Sequence[str], written: str
) -> Decimal | None:
    """Fill `rejected` with every row that is not accepted; totals, headings and the like by what they are. Returns the control total."""
    cells = [f"r.c{i}" for i in range(len(labels))]
    identity = [f"r.c{s.index}" for n in IDENTITY[mapping.kind] if (s := mapping.columns.get(n))]
    money = "amount" if "amount" in plan.columns else "null::decimal(18,4)"
    con.execute(
        f"""create or replace temp table bad as
            select v.line_no, v.fault, {money} as amount, list_filter([{", ".join(cells)}], lambda x: trim(x) <> '') as cells,
                concat_ws(' | ', {", ".join(f"coalesce({c}, '')" for c in cells)}, r.extra) as raw_text,
                {" + ".join(f"coalesce(cast({_is_identity(c)} as integer), 0)" for c in identity) or "0"} as identities,
                {_value_case(plan)} as value
            from valued v join {written} r on r.line_no = v.line_no where v.fault is not null"""
    )
    con.execute("delete from bad where len(cells) = 0")
    shown = "|".join(label.strip() for label in labels if label.strip())
    (last,) = _one(con, "select coalesce(max(line_no), 0) from valued where fault is null")
    total = f"len(list_filter(cells, lambda x: regexp_full_match(lower(trim(x)), '{_TOTAL}'))) > 0 and identities = 0"
    prose = "len(cells) = 1 and (contains(trim(cells[1]), ' ') or not regexp_matches(cells[1], '[0-9]'))"
    names = (
        "case split_part(fault, '|', 2) "
        + " ".join(f"when {_literal(p.name)} then {_literal(p.label)}" for p in plan.columns.values())
        + " else '' end"
    )
    con.execute(
        f"""insert into rejected
            with named as (
                select *, {names} as column_name,
                    case when {total} then 'total_row'
                        when array_to_string(list_transform(cells, lambda x: trim(x)), '|') = {_literal(shown)} then 'repeated_header'
                        when starts_with(trim(cells[1]), '#') then 'comment_row'
                        when {prose} and line_no > {last} then 'footer_row'
                        when {prose} then 'heading_row'
                        else split_part(fault, '|', 1) end as code
                from bad
            )
            select line_no, case when code in ('repeated_header', 'comment_row', 'footer_row', 'heading_row') then null else column_name end,
                case when code in ('total_row', 'repeated_header', 'comment_row', 'footer_row', 'heading_row') then cells[1] else value end,
                to_json({{'code': code, 'column': column_name}}), raw_text
            from named"""
    )
    return _control_total(con)


def _is_identity(column: str) -> str:
    """Whether an identifying cell holds something else than a word for a total."""
    return f"({column} is not null and not regexp_full_match(lower(trim({column})), '{_TOTAL}'))"


def _value_case(plan: Plan) -> str:
    whens = " ".join(f"when {_literal(p.name)} then {_source_text(p)}" for p in plan.columns.values() if p.source)
    return f"case split_part(v.fault, '|', 2) when '' then r.extra {whens} end"


def _source_text(plan: ColumnPlan) -> str:
    assert plan.source is not None
    return f"r.c{plan.source.index}"


def _control_total(con: duckdb.DuckDBPyConnection) -> Decimal | None:
    """The file's own total: its grand total, else its only total row with an amount."""
    rows = con.execute(
        f"""select b.amount, len(list_filter(b.cells, lambda x: regexp_full_match(lower(trim(x)), '{_GRAND}'))) > 0
            from bad b join rejected r on r.line_no = b.line_no
            where json_extract_string(r.reason, '$.code') = 'total_row' and b.amount is not null order by b.line_no"""
    ).fetchall()
    grand = [amount for amount, is_grand in rows if is_grand]
    return Decimal(grand[-1]) if grand else Decimal(rows[0][0]) if len(rows) == 1 else None


def _find_duplicates(
    con: duckdb.DuckDBPyConnection, kind: str, plan: Plan, rows: Path, written: Callable[[], str]
) -> bool:
    """Fill `doubles` (line_no, kept) and `rejected` for accepted rows with the same key; whether there are any."""
    if kind == "receipts" and plan.columns["receipt_id"].source is None:
        return False
    parts = [
        k for k in _KEYS[kind] if (name := re.sub(r"coalesce\((\w+), 1\)", r"\1", k)) and plan.columns[name].source
    ]
    file, key = f"read_parquet({_literal(str(rows))})", ", ".join(parts)
    where = "where receipt_id is not null" if kind == "receipts" else ""
    (count, different) = _one(con, f"select count(*), count(distinct hash({key})) from {file} {where}")
    if count == different:
        return False
    content = ", ".join(f"coalesce(cast({c.name} as varchar), '')" for c in KINDS[kind])
    con.execute(
        f"""create or replace temp table doubles as
            with keyed as (select line_no, row({key}) as key, concat_ws('\x1f', {content}) as content from {file} {where}),
            several as (select key, min(line_no) as first_line, count(distinct content) as contents, string_agg(line_no, ', ' order by line_no) as lines
                        from keyed group by key having count(*) > 1)
            select k.line_no, k.line_no = s.first_line and s.contents = 1 as kept, s.first_line, s.contents, s.lines
            from keyed k join several s on s.key = k.key"""
    )
    name = {"invoices": "invoice_id", "receipts": "receipt_id", "customers": "customer_id", "fx_rates": "currency"}[
        kind
    ]
    plan_column = plan.columns[name]
    text = _source_text(plan_column) if plan_column.source else "null"
    cells = ", ".join(f"coalesce({n}, '')" for n in _cell_names(con))
    con.execute(
        f"""insert into rejected
            select d.line_no, {_literal(plan_column.label)}, {text},
                case when d.contents = 1 then to_json({{'code': 'duplicate_row', 'line': d.first_line}})
                     else to_json({{'code': 'conflicting_rows', 'lines': d.lines}}) end,
                concat_ws(' | ', {cells})
            from doubles d join {written()} r on r.line_no = d.line_no where not d.kept"""
    )
    return True


def _notes(con: duckdb.DuckDBPyConnection, mapping: Mapping, plan: Plan, rows: Path) -> list[dict[str, object]]:
    """What was done by rule to accepted rows, with how many it was done to."""
    notes: list[dict[str, object]] = []
    columns, file = plan.columns, f"read_parquet({_literal(str(rows))})"
    if mapping.kind == "invoices":
        if columns["amount"].source is None:
            notes.append({"code": "amount_from_open"})
        if columns["doc_type"].source is None:
            (credits,) = _one(con, f"select count(*) from {file} where doc_type = 'credit_note'")
            if credits:
                notes.append({"code": "negative_is_credit", "rows": credits})
        if columns["due_date"].source is not None:
            (blank,) = _one(con, f"select count(*) from {file} where due_date is null")
            if blank:
                notes.append({"code": "due_date_blank", "rows": blank})
        if columns["open_amount"].source is None and columns["paid_amount"].source is not None:
            notes.append({"code": "open_from_paid"})
    if "customer_name" in columns and columns["customer_id"].source is None and columns["customer_name"].source:
        notes.append({"code": "name_is_id"})
    return notes


def _cell_names(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [f"r.{name}" for name, *_ in con.execute("describe raw").fetchall() if name not in ("line_no", "extra")]


def _copy(con: duckdb.DuckDBPyConnection, sql: str, path: Path) -> int:
    (count,) = _one(con, f"copy ({sql}) to {_literal(str(path))} (format parquet)")
    return count


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    return con.execute(sql).fetchone() or (0,)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
