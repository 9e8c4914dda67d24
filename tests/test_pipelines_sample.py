"""The sample: the same bytes every time, real shapes of exports, every feature, a plausible share of late payers."""

import csv
import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from statistics import mean

import pytest
from python_calamine import CalamineWorkbook

from pipelines.importing import imports
from pipelines.sampling.sample import make_book, write_sample
from pipelines.sampling.sample_book import Book, Item, Movement
from pipelines.sampling.sample_calendar import AS_OF, FIRST_DAY, SHUTDOWNS, is_working_day, nearest_run
from pipelines.sampling.sample_exports import grouped, plain, rep_on
from pipelines.sampling.sample_rates import fx_rates
from pipelines.settings import Settings

COMMITTED = Path(__file__).resolve().parent.parent / "data" / "sample"


@pytest.fixture(scope="module")
def book() -> Book:
    return make_book()


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> list[Path]:
    return write_sample(tmp_path_factory.mktemp("sample"))


def key(thing: Item | Movement) -> tuple[str, int]:
    return thing.invoice_id, thing.instalment_no


def applied(book: Book) -> dict[tuple[str, int], list[Movement]]:
    """Movements by the item they name."""
    by_item: dict[tuple[str, int], list[Movement]] = defaultdict(list)
    for movement in book.movements:
        by_item[key(movement)].append(movement)
    return by_item


def settled_on(item: Item, movements: list[Movement]) -> dt.date | None:
    """The day the last cent of an item arrived, if it had by the as-of date."""
    arrived = [m for m in movements if (m.cleared or m.paid) <= AS_OF]
    if sum(m.cents for m in arrived) != item.cents:
        return None
    return max(m.cleared or m.paid for m in arrived)


def invoices(book: Book) -> list[Item]:
    return [item for item in book.items if item.doc_type == "invoice" and not item.void]


def test_written_again_gives_the_committed_bytes(written):
    for path in written:
        assert path.read_bytes() == (COMMITTED / path.name).read_bytes(), f"{path.name} is not what is committed"


def test_committed_files_are_small_and_all_described():
    files = [path for path in COMMITTED.iterdir() if path.suffix in (".csv", ".xlsx")]
    assert sum(path.stat().st_size for path in files) < 3_000_000
    readme = (COMMITTED / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in readme for path in files)


def test_another_seed_gives_another_book(book):
    assert make_book(7).items[0] != book.items[0]


def test_sizes(book):
    assert len({i.invoice_id for i in invoices(book)}) == 12_000
    assert len(book.customers) == 250
    assert len({c.name for c in book.customers}) == 250
    assert len({c.rep for c in book.customers if c.rep}) == 12
    assert len({c.region for c in book.customers}) == 5
    assert {c.currency for c in book.customers} == {"CNY", "USD", "EUR"}
    assert {c.entity for c in book.customers} == {"JC", "JCX"}


def test_lateness_is_near_the_public_statistics(book):
    by_item = applied(book)
    due = [i for i in invoices(book) if i.due < AS_OF]
    late = [i for i in due if (settled_on(i, by_item[key(i)]) or dt.date.max) > i.due]
    days = [(day - i.issued).days for i in invoices(book) if (day := settled_on(i, by_item[key(i)]))]
    assert 0.27 <= len(late) / len(due) <= 0.33
    assert 33 <= mean(days) <= 45


def test_a_customers_own_past_tells_but_not_everything(book):
    """Share of pairs (late, in time) of the last year which the customer's earlier late share puts in order."""
    by_item, year_start = applied(book), dt.date(2025, 7, 1)
    past: dict[str, list[bool]] = defaultdict(list)
    ranked: list[tuple[float, bool]] = []
    for item in sorted(invoices(book), key=lambda i: i.due):
        if item.due < AS_OF:
            late = (settled_on(item, by_item[key(item)]) or dt.date.max) > item.due
            own = past[item.customer.customer_id]
            if item.due < year_start:
                own.append(late)
            elif own:
                ranked.append((mean(own), late))
    yes = sorted(score for score, late in ranked if late)
    no = Counter(score for score, late in ranked if not late)
    below = sum(count * sum((score > other) + (score == other) / 2 for score in yes) for other, count in no.items())
    assert 0.7 < below / (len(yes) * no.total()) < 0.88


