"""Rows not accepted, each with line, column, value and reason; totals, headings and doubles set aside by rule."""

import json
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_aged import amount_sql
from pipelines.importing.imports_figures import KEYS, amount_text
from pipelines.importing.imports_places import place_sql
from pipelines.importing.imports_plan import Plan
from pipelines.importing.imports_reading import Reading
from pipelines.literals import literal, parquet
from pipelines.reading.mapping import STAND_INS
from pipelines.reading.readers_layout import RULER, TOTAL
from pipelines.reading.readers_raw import SHEET_LINES
from pipelines.reading.values_words import FORMULA_ERROR

# A row is set aside, not at fault, for these reasons.
SET_ASIDE = (
    *("ruler_row", "total_row", "heading_row", "footer_row", "repeated_header", "comment_row"),
    *("duplicate_row", "invoice_line", "zero_amount", "no_balance", "opening_nothing"),
)
_IDENTITY = {
    "invoices": ("customer_id", "customer_name", "invoice_id", "issue_date"),
    "receipts": ("receipt_id", "customer_id", "invoice_id", "paid_on"),
    "customers": ("customer_id", "customer_name"),
    "fx_rates": ("currency", "rate_date"),
    "aged_summary": ("customer_id", "customer_name"),
}
# Faults of a cell that may hold what a spreadsheet writes where a formula has no result.
_NOT_READ = (
    *("missing_value", "date_not_read", "amount_not_read", "amount_unclear", "currency_not_known", "number_not_read"),
    "formula_error",
)
# A balance from before the rows of a ledger, in the words of lower-cased cells.
_OPENING = (
    r"(opening|starting|beginning|previous|prior) balance.*|balance (brought forward|b/?f(wd)?|forward).*|b/f(wd)?"
    r"|(期初|年初|月初|上[年月期])(应收|应收款|应收账款)?(余额|结转|结余|数)?|(前期|前月|前年度)?繰越(残高|額|金額)?|전기이월|이월잔액"
    r"|saldovortrag.*|(anfangs|eröffnungs)(saldo|bestand)|saldo (inicial|anterior)|solde (initial|d.ouverture|reporté)"
    r"|[aà]-nouveaux?|сальдо (начальное|на начало).*|начальное сальдо"
)
_PLAIN_FIGURE = r"-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]{2})?"
_SUMS_TRIED = 500  # rows that may be unnamed sums; with more of them the file is broken in another way
LABELLED = r"[^0-9:：]{1,20}[:：].*"  # 制表人：王芳, Printed on: 1 March
_NUMBER = r"[-+(]?[¥￥$€£]?[-+]?[0-9][0-9.,'' ]*[)]?%?"


def create_rejected(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """create temp table rejected (
            line_no bigint, column_name varchar, value varchar, reason varchar, raw varchar)"""
    )


