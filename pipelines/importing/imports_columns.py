"""One column of an export: from its texts to SQL for its value and its fault, with the evidence."""

import datetime as dt
import re
from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.canonical import MONEY, Column
from pipelines.literals import literal
from pipelines.reading import values_dates, values_numbers, values_words
from pipelines.reading.mapping import Mapping, SourceColumn
from pipelines.reading.mapping_headers import currency_beside, is_of_books, is_of_document

_SPACE = "' \t\r\n\u00a0\u3000\ufeff'"
_NOTHING = "('NULL', 'null', 'N/A', 'n/a', 'NA', 'NaN', 'nan', 'None', 'none', '(blank)', '(null)', '-', '--', '—')"
_IDS = ("customer_id", "invoice_id", "receipt_id", "order_no", "parent_id", "tax_id")
# Without them a row would be booked as another's: one that a formula failed to find is a fault.
_TOLD_BY = ("entity_id", "customer_id", "invoice_id", "receipt_id")
WORDS: dict[str, Callable[[str], str | None]] = {
    "doc_type": values_words.by_table("doc_type"),
    "status": values_words.by_table("status"),
    "method": values_words.by_table("method"),
    "kind": values_words.by_table("receipt_kind"),
    "disputed": values_words.by_table("disputed"),
    "void_flag": values_words.by_table("void_flag"),
    "currency": values_words.currency,
    "terms_days": values_words.terms,
    "instalment_no": values_words.whole_number,
}
_DASHES = re.compile(r"\s*[-–—－]{1,2}\s*")  # how books write that nothing is left
_MANY = 100_000  # different dates in a column beyond which they are not looked up one by one
_MUST_BE_KNOWN = {"currency": "currency_not_known", "instalment_no": "number_not_read"}


@dataclass(frozen=True)
class ColumnPlan:
    """One canonical column: SQL for its value, its fault code and its source text, over `raw` and the joins."""

    name: str
    sql_type: str
    required: bool
    value: str
    fault: str = "null"
    text: str = "null"
    join: str = ""
    source: SourceColumn | None = None
    evidence: list[dict[str, object]] = field(default_factory=list)
    unclear: bool = False
    destroyed: bool = False

    @property
    def label(self) -> str:
        return self.source.header if self.source else self.name


