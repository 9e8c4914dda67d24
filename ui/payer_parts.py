"""The parts of a payer's page."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pipelines.collecting import bills, payer_card
from pipelines.collecting.follow_up import Day
from pipelines.reporting import queries_lateness, queries_merges, queries_payers
from ui import charts, navigation, page, pay_strip
from ui.buckets import bucket_name
from ui.formats import compact, date, days, missing, money, number, percent, plain
from ui.habits import in_words
from ui.i18n import Reader
from ui.merge_parts import merged_into
from ui.session import View
from ui.tables import header, in_instalments, said_once, table, words

MONEY_ON_ACCOUNT = "receipt"  # an open item that is money, not an invoice
ITEM_COLUMNS = words(
    "invoice_id doc_type instalment_no open_base currency open_doc due_date days_past_due p_late expected_pay_date "
    "disputed bill_in_hand risk_reasons p_very_late issue_date"
)
FURTHER_OF_ITEMS = words("p_very_late issue_date")
OF_SOME_ITEMS = {"open_doc", "disputed", "bill_in_hand"}  # beside these there is no room for the day expected
PAYMENT_COLUMNS = words(
    "applied_on invoice_id instalment_no kind amount_base currency amount_doc days_late method rule"
)
FACTS = words(
    "customer_id entity_id parent_id region rep industry customer_type credit_limit_base terms_days payment_run "
    "decision_maker acceptor payer tax_id"
)


def head(view: View, customer: Mapping[str, Any]) -> None:
    """The name, who it is, and what the figures are as of."""
    t = view.reader.t
    st.title(plain(customer["customer_name"] or customer["customer_id"]), anchor=False)
    assert view.build is not None
    is_named = customer["customer_name"] not in (None, "", customer["customer_id"])
    who = [
        plain(customer["customer_id"]) if is_named else t("payer.no_name"),
        plain(customer.get("region")),
        plain(customer.get("rep")),
    ]
    line = t("app.as_of", date=date(view.reader, view.build.as_of), currency=view.reader.currency)
    st.caption(" · ".join(part for part in (*who, line) if part))
    if known := merged_into(view, str(customer["entity_id"]), str(customer["customer_id"])):
        st.caption(f":material/merge: {known}")


def exposure(view: View, customer: Mapping[str, Any], held: pd.DataFrame) -> None:
    """What is owed, how urgent it is, and the bills in hand (`bills.held`) where there are any."""
    reader, t = view.reader, view.reader.t
    owed, overdue = customer.get("open_base"), customer.get("overdue_base")
    with st.grid(6 if len(held) else 5, min_column_width=150, gap="small"):
        st.metric(t("app.outstanding"), compact(reader, owed), border=True, height="stretch", help=money(reader, owed))
        st.metric(
            t("app.overdue"), compact(reader, overdue), border=True, height="stretch", help=money(reader, overdue)
        )
        oldest: Any = customer.get("max_days_past_due")
        st.metric(
            t("payer.oldest"), days(reader, None if missing(oldest) else max(oldest, 0)), border=True, height="stretch"
        )
        st.metric(
            t("payer.limit_use"),
            _limit_use(view, customer),
            border=True,
            height="stretch",
            help=t("payer.limit_use_help"),
        )
        st.metric(
            t("heading.priority_score"),
            _priority(view, customer),
            border=True,
            height="stretch",
            help=t("payer.priority_help"),
        )
        if len(held):
            sums = held.groupby("currency")["amount_doc"].sum()
            value = " + ".join(
                compact(reader, amount) if currency == reader.currency else money(reader, amount, str(currency))
                for currency, amount in sums.items()
            )
            each = "  \n".join(plain(_bill(reader, row)) for row in held.to_dict("records"))
            note = f"{t('payer.bills_help')}  \n{each}"
            st.metric(t("payer.bills"), value, border=True, height="stretch", help=note)


def part_in_sight(view: View, customer: Mapping[str, Any], items: pd.DataFrame) -> None:
    """That the cards are about the whole customer, where the person sees only some of its items."""
    reader = view.reader
    seen, whole = float(items["open_base"].sum()), float(customer.get("open_base") or 0)
    if abs(whole - seen) >= 0.01:
        text = reader.t("payer.part_in_sight", seen=money(reader, seen), whole=money(reader, whole))
        st.caption(f":material/visibility: {text}")


def overdue_beyond(view: View, customer: Mapping[str, Any], items: pd.DataFrame) -> None:
    """Why more is overdue than outstanding, where money that is not yet applied makes it so."""
    reader, unapplied = view.reader, -float(items.loc[items["bucket"] == "unapplied", "open_base"].sum())
    if unapplied > 0 and float(customer.get("overdue_base") or 0) > float(customer.get("open_base") or 0):
        st.caption(f":material/info: {reader.t('payer.overdue_beyond', text=money(reader, unapplied))}")


def _bill(reader: Reader, row: Mapping[Any, Any], part: float | None = None) -> str:
    """A bill's number, amount and due day; `part` is what of it is spoken of, where that is not all."""
    due = reader.t("payer.bill_due_unknown") if missing(row["due_on"]) else date(reader, row["due_on"])
    amount = money(reader, row["amount_doc"], row["currency"])
    if part is not None and part != row["amount_doc"]:
        amount = reader.t("payer.bill_part", part=money(reader, part, row["currency"]), whole=amount)
    about = [row["bill_number"], amount, due]
    return " · ".join(str(part) for part in about if not missing(part))