def reject(reading: Reading, rows: Path) -> None:
    """Fill `rejected` with every row that is not in the Parquet file `rows`; totals and headings by what they are."""
    con, plan, labels = reading.con, reading.plan, reading.layout.labels
    _find_bad(reading)
    (last,) = one(con, f"select coalesce(max(line_no), 0) from {parquet(rows)}")
    names = " ".join(f"when {literal(name)} then {literal(_label(name, plan))}" for name in plan.columns)
    shown = "|".join(label.strip() for label in labels if label.strip())
    figures = f"len(list_filter(cells, lambda x: not regexp_full_match(trim(x), '{_NUMBER}'))) = 0"
    ruler = f"len(list_filter(cells, lambda x: not regexp_full_match(trim(x), '{RULER}'))) = 0"
    alone = "len(cells) = 1 and (contains(trim(cells[1]), ' ') or not regexp_matches(cells[1], '[0-9]'))"
    # A list is signed off below its last row, and its parts are headed, by cells each with its own label.
    labelled = f"len(list_filter(cells, lambda x: not regexp_full_match(trim(x), '{LABELLED}'))) = 0"
    failed = _is_error("value")
    if reading.groups:
        alone = f"len(cells) = 1 and not {figures}"
    _find_sums(reading)
    con.execute(
        f"""insert into rejected
            with named as (
                select *, case split_part(fault, '|', 2) {names} else '' end as column_name,
                    case
                        when {ruler} then 'ruler_row'
                        when named_total then 'total_row'
                        when {str(reading.groups is not None).lower()} and identities = 0 and {figures} then 'total_row'
                        when line_no in (select line_no from sums) then 'total_row'
                        when opening = 0 then 'opening_nothing'
                        when opening is not null or is_opening then 'opening_balance'
                        when array_to_string(list_transform(cells, lambda x: trim(x)), '|') = {literal(shown)}
                            then 'repeated_header'
                        when split_part(fault, '|', 1) in {_NOT_READ} and {failed} then 'formula_error'
                        when starts_with(trim(cells[1]), '#') and not {_is_error("cells[1]")} then 'comment_row'
                        when ({alone} or {labelled}) and line_no > {last} then 'footer_row'
                        when {alone} or {labelled} then 'heading_row'
                        else split_part(fault, '|', 1)
                    end as code
                from bad
            )
            select line_no,
                case when code in ('ruler_row', 'repeated_header', 'comment_row', 'footer_row', 'heading_row') then null
                    else column_name end,
                case when code in ('total_row', 'repeated_header', 'comment_row', 'footer_row', 'heading_row')
                    then cells[1] else value end,
                case when code = 'formula_error'
                        then to_json({{'code': code, 'column': column_name, 'error': trim(value)}})
                    else to_json({{'code': code, 'column': column_name}}) end, raw_text
            from named"""
    )


def _find_sums(reading: Reading) -> None:
    """The table `sums`: rows that name no document and whose amount is the sum of the accepted rows above them.

    Beside figures such a row may hold a currency, or the name of the customer whose rows it adds up.
    """
    con, kind = reading.con, reading.mapping.kind
    con.execute("create temp table sums (line_no bigint)")
    text = f"list_filter(cells, lambda x: not regexp_full_match(trim(x), '{_NUMBER}'))"
    con.execute(
        f"""create temp table candidates as
            select line_no, amount, identities, named_total, {text} as texts
            from bad where amount is not null"""
    )
    many, unnamed, alone = one(
        con,
        """select count(*), count(*) filter (not named_total and identities = 0),
                count(*) filter (not named_total and len(texts) = 1) from candidates""",
    )
    if kind not in ("invoices", "receipts") or many > _SUMS_TRIED:
        return
    if unnamed:
        con.execute(
            f"""insert into sums
                with parts as (
                    select c.line_no, sum(v.amount) as part
                    from valued v asof join candidates c
                        on v.line_no // {SHEET_LINES} = c.line_no // {SHEET_LINES} and v.line_no <= c.line_no
                    where v.fault is null group by c.line_no
                ),
                above as (
                    select c.*, part,
                        sum(part) over (partition by c.line_no // {SHEET_LINES} order by c.line_no) as whole
                    from candidates c left join parts p on p.line_no = c.line_no
                )
                select line_no from above
                where identities = 0 and amount in (part, whole)
                    and (len(texts) = 0 or (len(texts) = 1 and regexp_full_match(trim(texts[1]), '[A-Z]{{3}}')))"""
        )
    if alone:
        named = "customer_name" if kind == "invoices" else "customer_id"
        con.execute(
            f"""insert into sums
                select line_no from candidates
                where len(texts) = 1 and regexp_replace(trim(texts[1]), ' *[(][0-9]+[)]$', '')
                    in (select {named} from valued where fault is null)"""
        )


