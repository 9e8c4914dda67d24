"""The page's upload of a register of bills: what it would change is seen first, then entered by the person."""

import json

import pytest
from test_app_agreements import place
from test_app_pages import healthy, opened

from pipelines.collecting import follow_up
from pipelines.settings import Settings
from ui.i18n import Reader

__all__ = ["place"]
HEADER = "票据号码,客户编码,票面金额,到期日,票据状态,状态日期"


def page(place, language="en", **address):
    return opened(place["home"], place["patch"], "financing", lang=language, **address)


def upload(app, *rows: str, header: str = HEADER):
    app.file_uploader[0].upload("台账.csv", "\n".join([header, *rows]).encode())
    return app.run()


def enter(app):
    return next(each for each in app.button if str(each.key).startswith("bill_file.") and ".save" in str(each.key))


def metrics(app, reader: Reader) -> dict[str, str]:
    names = {reader.t(f"financing.upload_{name}"): name for name in ("new", "moved", "there", "aside")}
    return {names[each.label]: each.value for each in app.metric if each.label in names}


def standing(settings: Settings) -> dict[str, str]:
    return {note.payload.number: note.payload.state for note in follow_up.notes(settings, kind="bill")}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_register_is_seen_first_then_entered_and_then_moved(place, language):
    reader, (_, customer) = Reader(language, "CNY"), place["whom"]
    app = upload(page(place, language), f"P1,{customer},1000,2026-11-01,在手,", "P2,nobody,5,2026-11-01,在手,")
    healthy(app, language)
    assert metrics(app, reader) == {"new": "1", "moved": "0", "there": "0", "aside": "1"}
    assert standing(place["settings"]) == {}, "looking enters nothing"
    aside = next(each.value for each in app.dataframe if "reason" in each.value)
    assert list(aside["line_no"]) == [3] and list(aside["value"]) == ["nobody"]
    assert list(aside["reason"]) == [reader.t("reason.bill_customer_unknown")]
    enter(app).click().run()
    healthy(app, language)
    assert standing(place["settings"]) == {"P1": "received"}
    assert any("台账" in each.value for each in app.success)
    listed = next(each.value for each in app.dataframe if "days_until" in each.value)
    assert list(listed["bill_number"]) == ["P1"]
    app = upload(app, f"P1,{customer},1000,2026-11-01,已贴现,2026-06-01")
    healthy(app, language)
    assert metrics(app, reader) == {"new": "0", "moved": "1", "there": "0", "aside": "0"}
    enter(app).click().run()
    assert standing(place["settings"]) == {"P1": "discounted"}
    app = upload(app, f"P1,{customer},1000,2026-11-01,已贴现,2026-06-01")
    assert [each.value for each in app.info] == [reader.t("financing.upload_nothing")]
    assert not [each for each in app.button if str(each.key).startswith("bill_file.")]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_what_somebody_entered_meanwhile_is_said_and_seen(place, language):
    reader, (_, customer) = Reader(language, "CNY"), place["whom"]
    rows = [f"P{number},{customer},1000,2026-11-01,在手," for number in (1, 2)]
    app, other = (upload(page(place, language), *rows) for _ in range(2))
    enter(other).click().run()
    enter(app).click().run()
    assert len(app.error) == 1 and "P2" in app.error[0].value
    assert metrics(app, reader) == {"new": "0", "moved": "0", "there": "2", "aside": "0"}
    assert standing(place["settings"]) == {"P1": "received", "P2": "received"}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_file_that_is_no_register_is_refused_on_the_page(place, language):
    header = "Invoice No,Customer,Invoice Date,Due Date,Amount"
    app = upload(page(place, language), "A1,C1,2026-05-01,2026-06-01,100", header=header)
    assert [Reader(language, "CNY").t("kind.invoices") in each.value for each in app.error] == [True]
    assert not [each for each in app.button if str(each.key).startswith("bill_file.")]


@pytest.mark.parametrize("role", ["manager", "analyst"])
def test_who_may_enter_one_bill_may_upload_many_and_stands_beside_each(place, role):
    app = upload(page(place, role=role), f"P1,{place['whom'][1]},10,2026-11-01,,")
    enter(app).click().run()
    (note,) = follow_up.notes(place["settings"], kind="bill")
    assert (note.payload.number, note.who) == ("P1", f"role:{role}")


@pytest.mark.parametrize(("language", "choose"), [("en", "Choose a file"), ("zh_CN", "选择一个文件")])
def test_the_field_for_one_file_asks_for_one(place, language, choose):
    style = " ".join(each.proto.body for each in page(place, language).get("html"))
    assert json.dumps(choose, ensure_ascii=False) in style


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_file_of_which_no_row_can_be_entered_is_not_said_to_bring_nothing_new(place, language):
    reader = Reader(language, "CNY")
    app = upload(page(place, language), "P1,nobody,10,2026-11-01,在手,", "P2,nobody,20,2026-11-01,在手,")
    healthy(app, language)
    assert reader.t("financing.upload_none_entered", count=2) in [each.value for each in app.warning]
    assert reader.t("financing.upload_nothing") not in [each.value for each in app.info]


@pytest.mark.parametrize(("address", "opened_first"), [({"part": "bills"}, 1), ({}, 0)])
def test_a_link_to_the_register_opens_it(place, address, opened_first):
    blocks = [page(place, **address).main]
    tabs = []
    while blocks:
        block = blocks.pop()
        tabs += [block.proto.tab_container] if block.type == "tab_container" else []
        blocks += getattr(block, "children", {}).values()
    assert [each.default_tab_index for each in tabs] == [opened_first]
