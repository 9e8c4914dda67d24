"""Amounts as exports write them: the decimal mark of a column is decided from all its values, never from one.

Figures with separators, signs and currency symbols are read by SQL; what is left (`5.00 CR`, `12.5万`) is looked up in
a table of its distinct texts.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import duckdb

from pipelines.literals import literal
from pipelines.reading.values_dates import BLANKS

# Full-width figures and signs become plain ones, thin spaces and apostrophes "'", currency symbols vanish.
_FROM = '０１２３４５６７８９，．（）<>－−–△▲＋　\u00a0\u202f\u2009 ’`´﹣¥￥$€£₹₩"\t\\'
_TO = "0123456789,.()()-----+''''''''-"
_DOT = r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?|[0-9]{1,3}('[0-9]{3})+(\.[0-9]*)?|[0-9]{1,2}(,[0-9]{2})+,[0-9]{3}(\.[0-9]*)?"
_DOT += r"|[0-9]*\.[0-9]+|[0-9]+\.?"
_COMMA = r"[0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?|[0-9]{1,3}('[0-9]{3})+(,[0-9]*)?|[0-9]*,[0-9]+|[0-9]+,?"
# Figures that only make sense with "." as the decimal mark, or only with ",".
_ONLY_DOT = (
    r"[0-9]{1,3}(,[0-9]{3})+\.[0-9]*|[0-9]{1,3}(,[0-9]{3}){2,}|[0-9]{1,2}(,[0-9]{2})+,[0-9]{3}(\.[0-9]*)?"
    r"|[0-9']*\.[0-9]{1,2}|[0-9']*\.[0-9]{4,}|[0-9]{4,}\.[0-9]{3}|0?\.[0-9]+"
)
_ONLY_COMMA = (
    r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]*|[0-9]{1,3}(\.[0-9]{3}){2,}"
    r"|[0-9']*,[0-9]{1,2}|[0-9']*,[0-9]{4,}|[0-9]{4,},[0-9]{3}|0?,[0-9]+"
)
_ODD = re.compile(
    r"(?P<front>CR|DR)?\.?'?(?P<lead>[-+(]*)(?:US|HK|NT|CN|R|A|C|S)?(?:[A-Z]{3})?'?(?P<sign>[-+(]*)'?(?P<digits>[0-9][0-9.,']*|[.,][0-9]+)'?"
    r"(?P<unit>亿|億|万|萬|千|K|M)?(?:元|圆|円|원)?'?(?:RMB|USD|EUR|[A-Z]{3})?(?P<close>[)-]*)'?(?P<side>CR|DR|DB|贷|借|H|S)?\.?"
)
_EXPONENT = re.compile(r"-?[0-9]([.,][0-9]+)?E[+]?[0-9]{2,3}", re.I)  # how a spreadsheet writes what is very large
_NO_CENTS = "([0-9])[.,]-{1,2}$"  # 1,200.- and 1.200,-- are whole amounts, none below zero
DOLLARS = frozenset({"USD", "HKD", "TWD", "SGD", "AUD", "CAD", "NZD", "MXN"})  # whose own sign is $
CODES = (
    "USD|EUR|CNY|CNH|GBP|JPY|HKD|CHF|CAD|AUD|NZD|SGD|INR|KRW|TWD|BRL|MXN|MOP|THB|MYR|IDR|VND|PHP|RUB|TRY|AED|SAR|ZAR"
    "|PLN|CZK|HUF|SEK|NOK|DKK|ILS"
)
_UNITS = {"亿": 10**8, "億": 10**8, "万": 10**4, "萬": 10**4, "千": 1000, "K": 1000, "M": 10**6}
_HEADER_UNITS = {
    "亿元": 10**8, "百万": 10**6, "百万円": 10**6, "万元": 10**4, "千元": 1000, "千円": 1000,
    "in thousands": 1000, "in millions": 10**6, "'000": 1000, "teur": 1000, "k€": 1000,
}  # fmt: skip
# In brackets, alone or beside a currency: (K), (000), (USD 000s), ($K), (€m), (T€), (KEUR), （万）. A letter may only
# touch a currency that is known: (bank) and (item) are words, neither thousands of `ban` nor millions of `ite`.
_CURRENCY_SIGN = r"(?:[a-z]{3}|(?:us|hk|nt|r|c|a|s)?[$]|[€£¥￥])"
_TOUCHING = rf"(?:{CODES.casefold()}|kes|rmb|(?:us|hk|nt|r|c|a|s)?[$]|[€£¥￥])"
_IN_BRACKETS = (
    (1000, rf"(in )?{_CURRENCY_SIGN}?\s*['’]?000['’]?s?\s*{_CURRENCY_SIGN}?"),
    (1000, rf"(in )?(k|({_TOUCHING}\s*|[a-z]{{3}}\s+)k|(k|t)(\s*{_TOUCHING}|\s+[a-z]{{3}}))"),
    (10**6, rf"({_TOUCHING}\s*|[a-z]{{3}}\s+)(mm|mn|m|mio)|(mm|mn|m|mio)(\s*{_TOUCHING}|\s+[a-z]{{3}})"),
    (1000, r"(单位|單位)?[:：]?\s*千"),
    (10**4, r"(单位|單位)?[:：]?\s*[万萬]"),
    (10**8, r"(单位|單位)?[:：]?\s*[亿億]"),
    *(
        (unit, rf"(in )?({_CURRENCY_SIGN}\s*)?(in )?({words})[.]?(\s*(of )?({_CURRENCY_SIGN}|euro|руб[.]?))?")
        for unit, words in (
            (1000, "thousands?|tsd|tausend|milliers|miles|milhares|тыс"),
            (10**6, "millions?|mio|millionen|millones|milhões|млн"),
        )
    ),
)
# Behind a name without brackets: `Amount in thousands`, `Amount in EUR thousands`, `Amount KEUR`, 金额/万元.
_BESIDE = re.compile(
    rf"[\s_,/-]+((?:in\s+)?{_CURRENCY_SIGN}?\s*(?:thousands?|millions?)|in\s+k|(?:in\s+)?[kt]{_TOUCHING}"
    r"|[万萬千]元|亿元)$",
    re.I,
)
_PLAIN_UNIT = re.compile(r"[(\[（【](元|円|원|人民币)[)\]）】]")
_STATES_UNIT = re.compile(r"单位|單位|単位|단위|\bin (thousands|millions)\b|'000|\bTEUR\b|k€", re.I)
# Thousands and millions stated beside a currency: `EUR thousands`, `$000s`, `Tsd. EUR`, `тыс. руб.`
_MONEY = r"(?:usd|eur|gbp|cny|rmb|chf|jpy|hkd|sgd|aud|cad|inr|rub|brl|(?:us|hk|nt|r|c|a|s)?[$]|[€£¥￥])"
_OF_CURRENCY = (
    (1000, rf"(?<![a-z]){_MONEY} ?(?:in )?thousands?\b|\bthousands? of {_MONEY}|{_MONEY} ?['’]?000['’]?s?(?![\d.,])"),
    (1000, rf"\btsd\.? ?(?:{_MONEY}|euro)|\b(?:in|en|em) (?:tausend|milliers|miles|milhares)\b|тыс\. ?руб"),
    (
        10**6,
        rf"(?<![a-z]){_MONEY} ?(?:in )?millions?\b|\bmillions? of {_MONEY}|\bmio\.? ?(?:{_MONEY}|euro)|млн\.? ?руб",
    ),
)
_DOMINANT = 20  # values of one style for each of the other, to call the others mistakes


@dataclass(frozen=True)
class NumberColumn:
    """How a column's amounts are read.

    `value` and `fault` are SQL over the column (`fault` gives a code, NULL where there is none); `odd` holds the texts
    to look up in the table `alias` that the SQL names, with their value and fault; `mark` is the decimal mark, None
    where it does not matter or is not decided.
    """

    value: str
    fault: str
    mark: str | None
    evidence: list[dict[str, object]]
    unclear: bool = False
    odd: dict[str, tuple[Decimal | None, str | None]] = field(default_factory=dict)


def read_numbers(
    con: duckdb.DuckDBPyConnection,
    column: str,
    sql_type: str,
    alias: str,
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
    if mark is None and (tidy := _tidy(con, column, sql_type)):
        return tidy
    values, castable, dotted, three, risky = _counts(
        con,
        f"""select count({column}), count(try_cast({column} as {sql_type})), count(*) filter (contains({column}, '.')),
                count(*) filter ({column}[-4] = '.' and not ({column} like '0.%' or {column} like '-0.%')),
                count(*) filter (contains({column}, '_')) from raw""",
    )
    decided = dotted == 0 or three < dotted or "." in (hint, mark)
    if mark != "," and values == castable and not risky and decided:
        plain: list[dict[str, object]] = [{"code": "number_style_plain", "values": values}]
        return NumberColumn(f"try_cast({column} as {sql_type})", "null", None, plain)
    core = _core(con, column)
    tests = [
        _matches("core", body) for body in (_ONLY_DOT, _ONLY_COMMA, "[0-9]{1,3},[0-9]{3}", r"[0-9]{1,3}\.[0-9]{3}")
    ]
    tests.append(_matches("core", f"{_DOT}|{_COMMA}"))
    only_dot, only_comma, commas, dots, known = _counts(
        con,
        f"""select {", ".join(f"count(*) filter ({t})" for t in tests)}
            from (select {core} as core from raw) where core <> ''""",
    )
    odd_texts: dict[str, int] = {}
    if known < values:
        odd_texts = dict(
            con.execute(
                f"""select {column}, count(*) from raw where {column} is not null
                    and not coalesce({tests[-1].replace("core", core)}, false) group by all"""
            ).fetchall()
        )
    parts = {text: _split(text) for text in odd_texts}
    for text, split in parts.items():
        if split:
            only_dot += odd_texts[text] * bool(re.fullmatch(_ONLY_DOT, split[0]))
            only_comma += odd_texts[text] * bool(re.fullmatch(_ONLY_COMMA, split[0]))
    chosen, code = _decide(only_dot, only_comma, commas, dots, mark, hint, european)
    total = known + sum(n for t, n in odd_texts.items() if parts[t])
    evidence: list[dict[str, object]] = [
        {"code": code, "mark": chosen or "", "values": total, "only_dot": only_dot, "only_comma": only_comma}
    ]
    whole, scale = map(int, re.findall("[0-9]+", sql_type))
    limit = Decimal(10) ** (whole - scale)
    odd = {text: _looked_up(text, split, chosen, code, limit) for text, split in parts.items()}
    value, fault = _sql(column, core, sql_type, alias if odd else None, chosen, code)
    return NumberColumn(value, fault, chosen, evidence, code == "number_style_unclear", odd)


def _tidy(con: duckdb.DuckDBPyConnection, column: str, sql_type: str) -> NumberColumn | None:
    """How to read a column all of whose amounts are `1,234.50` or `1234.5`, or all `1.234,50`; None for any other.

    Two tests tell such a column from all others for a fraction of what the full evidence costs.
    """
    last = r"[0-9]{1,2}|[0-9]{4,8}"  # three figures behind a mark may be a fraction or thousands
    for mark, apart in ((".", ","), (",", ".")):
        figures = rf" *-?([0-9]{{1,13}}|[1-9][0-9]{{0,2}}([{apart}][0-9]{{3}}){{1,3}})([{mark}]({last}))? *"
        values, tidy, grouped, fractions, several = _counts(
            con,
            f"""select count({column}), count(*) filter (regexp_full_match({column}, '{figures}')),
                    count(*) filter (contains({column}, '{apart}')), count(*) filter (contains({column}, '{mark}')),
                    count(*) filter ({column} like '%{apart}%{apart}%' and not contains({column}, '{mark}'))
                from raw""",
        )
        if values == tidy and mark == "." and not grouped:
            plain: list[dict[str, object]] = [{"code": "number_style_plain", "values": values}]
            return NumberColumn(f"try_cast({column} as {sql_type})", "null", None, plain)
        if values == tidy and fractions + several:
            bare = f"replace({column}, '{apart}', '')"
            bare = bare if mark == "." else f"replace({bare}, ',', '.')"
            only = {"only_dot": fractions + several, "only_comma": 0}
            only = only if mark == "." else {"only_dot": 0, "only_comma": fractions + several}
            evidence: list[dict[str, object]] = [{"code": "number_style_only", "mark": mark, "values": values, **only}]
            return NumberColumn(f"try_cast({bare} as {sql_type})", "null", mark, evidence)
    return None


def unit_of(header: str, stated: int = 1) -> int:
    """The multiplier a header states: 金额（万元）→ 10,000; where it states none, what is `stated` for the whole."""
    text = unicodedata.normalize("NFKC", with_unit_in_brackets(header)).casefold()
    words = sorted(_HEADER_UNITS, key=len, reverse=True)
    plain = 1 if _PLAIN_UNIT.search(text) else stated
    for inner in re.findall(r"[(\[（【]\s*([^)\]）】]*?)\s*[)\]）】]", text):
        for unit, pattern in _IN_BRACKETS:
            if re.fullmatch(pattern, inner):
                return unit
    return next((_HEADER_UNITS[word] for word in words if word in text), plain)


def with_unit_in_brackets(header: str) -> str:
    """A header whose unit stands behind its name, with the unit in brackets: `Amount (in thousands)`."""
    return _BESIDE.sub(r" (\1)", header.strip())


def without_unit(name: str) -> str:
    """A currency as a header names it in brackets, without the unit beside it: `HK$ 000` is `HK$`."""
    beside = r"(?<![A-Za-z])(k|mm|mn|m|mio|tsd[.]?|t(?=€))(?![A-Za-z])"
    touching = rf"(?<![A-Za-z])[kt](?=(?:{CODES}|RMB)(?![A-Za-z]))"
    bare = re.sub(rf"['’]?(?<![0-9])000['’]?s?|{beside}|{touching}|^in\s|thousands?|millions?", "", name, flags=re.I)
    return bare.strip().removeprefix("万").removeprefix("千")


def stated_unit(titles: Sequence[str]) -> int:
    """The multiplier that the lines above a table state for all its amounts: 单位：万元, `(in thousands of USD)`."""
    for title in titles:
        if _STATES_UNIT.search(title) and (unit := unit_of(title)) != 1:
            return unit
        for unit, pattern in _OF_CURRENCY:
            if re.search(pattern, title.casefold()):
                return unit
    return 1


def is_japanese(text: str) -> bool:
    """Whether headers and titles are written in Japanese: by its syllables, or words of its own for receivables."""
    return bool(re.search(r"[\u3041-\u30ff]|請求|得意先|売掛|取引先", text))


def bare_dollar(base_currency: str) -> str:
    """Whose $ an amount without more letters carries: the books' own where they are in dollars, else the American."""
    return base_currency if base_currency in DOLLARS else "USD"