def standing(view: View, customer: Mapping[str, Any], items: pd.DataFrame) -> None:
    """What is owed by age, and why this payer stands where it does."""
    reader, t = view.reader, view.reader.t
    pair = st.grid(2, min_column_width=page.HALF)
    with pair.container(border=True, height="stretch"):
        st.subheader(t("payer.aging"), anchor=False)
        if items.empty:
            page.nothing_here(t("payer.nothing_open"))
        else:
            ages = items.groupby(["bucket", "bucket_order"], as_index=False).agg(open_base=("open_base", "sum"))
            st.plotly_chart(
                charts.aging_strip(reader, ages), key="strip", config=charts.CONFIG, alt=t("payer.aging_alt")
            )
    with pair.container(border=True, height="stretch"):
        st.subheader(t("payer.why"), anchor=False)
        sentences = reader.reasons(customer.get("reasons"))
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences) or t("payer.no_reasons"))


def stands_under(view: View, entity_id: str, customer_id: str) -> str:
    """The number under which a merged customer stands now, empty where there is none that the reader may see."""
    if view.build is None:
        return ""
    into = view.ask_build(queries_merges.merged).get((entity_id, customer_id), "")
    return into if into and view.ask_anywhere(queries_payers.customer, entity_id, into) else ""


def open_items(view: View, items: pd.DataFrame, held: pd.DataFrame, entity_id: str, customer_id: str) -> None:
    """The open invoices, narrowed to one bucket by the address or the buttons; a row opens its invoice."""
    reader, t = view.reader, view.reader.t
    covered = [[_bill(reader, bill, part) for bill, part in each] for each in bills.by_instalment(held, items)]
    due = items["due_date"].where(items["open_doc"] > 0)  # a credit note or a prepayment never falls due
    items = items.assign(bill_in_hand=[t("app.semicolon").join(each) for each in covered], due_date=due)
    with st.container(border=True):
        st.subheader(t("payer.open_items"), anchor=False)
        if items.empty:
            page.nothing_here(t("payer.nothing_open"))
            return
        there = list(items.sort_values("bucket_order")["bucket"].unique())
        asked = st.query_params.get("bucket")
        # The address decides; the key changes with it, so that buttons and address cannot part.
        key = f"bucket-{customer_id}-{asked}"
        options = list(dict.fromkeys(["", *there, *([asked] if asked else [])]))
        bucket = st.segmented_control(
            t("heading.bucket"), options, default=asked or "", required=True, key=key, label_visibility="collapsed",
            format_func=lambda each: bucket_name(reader, each) if each else t("payer.all_buckets"),
            on_change=_remember_bucket, args=(key,),
        )  # fmt: skip
        shown = items[items["bucket"] == bucket] if bucket else items
        st.caption(f"{t('app.items', count=len(shown))} · {money(reader, float(shown['open_base'].sum()))}")
        if shown.empty:
            page.nothing_here(t("payer.nothing_in_bucket"))
            return
        columns = _useful(reader, ITEM_COLUMNS, shown)
        further = [*FURTHER_OF_ITEMS, *(["expected_pay_date"] if OF_SOME_ITEMS & {*columns} else [])]
        row = table(
            reader, shown, columns, key="open_items", alt=t("payer.open_items_alt"), open_label=t("app.open"),
            file_name="open-items", wraps=True, further=further,
        )  # fmt: skip
        if row is not None and shown.iloc[row]["doc_type"] == MONEY_ON_ACCOUNT:
            navigation.open_receipt(view, -int(shown.iloc[row]["item_key"]))
        elif row is not None:
            navigation.open_invoice(view, entity_id, str(shown.iloc[row]["invoice_id"]), customer_id)


