"""Dates, amounts and words as exports write them: read when their column decides how, refused when nothing does."""

import datetime as dt
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.reading import values_words
from pipelines.reading.mapping_headers import known_as
from pipelines.reading.values_dates import dates_in_text, read_dates
from pipelines.reading.values_numbers import read_numbers, unit_of, without_unit

MARCH_5 = dt.date(2026, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-05",
        "2026/3/5",
        "2026.03.05",
        "20260305",
        "2026年3月5日",
        "2026-03-05T00:00:00.000Z",
        "2026-03-05 13:45:10",
        "２０２６－０３－０５",
        "5 Mar 2026",
        "05-MAR-26",
        "Mar 5, 2026",
        "Thursday, March 5th, 2026",
        "5. März 2026",
        "46086",
        "46086.5",
        "2026년 3월 5일",
        "令和8年3月5日",
        "115/03/05",
        "民國115年3月5日",
        "1772668800",
        "'2026-03-05",
    ],
)
def test_dates_that_need_no_decision(text: str) -> None:
    assert read_dates({text: 1}).dates[text] == MARCH_5


def test_the_order_is_decided_by_the_whole_column_and_the_evidence_says_so() -> None:
    found = read_dates({"03/04/2026": 5, "13/04/2026": 2})
    assert found.dates["03/04/2026"] == dt.date(2026, 4, 3)
    assert found.evidence == [
        {"code": "date_style_only", "style": "DD/MM/YYYY", "values": 7, "fits": 7, "only": 2},
    ]


def test_a_mixed_column_is_decided_group_by_group() -> None:
    found = read_dates({"2025-04-01": 100, "07/03/2025": 1, "29/04/2025": 1})
    assert found.dates["07/03/2025"] == dt.date(2025, 3, 7) and not found.faults


def test_values_that_contradict_each_other_are_read_only_where_they_are_plain() -> None:
    found = read_dates({"13/04/2026": 1, "04/13/2026": 1, "03/04/2026": 1, "05/05/2026": 1})
    assert found.dates["13/04/2026"] == found.dates["04/13/2026"] == dt.date(2026, 4, 13)
    assert found.faults == {"03/04/2026": "date_unclear"}
    assert found.dates["05/05/2026"] == dt.date(2026, 5, 5)


def test_a_few_impossible_values_do_not_overturn_a_column() -> None:
    found = read_dates({**{f"{day}/04/2026": 10 for day in range(13, 31)}, "04/13/2026": 1, "03/04/2026": 1})
    assert found.dates["03/04/2026"] == dt.date(2026, 4, 3) and found.faults == {"04/13/2026": "date_not_read"}


def test_nothing_decides_a_hint_does_and_a_person_wins() -> None:
    assert read_dates({"03/04/2026": 1}).unclear == 1
    assert read_dates({"03/04/2026": 1}, hints={"n/n/YYYY": "MDY"}).dates["03/04/2026"] == dt.date(2026, 3, 4)
    assert read_dates({"03/04/2026": 1}, order="DMY").dates["03/04/2026"] == dt.date(2026, 4, 3)
    assert read_dates({"03.04.2026": 1}).dates["03.04.2026"] == dt.date(2026, 4, 3)


def test_two_digit_years_turn_at_the_pivot() -> None:
    found = read_dates({"31/12/69": 1, "31/12/70": 1})
    assert [d.year for d in found.dates.values() if d] == [2069, 1970]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("00:00.0", "date_destroyed"),
        ("#####", "date_destroyed"),
        ("2026-02-30", "date_not_read"),
        ("soon", "date_not_read"),
        ("0219-01-01", "date_out_of_range"),
    ],
)
def test_what_is_no_date_says_why(text: str, fault: str) -> None:
    assert read_dates({text: 1}).faults == {text: fault}


def test_words_for_nothing_are_blank() -> None:
    found = read_dates({"": 1, "-": 1, "N/A": 1, "0000-00-00": 1, "无": 1})
    assert not found.faults and set(found.dates.values()) == {None}


def test_the_dates_of_a_title() -> None:
    assert dates_in_text("As of April 22, 2026") == [dt.date(2026, 4, 22)]
    assert dates_in_text("截至2026年3月31日") == [dt.date(2026, 3, 31)]
    assert dates_in_text("1-Apr-26 to 16-Apr-26") == [dt.date(2026, 4, 1), dt.date(2026, 4, 16)]


@given(st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)), min_size=1), st.sampled_from(["DMY", "MDY"]))
def test_a_column_written_in_one_order_is_never_read_in_another(days: list[dt.date], order: str) -> None:
    style = {"DMY": "%d/%m/%Y", "MDY": "%m/%d/%Y"}[order]
    counts = {day.strftime(style): 1 for day in days}
    found = read_dates(counts)
    for day in days:
        read = found.dates[day.strftime(style)]
        assert read == day or (read is None and found.faults)


