"""The life line of an invoice and the three factors of a payer, from the journal laid over the ledger."""

import datetime as dt

import pandas as pd
from test_pipelines_follow_up import MONDAY, after, contact, enter, on, settings  # noqa: F401 - fixture
from test_pipelines_notices import items, mark

from pipelines.collecting import journal, life_line, payer_factors

DUE = MONDAY - dt.timedelta(days=10)
INSTALMENTS = pd.DataFrame(
    {"entity_id": ["main"], "customer_id": ["C1"], "invoice_id": ["A1"], "issue_date": [DUE - dt.timedelta(days=30)],
     "due_date": [DUE], "instalment_no": [1], "amount_doc": [100.0]}
)  # fmt: skip


def paid(*when: tuple[dt.date, float]) -> pd.DataFrame:
    return applied(*((day, amount, 1) for day, amount in when))


def applied(*when: tuple[dt.date, float, int]) -> pd.DataFrame:
    rows = [(day, amount, number, "payment", "CNY") for day, amount, number in when]
    return pd.DataFrame(rows, columns=["applied_on", "amount_doc", "instalment_no", "kind", "currency"])


def line(day, *payments: tuple[dt.date, float], settled: bool = False, as_of: dt.date = MONDAY) -> life_line.LifeLine:
    return life_line.of_invoice(day, INSTALMENTS, paid(*payments), as_of, settled)


def stages(found: life_line.LifeLine) -> list[tuple[str, int]]:
    return [(stretch.stage, stretch.days) for stretch in found.stretches]


def test_an_invoice_nobody_chased_is_billed_then_overdue(settings):  # noqa: F811
    found = line(on(settings, MONDAY))
    assert stages(found) == [("billed", 30), ("overdue", (MONDAY - DUE).days)]
    assert [event.code for event in found.events] == ["issued", "due"]


def test_an_invoice_is_not_overdue_while_its_instalments_were_paid_as_they_fell_due(settings):  # noqa: F811
    """Two halves, the second due 20 days after the first; the first is paid 4 days late, in two parts."""
    second = INSTALMENTS.assign(instalment_no=2, due_date=DUE + dt.timedelta(days=20))
    halves = pd.concat([INSTALMENTS, second]).assign(amount_doc=50.0)
    late = DUE + dt.timedelta(days=4)
    payments = applied((DUE, 20.0, 1), (late, 30.0, 1))
    as_of = DUE + dt.timedelta(days=23)
    found = life_line.of_invoice(on(settings, as_of), halves, payments, as_of, False)
    assert stages(found) == [("billed", 30), ("overdue", 4), ("billed", 16), ("overdue", 3)]
    assert found.days == {"billed": 46, "overdue": 7}
    assert [event.code for event in found.events] == ["issued", "due", "payment", "payment", "due"]


def test_an_invoice_whose_payment_came_back_is_overdue_again(settings):  # noqa: F811
    found = line(on(settings, MONDAY), (DUE, 100.0), (DUE + dt.timedelta(days=4), -100.0))
    assert stages(found) == [("billed", 34), ("overdue", 6)]


def test_a_credit_note_is_never_overdue(settings):  # noqa: F811
    note = INSTALMENTS.assign(amount_doc=-100.0)
    found = life_line.of_invoice(on(settings, MONDAY), note, paid(), MONDAY, False)
    assert stages(found) == [("billed", 40)]
    assert [event.code for event in found.events] == ["issued"]


def test_a_line_ends_with_the_figures_though_a_due_day_has_passed_since(settings):  # noqa: F811
    as_of = DUE - dt.timedelta(days=10)
    found = line(on(settings, MONDAY), as_of=as_of)
    assert stages(found) == [("billed", 20)]
    assert found.stretches[-1].until == as_of


