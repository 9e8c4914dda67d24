"""The parts of the page of financing: terms, the comparison per invoice, and the register of bills."""

import datetime as dt
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pipelines.collecting import bills, financing, journal
from pipelines.collecting.financing import Terms, Way
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_agreements, queries_financing, queries_payers
from ui import forms, journal_parts, page, payer_today
from ui.charts import ACCENT, CONFIG, OVERDUE, frame, money_axis
from ui.formats import compact, date, money, plain
from ui.forms import Form
from ui.payer_table import payers_table
from ui.session import View
from ui.tables import MOST, in_instalments, table, with_content, words

ITEM_COLUMNS = words(
    "invoice_id instalment_no due_date open_base option saved_base option_cost_base wait_base rate_year "
    "expected_pay_date p_very_late"
)
FURTHER = words("rate_year expected_pay_date p_very_late")
WAY_COLUMNS = words("option cash_now_base cash_later_base last_on cost_base rate_year net_base")
BILL_COLUMNS = words(
    "customer_name bill_number bill_state to_ask amount_doc currency due_on days_until invoice_id state_on "
    "counted_base drawer who"
)
# An electronic bill has a number of 30 figures: beside it there is room for what is asked first.
FURTHER_OF_BILLS = words("invoice_id state_on counted_base drawer who")
EXPORTED_COLUMNS = words("customer_name bill_number to_ask amount_doc currency received_on due_on invoice_id")


def terms(view: View) -> Terms:
    """The terms as chosen on the page; they start from the settings."""
    t, start = view.reader.t, Terms.of(view.settings)

    def share(name: str, value: float, most: float = 100.0, step: float = 0.5) -> float:
        label = t(f"financing.{name}")
        return float(st.number_input(label, 0.0, most, value * 100, step, "%.2f", key=f"financing_{name}")) / 100

    with st.expander(t("financing.terms"), icon=":material/tune:"), st.grid(4, min_column_width=170, gap="small"):
        carrying = share("carrying_rate", start.carrying_rate)
        discount = share("discount", start.discount)
        instalments = st.number_input(
            t("financing.instalments"), 2, 36, start.instalments, 1, key="financing_instalments"
        )
        rate = share("factoring_rate", start.factoring_rate)
        fee = share("factoring_fee", start.factoring_fee, step=0.1)
        advance = share("factoring_advance", start.factoring_advance, step=5.0)
        bill = share("bill_rate", start.bill_rate, step=0.1)
        days = st.number_input(t("financing.bill_days"), 1, 365, start.bill_days, 30, key="financing_bill_days")
    return Terms(carrying, discount, int(instalments), rate, fee, advance, bill, int(days))


def comparison(view: View, entity_id: str, customer_id: str) -> None:
    """Every open invoice of a customer with its cheapest way, and all ways of the one chosen."""
    reader, t = view.reader, view.reader.t
    items = view.ask_anywhere(queries_financing.items_to_finance, entity_id, customer_id)
    if items.empty or view.build is None:
        page.nothing_here(t("financing.no_items"))
        return
    ways = _all_ways(view, items, view.build.as_of)
    shown = items.assign(**_best(ways))
    table(
        reader, shown, _item_columns(shown), key="financing_items", alt=t("financing.items"), file_name="financing",
        further=FURTHER,
    )  # fmt: skip
    st.caption(t("financing.rule"))
    labels = [_named(view, row, in_instalments(items)) for row in items.to_dict("records")]
    place = st.selectbox(
        t("financing.item"), range(len(labels)), format_func=labels.__getitem__, key=f"item-{entity_id}-{customer_id}"
    )
    _one(view, ways[place or 0], float(items["open_base"].iloc[place or 0]))


def largest(view: View) -> tuple[str, str] | None:
    """The largest open invoices with their cheapest way and what waiting costs; the customer of the row chosen."""
    reader, t = view.reader, view.reader.t
    items = view.ask(queries_financing.largest_to_finance, MOST)
    if items.empty or view.build is None:
        page.nothing_here(t("financing.nothing_open"))
        return None
    shown = items.assign(**_best(_all_ways(view, items, view.build.as_of)))
    whole = int(items["whole"].iloc[0])
    with st.grid(3, min_column_width=170, gap="small"):
        for column in ("open_base", "wait_base", "saved_base"):
            amount = float(shown[column].sum())
            label = "all_open_base" if column == "open_base" and whole == len(items) else f"sum_{column}"
            st.metric(
                t(f"financing.{label}", count=len(shown)), compact(reader, amount), border=True, height="stretch",
                help=money(reader, amount),
            )  # fmt: skip
    if whole > len(items):
        st.caption(t("financing.largest", count=len(items), whole=whole))
    row = table(
        reader, shown, ("customer_name", *_item_columns(shown)), key="financing_largest", alt=t("financing.items"),
        open_label=t("app.open"), file_name="financing", further=FURTHER,
    )  # fmt: skip
    st.caption(t("financing.rule"))
    return None if row is None else (str(shown.iloc[row]["entity_id"]), str(shown.iloc[row]["customer_id"]))


