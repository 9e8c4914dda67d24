"""Amounts as exports write them, read by SQL: the decimal mark of a column is decided from all its values."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

# Full-width figures and signs become plain ones; every kind of thin space and apostrophe becomes "'".
_FROM = "０１２３４５６７８９，．（）－−–＋　\u00a0\u202f\u2009 ’`´﹣％"
_TO = "0123456789,.()---+'''''''''-%"
_BLANKS = "('', '-', '--', '—', '–', 'N/A', 'NA', 'NULL', 'NONE', 'NAN', '#N/A', '/', '无', '(BLANK)', '(NULL)', 'NIL')"
_SYMBOLS = "¥￥$€£₹₩"
_PATTERN = (
    r"^(\()?(-|\+)?'*(?:US|HK|NT|CN|R|A|C|S)?[¥￥$€£₹₩]?(?:RMB|[A-Z]{3})?'*(-|\+)?'*(\()?'*[¥￥$€£₹₩]?'*(-)?"
    r"([0-9][0-9.,']*|[.,][0-9]+)'*"
    r"(亿|万|千|K|M)?(?:元|圆|円|원)?(?:RMB|[A-Z]{3}|[¥￥$€£₹₩])?(\))?'*(-)?'*(CR|DR|DB|贷|借|H|S)?\.?$"
)
_PARTS = "['open', 'sign1', 'sign2', 'open2', 'sign3', 'digits', 'unit', 'close', 'minus', 'side']"
# Digits that only make sense with "." as the decimal mark, or only with ",".
_ONLY_DOT = (
    r"^([0-9]{1,3}(,[0-9]{3})+\.[0-9]*|[0-9]{1,3}(,[0-9]{3}){2,}|[0-9]{1,2}(,[0-9]{2})+,[0-9]{3}(\.[0-9]*)?"
    r"|[0-9]*\.[0-9]{1,2}|[0-9]*\.[0-9]{4,}|[0-9]{4,}\.[0-9]{3}|0\.[0-9]+)$"
)
_ONLY_COMMA = (
    r"^([0-9]{1,3}(\.[0-9]{3})+,[0-9]*|[0-9]{1,3}(\.[0-9]{3}){2,}"
    r"|[0-9]*,[0-9]{1,2}|[0-9]*,[0-9]{4,}|[0-9]{4,},[0-9]{3}|0,[0-9]+)$"
)
_DOT = r"^([0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]*)?|[0-9]*\.[0-9]+|[0-9]+\.?)$"
_COMMA = r"^([0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?|[0-9]*,[0-9]+|[0-9]+,?)$"


@dataclass(frozen=True)
class NumberColumn:
    """How a column's amounts are read: SQL for the value, SQL for the fault code (NULL where there is none), the evidence."""

    value: str
    fault: str
    mark: str | None  # "." or ","; None: plain or not decided
    evidence: list[dict[str, object]]
    unclear: bool = False


def plain(column: str, sql_type: str, values: int) -> NumberColumn:
    """A column whose every value is a plain number."""
    evidence: list[dict[str, object]] = [{"code": "number_style_plain", "values": values}]
    return NumberColumn(f"try_cast({column} as {sql_type})", "null::varchar", None, evidence)


def read_numbers(
    con: duckdb.DuckDBPyConnection,
    column: str,
    sql_type: str,
    *,
    mark: str | None = None,
    hint: str | None = None,
    european: bool = False,
) -> NumberColumn:
    """Decide how the text column of the table `raw` writes its numbers.

    `mark` is a person's word for the decimal mark and wins; `hint` is the mark of the export's other amounts and
    decides a column whose own values fit both; `european` says that the rest of the file writes as countries with a
    decimal comma do.
    """
    values, castable, dotted, three, risky = _row(
        con,
        f"""select count({column}), count(try_cast({column} as {sql_type})), count(*) filter (contains({column}, '.')),
                count(*) filter ({column}[-4] = '.' and not ({column} like '0.%' or {column} like '-0.%')),
                count(*) filter (contains({column}, '_'))
            from raw""",
    )
    if (
        mark != ","
        and values == castable
        and not risky
        and (dotted == 0 or three < dotted or hint == "." or mark == ".")
    ):
        return plain(column, sql_type, values)
    parts = f"regexp_extract({clean_sql(column)}, '{_quoted(_PATTERN)}', {_PARTS})"
    digits = f"replace({parts}.digits, '''', '')"
    only_dot, only_comma, commas, dots, known = _row(
        con,
        rf"""select count(*) filter (regexp_full_match(d, '{_ONLY_DOT}')), count(*) filter (regexp_full_match(d, '{_ONLY_COMMA}')),
                count(*) filter (regexp_full_match(d, '[0-9]{{1,3}},[0-9]{{3}}')), count(*) filter (regexp_full_match(d, '[0-9]{{1,3}}\.[0-9]{{3}}')), count(*)
            from (select {digits} as d from raw where {column} is not null) where d <> ''""",
    )
    counts = {"values": known, "only_dot": only_dot, "only_comma": only_comma}
    chosen, code = _decide(only_dot, only_comma, commas, dots, mark, hint, european)
    evidence: list[dict[str, object]] = [{"code": code, "mark": chosen or "", **counts}]
    dot_value, comma_value = _number(digits, ".", sql_type), _number(digits, ",", sql_type)
    if code == "number_style_mixed":
        number = (
            f"case when regexp_full_match({digits}, '{_ONLY_DOT}') then {dot_value} "
            f"when regexp_full_match({digits}, '{_ONLY_COMMA}') then {comma_value} "
            f"when regexp_full_match({digits}, '[0-9]+') then {dot_value} end"
        )
    elif chosen:
        number = dot_value if chosen == "." else comma_value
    else:
        number = f"case when regexp_full_match({digits}, '[0-9]+') then {dot_value} end"
    value = f"cast({number} * {_unit(parts)} * {_sign(parts)} as {sql_type})"
    value = f"try_cast(try({value}) as {sql_type})"
    unclear = "amount_unclear" if code in ("number_style_mixed", "number_style_unclear") else "amount_not_read"
    fault = (
        f"case when {column} is null or {clean_sql(column)} in {_BLANKS} then null when {value} is not null then null "
        f"when {parts}.digits = '' then 'amount_not_read' else '{unclear}' end"
    )
    return NumberColumn(value, fault, chosen, evidence, unclear=code == "number_style_unclear")