def _find_bad(reading: Reading) -> None:
    """The table `bad`: rows with a fault, their cells as written, and how many identifying cells name a document."""
    plan, mapping, con = reading.plan, reading.mapping, reading.con
    cells = [f"r.c{i}" for i in range(len(reading.layout.labels))]
    texts = [s.index for n in _IDENTITY[mapping.kind] if (s := mapping.columns.get(n)) and s.how != "group"]
    named = [f"(trim(r.c{i}) <> '' and not regexp_full_match(lower(trim(r.c{i})), '{TOTAL}'))" for i in texts]
    identities = " + ".join(f"coalesce(cast({n} as integer), 0)" for n in named) or "0"
    amount = "coalesce(amount, open_amount)" if mapping.kind == "invoices" else "null"
    amount = "amount" if mapping.kind == "receipts" else amount
    amount = amount_sql(mapping) if mapping.kind == "aged_summary" else amount
    # What a total says of the amounts, and of what is open, where it stands in the column of either; of a list by age
    # bucket in the column of totals, which its own buckets may belie.
    stated = "amount" if mapping.kind == "invoices" else amount
    if mapping.buckets and "total_amount" in mapping.columns:
        stated = f"coalesce(total_amount, {amount})"
    stated = f"cast({stated} as decimal(18,4)) as stated"
    stated += f", {'open_amount' if mapping.kind == 'invoices' else 'null::decimal(18,4)'} as stated_open"
    whens = " ".join(
        f"when {literal(p.name)} then {_source_text(p.name, plan)}" for p in plan.columns.values() if p.source
    )
    words = f"len(list_filter(cells, lambda x: regexp_full_match(lower(trim(x)), '{TOTAL}'))) > 0"
    # A total of one customer names it, and a total of a month its last day: what no total has is a number of its own.
    number = mapping.columns.get("invoice_id") if mapping.kind == "invoices" else None
    unnumbered = f"coalesce(trim(r.c{number.index}), '') = ''" if number else "false"
    currency = "currency" if any(column.name == "currency" for column in KINDS[mapping.kind]) else "null::varchar"
    con.execute(
        f"""create temp table faulty as
            select line_no, fault, cast({amount} as decimal(18,4)) as amount, {stated},
                {currency} as currency from valued
            where fault is not null"""
    )
    con.execute(
        f"""create temp table bad as
            select *, (identities = 0 or unnumbered) and {words} as named_total from (
                select v.line_no, v.fault, v.amount, v.stated, v.stated_open, v.currency,
                    list_filter([{", ".join(cells)}], lambda x: trim(x) <> '') as cells,
                    concat_ws(' | ', {", ".join(f"coalesce({c}, '')" for c in cells)}, r.extra) as raw_text,
                    {identities} as identities, {unnumbered} as unnumbered,
                    case split_part(v.fault, '|', 2) when '' then r.extra {whens} end as value
                from faulty v join {reading.written("select line_no from faulty")} r on r.line_no = v.line_no)"""
    )
    con.execute("delete from bad where len(cells) = 0")
    _find_opening(con, is_ledger=mapping.kind == "invoices")


def _find_opening(con: duckdb.DuckDBPyConnection, *, is_ledger: bool) -> None:
    """Add to `bad` whether a row without a number is a balance from before, and of how much where that is plain."""
    words = f"len(list_filter(cells, lambda x: regexp_full_match(lower(trim(x)), '{_OPENING}'))) > 0"
    figure = f"list_filter(cells, lambda x: regexp_full_match(trim(x), '{_PLAIN_FIGURE}'))[-1]"
    is_credit = "len(list_filter(cells, lambda x: lower(trim(x)) in ('贷', '貸', 'cr', 'cr.'))) > 0"
    con.execute("alter table bad add column is_opening boolean default false")
    con.execute("alter table bad add column opening decimal(18,4)")
    if is_ledger:
        con.execute(f"update bad set is_opening = {words} where fault = 'missing_value|invoice_id' or unnumbered")
        con.execute(
            f"""update bad set opening = coalesce(nullif(amount, 0), try_cast(replace({figure}, ',', '')
                as decimal(18,4)) * case when {is_credit} then -1 else 1 end, amount) where is_opening"""
        )