def amounts(values: list[str | None], **words: object) -> tuple[list[Decimal | None], list[str | None], str | None]:
    """Values, faults and the decimal mark of a column of amounts."""
    con = duckdb.connect()
    con.execute("create table raw (n integer, c0 varchar)")
    con.executemany("insert into raw values (?, ?)", list(enumerate(values)))
    found = read_numbers(con, "c0", "DECIMAL(18,4)", "odd", **words)  # type: ignore[arg-type]
    con.execute("create table odd (text varchar, value decimal(18,4), fault varchar)")
    con.executemany("insert into odd values (?, ?, ?)", [("", None, None), *((t, *v) for t, v in found.odd.items())])
    rows = con.execute(
        f"select {found.value}, {found.fault} from raw left join odd on odd.text = c0 order by n"
    ).fetchall()
    return [v for v, _ in rows], [f for _, f in rows], found.mark


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.5"),
        ("(5)", "-5"),
        ("5-", "-5"),
        ("-5", "-5"),
        ("75.00 CR", "-75"),
        ("75.00 DR", "75"),
        ("CR 75.00", "-75"),
        ("DR 75.00", "75"),
        ("1,200.-", "1200"),
        ("1,200.--", "1200"),
        ("-1,200.–", "-1200"),
        ("¥12.00", "12"),
        ("￥1,000", "1000"),
        ("$-169.00", "-169"),
        ("-$169.00", "-169"),
        ("($250.00)", "-250"),
        ("US$ 7.10", "7.1"),
        ("7.10 EUR", "7.1"),
        ("CNY 7.10", "7.1"),
        ("１２３．５", "123.5"),
        ("2.5万", "25000"),
        ("1.5亿", "150000000"),
        ("3,000元", "3000"),
        ("12,34,567.00", "1234567"),
        ("1'234.50", "1234.5"),
        ("1 234.50", "1234.5"),
        ("-", None),
        ("N/A", None),
    ],
)
def test_amounts_of_a_column_with_a_decimal_point(text: str, value: str | None) -> None:
    values, faults, _ = amounts([text, "0.25", "1,234.50"])
    assert values[0] == (None if value is None else Decimal(value)) and faults == [None, None, None]


@pytest.mark.parametrize("text", ["12%", "ten", "1,2,3", "1.2.3", "(5", "--", "5 6.00"])
def test_what_is_no_amount_is_a_fault(text: str) -> None:
    values, faults, _ = amounts([text, "0.25"])
    assert values[0] is None
    assert faults[0] == (None if text == "--" else "amount_not_read")


@pytest.mark.parametrize(
    ("column", "values", "mark"),
    [
        (["1.234,50", "5,5"], ["1234.5", "5.5"], ","),
        (["1 234,50", "12"], ["1234.5", "12"], ","),
        (["1,234", "5,678"], ["1234", "5678"], "."),
        (["1.234.567", "8"], ["1234567", "8"], ","),
        (["0.125", "3"], ["0.125", "3"], None),
        (["1'200.-", "8.50"], ["1200", "8.5"], "."),
        (["1.200,--", "8,50"], ["1200", "8.5"], ","),
    ],
)
def test_the_decimal_mark_is_decided_by_the_column(column: list[str], values: list[str], mark: str | None) -> None:
    assert amounts(column) == ([Decimal(v) for v in values], [None, None], mark)


def test_an_open_decimal_mark_is_asked_or_given() -> None:
    assert amounts(["1.234", "5.678"])[1] == ["amount_unclear", "amount_unclear"]
    assert amounts(["1.234", "5.678"], mark=",")[0] == [Decimal(1234), Decimal(5678)]
    assert amounts(["1.234", "5.678"], hint=".")[0] == [Decimal("1.234"), Decimal("5.678")]
    assert amounts(["1.234", "5.678"], european=True)[0] == [Decimal(1234), Decimal(5678)]


@settings(deadline=None)
@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=30), st.sampled_from([".", ","]))
def test_amounts_survive_being_written_with_separators(numbers: list[Decimal], mark: str) -> None:
    texts = [f"{n:,.2f}".translate(str.maketrans(",.", ".,")) if mark == "," else f"{n:,.2f}" for n in numbers]
    assert amounts(texts)[0] == numbers


def test_units_in_headers() -> None:
    assert [unit_of(h) for h in ("金额（万元）", "Amount (in thousands)", "Amount (USD)")] == [10_000, 1_000, 1]