def test_the_days_add_up_from_issue_to_payment(settings):  # noqa: F811
    enter(settings, "contact", contact(after(3)))
    enter(settings, "promise", {"promised_on": after(5), "amount": "100", "currency": "CNY"}, on=after(2))
    hold = enter(settings, "hold", {"reason": "flood", "until": after(30)}, on=after(12))
    journal.close(settings, hold.id, who="boss", now=dt.datetime.combine(after(20), dt.time(4), dt.UTC))
    found = line(on(settings, after(40)), (after(25), 60.0), (after(33), 40.0), settled=True)
    # The promise holds until its day and the tolerance have passed; the hold until it was lifted.
    assert stages(found) == [
        ("billed", 30), ("overdue", 10), ("chased", 2), ("promised", 7), ("chased", 3), ("on_hold", 8), ("chased", 13),
        ("paid", 0),
    ]  # fmt: skip
    assert found.days["chased"] == 18
    assert sum(found.days.values()) == (after(33) - INSTALMENTS["issue_date"][0]).days
    assert [event.code for event in found.events][-3:] == ["payment", "payment", "settled"]


def test_an_invoice_whose_payment_was_promised_has_been_asked_for(settings):  # noqa: F811
    enter(settings, "promise", {"promised_on": after(5), "amount": "100", "currency": "CNY"}, on=after(2))
    found = line(on(settings, after(20)), as_of=after(20))
    # Promised until the day and its tolerance have passed; broken, it is asked for and no longer left alone.
    assert stages(found) == [("billed", 30), ("overdue", 12), ("promised", 7), ("chased", 11)]


def test_what_concerns_another_invoice_is_not_on_the_line(settings):  # noqa: F811
    enter(settings, "dispute", {"reason": "short", "side": "ours"}, invoice_id="B1")
    assert "disputed" not in line(on(settings, MONDAY)).days
    enter(settings, "dispute", {"reason": "short", "side": "ours"}, invoice_id="A1")
    assert line(on(settings, after(5)), as_of=after(5)).stretches[-1] == life_line.Stretch("disputed", MONDAY, after(5))


def test_the_law_goes_before_everything_else(settings):  # noqa: F811
    enter(settings, "dispute", {"reason": "short", "side": "ours"})
    enter(settings, "legal_stage", {"stage": "lawsuit", "happened_on": MONDAY})
    assert line(on(settings, after(5)), as_of=after(5)).stretches[-1].stage == "legal"


def test_relationship_and_discipline_are_counted(settings):  # noqa: F811
    enter(settings, "contact", contact(after(3)))
    enter(settings, "contact", contact(after(3)) | {"result": "not_reached"})
    enter(settings, "greeting", {"note": "spring festival"}, on=after(1))
    enter(settings, "rating", {"aspect": "value", "score": 2})
    enter(settings, "rating", {"aspect": "value", "score": 4})
    mark(settings, items(3, 5, 6), 3)  # the step is day 3: prompt, prompt, a day too late
    found = payer_factors.of_customer(on(settings, after(1)), "main", "C1")
    none = payer_factors.of_customer(on(settings, after(1)), "main", "C2")
    assert (none.contacts, none.notices, none.promptness) == (0, 0, None)
    assert (found.contacts, found.greetings, found.last_touch) == (1, 1, after(1))
    assert found.ratings["value"].payload.score == 4
    assert (found.notices, found.prompt) == (3, 2)
    later = payer_factors.of_customer(on(settings, after(400)), "main", "C1")
    assert (later.contacts, later.greetings) == (0, 0)
    assert later.ratings["value"].payload.score == 4, "a rating counts until it is given anew"


def test_only_what_moves_the_invoice_is_told_in_the_order_of_entry(settings):  # noqa: F811
    enter(settings, "greeting", {"note": "spring festival"})
    enter(settings, "payer_fact", {"fact": "bank", "value": "ICBC"})
    mark(settings, items(3), 3)  # a letter about invoice A0
    enter(settings, "contact", contact(after(3)))
    enter(settings, "confirmation", {"item": "acceptance", "state": "confirmed"}, invoice_id="A1")
    today = journal.business_day(settings)
    assert [event.code for event in line(on(settings, today)).events] == ["issued", "due", "contact", "confirmation"]