def history(view: View, entity_id: str, customer_id: str) -> None:
    """How this customer has paid, and how its balance has gone."""
    reader, t = view.reader, view.reader.t
    payments = view.ask_anywhere(queries_payers.customer_payments, entity_id, customer_id)
    known_from = view.ask_anywhere(queries_payers.customer_known_from, entity_id, customer_id)
    trend = page.since(view.ask_anywhere(queries_payers.customer_trend, entity_id, customer_id), known_from)
    pair = st.grid(2, min_column_width=page.HALF)
    with pair.container(border=True, height="stretch"):
        st.subheader(t("payer.payments"), anchor=False)
        money_in = payments[payments["kind"] == "payment"]
        if money_in["days_late"].notna().any():
            st.caption(_habit(view, money_in))
            calendar = view.ask_anywhere(queries_lateness.pay_calendar, entity_id, customer_id)
            st.caption(f":material/event_repeat: {plain(in_words(reader, calendar))}")
            figure = charts.payment_dots(reader, money_in)
            page.paid_line(view, known_from)
            st.caption(t("payer.payments_note"))
            st.plotly_chart(figure, key="payments", config=charts.CONFIG, alt=t("payer.payments_alt"))
        else:
            page.nothing_here(t("payer.no_payments"))
    with pair.container(border=True, height="stretch"):
        st.subheader(t("payer.trend"), anchor=False)
        page.known_line(view, known_from)
        if trend.empty:
            page.nothing_here(t("payer.no_trend"))
        else:
            figure = charts.customer_history(reader, trend)
            st.plotly_chart(figure, key="trend", config=charts.CONFIG, alt=t("payer.trend_alt"))
    if len(payments):
        panel = st.expander(
            t("payer.every_payment", text=number(reader, len(payments))), on_change="rerun", key="pay_list"
        )
        if panel.open:
            with panel:
                newest = payments.sort_values("applied_on", ascending=False)
                paid = table(
                    reader, newest, said_once(reader, newest, PAYMENT_COLUMNS), key="pay_table",
                    alt=t("payer.payments_alt"), open_label=t("app.open"), file_name="payments",
                )  # fmt: skip
                if paid is not None:
                    navigation.open_receipt(view, int(newest.iloc[paid]["line_key"]))


def pay_days(view: View, today: Day, customer: Mapping[str, Any], payments: pd.DataFrame) -> None:
    """The calendar heat strip: on which days of the month this customer's money came."""
    t = view.reader.t
    assert view.build is not None
    found = pay_strip.by_day(payments, view.build.as_of)
    if found.empty:
        return
    closing = payer_card.facts(today, customer)["closing_day"].value
    with st.container(border=True):
        st.subheader(t("payer.strip"), anchor=False, help=t("payer.strip_help"))
        figure = pay_strip.strip(view.reader, found, view.build.as_of, int(closing) if closing else None)
        st.plotly_chart(figure, key="pay_days", config=charts.CONFIG, alt=t("payer.strip_alt"))


def facts(view: View, customer: Mapping[str, Any]) -> None:
    """What the master data says; what it leaves empty is left out."""
    reader = view.reader
    rows = {}
    for name in FACTS:
        value = customer.get(name)
        if missing(value) or value == "":
            continue
        if name == "credit_limit_base":
            value = money(reader, value)
        elif name == "terms_days":
            value = days(reader, value)
        elif name == "customer_type":
            value = reader.code(name, value)
        rows[plain(header(reader, name))] = plain(value)
    with st.expander(reader.t("payer.facts")):
        st.table(rows, border="horizontal", width="content", alt=reader.t("payer.facts"))


def _useful(reader: Reader, columns: tuple[str, ...], rows: pd.DataFrame) -> list[str]:
    """The columns that say something here: no instalment numbers all 1, no amounts that stand there twice."""
    dull = {
        "instalment_no": not in_instalments(rows),
        "bill_in_hand": not rows["bill_in_hand"].astype(bool).any(),
        "disputed": not rows["disputed"].fillna(False).astype(bool).any(),
        "doc_type": rows["doc_type"].nunique() <= 1,
    }
    return [column for column in said_once(reader, rows, columns) if not dull.get(column, False)]


def _habit(view: View, payments: pd.DataFrame) -> str:
    """One line: how many payments came late, and by how many days an amount-weighted payment was late."""
    known = payments.dropna(subset=["days_late"])
    weight = known["amount_base"].abs()
    mean = (
        float((known["days_late"] * weight).sum() / weight.sum()) if weight.sum() else float(known["days_late"].mean())
    )
    late = int((known["days_late"] > 0).sum())
    return view.reader.t("payer.habit", late=late, count=len(known), text=number(view.reader, mean, 1))


def _limit_use(view: View, customer: Mapping[str, Any]) -> str:
    limit, owed = customer.get("credit_limit_base"), customer.get("open_base")
    if missing(limit) or not limit:
        return view.reader.t("payer.no_limit")
    return percent(view.reader, float(owed or 0) / float(limit), 0)


def _priority(view: View, customer: Mapping[str, Any]) -> str:
    score, kind = customer.get("priority_score"), customer.get("payer_class")
    return f"{number(view.reader, score)} · {kind}" if kind else number(view.reader, score)


def _remember_bucket(key: str) -> None:
    if st.session_state[key]:
        st.query_params["bucket"] = st.session_state[key]
    elif "bucket" in st.query_params:
        del st.query_params["bucket"]
