"""The follow-up desk, the cards of payer and invoice: what is entered shows at once, refusals stand at their field."""

import datetime as dt

import pytest
from streamlit.testing.v1 import AppTest
from test_app_contact import TODAY, day, entered, field, payer, save  # noqa: F401 - fixture
from test_app_pages import ask, healthy, opened

from pipelines.collecting import follow_up, journal, notices
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_desk, queries_payers
from pipelines.reporting.queries import Scope


def subject(day) -> Subject:  # noqa: F811
    return Subject(day["first"]["entity_id"], day["first"]["customer_id"])


def page(day, name: str, language: str = "en", **address: str) -> AppTest:  # noqa: F811
    return opened(day["home"], day["patch"], name, lang=language, role="rep", me=day["rep"], **address)


def due(day):  # noqa: F811
    """What the desk must list: the notices of the rep, from the page's own query."""
    settings = day["settings"]
    scope = Scope(reps=(day["rep"],))
    items = ask(
        day["home"], queries_desk.notice_items, scope, settings.notice_steps[0].day, settings.quiet_days, day["rep"]
    )
    today = follow_up.Day(TODAY, settings, follow_up.by_customer(follow_up.notes(settings)))
    return notices.grouped(notices.due(today, items)[0])


def refusals(app: AppTest) -> list[str]:
    return [each.value for each in app.markdown if each.value.startswith(":red[:material/error:")]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_notice_is_marked_once_and_leaves_the_desk(day, language):  # noqa: F811
    before = due(day)
    assert len(before) > 0 and before["level"].between(1, 4).all()
    app, second = page(day, "desk", language), page(day, "desk", language)
    healthy(app, language)
    first = before.iloc[0]
    key = f"mark-{first['entity_id']}-{first['customer_id']}-{first['level']}"
    app.button(key=key).click().run()
    healthy(app, language)
    letter = entered(day)[0]
    assert (letter.kind, letter.payload.level, len(letter.payload.items)) == ("letter", first["level"], first["items"])
    assert float(letter.payload.amount) == pytest.approx(float(first["open_base"]), abs=0.01)
    assert len(due(day)) == len(before) - 1
    assert app.success, "the page says that it was entered"
    second.button(key=key).click().run()
    assert len(entered(day)) == 1
    assert day["rep"] in second.error[0].value, "the second person is told who was first"