def _item_columns(rows: pd.DataFrame) -> list[str]:
    return [name for name in ITEM_COLUMNS if name != "instalment_no" or in_instalments(rows)]


def _named(view: View, row: dict[Any, Any], with_instalment: bool) -> str:
    """An open item to choose: its invoice, which instalment of it where invoices have several, and what is open."""
    reader = view.reader
    instalment = [reader.t("financing.instalment_no", number=int(row["instalment_no"]))] if with_instalment else []
    return " · ".join([str(row["invoice_id"]), *instalment, money(reader, row["open_base"])])


def _all_ways(view: View, items: pd.DataFrame, as_of: dt.date) -> list[list[Way]]:
    """The ways of each invoice under the terms chosen on the page."""
    chosen = terms(view)
    return [_ways(row, as_of, chosen) for row in items.to_dict("records")]


def _ways(row: dict[Any, Any], as_of: dt.date, chosen: Terms) -> list[Way]:
    expected = row["expected_pay_date"]
    known = expected is not None and expected == expected
    expected_on = pd.Timestamp(expected).date() if known else max(pd.Timestamp(row["due_date"]).date(), as_of)
    return financing.compare(float(row["open_base"]), as_of, expected_on, chosen)


def _best(ways: list[list[Way]]) -> dict[str, list[Any]]:
    waits = [next(way for way in each if way.option == "wait") for each in ways]
    best = [financing.cheapest(each) for each in ways]
    return {
        "wait_base": [way.cost for way in waits],
        "option": [way.option for way in best],
        "option_cost_base": [way.cost for way in best],
        "rate_year": [way.rate_year for way in best],
        "saved_base": [wait.cost - way.cost for wait, way in zip(waits, best, strict=True)],
    }


def _one(view: View, ways: list[Way], amount: float) -> None:
    reader, t = view.reader, view.reader.t
    rows = pd.DataFrame(
        {
            "option": [way.option for way in ways],
            "cash_now_base": [way.cash_now for way in ways],
            "cash_later_base": [way.cash_later for way in ways],
            "last_on": [way.last_on for way in ways],
            "cost_base": [way.cost for way in ways],
            "rate_year": [way.rate_year for way in ways],
            "net_base": [amount - way.cost for way in ways],
        }
    )
    names = [plain(reader.code("option", way.option)) for way in ways]
    figure = go.Figure()
    for name, colour in (("cash_now_base", ACCENT), ("cost_base", OVERDUE)):
        figure.add_bar(
            x=names, y=rows[name], name=t(f"financing.{name}"), marker_color=colour,
            text=[compact(reader, value) for value in rows[name]], textposition="outside", cliponaxis=False,
            hoverinfo="skip",
        )  # fmt: skip
    frame(figure, 260)
    figure.update_layout(barmode="group")
    figure.update_yaxes(**money_axis(reader, 0, amount))
    st.plotly_chart(figure, key="financing_ways", config=CONFIG, alt=t("financing.ways"))
    table(reader, rows, WAY_COLUMNS, key="financing_one", alt=t("financing.ways"), file_name="financing-item")


def bill_cards(view: View, found: pd.DataFrame) -> None:
    """What is in hand, falls due soon, was handed on and may come back, and bounced; other currencies only counted."""
    reader, t = view.reader, view.reader.t
    parts = {
        "in_hand": found[found["bill_state"] == "received"],
        "due_soon": found[(found["bill_state"] == "received") & (found["days_until"] <= bills.SOON_DAYS)],
        "handed_on": found[found["bill_state"].isin(["discounted", "endorsed"])],
        "bounced": found[found["bill_state"] == "bounced"],
    }
    with st.grid(4, min_column_width=170, gap="small"):
        for name, rows in parts.items():
            base = rows[rows["currency"] == reader.currency]
            others = len(rows) - len(base)
            count = t("financing.bills_others" if others else "financing.bills", count=len(base), others=others)
            st.metric(
                t(f"financing.{name}"), compact(reader, float(base["amount_doc"].sum())), count, delta_color="off",
                delta_arrow="off", border=True, height="stretch", help=t(f"financing.{name}_help"),
            )  # fmt: skip


def bill_register(view: View, today: Day) -> None:
    """All bills with their state, and what the tables count of each."""
    t = view.reader.t
    keys = tuple(sorted({(note.entity_id, note.payload.number) for note in bills.standing(today)}))
    found = bills.register(today, view.ask_build(queries_financing.bills_counted, keys))
    pairs = tuple(sorted(set(zip(found["entity_id"], found["customer_id"], strict=True))))
    named = view.ask(queries_agreements.customers_named, pairs)
    found = found.merge(named[["entity_id", "customer_id", "customer_name"]], on=["entity_id", "customer_id"])
    if found.empty:
        page.nothing_here(t("financing.no_bills"))
        return
    bill_cards(view, found)
    found = _marked(view, found, today.today)
    _count_marked(view, found)
    # Where all bills are in the currency of the books, the page names it above; else it takes the room of the days.
    is_foreign = bool((found["currency"] != view.reader.currency).any())
    further = (*FURTHER_OF_BILLS, "days_until" if is_foreign else "currency")
    payers_table(
        view, found, with_content(found, BILL_COLUMNS, ("to_ask",)), key="bills", alt=t("financing.register"),
        file_name="bills", further=further,
    )  # fmt: skip
    st.caption(t("financing.counting"))