def clean_sql(column: str) -> str:
    """SQL for a number's text with figures, signs and spaces of every width made plain."""
    return f"trim(translate(upper({column}), '{_quoted(_FROM)}', '{_quoted(_TO)}'), ''' \t\r\n\"')"


def currency_sql(column: str) -> str:
    """SQL for the currency a number's own text names (`US$ 5`, `5 EUR`, `€5`); NULL for none."""
    text = clean_sql(column)
    return (
        f"case when contains({text}, 'US$') then 'USD' when contains({text}, 'HK$') then 'HKD' when contains({text}, 'NT$') then 'TWD' "
        f"when contains({text}, '€') then 'EUR' when contains({text}, '£') then 'GBP' when contains({text}, '₹') then 'INR' "
        f"when contains({text}, '₩') then 'KRW' when contains({text}, 'RMB') then 'CNY' "
        f"when contains({text}, '¥') or contains({text}, '￥') then 'CNY' "
        f"else nullif(regexp_extract({text}, '(?:^|[^A-Z])(USD|EUR|CNY|GBP|JPY|HKD|CHF|CAD|AUD|SGD|INR|KRW|TWD|BRL)(?:[^A-Z]|$)', 1), '') end"
    )


def _decide(
    only_dot: int, only_comma: int, commas: int, dots: int, mark: str | None, hint: str | None, european: bool
) -> tuple[str | None, str]:
    """The decimal mark and the code of the evidence for it; `commas` and `dots` count `1,234` and `1.234`."""
    if mark:
        return mark, "number_style_stated"
    if only_dot and only_comma:
        if only_dot >= 20 * only_comma or only_comma >= 20 * only_dot:
            return ("." if only_dot > only_comma else ","), "number_style_only"
        return None, "number_style_mixed"
    if only_dot or only_comma:
        return ("." if only_dot else ","), "number_style_only"
    if commas and dots:
        return None, "number_style_unclear"
    if commas:  # no currency is written with three decimals throughout: the comma parts thousands
        return (None, "number_style_unclear") if hint == "," else (".", "number_style_thousands")
    if dots:
        return (hint or ",", "number_style_hint") if hint or european else (None, "number_style_unclear")
    return hint or ".", "number_style_whole"


def _number(digits: str, mark: str, sql_type: str) -> str:
    bare = f"replace({digits}, ',', '')" if mark == "." else f"replace(replace({digits}, '.', ''), ',', '.')"
    pattern = _DOT if mark == "." else _COMMA
    return f"case when regexp_full_match({digits}, '{pattern}') then try_cast({bare} as {sql_type}) end"


def _unit(parts: str) -> str:
    return (
        f"case {parts}.unit when '亿' then 100000000 when '万' then 10000 when '千' then 1000 "
        "when 'K' then 1000 when 'M' then 1000000 else 1 end"
    )


def _sign(parts: str) -> str:
    """-1 for `-5`, `5-`, `(5)`, `5 CR`; a bracket and a minus together are still one minus."""
    return (
        f"case when '-' in ({parts}.sign1, {parts}.sign2, {parts}.sign3, {parts}.minus) "
        f"or (({parts}.open = '(' or {parts}.open2 = '(') and {parts}.close = ')') or {parts}.side in ('CR', '贷', 'H') then -1 else 1 end"
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    return tuple(int(v) for v in con.execute(sql).fetchone() or ())


def unit_of(header: str, brackets: Mapping[str, int] | None = None) -> int:
    """The multiplier a header states: 金额（万元）→ 10,000; 1 where it states none."""
    table = brackets or {
        "亿元": 100_000_000,
        "百万": 1_000_000,
        "万元": 10_000,
        "千元": 1_000,
        "千円": 1_000,
        "百万円": 1_000_000,
        "in thousands": 1_000,
        "in millions": 1_000_000,
        "'000": 1_000,
        "teur": 1_000,
        "k€": 1_000,
    }
    text = header.casefold()
    return next((factor for word, factor in sorted(table.items(), key=lambda i: -len(i[0])) if word in text), 1)
