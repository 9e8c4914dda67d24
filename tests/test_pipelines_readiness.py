"""Readiness and ownership: when chasing may start, who has an item now, and what that takes off the call list."""

import datetime as dt
from dataclasses import replace

from small_ledgers import built
from test_pipelines_follow_up import CALLS, MONDAY, after, codes, contact, enter, on, settings  # noqa: F401 - fixture

from pipelines.collecting import follow_up, journal, ownership, readiness
from pipelines.reporting import queries_collect

TO_FINANCE = {"to": "Chen", "department": "finance", "reason": "invoice wrong", "next_step": "issue it anew"}


def handed(day: dt.date = MONDAY, **changes: object) -> dict[str, object]:
    return TO_FINANCE | {"next_on": day + dt.timedelta(days=3)} | changes


def test_chasing_starts_on_the_day_of_the_rule(settings):  # noqa: F811
    rule = enter(settings, "start_rule", {"not_before": after(5)})
    assert [codes(on(settings, after(days))) for days in (4, 5)] == [["start_day"], []]
    journal.close(settings, rule.id, who="boss")
    assert codes(on(settings, after(4))) == []


def test_a_rule_on_an_amount_looks_at_what_is_overdue(settings):  # noqa: F811
    enter(settings, "start_rule", {"from_amount": "500"})
    calls = CALLS.assign(overdue_base=[499.99, 1.0, 1.0], amount_due_base=[600.0, 1.0, 1.0])
    assert list(follow_up.divide(on(settings, MONDAY), calls)[1]["customer_id"]) == ["C1"]
    calls["overdue_base"] = [500.0, 1.0, 1.0]
    assert list(follow_up.divide(on(settings, MONDAY), calls)[1]["customer_id"]) == []


def test_a_rule_on_progress_waits_for_the_confirmation_of_its_invoice(settings):  # noqa: F811
    enter(settings, "start_rule", {"progress": "acceptance"}, invoice_id="A1")
    calls = CALLS.assign(overdue_base=[300.0, 100.0, 50.0], amount_due_base=[300.0, 100.0, 50.0])
    assert follow_up.invoices_in_our_court(on(settings, MONDAY), calls) == [("main", "A1")]
    kept, _ = follow_up.divide(on(settings, MONDAY), calls, {("main", "A1"): (120.0, 120.0)})
    assert kept["overdue_base"].iloc[0] == 180.0
    enter(settings, "confirmation", {"item": "acceptance", "state": "confirmed"}, invoice_id="A1")
    assert follow_up.invoices_in_our_court(on(settings, MONDAY), calls) == []


def test_acceptance_by_the_ledger_opens_its_invoice_under_either_rule(settings):  # noqa: F811
    """A1 was accepted and A2 was not: a rule about A1 is met, one about the customer holds back A2 alone."""
    by_ledger = {("main", "C1"): {"A1": MONDAY, "A2": None}}
    rule = enter(settings, "start_rule", {"progress": "acceptance"}, invoice_id="A1")
    day = on(settings, MONDAY)
    assert readiness.asks_for_acceptance(day) == (("main", "C1"),)
    assert list(follow_up.in_our_court(day, "main", "C1")) == ["A1"]
    assert not follow_up.in_our_court(replace(day, accepted=by_ledger), "main", "C1")
    journal.close(settings, rule.id, who="boss")
    enter(settings, "start_rule", {"progress": "acceptance"})
    day = on(settings, MONDAY)
    assert codes(day) == ["start_acceptance"]
    assert codes(replace(day, accepted=by_ledger)) == []
    assert list(follow_up.in_our_court(replace(day, accepted=by_ledger), "main", "C1")) == ["A2"]
    enter(settings, "confirmation", {"item": "acceptance", "state": "confirmed"}, invoice_id="A2")
    assert list(follow_up.in_our_court(replace(on(settings, MONDAY), accepted=by_ledger), "main", "C1")) == []


def test_an_export_that_names_the_day_of_acceptance_is_read_into_the_build(tmp_path):
    invoices = """Invoice No,Customer ID,Invoice Date,Due Date,Amount,Acceptance Date
        A1,C1,2025-01-01,2025-01-31,1000,2025-01-09
        A2,C1,2025-01-01,2025-01-31,1000,
        A3,C1,2025-01-01,2025-01-31,1000,2025-04-01"""
    con = built(tmp_path, "2025-03-31", {"invoices": invoices})
    assert queries_collect.acceptances(con, (("main", "C1"),)) == {
        ("main", "C1"): {"A1": dt.date(2025, 1, 9), "A2": None, "A3": None}
    }
    assert queries_collect.acceptance(con, "main", "A1") == dt.date(2025, 1, 9)


def test_the_newer_rule_counts(settings):  # noqa: F811
    enter(settings, "start_rule", {"not_before": after(50)})
    enter(settings, "start_rule", {"not_before": after(2)})
    assert codes(on(settings, after(2))) == []


def test_the_card_of_an_invoice_has_its_own_questions_and_keeps_every_answer(settings):  # noqa: F811
    enter(settings, "confirmation", {"item": "deal_amount", "state": "confirmed"}, invoice_id="A1")
    enter(settings, "confirmation", {"item": "deal", "state": "missing"})
    card = readiness.card(on(settings, MONDAY), "main", "C1", "A1")
    assert list(card) == ["own", "prepared"]
    assert {item: note.who for item, note in card["own"].items() if note} == {"deal_amount": "R1"}
    whole = readiness.card(on(settings, MONDAY), "main", "C1", None)
    assert list(whole["other"]) == ["deal"], "an answer to a question no longer asked can still be settled"


def test_an_item_has_one_owner_and_one_next_step(settings):  # noqa: F811
    first = ownership.standing(on(settings, MONDAY), "main", "C1", "Rep")
    assert (first.owner, first.department, first.next_on) == ("Rep", "sales", None)
    enter(settings, "contact", contact(after(2)))
    assert ownership.standing(on(settings, MONDAY), "main", "C1", "Rep").step == "call"
    enter(settings, "handover", handed())
    now = ownership.standing(on(settings, MONDAY), "main", "C1", "Rep")
    assert (now.owner, now.department, now.text, now.next_on) == ("Chen", "finance", "issue it anew", after(3))
    enter(settings, "handover", handed(department="legal", to="Ms Qi"), invoice_id="A1")
    assert ownership.standing(on(settings, MONDAY), "main", "C1", "Rep", "A1").owner == "Ms Qi"
    assert ownership.standing(on(settings, MONDAY), "main", "C1", "Rep", "A2").owner == "Chen"
    enter(settings, "contact", contact(after(4)))
    later = ownership.standing(on(settings, MONDAY), "main", "C1", "Rep")
    assert (later.owner, later.step, later.next_on) == ("Chen", "call", after(4)), "the newest agreement counts"


def test_what_another_department_has_is_not_on_the_list_until_it_comes_back(settings):  # noqa: F811
    entry = enter(settings, "handover", handed())
    assert codes(on(settings, MONDAY)) == ["handed_over"]
    journal.close(settings, entry.id, who="Chen")
    assert codes(on(settings, MONDAY)) == []
    enter(settings, "handover", handed(department="sales", to="R2"))
    assert codes(on(settings, MONDAY)) == [], "from one rep to another it stays with sales"
    enter(settings, "handover", handed(department="legal"), invoice_id="A1")
    assert list(follow_up.in_our_court(on(settings, MONDAY), "main", "C1")) == ["A1"]
    assert codes(on(settings, MONDAY)) == []
