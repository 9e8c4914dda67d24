"""Lists of open items month after month, as companies that export no receipts load them: what they say was paid."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from pipelines import i18n
from pipelines.building import publish
from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.reporting import queries
from pipelines.settings import Settings
from tests.small_ledgers import no_risk

JANUARY, FEBRUARY, MARCH = (dt.date(2026, month, day) for month, day in ((1, 31), (2, 28), (3, 31)))
DAYS = (JANUARY, FEBRUARY, MARCH)
AMOUNTS = {"A": 1000, "B": 600, "C": 300}
# What is open of each invoice on the days of the lists: B is paid in two parts, C is new in February.
OPEN = {JANUARY: {"A": 1000, "B": 400}, FEBRUARY: {"A": 700, "C": 300}, MARCH: {"A": 700}}
HEAD = "Customer ID,Invoice No,Invoice Date,Due Date"
ISSUED = {"A": "2026-01-05,2026-02-04", "B": "2026-01-06,2026-02-05", "C": "2026-02-10,2026-03-12"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "warehouse")


def load(settings: Settings, name: str, *lines: str, source: str | None = None) -> imports.ImportReport:
    path = settings.home.parent / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return imports.import_file(path, settings, source=source)


def load_list(settings: Settings, day: dt.date, name: str = "open items", *, amounts: bool = True) -> None:
    """The list of a day, with or without the amounts of the invoices beside what is open."""
    rows = [
        f"C1,{invoice},{ISSUED[invoice]},{f'{AMOUNTS[invoice]},' if amounts else ''}{left}"
        for invoice, left in OPEN[day].items()
    ]
    load(settings, f"{name} {day}.csv", f"{HEAD},{'Invoice Amount,' if amounts else ''}Open Amount", *rows)


def found(settings: Settings, sql: str, as_of: dt.date = MARCH) -> list[tuple]:
    publish.build(settings, as_of=as_of, score=no_risk)
    con = queries.open_build(queries.published(settings))  # type: ignore[arg-type]
    rows = con.execute(sql).fetchall()
    con.close()
    return rows


def is_as_listed(settings: Settings) -> bool:
    """Whether what is open on the day of each list is what it says."""
    opened = "select invoice_id, open_doc from fct_open_items order by 1"
    return all(dict(found(settings, opened, day)) == OPEN[day] for day in DAYS)


@pytest.mark.parametrize("order", [DAYS, (MARCH, JANUARY, FEBRUARY)], ids=["in order", "out of order"])
def test_a_list_without_amounts_holds_what_was_open_and_not_the_whole(
    settings: Settings, order: Sequence[dt.date]
) -> None:
    for day in order:
        load_list(settings, day, amounts=False)
    assert is_as_listed(settings)
    # What B was before its first list nobody knows.
    amounts = found(settings, "select distinct invoice_id, amount_doc from fct_invoices order by 1")
    assert amounts == [("A", 1000), ("B", 400), ("C", 300)]
    payments = "select invoice_id, applied_on, amount_doc from fct_applications order by 1"
    assert found(settings, payments) == [("A", FEBRUARY, 300), ("B", FEBRUARY, 400), ("C", MARCH, 300)]


def test_a_list_may_hold_debits_and_credits_in_columns_of_their_own(settings: Settings) -> None:
    head = "客户编码,单据号,开票日期,到期日,借方余额,贷方余额"
    for day, left in ((JANUARY, 1000), (FEBRUARY, 700)):
        rows = (f"C1,A,{ISSUED['A']},{left},", f"C1,贷-1,{ISSUED['B']},,50")
        load(settings, f"应收未清明细 {day}.csv", head, *rows)
    opened = "select invoice_id, open_doc::int from fct_open_items order by 1"
    for day, left in ((JANUARY, 1000), (FEBRUARY, 700)):
        assert found(settings, opened, day) == [("A", left), ("贷-1", -50)]


def test_what_two_sources_list_is_paid_once(settings: Settings) -> None:
    for name in ("open items", "AR list"):
        for day in DAYS:
            load_list(settings, day, name)
    assert is_as_listed(settings)


def test_a_later_list_of_a_source_that_held_an_item_pays_it_whatever_source_listed_it_since(
    settings: Settings,
) -> None:
    for day, name in zip(DAYS, ("open items", "AR list", "open items"), strict=True):
        load_list(settings, day, name)
    assert dict(found(settings, "select invoice_id, open_doc from fct_open_items where invoice_id <> 'C'")) == {
        "A": 700
    }
    # Only the other source ever listed C, and it has no list since.
    assert found(settings, "select open_doc from fct_open_items where invoice_id = 'C'") == [(300,)]


INVOICES = [f"C1,{invoice},{ISSUED[invoice]},{amount}" for invoice, amount in AMOUNTS.items()]
RECEIPTS = ["R1,C1,2026-01-20,200,B", "R2,C1,2026-02-11,300,A", "R3,C1,2026-02-12,400,B", "R4,C1,2026-03-20,300,C"]
PAID_ON = {"R1": "2026-01-20", "R2": "2026-02-11", "R3": "2026-02-12", "R4": "2026-03-20"}


def load_receipts(settings: Settings, *more: str, named: bool = True) -> None:
    head = f"Receipt No,Customer ID,Payment Date,Amount{',Invoice No' if named else ''}"
    rows = [row if named else row.rpartition(",")[0] for row in (*RECEIPTS, *more)]
    load(settings, "receipts.csv", head, *rows)


@pytest.mark.parametrize("lists_first", [True, False])
@pytest.mark.parametrize(("with_ledger", "named"), [(True, True), (False, True), (True, False)])
def test_money_that_receipts_hold_is_not_paid_by_difference_again(
    settings: Settings, with_ledger: bool, named: bool, lists_first: bool
) -> None:
    for step in ("lists", "rest") if lists_first else ("rest", "lists"):
        if step == "lists":
            for day in DAYS:
                load_list(settings, day)
        else:
            load_receipts(settings, named=named)
            if with_ledger:
                load(settings, "invoices.csv", f"{HEAD},Amount", *INVOICES)
    assert is_as_listed(settings)
    days = found(settings, "select receipt_id, cast(applied_on as varchar) from fct_applications order by 1")
    assert dict(days) == PAID_ON


@pytest.mark.parametrize("named", [True, False])
def test_receipts_that_name_no_invoice_are_in_the_lists_already(settings: Settings, named: bool) -> None:
    for day in DAYS:
        load_list(settings, day)
    # R9 paid what was gone before the first list; C9 has never been on one.
    load_receipts(settings, "R8,C9,2026-01-07,55,", "R9,C1,2026-01-08,80,", named=named)
    assert is_as_listed(settings)
    left_out = "select customer_id, items::int from fct_left_out where reason = 'listed' order by 1"
    assert found(settings, left_out) == [("C1", 1 if named else 5), ("C9", 1)]
    # What came in after the last list pays as ever.
    load(settings, "late.csv", "Receipt No,Customer ID,Payment Date,Amount", "L1,C1,2026-04-02,700")
    assert found(settings, "select count(*) from fct_open_items", dt.date(2026, 4, 2)) == [(0,)]


def test_a_settled_date_of_the_ledger_says_better_when_it_was_paid(settings: Settings) -> None:
    for day in DAYS:
        load_list(settings, day)
    settled = {"A": ",700", "B": "2026-02-12,0", "C": "2026-03-20,0"}
    rows = [f"{row},{settled[row.split(',')[1]]}" for row in INVOICES]
    load(settings, "invoices.csv", f"{HEAD},Amount,Paid On,Balance", *rows)
    assert is_as_listed(settings)
    days = "select invoice_id, applied_on, amount_doc from fct_applications order by all"
    assert found(settings, days) == [
        ("A", FEBRUARY, Decimal(300)),
        ("B", JANUARY, Decimal(200)),
        ("B", dt.date(2026, 2, 12), Decimal(400)),
        ("C", dt.date(2026, 3, 20), Decimal(300)),
    ]


def many(day: dt.date, *, regions: Sequence[str] = ("East", "West"), first: int = 1, due: str = "") -> list[str]:
    """Twelve items of each region, of which half fall due after the day; or all on `due`."""
    later = day + dt.timedelta(days=9)
    rows = [
        f"C{place},{region}{first + place},2026-01-05,{due or (later if place % 2 else '2026-01-20')},100,{region}"
        for region in regions
        for place in range(12)
    ]
    return [f"{HEAD},Open Amount,Region", *rows]


def noted(report: imports.ImportReport) -> list[str]:
    return [note["code"] for note in report.notes if note["code"].startswith("list_")]


def said(report: imports.ImportReport, code: str, language: str) -> str:
    return i18n.reason(language, next(note for note in report.notes if note["code"] == code))


@pytest.mark.parametrize(
    ("lines", "notes", "words"),
    [
        (many(FEBRUARY), [], ()),
        (many(FEBRUARY, regions=["West"]), ["list_pays", "list_lacks_region"], ("East", "12")),
        (many(FEBRUARY)[:20], ["list_pays"], ("5", "24", "500.00")),
        (many(FEBRUARY, due="2026-02-01")[:20], ["list_pays", "list_lacks_not_due"], ("12", "2026-02-28")),
    ],
    ids=["all", "a region missing", "some paid", "overdue only"],
)
def test_a_list_says_what_it_makes_paid_and_what_it_may_lack(
    settings: Settings, lines: list[str], notes: list[str], words: Sequence[str]
) -> None:
    load(settings, f"open items {JANUARY}.csv", *many(JANUARY))
    report = load(settings, f"open items {FEBRUARY}.csv", *lines)
    assert noted(report) == notes
    for language in i18n.LANGUAGES if notes else ():
        assert all(word in said(report, notes[-1], language) for word in words)


REGISTER = (
    "Customer ID,Invoice No,Invoice Date,Due Date,Invoice Amount,Status",
    *(f"C1,{invoice},{ISSUED[invoice]},{amount}," for invoice, amount in AMOUNTS.items()),
    "C1,D,2026-01-08,2026-02-07,250,",  # paid before the first list
    "C1,E,2026-01-08,2026-02-07,40,Paid",
    "C1,F,2026-03-01,2026-03-31,70,",  # after the last list
    "C2,G,2026-01-08,2026-02-07,80,",  # of a customer in no list
)


@pytest.mark.parametrize("first", ["lists", "register"])
def test_invoices_that_no_list_of_their_customer_holds_are_said_to_stay_open(settings: Settings, first: str) -> None:
    if first == "register":
        assert noted(load(settings, "invoices.csv", *REGISTER, source="register")) == []
    load_list(settings, JANUARY)
    load_list(settings, FEBRUARY)
    report = load(settings, "invoices.csv", *REGISTER, source="register")
    if first == "register":
        report = next(each for each in imports.list_imports(settings) if each.as_of == FEBRUARY)
    assert "list_leaves_open" in noted(report)
    for language in i18n.LANGUAGES:
        words = said(report, "list_leaves_open", language)
        assert all(word in words for word in ("1 ", "250.00", str(FEBRUARY)))
    assert ("D", 250) in found(settings, "select invoice_id, open_doc::int from fct_open_items", FEBRUARY)


def test_where_receipts_are_loaded_nothing_is_said_of_invoices_in_no_list(settings: Settings) -> None:
    load(settings, "receipts.csv", "Receipt No,Invoice No,Customer ID,Payment Date,Amount", "R1,D,C1,2026-01-20,250")
    load_list(settings, JANUARY)
    assert noted(load(settings, "invoices.csv", *REGISTER, source="register")) == []


@pytest.mark.parametrize(("one", "other"), [(JANUARY, FEBRUARY), (FEBRUARY, JANUARY), (JANUARY, JANUARY)])
def test_a_list_that_shares_nothing_with_its_neighbour_is_refused(
    settings: Settings, one: dt.date, other: dt.date
) -> None:
    load(settings, f"branch 1 open items {one}.csv", *many(one, regions=["East"]))
    with pytest.raises(UserError) as refused:
        load(settings, f"branch 2 open items {other}.csv", *many(other, regions=["West"]))
    assert refused.value.code == ("error.lists_apart" if one == other else "error.lists_of_days_apart")
    assert all("branch_open_items" in refused.value.text(language) for language in i18n.LANGUAGES)
    # Under a source of its own each part stays.
    load(settings, f"branch 2 open items {other}.csv", *many(other, regions=["West"]), source="west")
    assert found(settings, "select count(*) from fct_open_items") == [(24,)]


def test_a_list_under_another_name_is_said_to_stand_beside_the_earlier_ones(settings: Settings) -> None:
    load(settings, f"open items {JANUARY}.csv", *many(JANUARY))
    report = load(settings, f"AR list {FEBRUARY}.csv", *many(FEBRUARY, regions=["West"]))
    assert noted(report) == ["list_of_other_source"]
    for language in i18n.LANGUAGES:
        assert all(word in said(report, "list_of_other_source", language) for word in ("12", "open_items", "ar_list"))


@pytest.mark.parametrize(
    ("name", "day", "notes"),
    [
        ("Open items February 2026", FEBRUARY, []),
        ("open_items_2026-02", FEBRUARY, []),
        ("open items Feb26", FEBRUARY, []),
        ("open items 02.2026", FEBRUARY, []),
        ("open items 2026年2月", FEBRUARY, []),
        ("open items 二月", dt.date(2026, 2, 3), ["list_day_newest"]),
        ("open items", dt.date(2026, 2, 3), ["list_day_newest"]),
        ("open items 2026-01-31", dt.date(2026, 2, 3), ["list_day_passed"]),
    ],
)
def test_the_month_in_the_name_is_the_day_of_a_list_and_no_part_of_its_source(
    settings: Settings, name: str, day: dt.date, notes: list[str]
) -> None:
    report = load(settings, f"{name}.csv", f"{HEAD},Open Amount", "C1,A,2026-02-03,2026-03-05,100")
    assert (report.source, report.as_of, noted(report)) == ("open_items", day, notes)
    for language in i18n.LANGUAGES if notes else ():
        assert "2026-02-03" in said(report, notes[0], language)


def test_the_running_month_is_no_day_that_has_been(settings: Settings) -> None:
    today = dt.datetime.now(dt.UTC).date()
    newest, year = today - dt.timedelta(days=3), today.year + 1
    report = load(settings, f"open items {year}-12.csv", f"{HEAD},Open Amount", f"C1,A,{newest},{newest},100")
    assert (report.as_of, noted(report)) == (newest, ["list_day_newest"])


DATED = f"As of,{HEAD},Open Amount"


def test_a_column_says_the_day_of_the_list(settings: Settings) -> None:
    rows = [f"2026-03-31,C1,{invoice},2026-02-03,2026-03-05,100" for invoice in "AB"]
    report = load(settings, "open items.csv", DATED, *rows)
    assert (report.as_of, noted(report)) == (MARCH, [])


@pytest.mark.parametrize("header", ["As of", "截止日期"])
def test_lists_of_several_days_in_one_file_are_refused(settings: Settings, header: str) -> None:
    rows = [f"{day},C1,A,2026-01-03,2026-02-05,{left}" for day, left in ((JANUARY, 100), (FEBRUARY, 60))]
    with pytest.raises(UserError) as refused:
        load(settings, "open items.csv", DATED.replace("As of", header), *rows)
    assert refused.value.code == "error.list_of_days"
    for language in i18n.LANGUAGES:
        assert all(word in refused.value.text(language) for word in (header, "2026-01-31", "2026-02-28"))


def test_a_sheet_named_after_a_day_is_the_list_of_that_day(settings: Settings) -> None:
    path = settings.home.parent / "open items.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for day in ("2026-01-31", "2026-02-28"):
            page = book.add_worksheet(day)
            page.write_row(0, 0, [*HEAD.split(","), "Open Amount"])
            page.write_row(1, 0, ["C1", "A", "2026-01-03", "2026-02-05", "100"])
    for day in DAYS[:2]:
        report = imports.import_file(path, settings, sheet=str(day))
        assert (report.as_of, noted(report)) == (day, [])


@pytest.mark.parametrize("days", [(JANUARY, FEBRUARY), (FEBRUARY, JANUARY)], ids=["in order", "out of order"])
def test_an_older_list_imported_later_takes_no_due_date_back(settings: Settings, days: Sequence[dt.date]) -> None:
    due = {JANUARY: "2026-02-10", FEBRUARY: "2026-04-10"}
    for day in days:
        load(settings, f"open items {day}.csv", f"{HEAD},Open Amount", f"C1,A,2026-01-05,{due[day]},100")
    # What another export says later on is taken, as ever.
    load(settings, "invoices.csv", f"{HEAD},Amount", "C1,B,2026-01-05,2026-02-01,50")
    dates = "select invoice_id, due_date from fct_open_items order by 1"
    assert found(settings, dates) == [("A", dt.date(2026, 4, 10)), ("B", dt.date(2026, 2, 1))]