@dataclass
class Context:
    """What the date and amount columns of one export tell each other."""

    con: duckdb.DuckDBPyConnection
    options: Dict[str, Any]
    pivot: int
    european: bool
    zone: str
    period: tuple[dt.date, dt.date] | None = None
    orders: dict[str, str | None] = field(default_factory=dict)
    mark: str | None = None
    notes: list[dict[str, object]] = field(default_factory=list)
    unit: int = 1  # what the titles say all amounts are to be multiplied by

    def dates(self, column: Column, source: SourceColumn) -> ColumnPlan:
        text = f"c{source.index}"
        (different,) = self.con.execute(f"select approx_count_distinct({text}) from raw").fetchone() or (0,)
        if different > _MANY and (plain := self._stamps(text)):
            evidence: list[dict[str, object]] = [
                {"code": "date_style", "style": "YYYY-MM-DD hh:mm:ss", "values": plain, "fits": plain}
            ]
            day = f"try_cast(left({text}, 10) as date)"
            fault = f"case when {text} is not null and {day} is null then 'date_not_read' end"
            no_dates = ", ".join(f"date '{each}'" for each in values_dates.NO_DATES)
            value = day if column.required else f"case when {day} not in ({no_dates}) then {day} end"
            return ColumnPlan(column.name, "DATE", column.required, value, fault, text, "", source, evidence)
        counts = dict(
            self.con.execute(f"select {text}, count(*) from raw where {text} is not null group by all").fetchall()
        )
        stated = self.options.get("date_order")
        order = stated.get(column.name) if isinstance(stated, dict) else stated
        period = self.period
        if period and column.name == "due_date":  # what is issued in a period falls due within a year of its beginning
            period = (period[0], period[0] + dt.timedelta(days=364))
        found = values_dates.read_dates(
            counts,
            pivot=self.pivot,
            order=order,
            hints=self.orders,
            zone=self.zone,
            period=period,
            may_be_empty=not column.required,
        )
        if period and any(each["style"] == values_dates.WITHOUT_YEAR for each in found.evidence):
            first, last = map(str, period)
            self.notes.append({"code": "year_from_period", "column": source.header, "first": first, "last": last})
        if found.empty:
            days, rows = ", ".join(map(str, sorted(found.empty))), sum(found.empty.values())
            found.evidence.append({"code": "dates_empty", "column": source.header, "rows": rows, "days": days})
        self.orders.update({shape: o for shape, o in found.orders.items() if o})
        alias = f"m_{column.name}"
        _map_table(self.con, alias, list(counts), found.dates, found.faults, "DATE")
        return ColumnPlan(
            column.name,
            column.sql_type,
            column.required,
            f"{alias}.value",
            f"{alias}.fault",
            text,
            f"left join {alias} on {alias}.text = {text}",
            source,
            found.evidence,
            unclear=found.unclear > 0,
            destroyed=found.total > 0 and found.destroyed >= 0.5 * found.total,
        )

    def _stamps(self, text: str) -> int:
        """How many values there are, where all of them are time stamps."""
        stamp = f"regexp_full_match({text}, '(19[7-9]|20[0-9])[0-9]-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{2}}:[0-9]{{2}}.*')"
        row = self.con.execute(f"select count({text}), count(*) filter ({stamp}) from raw")
        values, stamps = row.fetchone() or (0, 0)
        return int(values) if values == stamps else 0

    def numbers(self, column: Column, source: SourceColumn) -> ColumnPlan:
        text, alias = f"c{source.index}", f"m_{column.name}"
        found = values_numbers.read_numbers(
            self.con,
            text,
            column.sql_type,
            alias,
            mark=self.options.get("decimal"),
            hint=self.mark,
            european=self.european,
        )
        self.mark = self.mark or found.mark
        join = ""
        if found.odd:
            values = {t: value for t, (value, _) in found.odd.items()}
            if column.name == "open_amount" and (dashes := [t for t in values if _DASHES.fullmatch(t)]):
                values |= dict.fromkeys(dashes, Decimal(0))
                found.evidence.append({"code": "number_dash_none"})
            _map_table(
                self.con, alias, list(values), values, {t: f for t, (_, f) in found.odd.items()}, column.sql_type
            )
            join = f"left join {alias} on {alias}.text = {text}"
        factor = values_numbers.unit_of(source.header, self.unit) if column.sql_type == MONEY else 1
        value, fault = found.value, found.fault
        if factor != 1:
            value = f"try_cast(cast(({value}) as decimal(38,4)) * {factor} as {column.sql_type})"
            grown = f"({found.value}) is not null and ({value}) is null"
            fault = f"coalesce({fault}, case when {grown} then 'amount_too_large' end)"
        evidence = found.evidence if factor == 1 else [*found.evidence, {"code": "number_unit", "factor": factor}]
        return ColumnPlan(
            column.name,
            column.sql_type,
            column.required,
            value,
            fault,
            text,
            join,
            source,
            evidence,
            found.unclear,
        )


def word_column(
    con: duckdb.DuckDBPyConnection, column: Column, source: SourceColumn, notes: list[dict[str, object]]
) -> ColumnPlan:
    """A column of words, each distinct word looked up once; unknown ones are noted, or refused if they must be."""
    text, alias, parse = f"c{source.index}", f"m_{column.name}", WORDS[column.name]
    counts = dict(con.execute(f"select {text}, count(*) from raw where {text} is not null group by all").fetchall())
    codes = {
        word: None if values_words.is_blank(word) or values_words.is_formula_error(word) else parse(word)
        for word in counts
    }
    header = source.header.casefold()  # which stands among the values where it is repeated on each page
    unknown = {
        w: n
        for w, n in counts.items()
        if codes[w] is None and not values_words.is_blank(w) and w.strip().casefold() != header
    }
    fault = _MUST_BE_KNOWN.get(column.name)
    if unknown and not fault:
        words = sorted(unknown, key=lambda w: -unknown[w])[:5]
        notes.append({"code": "words_unknown", "column": source.header, "words": words, "rows": sum(unknown.values())})
    as_written = column.sql_type == "VARCHAR" and all(codes[w] == w for w in counts)
    if not as_written:
        _map_table(con, alias, list(counts), codes, dict.fromkeys(unknown, fault) if fault else {}, "VARCHAR")
    shown = [
        {"code": "words_read", "values": sum(counts.values()) - sum(unknown.values()), "all": sum(counts.values())}
    ]
    return ColumnPlan(
        column.name,
        column.sql_type,
        column.required,
        text if as_written else f"cast({alias}.value as {column.sql_type})",
        f"{alias}.fault" if unknown and fault else "null",
        text,
        "" if as_written else f"left join {alias} on {alias}.text = {text}",
        source,
        shown,
    )


def _map_table(
    con: duckdb.DuckDBPyConnection,
    name: str,
    words: list[str],
    values: Dict[str, object],
    faults: Dict[str, str | None],
    kind: str,
) -> None:
    """A table of distinct text → value, fault."""
    con.execute(
        f"""create or replace temp table {name} as
            select unnest($texts::varchar[]) as text, unnest($values::{kind}[]) as value,
                unnest($faults::varchar[]) as fault""",
        {"texts": words, "values": [values.get(w) for w in words], "faults": [faults.get(w) for w in words]},
    )