def test_a_promise_pauses_the_notices_of_its_customer(day):  # noqa: F811
    first = due(day).iloc[0]
    whom = Subject(first["entity_id"], first["customer_id"])
    promise = {"promised_on": TODAY + dt.timedelta(days=5), "amount": "1", "currency": "CNY"}
    journal.append(day["settings"], "promise", whom, promise, who="R", debt=10)
    assert whom.customer_id not in set(due(day)["customer_id"])
    app = page(day, "desk")
    healthy(app, "en")
    waiting = app.dataframe[-1].value
    assert "promised" in " ".join(waiting[waiting["customer_name"] == first["customer_name"]]["reasons"]).lower()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_task_is_ended_by_one_person_and_the_second_is_told(day, language):  # noqa: F811
    task = {"title": "Send the delivery note", "owner": "Chen", "due_on": TODAY}
    note = journal.append(day["settings"], "task", subject(day), task, who="R")
    app, second = (page(day, "desk", language, view="tasks") for _ in range(2))
    healthy(app, language)
    app.button(key=f"done-{note.id}").click().run()
    assert not entered(day)[0].is_open
    second.button(key=f"done-{note.id}").click().run()
    assert day["rep"] in second.error[0].value


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_hand_over_takes_the_customer_off_the_list_and_shows_its_one_owner(day, language):  # noqa: F811
    app = payer(day, language)
    app.session_state["entry.open"] = ("handover", *day["first"][["entity_id", "customer_id"]])
    app.run()
    field(app, "text_input", "to").set_value("Ms Qi")
    field(app, "button_group", "department").set_value("legal")
    field(app, "text_input", "next_step").set_value("Check the contract")
    app = save(app)
    assert (len(refusals(app)), entered(day)) == (2, []), "reason and day are missing"
    assert field(app, "text_input", "to").value == "Ms Qi"
    field(app, "text_input", "reason").set_value("Three broken promises")
    field(app, "date_input", "next_on").set_value(TODAY + dt.timedelta(days=4))
    app = save(app)
    healthy(app, language)
    assert any("Ms Qi" in each.value and "Check the contract" in each.value for each in app.caption)
    assert any("Ms Qi" in each.value for each in app.info), "the page says why nobody calls"
    listed = page(day, "calls", language).dataframe[-1].value
    assert day["first"]["customer_name"] in list(listed["customer_name"])
    desk = page(day, "desk", language, view="tasks")
    healthy(desk, language)
    assert any("Check the contract" in each.value for each in desk.markdown)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_payer_card_keeps_what_was_typed_and_shows_who_said_it(day, language):  # noqa: F811
    app = payer(day, language)
    app.button(key="payer_card.edit").click().run()
    field(app, "text_input", "closing_day").set_value("40")
    field(app, "text_input", "bank").set_value("**Bank** of =1+1")
    app = save(app, "payer_card.")
    assert (len(refusals(app)), entered(day)) == (1, [])
    assert field(app, "text_input", "bank").value == "**Bank** of =1+1"
    field(app, "text_input", "closing_day").set_value("25")
    app = save(app, "payer_card.")
    healthy(app, language)
    assert {(note.payload.fact, note.payload.value) for note in entered(day)} == {
        ("closing_day", "25"),
        ("bank", "**Bank** of =1+1"),
    }
    said = r"\*\*Bank\*\* of \=1\+1"
    assert any(said in each.value and day["rep"] in each.value for each in app.markdown)
    assert any("25" in each.value for each in app.info), "the next closing day"


def test_a_person_settles_the_class_and_the_call_sheet_follows(day):  # noqa: F811
    address = {"entity": day["first"]["entity_id"], "customer": day["first"]["customer_id"]}
    app = page(day, "sheet", **address)
    healthy(app, "en")
    field(app, "button_group", "cause").set_value("we_caused")
    field(app, "text_input", "note").set_value("short delivery")
    app = save(app, "class.")
    healthy(app, "en")
    assert [note.payload.cause for note in entered(day)] == ["we_caused"]
    app = page(day, "sheet", **address)
    assert any("Admit what was our part" in each.value for each in app.markdown)
    assert any("short delivery" in each.value for each in app.caption)
    app.selectbox(key="sheet-language").set_value("zh_CN").run()
    assert any("开场" in each.value for each in app.markdown), "the words are there in the other language too"
    app = page(day, "sheet", **address, method="visit")
    assert app.button_group(key="sheet-method").value == "visit", "the way that the call list advises"


