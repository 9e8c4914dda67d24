"""A rep's day on the pages: logging a contact and a promise, every refusal beside its field, and what shows at once."""

import datetime as dt
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest
from test_app_pages import ask, healthy, opened

from pipelines.collecting import follow_up, journal
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_calls, queries_collect
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings

TODAY = journal.business_day(Settings())


@pytest.fixture
def day(sample_copy, monkeypatch):
    """The busiest rep, the first customer of the call list, and the settings of a warehouse to write to."""
    settings = Settings(home=sample_copy)
    rep = ask(sample_copy, queries_calls.reps, Scope())["rep"][0]
    first = ask(sample_copy, queries_calls.call_list, Scope(), rep).iloc[0]
    owed = ask(sample_copy, queries_collect.debts, Scope(reps=(rep,)), first["entity_id"], first["customer_id"])[0]
    return {"home": sample_copy, "settings": settings, "rep": rep, "first": first, "owed": owed, "patch": monkeypatch}


def calls(day, language="en") -> AppTest:
    return opened(day["home"], day["patch"], "calls", lang=language, role="rep", me=day["rep"])


def form(day, language="en") -> AppTest:
    """The call list with the form open for its first customer."""
    app = calls(day, language)
    app.button(key=f"log-{day['first']['entity_id']}-{day['first']['customer_id']}").click().run()
    return app


def field(app: AppTest, kind: str, name: str):
    return next(each for each in app.get(kind) if str(each.key).endswith(f".{name}"))


def save(app: AppTest, form: str = "") -> AppTest:
    """Press the button that stores: of a dialog, or of the form on the page whose key begins with `form`."""
    begun = (form,) if form else ("contact.", "entry.")
    keys = [str(each.key) for each in app.button]
    return app.button(key=next(key for key in keys if key.endswith(".save") and key.startswith(begun))).click().run()


def promised(day, language="en") -> AppTest:
    app = form(day, language)
    return field(app, "button_group", "result").set_value("promised").run()


def entered(day) -> list[follow_up.Note]:
    return follow_up.notes(day["settings"])


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_contact_with_a_promise_is_stored_and_shows_at_once(day, language):
    app = promised(day, language)
    healthy(app, language)
    app = save(app)
    healthy(app, language)
    contact, promise = entered(day)
    assert (contact.kind, contact.who, contact.payload.result) == ("contact", day["rep"], "promised")
    assert contact.payload.next_on > TODAY and contact.payload.fallback
    assert (promise.kind, promise.payload.amount) == ("promise", day["owed"]["overdue"].quantize(Decimal("0.01")))
    first = day["first"]
    skipped = app.dataframe[-1].value
    assert list(skipped["customer_name"]) == [first["customer_name"]]
    assert all(first["customer_name"] not in each.value for each in app.markdown), "no longer on the list"
    payer = opened(
        day["home"], day["patch"], "payer", lang=language, role="rep", me=day["rep"],
        entity=first["entity_id"], customer=first["customer_id"],
    )  # fmt: skip
    healthy(payer, language)
    said = " ".join(each.value for each in payer.markdown)
    assert {"en": "Promised to pay", "zh_CN": "承诺付款"}[language] in said
    assert payer.info, "the page says why nobody calls today"