def text_facts(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, kinds: Dict[str, str], absent: frozenset[str]
) -> dict[int, tuple[bool, bool]]:
    """By source column: whether texts need cleaning (blanks or marks at an edge, words for nothing), and whether a
    spreadsheet may have cut ids to rounded numbers."""
    chosen = {s.index: n for n, s in mapping.columns.items() if kinds[f"c{s.index}"] == "VARCHAR" and n not in WORDS}
    if not chosen:
        return {}
    parts = []
    for i, name in chosen.items():
        # `< '('` holds for every text that starts with a blank, a quote or "#"
        odd = f"c{i} < '(' or c{i} like '% '"
        if "wide" not in absent:
            odd += f" or contains(c{i}, '\u3000') or contains(c{i}, '\u00a0')"
        if "=" not in absent:
            odd += f" or c{i} like '=%'"
        parts.append(f"bool_or({odd} or (strlen(c{i}) < 8 and c{i} in {_NOTHING}))")
        parts.append(f"bool_or(contains(c{i}, 'E+'))" if name in _IDS and "E+" not in absent else "false")
    row = con.execute(f"select {', '.join(parts)} from raw").fetchone() or ()
    return {i: (bool(row[2 * k]), bool(row[2 * k + 1])) for k, i in enumerate(chosen)}


def text_column(column: Column, source: SourceColumn, facts: tuple[bool, bool]) -> ColumnPlan:
    """A text column; where some need it, trimmed, `'00123` and `="00123"` unwrapped and words for nothing dropped."""
    unclean, exponents = facts
    value = text = f"c{source.index}"
    if unclean:
        value = f"trim({value}, {_SPACE})"
        value = f"""regexp_replace(regexp_replace({value}, '^="(.*)"$', '\\1'), '^''+', '')"""
        value = f"nullif(trim({value}, {_SPACE}), '')"
        failed = f"regexp_full_match(upper({value}), '{values_words.FORMULA_ERROR}')"
        value = f"case when {value} in {_NOTHING} or {failed} then null else {value} end"
    fault, evidence = "null", list[dict[str, object]]()
    if unclean and column.name in _TOLD_BY:
        bare = f"upper(trim({text}, {_SPACE}))"
        fault = f"case when regexp_full_match({bare}, '{values_words.FORMULA_ERROR}') then 'formula_error' end"
    if exponents and column.name in _IDS:
        cut = f"regexp_full_match(trim({text}), '[0-9]([.,][0-9]+)?E[+][0-9]+')"
        if column.name == "tax_id":  # nothing is booked by it: a row without it is as good
            value, evidence = f"case when {cut} then null else {value} end", [{"code": "tax_ids_cut"}]
        else:
            failed = "" if fault == "null" else fault.removesuffix(" end").removeprefix("case ")
            fault = f"case {failed} when {cut} then 'id_destroyed' end"
    return ColumnPlan(column.name, column.sql_type, column.required, value, fault, text, "", source, evidence)


def stated_currency(
    con: duckdb.DuckDBPyConnection,
    plans: Dict[str, ColumnPlan],
    kinds: Dict[str, str],
    options: Dict[str, Any],
    japanese: bool,
    dollar: str,
) -> ColumnPlan:
    """The currency where no column holds it: a person's word, the header's brackets, or what the amounts name.

    $ alone is the `dollar`, which the evidence says.
    """
    empty = plans["currency"]
    by_age = [name for name in plans if name.startswith("bucket_")]
    amounts = ("amount", "open_amount", "credit_limit", "total_amount", *by_age)
    amount = next((plans[n] for n in amounts if n in plans and plans[n].source), None)
    stated = options.get("currency")
    if stated:
        return ColumnPlan(
            "currency",
            empty.sql_type,
            False,
            literal(str(stated).upper()),
            evidence=[{"code": "currency_stated", "currency": stated}],
        )
    if amount is None or amount.source is None:
        return empty
    header = values_numbers.with_unit_in_brackets(amount.source.header)
    for inner in [*re.findall(r"[(\[【（]([^)\]】）]*)[)\]】）]", header), currency_beside(header) or ""]:
        name = values_numbers.without_unit(inner)
        found = dollar if name == "$" else values_words.currency(name)
        if found:
            evidence = _said("currency_in_header", found) + (_said("dollar_taken", dollar) if name == "$" else [])
            return ColumnPlan("currency", empty.sql_type, False, literal(found), evidence=evidence)
    if kinds[f"c{amount.source.index}"] != "VARCHAR":
        return empty
    cell = f"c{amount.source.index}"
    expression = values_numbers.currency_sql(cell, japanese, dollar)
    named = [c for (c,) in con.execute(f"select distinct {expression} from raw").fetchall() if c]
    if not named:
        return empty
    value = literal(named[0]) if len(named) == 1 else expression
    evidence = _said("currency_in_amounts", ", ".join(sorted(named)))
    bare = con.execute(f"select 1 from raw where regexp_matches({cell}, '(^|[^A-Za-z])[$]') limit 1").fetchone()
    if bare:
        evidence += _said("dollar_taken", dollar)
    return ColumnPlan("currency", empty.sql_type, False, value, evidence=evidence)