def test_a_rating_out_of_range_cannot_be_given_and_shows_at_once(day):  # noqa: F811
    app = payer(day)
    app = save(app, "rate.")
    assert (len(refusals(app)), entered(day)) == (1, []), "no score was chosen"
    field(app, "button_group", "score").set_value(4)
    app = save(app, "rate.")
    healthy(app, "en")
    assert "4 / 5" in [metric.value for metric in app.metric]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_an_invoice_has_its_own_card_start_rule_and_life_line(day, language):  # noqa: F811
    scope = Scope(reps=(day["rep"],))
    whom = subject(day)
    items = ask(day["home"], queries_payers.customer_open_items, scope, whom.entity_id, whom.customer_id)
    invoice = str(items.iloc[0]["invoice_id"])
    address = {"entity": whom.entity_id, "invoice": invoice}
    app = page(day, "invoice", language, **address)
    healthy(app, language)
    app.button(key=f"confirmed-{invoice}-deal_amount").click().run()
    app.button(key=f"missing-{invoice}-acceptance").click().run()
    healthy(app, language)
    kinds = [(note.kind, note.invoice_id) for note in entered(day)]
    assert kinds == [("confirmation", invoice), ("confirmation", invoice), ("task", invoice)]
    assert app.info, "the invoice is not asked for while something of ours is missing"
    assert len(app.get("plotly_chart")) == 1
    rule = Subject(whom.entity_id, whom.customer_id, invoice)
    later = {"not_before": TODAY + dt.timedelta(days=9)}
    journal.append(day["settings"], "start_rule", rule, later, who="R")
    app = page(day, "invoice", language, **address)
    healthy(app, language)
    assert str(later["not_before"]) in app.info[0].value.replace("\\", "")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_balance_confirmation_is_sent_answered_and_reconciled(day, language):  # noqa: F811
    whom = subject(day)
    app = page(day, "desk", language, view="confirmations")
    healthy(app, language)
    address = {"entity": whom.entity_id, "customer": whom.customer_id, "letter": "balance_confirmation"}
    letters = page(day, "letters", language, **address)
    healthy(letters, language)
    letters.button(key="letter.sent").click().run()
    sent = [note for note in entered(day) if note.payload.currency == "CNY"]
    assert sent[0].payload.letter == "balance_confirmation" and sent[0].payload.amount > 0
    app = page(day, "desk", language, view="confirmations")
    healthy(app, language)
    app = save(app, "balance.")
    assert len(refusals(app)) == 2, "their balance and the day of the reply are needed"
    field(app, "number_input", "theirs").set_value(float(sent[0].payload.amount) - 100)
    field(app, "date_input", "replied_on").set_value(TODAY)
    app = save(app, "balance.")
    healthy(app, language)
    assert float(entered(day)[0].payload.difference) == pytest.approx(100)
    field(app, "text_input", "note").set_value("payment in transit")
    app = save(app, "balance.")
    healthy(app, language)
    assert entered(day)[0].payload.state == "reconciled"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_timeline_tells_letters_with_their_figures_and_narrows_to_a_topic(day, language):  # noqa: F811
    whom = subject(day)
    address = {"entity": whom.entity_id, "customer": whom.customer_id, "letter": "statement"}
    page(day, "letters", language, **address).button(key="letter.sent").click().run()
    journal.append(day["settings"], "greeting", whom, {"note": "spring festival"}, who="R")
    letter = entered(day)[0].payload
    app = payer(day, language)
    healthy(app, language)
    amount = f"{letter.amount:,.2f}"
    told = [each.value.replace("\\", "") for each in app.caption]
    assert any(amount in each for each in told) and any("spring festival" in each for each in told)
    app.button_group(key=f"topic-{whom.customer_id}").set_value("papers").run()
    healthy(app, language)
    told = [each.value.replace("\\", "") for each in app.caption]
    assert any(amount in each for each in told) and not any("spring festival" in each for each in told)


@pytest.mark.parametrize("name", ["sheet", "letters", "payer"])
def test_a_sensitive_hold_is_said_wherever_somebody_is_about_to_chase(day, name):  # noqa: F811
    whom = subject(day)
    hold = {"reason": "Accident in the plant", "until": TODAY + dt.timedelta(days=9), "sensitive": True}
    journal.append(day["settings"], "hold", whom, hold, who="R")
    app = page(day, name, entity=whom.entity_id, customer=whom.customer_id)
    healthy(app, "en")
    assert any("Accident in the plant" in each.value for each in app.info)


def test_many_tasks_are_leafed_through(day):  # noqa: F811
    for number in range(11):
        task = {"title": f"Send delivery note {number:02}", "owner": "Chen", "due_on": TODAY + dt.timedelta(number)}
        journal.append(day["settings"], "task", subject(day), task, who="R")
    app = page(day, "desk", view="tasks")

    def shown() -> list[str]:
        return [button.key for button in app.button if str(button.key).startswith("done-")]

    first = shown()
    assert len(first) == 10
    app.session_state["task_page"] = 2
    app.run()
    assert len(shown()) == 1 and not set(shown()) & set(first)