def test_the_balance_at_the_end_is_one_a_supplier_would_have(book):
    """Days of sales outstanding, the overdue share, and something, but not everything, in the oldest bucket."""
    by_item = applied(book)
    last_rate = {currency: float(rate) for currency, _, rate in fx_rates()} | {"CNY": 1.0}
    outstanding = overdue = oldest = sales = 0.0
    for item in (i for i in book.items if not i.void):
        rate = last_rate[item.customer.currency]
        arrived = sum(m.cents for m in by_item[key(item)] if (m.cleared or m.paid) <= AS_OF)
        left = (item.cents - arrived) * rate
        outstanding += left
        overdue += left if item.doc_type == "invoice" and item.due < AS_OF else 0
        oldest += left if item.doc_type == "invoice" and (AS_OF - item.due).days > 120 else 0
        sales += item.cents * rate if item.doc_type != "prepayment" and item.issued > dt.date(2026, 3, 31) else 0
    assert 55 <= outstanding / sales * 91 <= 75
    assert 0.25 <= overdue / outstanding <= 0.35
    assert 0.02 <= oldest / outstanding <= 0.15


def test_money_is_consistent(book):
    """Nothing before the document or after the as-of date, never more than the document; credit notes too."""
    by_item = applied(book)
    items = {key(i): i for i in book.items}
    assert len(items) == len(book.items)
    assert all(FIRST_DAY <= i.issued <= AS_OF and is_working_day(i.issued) for i in book.items)
    assert all(m.paid <= AS_OF and (m.cleared is None or m.cleared >= m.paid) for m in book.movements)
    for which, movements in by_item.items():
        if which[0]:
            item = items[which]
            assert not item.void
            assert all(m.customer == item.customer and m.paid >= item.issued for m in movements)
            assert 0 <= sum(m.cents for m in movements) / item.cents <= 1


def test_customers_buy_only_while_they_are_customers(book):
    assert all(i.customer.first_day <= i.issued for i in book.items)
    failed = [m for m in book.movements if m.customer.fails and m.paid > m.customer.fails]
    assert {m.kind for m in failed} == {"write_off"}


@pytest.mark.parametrize(
    ("feature", "found"),
    [
        ("instalments", lambda b: [i for i in b.items if i.instalment_no == 3]),
        (
            "part payments",
            lambda b: [k for k, ms in applied(b).items() if k[0] and sum(m.kind == "payment" for m in ms) > 1],
        ),
        ("credit notes", lambda b: [i for i in b.items if i.doc_type == "credit_note"]),
        ("open credit notes", lambda b: [i for i in b.items if i.doc_type == "credit_note" and not applied(b)[key(i)]]),
        ("prepayments", lambda b: [i for i in b.items if i.doc_type == "prepayment"]),
        ("money without an invoice", lambda b: [m for m in b.movements if not m.invoice_id]),
        ("no payment advice", lambda b: [m for m in b.movements if m.customer.advice == "none"]),
        ("invoice in the text", lambda b: [m for m in b.movements if m.customer.advice == "text"]),
        ("disputes", lambda b: [i for i in b.items if i.dispute]),
        ("write-offs", lambda b: [m for m in b.movements if m.kind == "write_off"]),
        ("discounts", lambda b: [m for m in b.movements if m.kind == "discount"]),
        ("allowances", lambda b: [m for m in b.movements if m.kind == "credit" and m.invoice_id]),
        ("bills in hand", lambda b: [m for m in b.movements if m.method == "bill" and m.cleared > AS_OF]),
        ("cheques", lambda b: [m for m in b.movements if m.method == "cheque"]),
        ("void documents", lambda b: [i for i in b.items if i.void]),
        ("hand-overs", lambda b: [i for i in b.items if rep_on(i) != i.customer.rep]),
        ("groups", lambda b: [c for c in b.customers if c.parent_id]),
        ("turning bad", lambda b: [c for c in b.customers if c.turns_bad]),
    ],
)
def test_every_feature_occurs(book, feature, found):
    assert len(found(book)) >= 3, feature