def month_end_column(con: duckdb.DuckDBPyConnection, plans: Dict[str, ColumnPlan]) -> ColumnPlan | None:
    """Whether the terms of a row run from the end of the month, where those of any invoice do."""
    terms = plans.get("terms_days")
    if terms is None or terms.source is None or "due_date" not in plans:
        return None
    test = f"coalesce(regexp_matches(lower({terms.text}), '{values_words.MONTH_END}'), false)"
    if not con.execute(f"select 1 from raw where {test} limit 1").fetchone():
        return None
    return ColumnPlan("month_end", "BOOLEAN", False, test)


def stated_entity(column: ColumnPlan, entity: str) -> ColumnPlan:
    """The entity as a person states it, of the rows that name none."""
    evidence: list[dict[str, object]] = [*column.evidence, {"code": "entity_stated", "entity": entity}]
    return replace(column, value=f"coalesce({column.value}, {literal(entity)})", evidence=evidence)


def books_currency(con: duckdb.DuckDBPyConnection, plans: Dict[str, ColumnPlan]) -> dict[str, object] | None:
    """The note that the currency column is not, or may not be, that of the amounts; None where it is.

    Ledgers write an amount in the currency of the books beside the currency of the document.
    """
    used = [plans[n].source for n in ("amount", "open_amount", "credit_limit") if n in plans and plans[n].source]
    column = plans["currency"].source
    if column is None or not used or is_of_books(column.header) or not all(s and is_of_books(s.header) for s in used):
        return None
    value, join = plans["currency"].value, plans["currency"].join
    named = con.execute(f"select distinct {value} as code from raw {join} where {value} is not null").fetchall()
    amounts = list(dict.fromkeys(source.header for source in used if source))
    if len(named) > 1:
        return {"code": "currency_of_documents", "column": column.header, "amounts": amounts}
    if named and is_of_document(column.header):
        currency = named[0][0]
        return {"code": "currency_perhaps", "column": column.header, "amounts": amounts, "currency": currency}
    return None


def header_currency(
    con: duckdb.DuckDBPyConnection, plans: Dict[str, ColumnPlan]
) -> tuple[str, dict[str, object]] | None:
    """The currency that the amounts have by their names, and the note on it, where the currency column has others.

    Such a column holds the currencies of the documents, and the amounts have been converted.
    """
    column, amounts = plans["currency"], [plans[n].source for n in ("amount", "open_amount") if n in plans]
    headers = [source.header for source in amounts if source]
    named = {currency_beside(header) or _code_in_brackets(header) for header in headers}
    if column.source is None or len(named) != 1 or (currency := named.pop()) is None:
        return None
    other = f"select 1 from raw {column.join} where {column.value} <> {literal(currency)} limit 1"
    if not con.execute(other).fetchone():
        return None
    note: dict[str, object] = {
        "code": "currency_by_header",
        "column": column.label,
        "amounts": headers,
        "currency": currency,
    }
    return currency, note


def _code_in_brackets(header: str) -> str | None:
    found = re.search(rf"[(\[【（]\s*({values_numbers.CODES})\s*[)\]】）]", header)
    return found[1] if found else None


def _said(code: str, currency: str) -> list[dict[str, object]]:
    return [{"code": code, "currency": currency}]


def amounts_in(con: duckdb.DuckDBPyConnection, index: int) -> str | None:
    """SQL for a column of `raw` r as amounts; None where it holds none, or nothing else than zeros."""
    read = values_numbers.read_numbers(con, f"c{index}", MONEY, "beside")
    if read.odd or read.unclear:
        return None
    value = read.value
    filled, amounts = con.execute(f"select count({value}), count(*) filter (({value}) <> 0) from raw").fetchone() or (
        0,
        0,
    )
    (all_,) = con.execute(f"select count(c{index}) from raw").fetchone() or (0,)
    return f"({value})" if amounts and 2 * filled > all_ else None
