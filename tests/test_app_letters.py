"""Letters: the figures of the build, the words of the chosen language, and files that Word and people can read."""

import io
import json
import zipfile
from xml.etree import ElementTree

import pytest
from test_app_pages import ask, healthy, opened

from pipelines import i18n
from pipelines.collecting import follow_up, journal
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries, queries_desk, queries_payers
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings
from ui.docx_file import WORD, docx_bytes


def texts(file: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        assert parts.testzip() is None
        root = ElementTree.fromstring(parts.read("word/document.xml"))
    return ["".join(node.text or "" for node in part.iter(f"{{{WORD}}}t")) for part in root.iter(f"{{{WORD}}}p")]


def test_a_word_file_holds_what_was_written_and_nothing_of_it_is_markup():
    words = "a <w:b/> & b\x00\nsecond line"
    found = texts(docx_bytes("Title", words, [["Invoice", "Open"], ["A<1>", "¥1.00"]], "after", "note"))
    assert found == ["Title", "a <w:b/> & b", "second line", "Invoice", "Open", "A<1>", "¥1.00", "", "after", "note"]


def test_the_figures_of_a_word_file_stand_at_the_right():
    file = docx_bytes("Title", "", [["Invoice", "Open"], ["A1", "¥1.00"]], "", "note", 1)
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        root = ElementTree.fromstring(parts.read("word/document.xml"))
    for row in root.iter(f"{{{WORD}}}tr"):
        sides = [cell.find(f".//{{{WORD}}}jc") for cell in row.iter(f"{{{WORD}}}tc")]
        assert [None if side is None else side.get(f"{{{WORD}}}val") for side in sides] == [None, "right"]


@pytest.mark.parametrize(("language", "title"), [("en", "Payment request letter"), ("zh_CN", "催款函")])
def test_a_demand_lists_what_is_overdue_and_adds_up(sample_copy, monkeypatch, language, title):
    first = ask(sample_copy, queries_payers.customers, Scope()).iloc[0]
    whom = (first["entity_id"], first["customer_id"])
    items = ask(sample_copy, queries_payers.customer_open_items, Scope(), *whom)
    overdue = items[items["days_past_due"] > 0]
    app = opened(sample_copy, monkeypatch, "letters", lang=language, entity=whom[0], customer=whom[1])
    healthy(app, language)
    rows = app.dataframe[0].value
    assert list(rows.iloc[:-1, 0]) == list(overdue["invoice_id"])
    total = rows.iloc[-1, -1]
    assert f"{overdue['open_base'].sum():,.2f}" in total
    assert total in app.text_area[0].value
    assert app.text_area[0].value.startswith(first["customer_name"]), "the letter begins with whom it is to"
    assert title in app.button_group(key="letter.kind").options
    set_right = json.loads(app.dataframe[0].proto.columns)
    assert [set_right.get(heading, {}).get("alignment") for heading in rows.columns[-3:]] == [None, "right", "right"]
    app.button(key="letter.sent").click().run()
    note = follow_up.notes(Settings(home=sample_copy))[0]
    assert (note.kind, note.payload.letter, note.payload.state) == ("letter", "demand", "sent")


def test_a_statement_holds_every_open_item(sample_copy, monkeypatch):
    first = ask(sample_copy, queries_payers.customers, Scope()).iloc[0]
    whom = (first["entity_id"], first["customer_id"])
    items = ask(sample_copy, queries_payers.customer_open_items, Scope(), *whom)
    app = opened(sample_copy, monkeypatch, "letters", lang="en", entity=whom[0], customer=whom[1])
    app.button_group(key="letter.kind").set_value("statement").run()
    healthy(app, "en")
    assert len(app.dataframe[0].value) == len(items) + 1


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_notice_of_one_step_lists_its_items_and_is_entered_with_them(sample_copy, monkeypatch, language):
    first = ask(sample_copy, queries_payers.customers, Scope()).iloc[0]
    whom = (first["entity_id"], first["customer_id"])
    due = ask(sample_copy, queries_desk.notice_items, Scope(), 15, 3, None, whom)
    due = due[due["last_paid_on"].isna() & ~due["disputed"]]
    address = {"lang": language, "entity": whom[0], "customer": whom[1], "letter": "demand", "level": "4"}
    app = opened(sample_copy, monkeypatch, "letters", **address)
    healthy(app, language)
    assert len(app.dataframe[0].value) == len(due) + 1
    app.button(key="letter.sent").click().run()
    letter = follow_up.notes(Settings(home=sample_copy))[0].payload
    assert (letter.level, letter.channel, len(letter.items)) == (4, "letter", len(due))
    assert float(letter.amount) == pytest.approx(due["open_doc"].sum())
    assert app.info, "nothing of this step is left to ask for"


def test_the_second_demand_is_firmer_and_a_changed_total_is_said(sample_copy, monkeypatch):
    first = ask(sample_copy, queries_payers.customers, Scope()).iloc[0]
    address = {"lang": "en", "entity": first["entity_id"], "customer": first["customer_id"]}
    app = opened(sample_copy, monkeypatch, "letters", **address)
    app.button(key="letter.sent").click().run()
    app = opened(sample_copy, monkeypatch, "letters", **address)
    healthy(app, "en")
    assert "written to you before" in app.text_area[0].value
    assert not app.warning
    app.text_area[0].set_value("Pay us ¥1.").run()
    assert "no longer states" in app.warning[0].value


def test_the_request_to_counsel_tells_what_was_done(sample_copy, monkeypatch):
    first = ask(sample_copy, queries_payers.customers, Scope()).iloc[0]
    address = {"lang": "en", "entity": first["entity_id"], "customer": first["customer_id"]}
    opened(sample_copy, monkeypatch, "letters", **address).button(key="letter.sent").click().run()
    subject = Subject(first["entity_id"], first["customer_id"])
    stage = {"stage": "mediation", "happened_on": "2026-05-20", "document": "M-7"}
    journal.append(Settings(home=sample_copy), "legal_stage", subject, stage, who="Li Na")
    app = opened(sample_copy, monkeypatch, "letters", **address, letter="lawyer_request")
    healthy(app, "en")
    mediation, letter = (app.text_area[0].value.index(each) for each in ("Mediation  M-7", "Payment request letter"))
    assert mediation < letter, "what happened first stands first, though it was entered last"


def test_our_name_stands_at_the_head_where_it_is_set(sample_copy, monkeypatch):
    first = ask(sample_copy, queries_payers.customers, Scope()).iloc[0]
    monkeypatch.setenv("FIRSTPAID_LETTER_SENDERS", f'{{"{first["entity_id"]}": "霁澄机电有限公司"}}')
    address = {"lang": "zh_CN", "entity": first["entity_id"], "customer": first["customer_id"]}
    app = opened(sample_copy, monkeypatch, "letters", **address)
    healthy(app, "zh_CN")
    assert app.text_area[0].value.splitlines()[0] == "霁澄机电有限公司"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_letter_tells_the_instalments_of_an_invoice_apart(sample_warehouse, monkeypatch, language):
    build = queries.published(Settings(home=sample_warehouse))
    with queries.open_build(build) as con:
        entity, customer, invoice = con.execute(
            "select entity_id, customer_id, invoice_id from fct_open_items where days_past_due > 0 "
            "group by all having count(*) > 1 order by all limit 1"
        ).fetchone()
    app = opened(sample_warehouse, monkeypatch, "letters", lang=language, entity=entity, customer=customer)
    healthy(app, language)
    rows = app.dataframe[0].value
    heading = i18n.translate(language, "heading.instalment_no")
    numbers = list(rows.loc[rows.iloc[:, 0] == invoice, heading])
    assert len(numbers) > 1 and len(set(numbers)) == len(numbers)
    assert rows.iloc[-1][heading] == ""