@pytest.mark.parametrize(
    ("name", "kind", "value", "reason"),
    [
        ("amount", "number_input", 1e9, "owed"),
        ("amount", "number_input", None, "Fill this in"),
        ("promised_on", "date_input", TODAY - dt.timedelta(days=2), "has passed"),
        ("promised_on", "date_input", None, "Fill this in"),
        ("next_on", "date_input", None, "Fill this in"),
        ("next_on", "date_input", TODAY - dt.timedelta(days=2), "has passed"),
        ("fallback", "selectbox", None, "Fill this in"),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_the_rest(day, name, kind, value, reason):
    app = promised(day)
    field(app, "text_input", "note").set_value("Budget is approved")
    field(app, kind, name).set_value(value)
    app = save(app)
    assert entered(day) == []
    refusals = [each.value for each in app.markdown if each.value.startswith(":red[:material/error:")]
    assert len(refusals) == 1 and reason in refusals[0]
    assert field(app, "text_input", "note").value == "Budget is approved"
    assert field(app, kind, name).value == value


def test_a_contact_without_a_result_is_refused(day):
    app = save(form(day))
    assert entered(day) == []
    assert any("Fill this in" in each.value for each in app.markdown)


def test_what_a_person_types_is_shown_as_text(day):
    whom = Subject(day["first"]["entity_id"], day["first"]["customer_id"])
    note = "**bold** [x](http://x) =1+1 <b>"
    step = {"next_action": "call", "next_on": TODAY, "fallback": note}
    contact = {"method": "call", "result": "reached", "note": note} | step
    journal.append(day["settings"], "contact", whom, contact, who="<i>me</i>")
    app = opened(
        day["home"], day["patch"], "payer", lang="en", entity=whom.entity_id, customer=whom.customer_id
    )  # fmt: skip
    shown = next(each.value for each in app.caption if "bold" in each.value)
    assert r"\*\*bold\*\* \[x\]\(http\://x\) \=1\+1 \<b\>" in shown
    assert r"\<i\>me\<\/i\>" in shown.replace("/", r"\/")


def test_an_entry_can_be_taken_back_from_the_timeline(day):
    whom = Subject(day["first"]["entity_id"], day["first"]["customer_id"])
    hold = {"reason": "Fire in the plant", "until": TODAY + dt.timedelta(days=30), "sensitive": True}
    entry = journal.append(day["settings"], "hold", whom, hold, who="R")
    app = calls(day)
    assert "Fire in the plant" in app.dataframe[-1].value["reasons"].iloc[0]
    app = opened(day["home"], day["patch"], "payer", lang="en", entity=whom.entity_id, customer=whom.customer_id)
    app.button(key=f"withdraw-{entry.id}").click().run()
    assert entered(day) == []
    assert not app.info


def test_the_day_ends_where_the_capacity_does(day):
    day["patch"].setenv("FIRSTPAID_CALLS_PER_REP", "2")
    app = calls(day)
    said = [each.value for each in app.markdown]
    end = next(place for place, text in enumerate(said) if "contacts end here" in text)
    numbered = [place for place, text in enumerate(said) if text[:2] in ("1\\", "2\\", "3\\")]
    assert numbered[1] < end < numbered[2]


def payer(day, language="en") -> AppTest:
    first = day["first"]
    address = {"entity": first["entity_id"], "customer": first["customer_id"]}
    return opened(day["home"], day["patch"], "payer", lang=language, role="rep", me=day["rep"], **address)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_what_is_missing_becomes_our_task_and_leaves_the_list(day, language):
    app = payer(day, language)
    app.button(key="missing-None-vouchers").click().run()
    healthy(app, language)
    assert [(note.kind, note.is_open) for note in entered(day)] == [("confirmation", True), ("task", True)]
    assert app.info, "the page says that it is off the list"
    skipped = calls(day, language).dataframe[-1].value
    assert list(skipped["customer_name"]) == [day["first"]["customer_name"]]
    app.button(key="confirmed-None-vouchers").click().run()
    healthy(app, language)
    assert not app.info
    assert [note.is_open for note in entered(day) if note.kind == "task"] == [False]


def test_a_hold_without_reason_is_refused_at_its_field_and_then_stored(day):
    whom = (day["first"]["entity_id"], day["first"]["customer_id"])
    app = payer(day)
    app.session_state["entry.open"] = ("hold", *whom)
    app.run()
    healthy(app, "en")
    until = TODAY + dt.timedelta(days=9)
    field(app, "date_input", "until").set_value(until)
    app = save(app)
    assert entered(day) == []
    assert sum(each.value.startswith(":red[:material/error:") for each in app.markdown) == 1
    assert field(app, "date_input", "until").value == until
    field(app, "text_input", "reason").set_value("Flood at the plant")
    app = save(app)
    assert [(note.payload.reason, note.payload.until) for note in entered(day)] == [("Flood at the plant", until)]
    app.button(key=f"close-{entered(day)[0].id}").click().run()
    assert not entered(day)[0].is_open


@pytest.mark.parametrize(("language", "word"), [("en", "Manager"), ("zh_CN", "管理者")])
def test_an_entry_by_a_role_names_it_in_the_language_of_the_reader(day, language, word):
    whom = Subject(day["first"]["entity_id"], day["first"]["customer_id"])
    other = "zh_CN" if language == "en" else "en"
    where = {"entity": whom.entity_id, "customer": whom.customer_id}
    app = opened(day["home"], day["patch"], "payer", lang=other, role="manager", **where)
    app.session_state["entry.open"] = ("greeting", whom.entity_id, whom.customer_id)
    note = next(each for each in app.run().text_input if str(each.key).startswith("entry."))
    note.input("中秋").run()
    save(app)
    assert entered(day)[0].who == "role:manager"

    app = opened(day["home"], day["patch"], "payer", lang=language, **where)
    said = [each.value for each in app.caption]
    assert any(line.split("\n")[0].rstrip().endswith(f" · {word}") for line in said)
    assert not any("role:" in line or "role\\:" in line for line in said)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_an_amount_is_read_back_with_separators(day, language):
    app = promised(day, language)
    amount = field(app, "number_input", "amount")
    amount.set_value(1_234_567.5).run()
    assert not app.exception
    said = [caption.value.replace("\\", "") for caption in app.caption]
    assert "¥1,234,567.50" in said
    field(app, "number_input", "amount").set_value(999.0).run()
    assert not any(each.value.replace("\\", "") == "¥999.00" for each in app.caption)