@pytest.mark.parametrize(
    ("header", "unit", "currency"),
    [
        ("Amount (000 $)", 1000, "$"),
        ("Amount (USD 000s)", 1000, "USD"),
        ("Amount ($K)", 1000, "$"),
        ("Umsatz (T€)", 1000, "€"),
        ("Amount (HK$'000)", 1000, "HK$"),
        ("Amount (€m)", 10**6, "€"),
        ("Offen (Mio EUR)", 10**6, "EUR"),
        ("Amount (K)", 1000, ""),
        ("金额（Ｋ）", 1000, ""),
        ("Amount (in kEUR)", 1000, "EUR"),
        ("Amount (TEUR)", 1000, "EUR"),
        ("金额(万)", 10_000, ""),
        ("Amount (bank)", 1, "bank"),
        ("Amount (item)", 1, "item"),
        ("Amount (type)", 1, "type"),
        ("Amount (m)", 1, ""),
        ("Amount (KES)", 1, "KES"),
        ("Amount (MXN)", 1, "MXN"),
        ("Amount (1000)", 1, "1000"),
    ],
)
def test_units_in_brackets_stand_beside_a_currency(header: str, unit: int, currency: str) -> None:
    assert unit_of(header) == unit
    assert without_unit(header.partition("(")[2].rstrip(")")) == currency


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Net 30", "30"),
        ("30 days", "30"),
        ("2/10 net 45", "45"),
        ("月结60天", "60"),
        ("3个月", "90"),
        ("货到付款", "0"),
        ("N60", "60"),
        ("45", "45"),
        ("by agreement", None),
    ],
)
def test_terms(text: str, days: str | None) -> None:
    assert values_words.terms(text) == days


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("人民币", "CNY"),
        ("RMB", "CNY"),
        ("￥", "CNY"),
        ("usd", "USD"),
        ("US$", "USD"),
        ("€", "EUR"),
        ("$", None),
        ("money", None),
    ],
)
def test_currencies(text: str, code: str | None) -> None:
    assert values_words.currency(text) == code


@pytest.mark.parametrize(
    ("table", "text", "code"),
    [
        ("doc_type", "Credit Memo", "credit_note"),
        ("doc_type", "红字发票", "credit_note"),
        ("doc_type", "On Account", "prepayment"),
        ("status", "Partially Paid", "part_paid"),
        ("status", "已作废", "void"),
        ("method", "银行承兑汇票", "bill"),
        ("receipt_kind", "Write-off", "write_off"),
        ("disputed", "是", "true"),
        ("disputed", "No", "false"),
        ("status", "in the post", None),
    ],
)
def test_words(table: str, text: str, code: str | None) -> None:
    assert values_words.by_table(table)(text) == code


def test_midnights_of_the_business_written_in_utc_are_its_dates() -> None:
    stamps = {"2026-03-04T16:00:00.000Z": 2, "2026-03-05T16:00:00.000Z": 1}
    assert list(read_dates(stamps, zone="Asia/Shanghai").dates.values()) == [MARCH_5, dt.date(2026, 3, 6)]
    assert (
        read_dates({"2026-03-05T00:00:00.000Z": 1}, zone="Asia/Shanghai").dates["2026-03-05T00:00:00.000Z"] == MARCH_5
    )
    assert (
        read_dates({**stamps, "2026-03-05T09:30:00Z": 1}, zone="Asia/Shanghai").dates["2026-03-05T09:30:00Z"] == MARCH_5
    )


def test_a_day_without_a_year_has_the_year_of_the_period_stated_or_none() -> None:
    period = (dt.date(2025, 12, 1), dt.date(2026, 1, 31))
    found = read_dates({"112": 1, "3112": 1, "1501": 1, "1502": 1}, period=period)
    assert [found.dates[text] for text in ("112", "3112", "1501")] == [
        dt.date(2025, 12, 1),
        dt.date(2025, 12, 31),
        dt.date(2026, 1, 15),
    ]
    assert found.faults == {"1502": "date_without_year"}  # outside of the period
    assert set(read_dates({"0103": 1, "05.03.": 1, "3月5日": 1}).faults.values()) == {"date_without_year"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", "2"), ("2.0", "2"), ("1/3", "1"), ("1 of 3", "1"), ("第3期", "3"), ("第２期", "2"), ("第二期", "2"),
        ("第十期", "10"), ("十二期", "12"), ("第二十期", "20"), ("第二十三笔", "23"), ("首期", None), ("1.5", None),
        ("二月", None), ("期", None),
    ],
)  # fmt: skip
def test_the_number_of_an_instalment(text: str, number: str | None) -> None:
    assert values_words.whole_number(text) == number


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Amount (thousands)", 1000),
        ("Amount (USD thousands)", 1000),
        ("Betrag (Tsd. EUR)", 1000),
        ("Montant (milliers €)", 1000),
        ("Сумма (тыс. руб.)", 1000),
        ("Amount (in EUR millions)", 10**6),
        ("Сумма (руб.)", 1),
        ("Amount (in EUR)", 1),
    ],
)
def test_units_in_words_need_no_currency(header: str, unit: int) -> None:
    assert unit_of(header) == unit


def test_a_unit_in_brackets_is_no_currency() -> None:
    assert without_unit("Tsd") == ""


@pytest.mark.parametrize(
    ("header", "unit", "name"),
    [
        ("Amount in thousands", 1000, "amount"),
        ("Amount in EUR thousands", 1000, "amount"),
        ("Open KEUR", 1000, "open_amount"),
        ("金额/万元", 10_000, "amount"),
        ("Open amount KRW", 1, "open_amount"),
        ("Balance TRY", 1, "open_amount"),
    ],
)
def test_a_unit_may_stand_behind_the_name_of_an_amount(header: str, unit: int, name: str) -> None:
    assert unit_of(header) == unit
    assert known_as("invoices", header)[0][0] == name
