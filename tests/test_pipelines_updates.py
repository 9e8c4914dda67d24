"""A build that goes on from the one before is the same as one made from scratch, row by row."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.late_risk import score_build
from pipelines.building import builds, publish, renewal, tables, touched, updates
from pipelines.building.checks import ChecksFailed
from pipelines.collecting import journal
from pipelines.importing.imports import import_file, retract
from pipelines.importing.imports_store import list_imports
from pipelines.settings import Settings
from tests.oracle_builds import store, store_ledger, unscored
from tests.oracle_documents import Ledger, Row
from tests.oracle_ledgers import row, together
from tests.test_open_lists import load
from tests.test_oracle import EXAMPLES, as_of_days, books, examples

# Customers and accounts without a figure any more keep their keys until the next whole build.
NAMES = ("int_accounts", "int_account_scopes", "int_scopes", "int_desk_names", "int_payer_care")
# Keys are a build's own affair.
OWN = ("customer_key", "account_key", "item_key", "instalment_key", "line_key", "desk_key", "scope_key")


@pytest.fixture(scope="module", autouse=True)
def _any_book_may_go_on() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(updates, "LARGE", 0)
        patch.setattr(updates, "MOST_TOUCHED", 1)
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("updates") / "warehouse"


def tables_of(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The tables and views that readers use, with the columns that mean the same in every build."""
    found: dict[str, list[str]] = {}
    for table, column, kind in con.execute(
        "select table_name, column_name, data_type from duckdb_columns() where database_name = current_database() "
        "and not internal and (table_name similar to '(fct|dim|int)_.*' "
        "or table_name in ('imports', 'import_totals', 'rejected_rows'))"
    ).fetchall():
        if column not in OWN and table not in NAMES:
            # Doubles are sums in no fixed order.
            found.setdefault(table, []).append(f"round({column}, 6)" if kind == "DOUBLE" else column)
    return found


def assert_same_build(one: Path, other: Path) -> None:
    with duckdb.connect(str(one), read_only=True) as con:
        con.execute(f"attach '{other}' as other (read_only)")
        (name,) = con.execute("select current_database()").fetchall()[0]
        found = tables_of(con)
        assert len(found) > 40
        for table, columns in found.items():
            of = {where: f'select {", ".join(columns)} from "{where}".{table}' for where in (name, "other")}
            for here, there in ((name, "other"), ("other", name)):
                extra = con.execute(f"{of[here]} except all {of[there]} limit 5").fetchall()
                assert not extra, f"{table}: only in {here}: {columns} {extra}"