def currency_sql(column: str, japanese: bool = False, dollar: str = "USD") -> str:
    """SQL for the currency a number's own text names (`US$ 5`, `5 EUR`, `€5`); NULL for none.

    ¥ is the yen in a `japanese` export, where legacy encodings write it as a backslash, and the yuan in any other; $
    alone is the `dollar`.
    """
    symbols = {
        "US$": "USD",
        "HK$": "HKD",
        "NT$": "TWD",
        "R$": "BRL",
        "C$": "CAD",
        "A$": "AUD",
        "S$": "SGD",
        "$": dollar,
        "€": "EUR",
        "£": "GBP",
        "₹": "INR",
        "₩": "KRW",
        "RMB": "CNY",
    }
    symbols |= dict.fromkeys(("¥", "￥", "\\", "円"), "JPY") if japanese else {"¥": "CNY", "￥": "CNY"}
    whens = " ".join(f"when contains({column}, '{symbol}') then '{code}'" for symbol, code in symbols.items())
    return f"case {whens} else nullif(regexp_extract({column}, '\\b({CODES})\\b', 1), '') end"


def _decide(
    only_dot: int, only_comma: int, commas: int, dots: int, mark: str | None, hint: str | None, european: bool
) -> tuple[str | None, str]:
    """The decimal mark and the code of the evidence for it; `commas` and `dots` count `1,234` and `1.234`."""
    if mark:
        return mark, "number_style_stated"
    if only_dot and only_comma:
        if only_dot >= _DOMINANT * only_comma or only_comma >= _DOMINANT * only_dot:
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