def opening_balances(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """A note on balances from before that were not taken, with their totals by currency."""
    found = con.execute(
        """select coalesce(currency, ''), sum(opening), count(*) from bad join rejected using (line_no)
            where json_extract_string(reason, '$.code') = 'opening_balance' and opening is not null
            group by all order by all"""
    ).fetchall()
    totals = [amount_text(currency, amount).strip() for currency, amount, _ in found]
    return [{"code": "opening_balances", "rows": sum(n for *_, n in found), "totals": totals}] if found else []


def find_duplicates(reading: Reading, rows: Path) -> None:
    """Fill `dropped` and `rejected` for accepted rows with the same key that are not dropped already.

    Rows that are the same in every column: the first is kept. Rows that differ: none is taken.
    """
    con, kind, plan, sheets = reading.con, reading.mapping.kind, reading.plan, reading.raw.together
    place, first = place_sql(sheets), place_sql(sheets, "d.first_line")
    key = [k for k in KEYS[kind] if plan.columns[k].source or k in ("customer_id", "invoice_id")]
    hashed = ", ".join("coalesce(instalment_no, 1)" if k == "instalment_no" else k for k in key)
    file = parquet(rows)
    where = "where line_no not in (select line_no from dropped)"
    where += " and receipt_id is not null" if kind == "receipts" else ""
    content = ", ".join(f"coalesce(cast({c.name} as varchar), '')" for c in KINDS[kind])
    # Rows of one document that fall due on different days may be its instalments, or one of them is wrong.
    dues = "due_date as due, row(customer_id, issue_date, doc_type) as whose"
    dues = dues if kind == "invoices" else "null as due, null as whose"
    con.execute(
        f"""create temp table doubles as
            with keyed as (
                select line_no, row({hashed}) as key, concat_ws('\x1f', {content}) as content, {dues}
                from {file} {where}
            ),
            several as (
                select key, min(line_no) as first_line, count(distinct content) as contents,
                    string_agg({place}, ', ' order by line_no) as lines,
                    count(distinct due) = count(*) and count(distinct whose) = 1 as are_dues
                from keyed group by key having count(*) > 1
            )
            select k.line_no, k.line_no = s.first_line and s.contents = 1 as kept, s.first_line, s.contents, s.lines,
                s.are_dues
            from keyed k join several s on s.key = k.key"""
    )
    name = {"invoices": "invoice_id", "receipts": "receipt_id", "customers": "customer_id", "fx_rates": "currency"}[
        kind
    ]
    cells = ", ".join(f"coalesce(r.c{i}, '')" for i in range(len(reading.layout.labels)))
    written = reading.written("select line_no from doubles where not kept")
    con.execute(
        f"""insert into rejected
            select d.line_no, {literal(plan.columns[name].label)}, {_source_text(name, plan)},
                case when d.contents = 1 then to_json({{'code': 'duplicate_row', 'line': {first}}})
                    when d.are_dues then to_json({{'code': 'perhaps_instalments', 'lines': d.lines}})
                    else to_json({{'code': 'conflicting_rows', 'lines': d.lines}}) end,
                concat_ws(' | ', {cells})
            from doubles d join {written} r on r.line_no = d.line_no where not d.kept"""
    )
    con.execute("insert into dropped select line_no from doubles where not kept")


def commonest_reason(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The commonest reason among the rejected rows that are at fault, else among all."""
    row = con.execute(
        f"""select reason from rejected group by reason
            order by json_extract_string(reason, '$.code') in {SET_ASIDE}, count(*) desc, reason limit 1"""
    ).fetchone()
    return dict(json.loads(row[0])) if row else {"code": "missing_value", "column": ""}


def _is_error(text: str) -> str:
    """SQL that tells whether a text is what a spreadsheet writes where a formula has no result."""
    return f"coalesce(regexp_full_match(upper(trim({text})), '{FORMULA_ERROR}'), false)"


def _label(name: str, plan: Plan) -> str:
    """The source header of a canonical column, or of the one that stands in for it."""
    stand_in = plan.columns.get(STAND_INS.get(name, ""))
    column = plan.columns[name]
    return stand_in.label if column.source is None and stand_in is not None else column.label


def _source_text(name: str, plan: Plan) -> str:
    """SQL for the source cell of a canonical column, as written."""
    source = plan.columns[name].source
    return "null" if source is None or source.how == "group" else f"r.c{source.index}"


def one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    return con.execute(sql).fetchone() or (0,)
