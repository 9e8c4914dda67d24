"""The class of a debt: proposed from the record with reasons, and settled by a person."""

import datetime as dt

import pandas as pd
from test_pipelines_follow_up import MONDAY, after, contact, enter, on, settings  # noqa: F401 - fixture

from pipelines.collecting import debt_class

WHO = {"entity_id": "main", "customer_id": "C1", "credit_limit_base": None, "open_base": 100.0}


def items(*ages: int, disputed: bool = False) -> pd.DataFrame:
    """Open items of 100 each, overdue by so many days."""
    rows = [
        {"as_of": MONDAY, "days_past_due": age, "due_date": MONDAY - dt.timedelta(days=age), "open_base": 100.0,
         "disputed": disputed}
        for age in ages
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["as_of", "days_past_due", "due_date", "open_base", "disputed"])


def payments(*paid: tuple[int, int]) -> pd.DataFrame:
    """Payments made so many days ago, each for an item due so many days before it was paid."""
    rows = [
        {"kind": "payment", "applied_on": MONDAY - dt.timedelta(days=ago), "days_late": late,
         "due_date": MONDAY - dt.timedelta(days=ago + late)}
        for ago, late in paid
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["kind", "applied_on", "days_late", "due_date"])


def proposal(day, owed: pd.DataFrame, paid: pd.DataFrame, **customer: object) -> debt_class.Proposal:
    return debt_class.proposed(day, WHO | customer, owed, paid)


def codes(found: debt_class.Proposal) -> list[str]:
    return [str(reason["code"]) for reason in found.reasons]


def test_a_short_delay_of_a_payer_that_still_pays_is_its_process(settings):  # noqa: F811
    found = proposal(on(settings, MONDAY), items(12), payments((20, 5), (40, 5)))
    assert (found.cause, codes(found)) == ("process", ["class_short", "class_still_pays"])


def test_an_old_debt_without_payments_is_taken_for_want_of_money(settings):  # noqa: F811
    found = proposal(on(settings, MONDAY), items(150, 20), payments((200, 30)), credit_limit_base=80.0)
    assert (found.cause, codes(found)) == ("cannot_pay", ["class_stopped", "class_limit"])


def test_newer_items_paid_before_an_old_one_and_a_refusal_show_unwillingness(settings):  # noqa: F811
    enter(settings, "contact", contact(after(3)) | {"result": "refused"})
    found = proposal(on(settings, MONDAY), items(150), payments((5, 0), (15, 0), (30, 0)))
    assert found.cause == "will_not_pay"
    assert codes(found) == ["class_refused", "class_newer_first"]
    assert [reason["code"] for reason in found.others["process"]] == ["class_still_pays"]


def test_our_own_fault_comes_before_everything(settings):  # noqa: F811
    enter(settings, "contact", contact(after(3)) | {"result": "refused"})
    enter(settings, "dispute", {"reason": "wrong price", "side": "ours"})
    assert proposal(on(settings, MONDAY), items(150), payments()).cause == "we_caused"
    assert proposal(on(settings, MONDAY), items(150, disputed=True), payments((5, 0))).cause == "we_caused"


def test_broken_promises_show_want_of_money(settings):  # noqa: F811
    made = enter(settings, "promise", {"promised_on": after(7), "amount": "100", "currency": "CNY"})
    found = proposal(on(settings, after(20), {made.id: "broken"}), items(40), payments((5, 0)))
    assert (found.cause, codes(found)) == ("cannot_pay", ["class_broken"])


def test_without_a_record_it_is_the_process(settings):  # noqa: F811
    found = proposal(on(settings, MONDAY), items(60), payments())
    assert (found.cause, found.reasons) == ("process", [])
    assert proposal(on(settings, MONDAY), items(), payments()).cause == "process"


def test_what_a_person_settled_counts(settings):  # noqa: F811
    enter(settings, "debt_class", {"cause": "will_not_pay"})
    enter(settings, "debt_class", {"cause": "cannot_pay", "note": "two loans called in"})
    day = on(settings, MONDAY)
    assert debt_class.cause_of(day, WHO, items(12), payments()) == "cannot_pay"
    assert debt_class.settled(day, "main", "C1").payload.note == "two loans called in"
    assert debt_class.settled(day, "main", "C2") is None