def _core(con: duckdb.DuckDBPyConnection, column: str) -> str:
    """SQL for the column with full-width figures, spaces and symbols made plain; only those that occur are replaced."""
    pairs = list(zip(_FROM, [*_TO, *[""] * (len(_FROM) - len(_TO))], strict=True))
    tests = ", ".join(f"coalesce(bool_or(contains({column}, {literal(old)})), false)::int" for old, _ in pairs)
    found = _counts(con, f"select {tests} from raw where not regexp_full_match({column}, '[-0-9.,]*')")
    core = column
    for (old, new), present in zip(pairs, found, strict=True):
        core = f"replace({core}, {literal(old)}, {literal(new)})" if present else core
    if _counts(con, f"select count(*) from raw where regexp_matches({core}, '{_NO_CENTS}')")[0]:
        core = f"regexp_replace({core}, '{_NO_CENTS}', '\\1')"
    return core if core == column else f"trim({core}, chr(39))"


def _sql(column: str, core: str, sql_type: str, alias: str | None, mark: str | None, code: str) -> tuple[str, str]:
    """SQL for value and fault: figures by the style decided, the rest from the table of odd texts."""
    bare = core
    for character in "()-+'":
        bare = f"replace({bare}, {literal(character)}, '')"
    negative = f"case when regexp_matches({core}, '[(-]') then -1 else 1 end"

    def number(body: str, mark: str) -> str:
        """Plain figures by one or two replacements; signs and apostrophes are only looked for in the other rows."""
        ungrouped = "replace({0}, ',', '')" if mark == "." else "replace(replace({0}, '.', ''), ',', '.')"
        simple = body.replace("'", "")
        return (
            f"when regexp_full_match({column}, '-?({simple})') then try_cast({ungrouped.format(column)} as {sql_type}) "
            f"when {_matches(core, body)} "
            f"then cast(try_cast({ungrouped.format(bare)} as {sql_type}) * {negative} as {sql_type})"
        )

    if code == "number_style_mixed":
        known = f"{_ONLY_DOT}|{_ONLY_COMMA}|[0-9]+"
        whens = f"{number(_ONLY_DOT, '.')} {number(_ONLY_COMMA, ',')} {number('[0-9]+', '.')}"
    else:
        known = "[0-9]+" if mark is None else _DOT if mark == "." else _COMMA
        whens = number(known, mark or ".")
    other = f"when {alias}.text is not null then {alias}.value" if alias else ""
    value = f"case {other} {whens} end"
    unread = "amount_unclear" if code in ("number_style_mixed", "number_style_unclear") else "amount_not_read"
    # Figures as all others have them are no amount only where they are too many.
    faulty = f"case when {_matches(core, known)} then 'amount_too_large' else '{unread}' end"
    looked = f"when {alias}.text is not null then {alias}.fault" if alias else ""
    fault = f"case when {column} is null or {core} = '' then null {looked} when ({value}) is null then {faulty} end"
    return value, fault


