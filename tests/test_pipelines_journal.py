"""The journal, on SQLite and on PostgreSQL alike: nothing acknowledged is lost, nothing is overwritten."""

import datetime as dt
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from decimal import Decimal
from itertools import count
from pathlib import Path
from threading import Barrier
from types import ModuleType

import pytest
import sqlalchemy as sa
from postgres_server import running_server

from pipelines import backup
from pipelines.collecting import journal, journal_read, journal_store
from pipelines.collecting.journal import Subject
from pipelines.collecting.journal_entries import PAYLOADS, EntryRefused
from pipelines.collecting.journal_store import transaction
from pipelines.settings import Settings
from pipelines.warehouse import JournalUnusable, Warehouse
from tests.journal_reading import entries, open_entries, versions

ROOT = Path(__file__).resolve().parent.parent
NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)  # Monday noon in Shanghai
TODAY = dt.date(2026, 3, 2)
ACME = Subject("main", "C1")
numbers = count()

PROMISE = {"promised_on": "2026-03-09", "amount": "100.10", "currency": "CNY"}
TASK = {"title": "补签收单", "owner": "王敏", "due_on": "2026-03-05"}
VALID = {
    "contact": {
        "method": "call",
        "result": "reached",
        "next_action": "call",
        "next_on": "2026-03-04",
        "fallback": "visit",
    },
    "promise": PROMISE,
    "plan": {
        "total": "300",
        "currency": "CNY",
        "instalments": [{"due_on": "2026-03-31", "amount": "100"}, {"due_on": "2026-04-30", "amount": "200"}],
    },
    "dispute": {"reason": "quantity short", "side": "ours"},
    "blocker": {"side": "theirs", "reason": "budget not released"},
    "confirmation": {"item": "vouchers", "state": "missing"},
    "hold": {"reason": "accident at the plant", "until": "2026-03-20", "sensitive": True},
    "task": TASK,
    "greeting": {"note": "新年问候"},
    "ladder_step": {"step": "law", "approver": "李总"},
    "legal_stage": {"stage": "lawyer_letter", "happened_on": "2026-03-02", "cost": "2000"},
    "bill": {"number": "B-1", "amount": "50", "currency": "CNY", "due_on": "2026-08-30"},
    "letter": {"letter": "demand", "state": "sent", "as_of": "2026-02-28", "level": 2},
    "rating": {"aspect": "value", "score": 5},
    "application": {
        "import_id": "0a1b2c",
        "line_no": 7,
        "receipt_id": "R-1",
        "paid_on": "2026-02-10",
        "amount": "100",
        "currency": "CNY",
        "parts": [{"invoice_id": "A-1", "amount": "60"}, {"invoice_id": "A-2", "instalment_no": 2, "amount": "40"}],
    },
    "same_customer": {"into": "C9", "note": "one tax number"},
    "other_customer": {"other": "C9"},
    "policy": {"weights": {"money": 0.5, "risk": 0.5}, "note": "the year end is near"},
    "start_rule": {"not_before": "2026-04-01", "from_amount": "500", "progress": "acceptance"},
    "payer_fact": {"fact": "closing_day", "value": "25"},
    "handover": {
        "to": "Chen",
        "department": "finance",
        "reason": "invoice is wrong",
        "next_step": "issue it anew",
        "next_on": "2026-03-31",
    },
    "debt_class": {"cause": "cannot_pay", "note": "two banks have called in loans"},
    "target": {"rep": "王敏", "weeks": [{"week_on": "2026-03-02", "amount": "500000"}]},
    "margin": {"percent": "18.5", "note": "按产品线核算"},
}


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with running_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "sqlite":
        yield Settings(home=tmp_path)
        return
    url = request.getfixturevalue("postgres_url")
    name = f"journal_{os.getpid()}_{next(numbers)}"
    admin = sa.create_engine(
        url.format(database="postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as con:
        con.exec_driver_sql(f"create database {name}")
    admin.dispose()
    found = Settings(home=tmp_path, journal_url=url.format(database=name))
    yield found
    # The connections kept for the next entry would add up over the tests, until the server takes no more.
    journal_store._engine(found).dispose()


def add(settings: Settings, kind: str, payload: dict, subject: Subject = ACME, **more: object) -> journal.Entry:
    return journal.append(settings, kind, subject, payload, **{"who": "Wang", "now": NOON, **more})


def refused(settings: Settings, kind: str, payload: dict, debt: Decimal | None = None) -> dict[str, str]:
    """The reasons by field, in English; nothing is stored."""
    with pytest.raises(EntryRefused) as caught:
        add(settings, kind, payload, debt=debt)
    assert entries(settings).empty
    return {problem.field: problem.text("en") for problem in caught.value.problems}


@pytest.mark.parametrize(("word", "read"), [("Sales rep", "role:rep"), ("管理者", "role:manager"), ("Wang", "Wang")])
def test_a_role_that_was_entered_as_a_word_is_read_as_its_code(settings: Settings, word: str, read: str) -> None:
    add(settings, "task", VALID["task"], who=word)
    assert entries(settings)["who"].tolist() == [read]


def test_an_empty_journal_has_no_entries(settings: Settings) -> None:
    assert entries(settings).empty


@pytest.mark.parametrize("kind", PAYLOADS)
def test_every_kind_comes_back_as_it_was_entered(settings: Settings, kind: str) -> None:
    subject = Subject("main", "客户 1", "INV-1", 2)
    entry = add(settings, kind, VALID[kind], subject, debt=Decimal(300))
    row = entries(settings, kind).iloc[0]
    assert (row["id"], row["who"], row["kind"], row["at"]) == (entry.id, "Wang", kind, NOON)
    assert (row["entity_id"], row["customer_id"], row["invoice_id"], row["instalment_no"]) == (
        *("main", "客户 1", "INV-1"),
        2,
    )
    assert row["payload"] == entry.payload == PAYLOADS[kind].model_validate(VALID[kind])


def test_money_stays_decimal(settings: Settings) -> None:
    add(settings, "promise", PROMISE, debt=Decimal("100.10"))
    frame = entries(settings, "promise")
    assert frame["payload.amount"].tolist() == [Decimal("100.10")]
    assert frame["payload.promised_on"].tolist() == [dt.date(2026, 3, 9)]


def test_entries_are_found_by_customer_and_invoice(settings: Settings) -> None:
    add(settings, "greeting", {"note": "a"})
    add(settings, "greeting", {"note": "b"}, Subject("main", "C2"))
    add(settings, "task", TASK, Subject("main", "C2", "INV-7"))
    assert len(entries(settings)) == 3
    assert len(entries(settings, customer_id="C2")) == 2
    assert len(entries(settings, "task", customer_id="C2", invoice_id="INV-7")) == 1
    assert entries(settings, entity_id="other").empty


def test_a_correction_takes_the_place_and_the_old_version_stays(settings: Settings) -> None:
    first = add(settings, "promise", PROMISE, debt=Decimal(500))
    # Corrected after the promised day has passed: it is judged on the day it was made.
    later = NOON + dt.timedelta(days=20)
    second = journal.correct(settings, first.id, {**PROMISE, "amount": "90"}, who="Li", debt=Decimal(500), now=later)
    row = entries(settings, "promise").iloc[0]
    assert (row["id"], row["version_id"]) == (first.id, second.id)
    assert (row["who"], row["changed_by"], row["payload.amount"]) == ("Wang", "Li", Decimal(90))
    assert [payload["amount"] for payload in versions(settings, first.id)] == ["100.10", "90"]
    assert entries(settings, "promise", known_at=NOON)["payload.amount"].tolist() == [Decimal("100.10")]


def test_a_version_is_corrected_once(settings: Settings) -> None:
    entry = add(settings, "greeting", {"note": "a"})
    journal.correct(settings, entry.id, {"note": "b"}, who="Li", now=NOON)
    with pytest.raises(journal.EntryConflict, match="Li has corrected this"):
        journal.correct(settings, entry.id, {"note": "c"}, who="Zhao", now=NOON)
    assert entries(settings, "greeting")["payload.note"].tolist() == ["b"]


def test_a_withdrawn_entry_is_gone_from_view_and_kept_in_history(settings: Settings) -> None:
    entry = add(settings, "greeting", {"note": "wrong customer"})
    journal.withdraw(settings, entry.id, who="Wang", now=NOON)
    assert entries(settings).empty
    assert len(versions(settings, entry.id)) == 2
    with pytest.raises(journal.EntryConflict, match="withdrawn"):
        journal.withdraw(settings, entry.id, who="Wang", now=NOON)


def test_a_task_is_closed_once_and_can_be_reopened(settings: Settings) -> None:
    task = add(settings, "task", TASK)
    closing = journal.close(settings, task.id, who="Li", now=NOON)
    assert open_entries(settings, "task").empty
    row = entries(settings, "task").iloc[0]
    assert (row["closed_by"], row["outcome"], row["closed_at"]) == ("Li", "done", NOON)
    with pytest.raises(journal.EntryConflict, match="Li has already closed this on 2026-03-02"):
        journal.close(settings, task.id, who="Zhao", now=NOON)
    journal.withdraw(settings, closing.id, who="Li", now=NOON)
    assert len(open_entries(settings, "task")) == 1
    journal.close(settings, task.id, {"outcome": "cancelled"}, who="Zhao", now=NOON)
    assert entries(settings, "task")["closed_by"].tolist() == ["Zhao"]


def test_closing_a_corrected_task_closes_the_task(settings: Settings) -> None:
    task = add(settings, "task", TASK)
    version = journal.correct(settings, task.id, {**TASK, "owner": "Li"}, who="Wang", now=NOON)
    journal.close(settings, version.id, who="Li", now=NOON)
    assert open_entries(settings, "task").empty
    with pytest.raises(journal.EntryConflict):
        journal.close(settings, task.id, who="Wang", now=NOON)


def test_only_what_is_open_can_be_closed(settings: Settings) -> None:
    greeting = add(settings, "greeting", {"note": "a"})
    with pytest.raises(EntryRefused, match="cannot be closed"):
        journal.close(settings, greeting.id, who="Li", now=NOON)
    with pytest.raises(EntryRefused, match="no entry 999"):
        journal.close(settings, 999, who="Li", now=NOON)


def test_the_database_itself_refuses_to_change_an_entry(settings: Settings) -> None:
    add(settings, "greeting", {"note": "a"})
    for statement in ("update entries set who = 'x'", "delete from entries"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction(settings, writes=True) as con:
            con.exec_driver_sql(statement)
    assert entries(settings)["who"].tolist() == ["Wang"]


def test_a_promise_above_the_debt_or_in_the_past_is_refused(tmp_path: Path) -> None:
    promise = {"promised_on": "2026-03-01", "amount": "100.01", "currency": "CNY"}
    assert refused(Settings(home=tmp_path), "promise", promise, Decimal(100)) == {
        "promised_on": "2026-03-01 has passed; today is 2026-03-02. Choose today or a later day.",
        "amount": "100.01 CNY is more than the 100.00 CNY that is owed.",
    }


def test_the_business_day_is_that_of_the_time_zone(tmp_path: Path) -> None:
    late_evening_utc = dt.datetime(2026, 3, 1, 20, tzinfo=dt.UTC)  # already 2 March in Shanghai
    promise = {**PROMISE, "promised_on": "2026-03-01"}
    with pytest.raises(EntryRefused, match="today is 2026-03-02"):
        add(Settings(home=tmp_path), "promise", promise, debt=Decimal(500), now=late_evening_utc)


def test_a_plan_must_add_up_and_go_forward(tmp_path: Path) -> None:
    plan = {
        "total": "300",
        "currency": "CNY",
        "instalments": [{"due_on": "2026-04-30", "amount": "100"}, {"due_on": "2026-03-31", "amount": "199.99"}],
    }
    assert refused(Settings(home=tmp_path), "plan", plan, Decimal("299.99")) == {
        "instalments": "The instalments add up to 299.99, the plan to 300.00: 0.01 is missing.",
        "instalments.2.due_on": "2026-03-31 is not after the instalment before it.",
        "total": "300.00 CNY is more than the 299.99 CNY that is owed.",
    }
    assert "instalments" in refused(Settings(home=tmp_path), "plan", {**plan, "instalments": []}, Decimal(300))


def test_a_contact_needs_a_next_step(tmp_path: Path) -> None:
    reasons = refused(Settings(home=tmp_path), "contact", {"method": "call", "result": "reached"})
    assert reasons == dict.fromkeys(("next_action", "next_on", "fallback"), "Fill this in.")


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("rating", {"score": 6}, "score"),
        ("application", {"amount": "99"}, "parts"),
        ("application", {"parts": [{"invoice_id": "", "amount": "1"}]}, "parts.1.invoice_id"),
        ("same_customer", {"into": " "}, "into"),
        ("start_rule", {"not_before": None, "from_amount": None, "progress": ""}, "not_before"),
        ("start_rule", {"from_amount": "-1"}, "from_amount"),
        ("payer_fact", {"value": "32"}, "value"),
        ("payer_fact", {"value": "the last Friday"}, "value"),
        ("handover", {"to": " "}, "to"),
        ("handover", {"next_on": "2025-12-31"}, "next_on"),
        ("rating", {"score": 0}, "score"),
        ("rating", {"score": "many"}, "score"),
        ("rating", {"aspect": "charm"}, "aspect"),
        ("promise", {"amount": "-5"}, "amount"),
        ("promise", {"amount": "NaN"}, "amount"),
        ("promise", {"amount": "12 yuan"}, "amount"),
        ("promise", {"promised_on": "next Friday"}, "promised_on"),
        ("promise", {"currency": "money"}, "currency"),
        ("promise", {"interest": "1"}, "interest"),
        ("plan", {"instalments": [{"due_on": "soon", "amount": "300"}]}, "instalments.1.due_on"),
        ("hold", {"until": "2026-03-01"}, "until"),
        ("task", {"title": "   "}, "title"),
        ("task", {"title": "nul\x00"}, "title"),
        ("ladder_step", {"approver": ""}, "approver"),
        ("legal_stage", {"happened_on": "2026-03-03"}, "happened_on"),
    ],
)
def test_bad_input_is_refused_beside_its_field(tmp_path: Path, kind: str, change: dict, field: str) -> None:
    reasons = refused(Settings(home=tmp_path), kind, {**VALID[kind], **change}, Decimal(1000))
    assert list(reasons) == [field] and reasons[field]


def test_refusals_are_said_in_chinese(tmp_path: Path) -> None:
    with pytest.raises(EntryRefused) as caught:
        add(Settings(home=tmp_path), "promise", {**PROMISE, "amount": "600"}, debt=Decimal(500))
    assert caught.value.problems[0].text("zh_CN") == "CNY 600.00 超过所欠金额 CNY 500.00。"


def test_an_address_that_is_none_and_a_server_that_is_not_there_are_said(tmp_path: Path) -> None:
    for url, words in {
        "not an address": "not a database address",
        "mysql://somebody@host/db": "not a database address",
        f"postgresql://somebody@/db?host={tmp_path}": "cannot be reached",
    }.items():
        with pytest.raises(JournalUnusable, match=words):
            entries(Settings(home=tmp_path, journal_url=url))


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    password = "h1dden"
    with pytest.raises(JournalUnusable) as caught:
        url = f"postgresql://somebody:{password}@/db?host={tmp_path}"
        entries(Settings(home=tmp_path, journal_url=url))
    assert password not in str(caught.value)


def test_a_backup_is_whole_while_a_writer_is_busy(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "one")
    for number in range(50):
        add(settings, "greeting", {"note": str(number)})
    Warehouse.of(settings).imports.mkdir()
    with transaction(settings, writes=True):
        kept = backup.backup(settings, tmp_path / "kept.tgz")
    copy = Settings(home=tmp_path / "two")
    backup.restore(copy, kept)
    assert len(entries(copy)) == 50


def _write_many(settings: Settings, rep: str, times: int) -> list[int]:
    return [
        journal.append(settings, "greeting", Subject("main", rep), {"note": f"{rep} {n}"}, who=rep).id
        for n in range(times)
    ]


def _close_one(settings: Settings, task: int, rep: str) -> str | None:
    try:
        journal.close(settings, task, who=rep)
    except journal.EntryConflict:
        return None
    return rep


def test_of_two_people_entering_one_bill_number_the_second_is_told(settings: Settings) -> None:
    add(settings, "greeting", {"note": "the journal is there"})
    both = Barrier(2)

    def enter(who: str) -> list[tuple[str, str]]:
        both.wait()
        try:
            add(settings, "bill", VALID["bill"], Subject("main", f"C of {who}"), who=who)
        except EntryRefused as refused:
            return [(problem.field, problem.text("en")) for problem in refused.problems]
        return []

    with ThreadPoolExecutor(2) as pool:
        told = dict(zip(("Li", "Wu"), pool.map(enter, ("Li", "Wu")), strict=True))
    (first,) = [who for who, reasons in told.items() if not reasons]
    (reasons,) = [reasons for reasons in told.values() if reasons]
    number = VALID["bill"]["number"]
    assert reasons == [("number", f"Bill {number} is in the register already, entered by {first}.")]
    assert entries(settings, "bill")["who"].tolist() == [first]


def test_a_bill_number_is_free_again_once_withdrawn_and_in_another_legal_entity(settings: Settings) -> None:
    made = add(settings, "bill", VALID["bill"])
    add(settings, "bill", VALID["bill"], Subject("other", "C1"))
    moved = journal.correct(
        settings, made.id, VALID["bill"] | {"state": "cleared", "state_on": TODAY}, who="Li", now=NOON
    )
    with pytest.raises(EntryRefused):
        add(settings, "bill", VALID["bill"] | {"number": f" {VALID['bill']['number']} "})
    journal.withdraw(settings, moved.id, who="Li", now=NOON)
    add(settings, "bill", VALID["bill"])


def test_twenty_reps_at_once_lose_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # Real processes that share no connection; the libraries are loaded once, before they are forked.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    # A page test before this one may have left the app as the main program, which every new process would start.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    reps = [f"rep {n}" for n in range(20)]
    task = add(settings, "task", TASK)
    with ProcessPoolExecutor(20, mp_context=processes) as pool:
        written = [pool.submit(_write_many, settings, rep, 15) for rep in reps]
        closed = [pool.submit(_close_one, settings, task.id, rep) for rep in reps]
        acknowledged = [number for future in written for number in future.result()]
        winners = [future.result() for future in closed if future.result()]
    frame = entries(settings, "greeting")
    assert sorted(frame["id"]) == sorted(acknowledged)
    assert frame.groupby("who").size().to_dict() == dict.fromkeys(reps, 15)
    assert entries(settings, "task")["closed_by"].tolist() == winners and len(winners) == 1


WRITER = """
import sys
from pipelines.collecting import journal
from pipelines.settings import Settings

settings = Settings(home=sys.argv[1], journal_url=sys.argv[2])
while True:
    entry = journal.append(settings, "greeting", journal.Subject("main", "C1"), {"note": "hello"}, who="Wang")
    print(entry.id, flush=True)
"""


@pytest.mark.parametrize("acknowledged_before_the_kill", [1, 7, 40])
def test_kill_9_loses_nothing_acknowledged(settings: Settings, acknowledged_before_the_kill: int) -> None:
    entries(settings)
    command = [sys.executable, "-c", WRITER, str(settings.home), settings.journal_url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        seen = [int(writer.stdout.readline()) for _ in range(acknowledged_before_the_kill)]
        writer.send_signal(signal.SIGKILL)
        seen += [int(line) for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    stored = entries(settings)["id"].tolist()
    assert set(seen) <= set(stored)
    assert add(settings, "greeting", {"note": "after"}).id not in stored


def test_a_contact_and_its_promise_are_stored_together_or_not_at_all(settings: Settings) -> None:
    promise = PROMISE | {"amount": "200"}
    assert journal_read.size(settings) == (0, 0)
    with pytest.raises(EntryRefused) as refused:
        payloads = {"contact": VALID["contact"] | {"fallback": ""}, "promise": promise}
        journal.append_together(settings, ACME, payloads, who="a", debt=Decimal(100), now=NOON)
    assert [problem.field for problem in refused.value.problems] == ["contact.fallback", "promise.amount"]
    assert journal_read.size(settings) == (0, 0)
    payloads = {"contact": VALID["contact"], "promise": promise}
    both = journal.append_together(settings, ACME, payloads, who="a", debt=Decimal(200), now=NOON)
    assert [entry.kind for entry in both] == ["contact", "promise"]
    assert journal_read.size(settings) == (both[-1].id, 2)


def test_looking_creates_no_journal(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "none")
    assert entries(settings, "promise").empty
    assert journal_read.size(settings) == (0, 0)
    assert not (tmp_path / "none").exists()


def test_a_step_taken_on_an_outdated_view_is_refused(settings: Settings) -> None:
    step = {"step": "stop_supply"}
    first = add(settings, "ladder_step", step, seen=0)
    with pytest.raises(journal.EntryConflict, match="Wang has entered something newer"):
        add(settings, "ladder_step", {"step": "stop_service"}, who="Li", seen=0)
    add(settings, "ladder_step", step, Subject("main", "C2"), seen=0)
    add(settings, "ladder_step", {"step": "stop_service"}, who="Li", seen=first.id)
    assert entries(settings, "ladder_step")["who"].tolist() == ["Wang", "Wang", "Li"]


def test_what_a_file_says_of_many_customers_is_stored_whole_or_not_at_all(settings: Settings) -> None:
    good, bad = {"percent": "20"}, {"percent": "200"}
    with pytest.raises(EntryRefused) as caught:
        journal.append_all(settings, "margin", {ACME: good, Subject("main", "C2"): bad}, who="Wang", now=NOON)
    assert [problem.field for problem in caught.value.problems] == ["C2.percent"]
    assert entries(settings).empty
    journal.append_all(settings, "margin", {ACME: good, Subject("main", "C2"): good}, who="Wang", now=NOON)
    assert len(entries(settings, "margin")) == 2


def test_a_bill_that_moved_on_says_when_and_a_week_begins_on_monday(settings: Settings) -> None:
    bill = VALID["bill"] | {"state": "bounced"}
    assert refused(settings, "bill", bill) == {"state_on": "Fill this in."}
    assert list(refused(settings, "bill", bill | {"state_on": "2026-03-03"})) == ["state_on"]
    weeks = {"rep": "R", "weeks": [{"week_on": "2026-03-03", "amount": "1"}]}
    assert list(refused(settings, "target", weeks)) == ["weeks.1.week_on"]
