"""Balance confirmations: asked, answered, stamped, in difference, reconciled; and which balances are due for one."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from test_pipelines_follow_up import MONDAY, on, settings  # noqa: F401 - fixture

from pipelines.collecting import balance_letters, follow_up, journal
from pipelines.collecting.journal import EntryConflict, Subject
from pipelines.collecting.journal_entries import EntryRefused
from tests.journal_reading import versions

C1 = Subject("main", "C1")
ITEMS = pd.DataFrame({"currency": ["CNY", "CNY", "USD"], "open_doc": [100.25, -20.0, 7.5]})
TODAY = journal.business_day


def send(settings) -> list[follow_up.Note]:  # noqa: F811
    balance_letters.send(settings, C1, ITEMS, as_of=TODAY(settings), build_id="b", who="Wu")
    return follow_up.notes(settings)


def reply(settings, note: follow_up.Note, theirs: str, **more: object) -> Decimal:  # noqa: F811
    said = {"replied_on": TODAY(settings), "stamped": True, "note": "", "who": "Lin"} | more
    return balance_letters.reply(settings, note, theirs=Decimal(theirs), **said)


def state(settings) -> list[str]:  # noqa: F811
    frame = balance_letters.register(on(settings, TODAY(settings)), {("main", "C1"): "One"})
    return list(frame.sort_values("currency")["status"])


def test_a_letter_per_currency_with_our_balance(settings):  # noqa: F811
    cny, usd = send(settings)
    assert (cny.payload.amount, cny.payload.currency) == (Decimal("80.25"), "CNY")
    assert (usd.payload.amount, usd.payload.currency) == (Decimal("7.50"), "USD")
    assert state(settings) == ["sent", "sent"]


def test_what_comes_back_agrees_or_differs_until_it_is_reconciled(settings):  # noqa: F811
    cny, usd = send(settings)
    assert reply(settings, usd, "7.50", stamped=False) == 0
    assert reply(settings, cny, "70.00") == Decimal("10.25")
    assert state(settings) == ["difference", "agreed"]
    cny = follow_up.notes(settings)[0]
    with pytest.raises(EntryRefused) as refused:
        balance_letters.reconcile(settings, cny, note=" ", who="Wu")
    assert [problem.field for problem in refused.value.problems] == ["note"]
    balance_letters.reconcile(settings, cny, note="payment of 27 Feb in transit", who="Wu")
    assert state(settings) == ["reconciled", "agreed"]
    row = balance_letters.register(on(settings, MONDAY), {("main", "C1"): "One"}).set_index("currency").loc["CNY"]
    assert (row["difference"], row["theirs"], row["note"]) == (10.25, 70.0, "payment of 27 Feb in transit")
    assert len(versions(settings, cny.id)) == 3, "every state stays in the history"


def test_a_stamped_reply_without_difference(settings):  # noqa: F811
    reply(settings, send(settings)[0], "80.25")
    assert state(settings) == ["stamped", "sent"]


def test_the_second_person_to_enter_a_reply_is_told(settings):  # noqa: F811
    cny = send(settings)[0]
    reply(settings, cny, "80.25")
    with pytest.raises(EntryConflict, match="Lin"):
        reply(settings, cny, "1.00", who="Wu")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"theirs": None}, "theirs"),
        ({"replied_on": None}, "replied_on"),
        ({"replied_on": dt.date(2000, 1, 1)}, "replied_on"),
        ({"replied_on": dt.date(2999, 1, 1)}, "replied_on"),
    ],
)
def test_a_reply_that_cannot_be_is_refused_at_its_field(settings, change, field):  # noqa: F811
    cny = send(settings)[0]
    said = {"theirs": Decimal(1), "replied_on": TODAY(settings), "stamped": True, "note": "", "who": "Lin"}
    with pytest.raises(EntryRefused) as refused:
        balance_letters.reply(settings, cny, **(said | change))
    assert [problem.field for problem in refused.value.problems] == [field]
    assert state(settings) == ["sent", "sent"]


def test_a_balance_is_due_again_after_half_a_year(settings):  # noqa: F811
    send(settings)
    owed = pd.DataFrame({"entity_id": ["main"] * 2, "customer_id": ["C1", "C2"], "currency": ["CNY", "CNY"]})
    today = TODAY(settings)
    day = on(settings, today)
    assert list(balance_letters.to_confirm(day, owed, today)["customer_id"]) == ["C2"]
    later = today + dt.timedelta(days=balance_letters.CONFIRM_EVERY)
    assert list(balance_letters.to_confirm(day, owed, later)["customer_id"]) == ["C1", "C2"]