def _split(text: str) -> tuple[str, int] | None:
    """The figures of an odd amount with their separators, and the factor of its sign and unit; None for no amount."""
    clean = unicodedata.normalize("NFKC", text).strip().upper().translate(str.maketrans(_FROM, _TO.ljust(len(_FROM))))
    found = _ODD.fullmatch(re.sub(_NO_CENTS, r"\1", re.sub(r"\s+", "", clean).strip("'")))
    if not found:
        return None
    signs = found["lead"] + found["sign"] + found["close"]
    if ("(" in signs) != (")" in signs):
        return None
    negative = "-" in signs or "(" in signs or bool({found["front"], found["side"]} & {"CR", "贷", "H"})
    return found["digits"].strip("'"), (-1 if negative else 1) * _UNITS.get(found["unit"] or "", 1)


def _looked_up(
    text: str, split: tuple[str, int] | None, mark: str | None, code: str, limit: Decimal
) -> tuple[Decimal | None, str | None]:
    """Value and fault of one odd text; an amount stays below the `limit`."""
    clean = unicodedata.normalize("NFKC", text).strip()
    if clean.casefold() in BLANKS:
        return None, None
    if split is None:
        return None, "amount_too_large" if _EXPONENT.fullmatch(clean) else "amount_not_read"
    digits, factor = split
    if code == "number_style_mixed":
        mark = "." if re.fullmatch(_ONLY_DOT, digits) else "," if re.fullmatch(_ONLY_COMMA, digits) else None
    if not digits.isdigit():
        if mark is None:
            return None, "amount_unclear"
        if not re.fullmatch(_DOT if mark == "." else _COMMA, digits):
            return None, "amount_not_read"
        digits = digits.replace("'", "").replace("," if mark == "." else ".", "").replace(",", ".")
    amount = Decimal(digits) * factor
    return (amount, None) if abs(amount) < limit else (None, "amount_too_large")


def _matches(text: str, body: str) -> str:
    """SQL that tests for figures with a sign before or after them, or in brackets."""
    return f"regexp_full_match({text}, {literal(f'[-+]?({body})-?|[-+]?[(][-+]?({body})[)]')})"


def _counts(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    return tuple(int(v) for v in con.execute(sql).fetchone() or ())