def _marked(view: View, found: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Bills with `to_ask`: what to clear up about those that are older on a day than a bill can run."""
    return found.assign(to_ask=bills.outlived(found, on).map({True: view.reader.t("financing.outlived"), False: ""}))


def _count_marked(view: View, marked: pd.DataFrame) -> None:
    """How many bills of a list are older than a bill can run, and what that may mean; nothing where none is."""
    if count := int((marked["to_ask"] != "").sum()):
        st.warning(view.reader.t("financing.outlived_count", count=count), icon=":material/help:")


def bills_of_exports(view: View) -> None:
    """Bills and cheques in hand that the published build knows from the exports alone, the largest first."""
    reader, t = view.reader, view.reader.t
    found = view.ask(queries_financing.bills_only_in_exports, MOST)
    if found.empty or view.build is None:
        return
    as_of = view.build.as_of
    whole, amount = int(found["whole"].iloc[0]), money(reader, found["whole_base"].iloc[0])
    st.subheader(t("financing.in_exports"), anchor=False)
    st.caption(t("financing.in_exports_text", count=whole, amount=amount))
    if whole > len(found):
        st.caption(t("financing.in_exports_largest", count=len(found)))
    shown = _marked(view, found, as_of)
    _count_marked(view, shown)

    def everything() -> pd.DataFrame:
        return _marked(view, view.ask(queries_financing.bills_only_in_exports), as_of)

    # A bill beyond the list may be as old: the files of a list that is cut always have the column.
    columns = EXPORTED_COLUMNS if whole > len(found) else with_content(shown, EXPORTED_COLUMNS, ("to_ask",))
    payers_table(
        view, shown, columns, key="exported", alt=t("financing.in_exports"), file_name="bills-exports",
        everything=everything if whole > len(found) else None,
    )  # fmt: skip


def new_bill(view: View, entity_id: str, customer_id: str) -> None:
    """The form for a bill that came in."""
    t, form = view.reader.t, Form(view, f"bill.{entity_id}.{customer_id}")
    form.suggest("currency", view.reader.currency)
    items = view.ask_anywhere(queries_payers.customer_open_items, entity_id, customer_id)
    number_field, invoice = st.columns(2, gap="small")
    with number_field:
        forms.field(form, "number", st.text_input, t("heading.bill_number"), help=t("financing.number_help"))
    with invoice:
        forms.of_invoice(form, t("entry.invoice"), payer_today.invoices(items))
    amount, currency, due = st.columns([2, 1, 2], gap="small")
    with amount:
        forms.amount(form, "amount", t("financing.amount"), (form.value("currency") or "").strip().upper())
    with currency:
        forms.field(form, "currency", st.text_input, t("heading.currency"), max_chars=3)
    with due:
        forms.day(form, "due_on", t("heading.due_on"))
    forms.field(form, "drawer", st.text_input, t("heading.drawer"))

    def store() -> None:
        payload: dict[str, Any] = {name: form.value(name) for name in ("number", "currency", "due_on")}
        payload |= {"amount": forms.decimal(form.value("amount")), "drawer": form.value("drawer") or ""}
        who = journal_parts.writer(view)
        subject = Subject(entity_id, customer_id, form.value("invoice") or None)
        journal.append(view.settings, "bill", subject, payload, who=who)

    forms.save(form, store, t("financing.bill_saved"), label=t("financing.save_bill"))


def move_bill(view: View, today: Day, entity_id: str, customer_id: str) -> None:
    """The form that brings one of a customer's bills into its next state."""
    reader, t = view.reader, view.reader.t
    open_ones = {note.id: note for note in today.of(entity_id, customer_id, "bill") if bills.MOVES[note.payload.state]}
    if not open_ones:
        page.nothing_here(t("financing.no_bill_to_move"))
        return

    def name(key: int) -> str:
        bill = open_ones[key].payload
        parts = (bill.number, money(reader, bill.amount, bill.currency), reader.code("bill_state", bill.state))
        return " · ".join([*parts, date(reader, bill.due_on)])

    chosen = st.selectbox(t("financing.bill"), list(open_ones), format_func=name, key=f"move-{customer_id}")
    note = open_ones[chosen]
    form = Form(view, f"move.{note.version_id}")
    forms.choice(form, "state", t("heading.bill_state"), bills.MOVES[note.payload.state], "bill_state")
    forms.day(form, "state_on", t("heading.state_on"))

    def store() -> None:
        who = journal_parts.writer(view)
        bills.move(view.settings, note, form.value("state"), form.value("state_on"), who=who)

    forms.save(form, store, t("financing.bill_moved"), label=t("financing.save_move"))