def test_orders_slow_down_at_new_year_and_grow(book):
    months = Counter(i.issued.strftime("%Y-%m") for i in invoices(book))
    for year in ("2024", "2026"):
        assert months[f"{year}-02"] < 0.6 * months[f"{year}-03"]
    assert sum(months[m] for m in months if m >= "2025-07") > 1.05 * sum(months[m] for m in months if m < "2024-07")
    assert not any(first <= i.issued <= last for i in book.items for first, last in SHUTDOWNS)


def test_exports_have_the_shapes_real_systems_emit(written):
    files = {path.name: path for path in written}
    old = files["receivables_2023H2-2025H1_gb18030.csv"].read_bytes()
    with pytest.raises(UnicodeDecodeError):
        old.decode("utf-8")
    rows = list(csv.reader(old.decode("gb18030").splitlines()))
    assert rows[0][:2] == ["组织", "单据编号"]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert rows[2601] == rows[2602], "the duplicate that the README names"
    assert any("," in row[8] for row in rows), "amounts with thousands separators, hence quoted"
    assert files["invoices_2025H2-2026H1.csv"].read_bytes().startswith(b"\xef\xbb\xbfEntity,")
    receipts = files["receipts_2023H2-2025.csv"].read_text(encoding="utf-8").splitlines()
    assert receipts[0].count(";") == 11
    assert receipts[3201] == receipts[3202]
    sheet = CalamineWorkbook.from_path(files["receipts_2026H1.xlsx"]).get_sheet_by_index(0).to_python()
    assert sheet[3][:2] == ["组织", "收款单号"]
    assert sheet[-1][0] == "合计"
    assert sheet[-1][5] == pytest.approx(sum(row[5] for row in sheet[4:-1]))


def test_receipt_lines_have_a_key_of_their_own(written):
    """Receipt, invoice, instalment, day and kind tell any two lines apart; only the deliberate duplicate repeats."""
    path = next(path for path in written if path.name == "receipts_2023H2-2025.csv")
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter=";"))[1:]
    repeated = [k for k, n in Counter((r[1], r[7], r[8], r[3], r[9]) for r in rows).items() if n > 1]
    assert len(repeated) == 1


def test_exports_import_without_help_and_set_aside_just_the_odd_lines(written, tmp_path):
    """No hand mapping; what is rejected is what the README says is odd; the workbook ties to its own total."""
    settings = Settings(home=tmp_path)
    reports = {path.name: imports.import_file(path, settings) for path in written}
    assert [report.kind for report in reports.values()] == [
        *("customers", "fx_rates", "invoices", "invoices", "receipts", "receipts")
    ]
    assert {name: report.rows_rejected for name, report in reports.items() if report.rows_rejected} == {
        "receivables_2023H2-2025H1_gb18030.csv": 3,
        "invoices_2025H2-2026H1.csv": 1,
        "receipts_2023H2-2025.csv": 1,
        "receipts_2026H1.xlsx": 1,
    }
    assert {report.ledger for report in reports.values() if report.kind == "invoices"} == {"ledger"}
    workbook = reports["receipts_2026H1.xlsx"]
    assert Decimal(workbook.control_total) == Decimal(workbook.accepted_total)
    assert max(report.as_of for report in reports.values() if report.as_of) == AS_OF


@pytest.mark.parametrize(
    ("cents", "as_plain", "as_grouped"),
    [(1_234_567, "12345.67", "12,345.67"), (-5, "-0.05", "-0.05"), (0, "0.00", "0.00")],
)
def test_amounts_as_text(cents, as_plain, as_grouped):
    assert (plain(cents), grouped(cents)) == (as_plain, as_grouped)


@pytest.mark.parametrize(
    ("habit", "run", "target", "paid"),
    [
        ("month_end", 0, dt.date(2025, 6, 20), dt.date(2025, 6, 30)),
        ("month_end", 0, dt.date(2025, 6, 10), dt.date(2025, 5, 30)),
        ("day", 25, dt.date(2025, 10, 20), dt.date(2025, 10, 27)),
        ("weekday", 2, dt.date(2025, 6, 20), dt.date(2025, 6, 18)),
        ("any", 0, dt.date(2025, 10, 3), dt.date(2025, 10, 9)),
    ],
)
def test_pay_runs_fall_on_the_nearest_working_run(habit, run, target, paid):
    assert nearest_run(habit, run, target, dt.date(2025, 1, 1)) == paid