def tables_with_habits_of(path: Path) -> list[tables.Table]:
    """The tables of a build, but what all customers do together is copied from an earlier one."""

    def copy(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(f"attach '{path}' as earlier (read_only)")
        con.execute("create table int_pay_hazards as from earlier.int_pay_hazards")
        con.execute("detach earlier")

    return [replace(table, make=copy) if table.name == "int_pay_hazards" else table for table in tables.from_files()]


def update_and_compare(settings: Settings, as_of: dt.date) -> publish.BuildInfo:
    """Go on from the published build, then build from scratch: the same."""
    info = publish.build(settings, as_of=as_of, score=unscored)
    updated = builds.current(settings)
    assert updated is not None
    with pytest.MonkeyPatch.context() as patch:
        every = tables_with_habits_of(updated)
        patch.setattr(tables, "from_files", lambda: every)
        publish.build(settings, as_of=as_of, score=unscored, whole=True)
    whole = builds.current(settings)
    assert whole is not None
    assert_same_build(updated, whole)
    return info


def changed(row: Row, random: Random) -> Row:
    """A row as a later export might hold it."""
    return row | {"amount": row["amount"] * random.choice([Decimal(1), Decimal("0.5"), Decimal(2)])}


@examples(EXAMPLES // 4)
@given(books=books(), as_of=as_of_days(), random=st.randoms(use_true_random=False))
def test_going_on_gives_what_a_whole_build_gives(
    home: Path, books: Sequence[Ledger], as_of: dt.date, random: Random
) -> None:
    settings = Settings(home=home)
    ledger, others = together(books), together([*books[1:], books[0]])
    rows = {kind: list(getattr(ledger, kind)) for kind in ("invoices", "receipts", "customers")}
    late = {kind: random.sample(found, random.randint(0, len(found) // 2)) for kind, found in rows.items()}
    first = {kind: [row for row in found if row not in late[kind]] or found for kind, found in rows.items()}
    store_ledger(home, Ledger(**first, fx_rates=ledger.fx_rates))
    try:
        publish.build(settings, as_of=as_of, score=unscored)
    except publish.NoDocuments:
        return
    again = [changed(row, random) for row in random.sample(first["invoices"], min(2, len(first["invoices"])))]
    for number, (kind, found) in enumerate({**late, "invoices": [*late["invoices"], *again]}.items(), start=100):
        store(home, kind, found, number)
    # What another book holds under a number may contradict the instalments that stay.
    store(home, "invoices", random.sample(others.invoices, random.randint(0, 3)), 200)
    info = update_and_compare(settings, as_of)
    # A document older than any before makes the history longer.
    assume(info.based_on)


AS_OF = dt.date(2024, 6, 30)


def tidy_rows(random: Random, numbers: range, customers: int) -> Ledger:
    """Documents that money names by number, as most books are, with an exception here and there."""
    invoices: list[Row] = []
    receipts: list[Row] = []
    names = {n: random.choice([None, f"Firm {n}"]) for n in range(customers)}
    for number in numbers:
        who = random.randrange(customers)
        issued = AS_OF - dt.timedelta(days=random.randrange(-3, 500))
        odd = random.randrange(12) if who % 3 == 0 or not random.randrange(60) else 99
        amount = Decimal(random.randrange(1, 50_000)) / 100
        currency = random.choice([None, "CNY", "CNY", "USD"])
        common = row(
            "invoices",
            entity_id=random.choice([None, "main"]),
            customer_id=f"C{who}",
            customer_name=names[who] if odd else random.choice([None, f"Name {random.randrange(3)}"]),
            invoice_id=f"D{number}",
            doc_type={1: "credit_note", 2: "prepayment"}.get(odd),
            issue_date=issued,
            due_date=random.choice([None, issued + dt.timedelta(days=30), issued + dt.timedelta(days=60)]),
            currency=currency,
            rep=[None, "Li", "Wang"][who % 3] if odd != 3 else random.choice([None, "Li", "Zhao"]),
            tax_id=f"T{who}" if odd == 4 else None,
            status="void" if odd == 5 and random.randrange(2) else None,
        )
        parts = random.choice([1, 1, 1, 1, 2, 3])
        for part in range(1, parts + 1):
            invoices.append(common | {"instalment_no": part if parts > 1 else None, "amount": amount})
        for line in range(random.choice([0, 1, 1, 1, 2])):
            kind = random.choice([None, None, None, "discount", "write_off"])
            share = Decimal(random.choice(["1", "0.5", "0.5", "0.9996"] if odd == 99 else ["1", "1.2"]))
            receipts.append(
                row(
                    "receipts",
                    receipt_id=random.choice([f"R{number}-{line}", f"R{number}"]),
                    customer_id=f"C{who}" if odd != 6 else random.choice([None, f"C{random.randrange(customers)}"]),
                    invoice_id=f"D{number}" if odd != 7 else random.choice([None, f"D{number + 1}", "D-none"]),
                    paid_on=issued + dt.timedelta(days=random.randrange(0, 90) - (20 if odd == 8 else 0)),
                    amount=(amount * share * parts).quantize(Decimal("0.01")) * (-1 if odd in (9, 10) and line else 1),
                    currency=currency,
                    instalment_no=random.choice([None, 1]) if parts > 1 else None,
                    reference=f"for D{number}" if odd == 7 else None,
                    method=random.choice(["transfer", "bill"]) if odd == 10 else None,
                    cleared_on=AS_OF + dt.timedelta(days=9) if odd == 10 and random.randrange(2) else None,
                )
                | {"kind": kind}
            )
    return Ledger(invoices, receipts)


@pytest.mark.parametrize("seed", range(3))
def test_going_on_by_single_documents_gives_what_a_whole_build_gives(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    settings = Settings(home=tmp_path / "warehouse")
    book = tidy_rows(random, range(400), 60)
    old = row("invoices", customer_id="C0", invoice_id="D-old", issue_date=dt.date(2022, 1, 3), amount=Decimal(5))
    rates = [row("fx_rates", currency="USD", rate_date=dt.date(2022, 1, 1), rate_to_base=Decimal(7))]
    customers = [row("customers", customer_id=f"C{n}", rep="Sun", terms_days=20) for n in range(0, 60, 7)]
    store_ledger(settings.home, Ledger([*book.invoices, old], book.receipts, customers, rates))
    publish.build(settings, as_of=AS_OF, score=unscored)
    counts: list[tuple[int, int]] = []
    find = touched.find

    def counted(con: duckdb.DuckDBPyConnection, *rest: Any) -> None:
        find(con, *rest)
        counts.extend(
            con.execute(
                "select (select count(*) from upd_customer_keys), (select count(*) from upd_whole_keys)"
            ).fetchall()
        )

    monkeypatch.setattr(touched, "find", counted)
    for number in range(3):
        first = 400 + number * 8
        new = tidy_rows(random, range(first, first + 8), 62)
        again = random.sample(book.invoices, 6)
        twice = random.sample(book.receipts, 3)
        late = [
            row("receipts", receipt_id=f"L{number}-{n}", invoice_id=one["invoice_id"], paid_on=AS_OF, amount=Decimal(3))
            for n, one in enumerate(random.sample(book.invoices, 4))
        ]
        some = [each if random.randrange(3) else changed(each, random) for each in again]
        store(
            settings.home,
            "invoices",
            [*new.invoices, *{each["invoice_id"]: each for each in some}.values()],
            40 + number,
        )
        store(settings.home, "receipts", [*new.receipts, *twice, *late], 40 + number)
        if number < 2:
            assert publish.build(settings, as_of=AS_OF, score=unscored).based_on
    assert update_and_compare(settings, AS_OF).updates == 3
    assert any(whole < all_touched for all_touched, whole in counts)


def test_what_is_made_of_touched_documents_reads_nothing_made_of_whole_customers() -> None:
    made = {table.name: table.reads for table in tables.from_files() if not table.is_view}
    by_document = {name for name, how in renewal.RENEWALS.items() if how.rows == renewal.DOCUMENTS}
    of_all = {name for name, how in renewal.RENEWALS.items() if how.rows == renewal.ALL}
    assert made.keys() >= renewal.RENEWALS.keys()
    for name in by_document:
        assert made[name] & made.keys() <= by_document | of_all, name


@pytest.fixture
def book(tmp_path: Path) -> Settings:
    """A published build of forty customers with two invoices each, every other one paid."""
    settings = Settings(home=tmp_path / "warehouse")
    invoices = [
        row(
            "invoices",
            customer_id=f"C{n % 40}",
            invoice_id=f"D{n}",
            issue_date=dt.date(2024, 1 + n % 5, 3),
            amount=n + 1,
        )
        for n in range(80)
    ]
    receipts = [
        row("receipts", receipt_id=f"R{n}", invoice_id=f"D{n}", paid_on=dt.date(2024, 6, 1), amount=n + 1)
        for n in range(0, 80, 2)
    ]
    store_ledger(settings.home, Ledger(invoices, receipts))
    publish.build(settings, as_of=AS_OF, score=score_build)
    return settings


def more(settings: Settings, number: int, **kinds: list[Row]) -> None:
    for kind, found in kinds.items():
        store(settings.home, kind, found, number)


def a_receipt(**values: Any) -> Row:
    return row("receipts", receipt_id="R-new", paid_on=dt.date(2024, 6, 20), amount=4, **values)


def go_on(settings: Settings, **options: Any) -> publish.BuildInfo:
    return publish.build(settings, **{"as_of": AS_OF, "score": score_build, **options})


def open_of(settings: Settings, column: str) -> dict[str, Any]:
    with duckdb.connect(str(builds.current(settings)), read_only=True) as con:
        return dict(con.execute(f"select invoice_id, {column} from fct_open_items order by all").fetchall())


def test_a_receipt_pays_its_invoice_and_leaves_the_others_alone(book: Settings) -> None:
    before = open_of(book, "open_base")
    more(book, 40, receipts=[a_receipt(invoice_id="D3")])
    info = go_on(book)
    assert info.based_on and info.updates == 1
    assert open_of(book, "open_base") == {item: left for item, left in before.items() if item != "D3"}
    more(book, 41, receipts=[a_receipt(invoice_id="D5") | {"receipt_id": "R-newer"}])
    assert go_on(book).updates == 2
    assert open_of(book, "open_base")["D5"] == 2


def test_a_payment_that_is_exported_again_makes_no_second_pay_day(book: Settings) -> None:
    """Its line of before stays among the applications until they are made anew, on another day if it came early."""
    invoice = row("invoices", customer_id="C1", invoice_id="D900", issue_date=dt.date(2024, 6, 10), amount=4)
    early = row("receipts", receipt_id="R-early", invoice_id="D900", paid_on=dt.date(2024, 6, 5), amount=4)
    more(book, 40, invoices=[invoice], receipts=[early])
    publish.build(book, as_of=AS_OF, score=unscored, whole=True)
    more(book, 41, receipts=[early])
    assert update_and_compare(book, AS_OF).based_on
    with duckdb.connect(str(builds.current(book)), read_only=True) as con:
        found = con.execute("select support, last_paid_on from fct_pay_calendar where customer_id = 'C1'").fetchall()
    assert found == [(1, dt.date(2024, 6, 5))]


def test_totals_of_an_added_export_stand_by_currency_as_in_a_whole_build(book: Settings, tmp_path: Path) -> None:
    """The base currency's row names none; the total is of both added up, which is an amount of neither."""
    (tmp_path / "rates.csv").write_text("Currency,Rate Date,Rate\nUSD,2024-01-01,7\n", encoding="utf-8")
    import_file(tmp_path / "rates.csv", book)
    header = "客户编码,单据编号,单据日期,到期日,金额,币种\n"
    rows = "C1,N1,2024-06-03,2024-07-03,20.5,USD\nC1,N2,2024-06-03,2024-07-03,4,\n合计,,,,24,\n"
    (tmp_path / "new.csv").write_text(header + rows, encoding="utf-8")
    publish.build(book, as_of=AS_OF, score=unscored)
    report = import_file(tmp_path / "new.csv", book)
    assert update_and_compare(book, AS_OF).based_on
    with duckdb.connect(str(builds.current(book)), read_only=True) as con:
        columns = "currency, is_added_up, accepted_total, control_total, difference_doc"
        found = con.execute(f"select {columns} from import_totals where import_id = ?", [report.import_id]).fetchall()
        sums = "select currencies, accepted_total, control_total from imports where import_id = ?"
        whole = con.execute(sums, [report.import_id]).fetchall()
    assert found == [
        ("USD", False, Decimal("20.5"), None, None),
        (None, False, 4, None, None),
        (None, True, Decimal("24.5"), 24, Decimal("0.5")),
    ]
    assert whole == [(2, None, None)]


def test_scores_of_the_baseline_stay_and_new_items_get_theirs(book: Settings) -> None:
    def scores() -> dict[str, float]:
        with duckdb.connect(str(builds.current(book)), read_only=True) as con:
            return dict(con.execute("select invoice_id, p_late from fct_late_risk").fetchall())

    before = scores()
    new = row("invoices", customer_id="C1", invoice_id="D900", issue_date=dt.date(2024, 6, 3), amount=7)
    more(book, 40, invoices=[new])
    info = go_on(book)
    assert info.based_on and info.model_id == "baseline"
    after = scores()
    assert after.keys() - before.keys() == {"D900"}
    assert {item: after[item] for item in before} == before


def test_what_people_entered_since_counts(book: Settings) -> None:
    publish.build(book, as_of=AS_OF, score=unscored, whole=True)
    promise = {"promised_on": "2024-06-25", "amount": "2", "currency": "CNY", "made_by": "Ms Lin"}
    made_at = dt.datetime(2024, 6, 20, tzinfo=dt.UTC)
    journal.append(book, "promise", journal.Subject("main", "C1"), promise, who="rep", now=made_at, debt=Decimal(2))
    rating = {"aspect": "value", "score": 5}
    journal.append(book, "rating", journal.Subject("main", "C2"), rating, who="owner", now=made_at)
    more(book, 40, receipts=[a_receipt(invoice_id="D3")])
    assert update_and_compare(book, AS_OF).based_on
    with duckdb.connect(str(builds.current(book)), read_only=True) as con:
        assert con.execute("select customer_id, amount from fct_promises").fetchall() == [("C1", 2)]
        rated = con.execute("select customer_id from fct_payer_components where value_rating = 5").fetchall()
    assert rated == [("C2",)]


def test_entries_that_a_build_as_known_earlier_did_not_read_count_in_the_next(book: Settings) -> None:
    promise = {"promised_on": "2024-06-25", "amount": "2", "currency": "CNY", "made_by": "Ms Lin"}
    made_at = dt.datetime(2024, 6, 20, tzinfo=dt.UTC)
    journal.append(book, "rating", journal.Subject("main", "C1"), {"aspect": "value", "score": 5}, who="R", now=made_at)
    journal.append(book, "promise", journal.Subject("main", "C1"), promise, who="R", now=made_at, debt=Decimal(2))
    earlier = "2026-01-01T12:00:00+00:00"
    made_late = made_at.replace(year=2026, month=5)
    journal.append(
        book, "rating", journal.Subject("main", "C4"), {"aspect": "value", "score": 5}, who="R", now=made_late
    )
    publish.build(book, as_of=AS_OF, known_at=earlier, score=unscored)
    more(book, 40, receipts=[a_receipt(invoice_id="D3")])
    assert update_and_compare(book, AS_OF).based_on
    with duckdb.connect(str(builds.current(book)), read_only=True) as con:
        rated = con.execute("select customer_id from fct_payer_components where value_rating = 5 order by 1").fetchall()
    assert rated == [("C1",), ("C4",)]


def test_a_bill_that_clears_brings_its_money(book: Settings) -> None:
    def bill(state: str, day: str) -> dict[str, str]:
        return {
            "number": "B1",
            "amount": "4",
            "currency": "CNY",
            "due_on": "2024-06-25",
            "state": state,
            "state_on": day,
        }

    now = dt.datetime(2024, 6, 2, tzinfo=dt.UTC)
    subject = journal.Subject("main", "C3", "D3")
    received = journal.append(book, "bill", subject, bill("received", "2024-06-02"), who="clerk", now=now)
    more(book, 40, receipts=[a_receipt(customer_id="C3", invoice_id="D3") | {"receipt_id": "B1"}])
    publish.build(book, as_of=AS_OF, score=unscored, whole=True)
    assert "D3" in open_of(book, "open_base")
    later = dt.datetime(2024, 6, 25, tzinfo=dt.UTC)
    journal.correct(book, received.id, bill("cleared", "2024-06-25"), who="clerk", now=later)
    assert update_and_compare(book, AS_OF).based_on
    assert "D3" not in open_of(book, "open_base")


def test_bills_of_others_that_bounce_count_for_a_bill_that_only_the_ledger_knows(book: Settings) -> None:
    """Its customer is named by nothing new: how many bills brought their money is what the forecast takes of all."""
    in_hand = a_receipt(customer_id="C3", invoice_id="D3", method="bill", cleared_on=dt.date(2024, 7, 9))
    more(book, 40, receipts=[in_hand])
    publish.build(book, as_of=AS_OF, score=unscored, whole=True)
    now = dt.datetime(2024, 6, 20, tzinfo=dt.UTC)
    bill = {"number": "B1", "amount": "4", "currency": "CNY", "due_on": "2024-06-18", "state": "bounced"}
    bounced = bill | {"state_on": "2024-06-18"}
    journal.append(book, "bill", journal.Subject("main", "C5", "D5"), bounced, who="clerk", now=now)
    more(book, 41, receipts=[a_receipt(invoice_id="D7") | {"receipt_id": "R-newer"}])
    assert update_and_compare(book, AS_OF).based_on


def test_a_bill_and_a_promise_that_name_an_invoice_in_instalments_are_forecast_alike(book: Settings) -> None:
    issued = row("invoices", customer_id="C1", invoice_id="PARTS", issue_date=dt.date(2024, 5, 3), amount=50)
    parts = [issued | {"instalment_no": n, "due_date": dt.date(2024, 5 + n, 20)} for n in (1, 2, 3)]
    more(book, 40, invoices=parts)
    publish.build(book, as_of=AS_OF, score=unscored, whole=True)
    now, about = dt.datetime(2024, 6, 20, tzinfo=dt.UTC), journal.Subject("main", "C1", "PARTS")
    bill = {"number": "B1", "amount": "70", "currency": "CNY", "due_on": "2024-07-25", "state": "received"}
    journal.append(book, "bill", about, bill, who="clerk", now=now)
    promise = {"promised_on": "2024-07-10", "amount": "20", "currency": "CNY"}
    journal.append(book, "promise", about, promise, who="rep", now=now, debt=Decimal(200))
    more(book, 41, receipts=[a_receipt(invoice_id="D3")])
    assert update_and_compare(book, AS_OF).based_on
    with duckdb.connect(str(builds.current(book)), read_only=True) as con:
        assert con.execute("select bill_number, invoice_id from fct_bills_in_hand").fetchall() == [("B1", "PARTS")]


@pytest.mark.parametrize("named", [None, "D3"])
@pytest.mark.parametrize("number", ["Q", "Q-back"])
def test_a_bounce_opens_what_money_without_a_number_paid(book: Settings, named: str | None, number: str) -> None:
    """Before it, the cheque paid D3 in full; a bounce that comes in a later export opens it again."""
    (owed,) = (amount for name, amount in open_of(book, "open_doc").items() if name == "D3")
    cheque = a_receipt(customer_id="C3") | {"receipt_id": "Q", "amount": owed, "method": "cheque", "invoice_id": None}
    more(book, 40, receipts=[cheque])
    publish.build(book, as_of=AS_OF, score=unscored, whole=True)
    assert "D3" not in open_of(book, "open_doc")
    back = cheque | {"receipt_id": number, "amount": -owed, "invoice_id": named, "paid_on": AS_OF}
    more(book, 41, receipts=[back])
    assert update_and_compare(book, AS_OF).based_on
    assert open_of(book, "open_doc")["D3"] == owed


def test_customers_known_from_a_bill_alone_stay_while_it_is_in_hand_and_when_it_comes_back(book: Settings) -> None:
    """N names nobody and an invoice that is not known, until a later export holds it."""

    def in_hand_after(number: int, **kinds: list[Row]) -> set[tuple[str, str]]:
        publish.build(book, as_of=AS_OF, score=unscored, whole=True)
        more(book, number, **kinds)
        assert update_and_compare(book, AS_OF).based_on
        with duckdb.connect(str(builds.current(book)), read_only=True) as con:
            return set(con.execute("select bill_number, customer_id from fct_bills_in_hand").fetchall())

    def bill(number: str, **values: Any) -> Row:
        return a_receipt(method="bill", **values) | {"receipt_id": number, "paid_on": dt.date(2024, 6, 2)}

    cleared = bill("B1", customer_id="C3", invoice_id="D3", cleared_on=dt.date(2024, 6, 3))
    nameless = [bill("N", invoice_id="P"), bill("O", invoice_id="Q"), bill("D", invoice_id="D5")]
    first = in_hand_after(40, receipts=[cleared, bill("B2", customer_id="New"), *nameless])
    assert first == {("B2", "New"), ("N", ""), ("O", ""), ("D", "C5")}
    invoice = row("invoices", customer_id="C7", invoice_id="P", issue_date=dt.date(2024, 3, 3), amount=50)
    assert in_hand_after(41, invoices=[invoice]) == {("B2", "New"), ("N", "C7"), ("O", ""), ("D", "C5")}
    back = bill("X", customer_id="New") | {"amount": -4, "paid_on": dt.date(2024, 6, 5)}
    assert in_hand_after(42, receipts=[back]) == {("N", "C7"), ("O", ""), ("D", "C5")}


def test_instalments_of_one_document_under_two_customers_stay_together(book: Settings) -> None:
    parts = [
        row("invoices", customer_id=who, invoice_id="P", instalment_no=n, issue_date=dt.date(2024, 3, 3), amount=50)
        for n, who in enumerate(("C7", "C8"), start=1)
    ]
    more(book, 40, invoices=parts, receipts=[a_receipt(invoice_id="P") | {"amount": 60}])
    publish.build(book, as_of=AS_OF, score=unscored, whole=True)
    more(book, 41, receipts=[a_receipt(invoice_id="D7") | {"receipt_id": "R-newer"}])
    assert update_and_compare(book, AS_OF).based_on


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ({"whole": True}, {}),
        ({"as_of": dt.date(2024, 7, 1)}, {}),
        ({"known_at": "2030-01-01T00:00:00+00:00"}, {}),
        ({}, {"late_grace_days": 4}),
        ({}, {"history_months": 3}),
    ],
)
def test_what_makes_more_differ_is_built_from_scratch(
    book: Settings, options: dict[str, Any], settings: dict[str, Any]
) -> None:
    more(book, 40, receipts=[a_receipt(invoice_id="D3")])
    assert go_on(book.model_copy(update=settings), **options).based_on == ""


@pytest.mark.parametrize("what", ["retracted", "rates", "list", "older", "merged", "small"])
def test_imports_that_speak_about_all_are_built_from_scratch(
    book: Settings, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = row("invoices", customer_id="C1", invoice_id="D900", issue_date=dt.date(2023, 6, 3), amount=7)
    if what == "retracted":
        retract(book, next(each.import_id for each in list_imports(book) if each.kind == "receipts"))
    elif what == "rates":
        more(
            book, 40, fx_rates=[row("fx_rates", currency="USD", rate_date=dt.date(2024, 1, 1), rate_to_base=Decimal(7))]
        )
    elif what == "list":
        store(book.home, "invoices", [old | {"issue_date": dt.date(2024, 6, 3)}], 40, "open_items", AS_OF)
    elif what == "older":
        more(book, 40, invoices=[old])
    elif what == "merged":
        merged = {"into": "C2", "note": "one company"}
        journal.append(book, "same_customer", journal.Subject("main", "C1"), merged, who="analyst")
    else:
        monkeypatch.setattr(updates, "LARGE", 1000)
        more(book, 40, receipts=[a_receipt(invoice_id="D3")])
    assert go_on(book).based_on == ""


def test_a_damaged_build_is_not_gone_on_from(book: Settings) -> None:
    damaged = builds.current(book)
    assert damaged
    damaged.write_bytes(b"no database")
    more(book, 40, receipts=[a_receipt(invoice_id="D3")])
    assert go_on(book).based_on == ""


def test_an_update_that_breaks_an_identity_publishes_nothing(book: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = builds.current(book)
    more(book, 40, receipts=[a_receipt(invoice_id="D3")])
    broken = [
        replace(table, sql=table.sql.replace("sum(open_base) as", "sum(open_base) + 1 as"))
        if table.name == "fct_aging"
        else table
        for table in tables.from_files()
    ]
    monkeypatch.setattr(tables, "from_files", lambda: broken)
    with pytest.raises(ChecksFailed):
        go_on(book)
    assert builds.current(book) == before
    assert not list((book.home / "builds").glob(".unfinished*"))


def test_places_among_the_early_warnings_move_for_everyone(book: Settings) -> None:
    def with_limit(customer: str) -> Row:
        return row("customers", customer_id=customer, credit_limit=Decimal(1))

    def not_due(customer: str) -> Row:
        issued, due = dt.date(2024, 6, 3), dt.date(2024, 9, 3)
        return row(
            "invoices", customer_id=customer, invoice_id=f"N-{customer}", issue_date=issued, due_date=due, amount=9
        )

    def places() -> dict[str, int]:
        with duckdb.connect(str(builds.current(book)), read_only=True) as con:
            return dict(con.execute("select customer_id, warning_rank from fct_early_warnings").fetchall())

    more(book, 40, invoices=[not_due("C4"), not_due("C6")], customers=[with_limit("C6")])
    publish.build(book, as_of=AS_OF, score=unscored, whole=True)
    assert places() == {"C6": 1}
    more(book, 41, customers=[with_limit("C4")])
    assert update_and_compare(book, AS_OF).based_on
    assert places() == {"C4": 1, "C6": 2}


def test_beside_a_ledger_whose_day_the_receipts_tell_every_build_is_made_from_scratch(tmp_path: Path) -> None:
    undated = Settings(home=tmp_path / "warehouse")
    load(undated, "invoices.csv", "Customer ID,Invoice No,Invoice Date,Amount,Open Amount", "C1,A,2024-01-05,9,0")
    head = "Receipt No,Customer ID,Payment Date,Amount"
    based = []
    for name, day in (("one", "2024-01-02"), ("two", "2024-01-03"), ("three", "2024-03-10"), ("four", "2024-01-04")):
        load(undated, f"{name}.csv", head, f"{name},C1,{day},3")
        based.append(go_on(undated).based_on != "")
    assert based == [False, True, False, False]
    assert open_of(undated, "open_doc") == {"three": Decimal(-3)}
