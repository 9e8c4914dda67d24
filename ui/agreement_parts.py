"""The parts of the page of promises and plans: key figures, the list, plans under way, and the editor of a plan."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pipelines.collecting import agreements, follow_up, journal
from pipelines.collecting.agreements import EVERY, Part
from pipelines.collecting.follow_up import Day, Note
from pipelines.collecting.journal import Subject
from pipelines.errors import UserError
from pipelines.reporting import queries_agreements, queries_collect
from ui import forms, journal_parts
from ui.charts import ACCENT, CONFIG, QUIET, frame, money_axis
from ui.formats import compact, date, days, missing, money, number, percent, plain
from ui.forms import Form
from ui.session import View
from ui.tables import words

SHOWN = ("chase", "open", "failed", "all")
COLUMNS = words(
    "customer_name rep about promised_on promised_doc received_doc currency agreed_state made_on who "
    "customer_kept_share"
)
FURTHER = words("made_on who")
STATES = {"open": ("open", "waiting"), "failed": ("broken", "partly_kept")}
MOST_PARTS = 60


def rows(view: View, today: Day) -> pd.DataFrame:
    """Every agreed payment of the customers in the view, with its customer and how far that customer kept its word."""
    found = agreements.agreed_payments(today, view.ask_build(queries_agreements.received))
    pairs = tuple(sorted(set(zip(found["entity_id"], found["customer_id"], strict=True))))
    named = view.ask(queries_agreements.customers_named, pairs)
    found = found.merge(named[["entity_id", "customer_id", "customer_name", "rep"]], on=["entity_id", "customer_id"])
    by_customer = found.groupby(["entity_id", "customer_id"])["promise_state"]
    found["customer_kept_share"] = by_customer.transform(lambda states: agreements.kept_share(list(states)))
    found["about"] = [_about(view, row) for row in found.to_dict("records")]
    found["chase"] = agreements.to_chase(found, today.today)
    return found.assign(agreed_state=found["promise_state"])


def _about(view: View, row: dict[Any, Any]) -> str:
    t = view.reader.t
    what = t("agreements.promise")
    if row["agreed"] == "plan":
        what = t("agreements.part", number=row["part_no"], count=row["parts"])
    # A query without a single invoice gives NaN, which counts as a text that is there.
    return what if missing(row["invoice_id"]) or not row["invoice_id"] else f"{what} · {row['invoice_id']}"


def cards(view: View, found: pd.DataFrame) -> None:
    """What is promised, what needs somebody today, and how far promises were kept."""
    reader, t = view.reader, view.reader.t
    is_base = found["currency"] == reader.currency
    waiting = found["promise_state"].isin(STATES["open"])
    failed = found["promise_state"].isin(STATES["failed"])
    with st.grid(4, min_column_width=180, gap="small"):
        for name, chosen in (("promised", waiting), ("chase", found["chase"]), ("failed", failed)):
            rows_of = found[chosen & is_base]
            left = float((rows_of["amount_doc"] - rows_of["received_doc"]).clip(lower=0).sum())
            others = int((chosen & ~is_base).sum())
            count = t(
                "agreements.count_others" if others else "agreements.count",
                count=len(rows_of), others=others,
            )  # fmt: skip
            note = t("agreements.other_currencies", text=number(reader, others)) if others else ""
            st.metric(
                t(f"agreements.{name}"), compact(reader, left), count, delta_color="off", delta_arrow="off",
                border=True, height="stretch", help=t(f"agreements.{name}_help") + ("  \n" + note if note else ""),
            )  # fmt: skip
        share = agreements.kept_share(list(found["promise_state"]))
        decided = int(found["promise_state"].isin(agreements.DECIDED).sum())
        st.metric(
            t("agreements.kept"), percent(reader, share, 0), t("agreements.decided", text=number(reader, decided)),
            delta_color="off", delta_arrow="off", border=True, height="stretch",
            help=t("agreements.kept_help", days=view.settings.promise_tolerance_days),
        )  # fmt: skip


def narrowed(view: View, found: pd.DataFrame) -> pd.DataFrame:
    """The rows of the chosen part of the list."""
    t = view.reader.t
    shown = st.segmented_control(
        t("agreements.show"), SHOWN, default="chase", key="agreements_shown", label_visibility="collapsed",
        format_func=lambda each: t(f"agreements.show_{each}"),
    )  # fmt: skip
    if shown in STATES:
        return found[found["promise_state"].isin(STATES[shown])]
    return found[found["chase"]] if shown == "chase" else found.iloc[::-1]


def plans(view: View, today: Day, entity_id: str, customer_id: str) -> None:
    """The open plans of a customer with their instalments, and the way to end one."""
    reader, t = view.reader, view.reader.t
    for plan in [note for note in today.of(entity_id, customer_id, "plan") if note.is_open]:
        states = follow_up.instalment_states(today, plan)
        kept = agreements.kept_share(states)
        agreed = plan.payload
        with st.container(border=True):
            whole = money(reader, agreed.total, agreed.currency)
            title = t("agreements.plan_of", text=whole, who=reader.code("proposed_by", agreed.proposed_by))
            st.markdown(f":material/calendar_month: **{plain(title)}**")
            facts = [t("agreements.made", who=plain(reader.person(plan.who)), day=date(reader, today.made_on(plan)))]
            if kept is not None:
                facts.append(t("agreements.kept_so_far", share=kept))
            if agreed.document:
                facts.append(t("agreements.in_writing", text=plain(agreed.document)))
            st.caption(" · ".join(facts))
            st.markdown("  \n".join(_part_line(view, plan, place, state) for place, state in enumerate(states)))
            replace, cancel = st.columns(2, gap="small")
            for place, outcome in ((replace, "replaced"), (cancel, "cancelled")):
                place.button(
                    t(f"agreements.end_{outcome}"), key=f"{outcome}-{plan.id}", width="stretch",
                    on_click=_end, args=(view, plan, outcome), help=t("agreements.end_help"),
                )  # fmt: skip


def _part_line(view: View, plan: Note, place: int, state: str) -> str:
    reader, part = view.reader, plan.payload.instalments[place]
    badge = f":{journal_parts.STATE_COLOURS[state]}-badge[{plain(reader.code('agreed_state', state))}]"
    amount = plain(money(reader, part.amount, plan.payload.currency))
    return f"{place + 1}\\. {date(reader, part.due_on)} · {amount} {badge}"


def _end(view: View, plan: Note, outcome: str) -> None:
    try:
        journal.close(view.settings, plan.id, {"outcome": outcome}, who=journal_parts.writer(view))
    except UserError as refused:
        st.toast(refused.text(view.reader.language), icon=":material/error:")


def editor(view: View, today: Day, entity_id: str, customer_id: str) -> None:
    """A new plan: the proposal that the calculator makes, changed to what the customer proposes, and its effect."""
    reader, t = view.reader, view.reader.t
    form = Form(view, f"plan.{entity_id}.{customer_id}")
    debts = view.ask_anywhere(queries_collect.debts, entity_id, customer_id)
    owed = {each["currency"]: each for each in debts if each["owed"] > 0}
    if not owed:
        st.caption(f":material/inbox: {t('agreements.owes_nothing')}")
        return
    currency = forms.field(form, "currency", st.selectbox, t("heading.currency"), options=list(owed), width=140)
    debt = owed[currency]
    suggested = debt["overdue"] if 0 < debt["overdue"] <= debt["owed"] else debt["owed"]
    amounts = {"text": money(reader, debt["owed"], currency), "overdue": money(reader, debt["overdue"], currency)}
    st.caption(plain(t("promise.owed", **amounts)))
    parts = _schedule(view, today, form, currency, suggested)
    proposed = forms.choice(
        form, "proposed_by", t("agreements.proposed_by"), ("us", "customer"), "proposed_by", required=True
    )
    table_key = f"{form.key}.table.{hash(tuple(parts))}"
    edited = _table(view, parts, table_key)
    forms.reason(form, "instalments")
    _what_it_comes_to(view, today, edited, currency)
    if currency == reader.currency:
        _effect(view, entity_id, customer_id, edited)
    forms.field(form, "document", st.text_input, t("agreements.document"), help=t("agreements.document_help"))
    forms.field(form, "note", st.text_input, t("heading.note"))

    def store() -> None:
        total = forms.decimal(form.value("total")) or Decimal(0)
        payload = {
            "total": total,
            "currency": currency,
            "instalments": [{"due_on": part.due_on, "amount": part.amount} for part in edited],
            "proposed_by": proposed or "us",
            "document": form.value("document") or "",
            "note": form.value("note") or "",
        }
        subject, who = Subject(entity_id, customer_id), journal_parts.writer(view)
        seen = max((note.id for note in today.of(entity_id, customer_id, "plan")), default=0)
        journal.append(view.settings, "plan", subject, payload, who=who, debt=max(debt["owed"], Decimal(0)), seen=seen)

    forms.save(form, store, t("agreements.plan_saved"), label=t("agreements.save_plan"))


def _schedule(view: View, today: Day, form: Form, currency: str, suggested: Decimal) -> list[Part]:
    """The calculator: total, first payment, number and rhythm; the schedule that follows from them."""
    t = view.reader.t
    form.suggest("total", float(suggested))
    form.suggest("first_on", follow_up.working_day(today, follow_up.DAYS_TO_PAY))
    form.suggest("count", 3)
    form.suggest("proposed_by", "us")
    total, first, count, every, share = st.columns([2, 1.6, 1, 2.2, 1.4], gap="small")
    with total:
        amount = forms.amount(form, "total", t("agreements.total"), currency)
    with first:
        first_on = forms.day(form, "first_on", t("agreements.first_on"))
    with count:
        parts = forms.field(
            form, "count", st.number_input, t("agreements.parts"), min_value=1, max_value=MOST_PARTS, step=1
        )
    with every:
        rhythm = forms.choice(form, "every", t("agreements.every"), EVERY, "every", required=True, default="month")
    with share:
        down = forms.field(
            form, "down", st.number_input, t("agreements.down"), min_value=0.0, max_value=90.0, value=None, step=5.0,
            format="%.0f",
        )  # fmt: skip
    if not amount or amount <= 0 or first_on is None or not parts:
        return []
    share_of_one = down / 100 if down and parts > 1 else None
    return agreements.schedule(
        forms.decimal(amount) or Decimal(0), first_on, int(parts), rhythm or "month", share_of_one
    )


def _table(view: View, parts: Sequence[Part], key: str) -> list[Part]:
    """The schedule to be changed: rows can be added and taken out; empty ones are left out."""
    t = view.reader.t
    frame_of = pd.DataFrame({"due_on": [p.due_on for p in parts], "amount": [float(p.amount) for p in parts]})
    frame_of["due_on"] = pd.to_datetime(frame_of["due_on"])
    st.caption(t("agreements.change_it"))
    edited = st.data_editor(
        frame_of, key=key, num_rows="dynamic", hide_index=True, width="stretch",
        column_config={
            "due_on": st.column_config.DateColumn(t("heading.promised_on"), format="YYYY-MM-DD"),
            "amount": st.column_config.NumberColumn(t("promise.amount"), format="%,.2f", min_value=0.0),
        },
    )  # fmt: skip
    found = []
    for row in edited.to_dict("records"):
        if row["due_on"] is None or row["due_on"] != row["due_on"] or row["amount"] is None or not row["amount"] > 0:
            continue
        found.append(Part(pd.Timestamp(row["due_on"]).date(), forms.decimal(float(row["amount"])) or Decimal(0)))
    return found


def _what_it_comes_to(view: View, today: Day, parts: Sequence[Part], currency: str) -> None:
    reader, t = view.reader, view.reader.t
    found = agreements.figures(parts, today.today, view.settings.carrying_rate_year)
    if found is None:
        return
    facts = [
        t("agreements.sum", text=money(reader, found.total, currency)),
        t("agreements.last_on", day=date(reader, found.last_on)),
        t("agreements.mean_days", text=days(reader, found.mean_days)),
        t("agreements.cost", text=money(reader, found.cost, currency), share=view.settings.carrying_rate_year),
    ]
    st.markdown(" · ".join(plain(fact) for fact in facts))


def _effect(view: View, entity_id: str, customer_id: str, parts: Sequence[Part]) -> None:
    """Expected receipts of this customer by week, as they are and with the plan."""
    reader, t = view.reader, view.reader.t
    known = view.ask_anywhere(queries_agreements.customer_forecast, entity_id, customer_id)
    forecast, kept = known["forecast"], known["kept_share"]
    if not parts or not len(forecast):
        return
    after = agreements.with_plan(forecast, parts, known["as_of"], known["open_base"], kept)
    figure = go.Figure()
    for name, values, colour in (("now", forecast["expected_base"], QUIET), ("then", after, ACCENT)):
        figure.add_bar(
            x=list(forecast["week_start"]), y=list(values), name=t(f"agreements.forecast_{name}"), marker_color=colour,
            customdata=[money(reader, value) for value in values],
            hovertemplate="%{x|%Y-%m-%d} · %{customdata}<extra></extra>",
        )  # fmt: skip
    frame(figure, 240)
    figure.update_layout(barmode="group")
    figure.update_xaxes(tickformat="%m-%d")
    figure.update_yaxes(**money_axis(reader, 0, max([*forecast["expected_base"], *after, 1])))
    st.caption(t("agreements.effect", share=kept))
    st.plotly_chart(figure, key=f"effect-{customer_id}", config=CONFIG, alt=t("agreements.effect", share=kept))
    shown_until = pd.Timestamp(max(forecast["week_start"])).date() + dt.timedelta(days=6)
    beyond = sum((part.amount for part in parts if part.due_on > shown_until), Decimal(0))
    if beyond:
        text, day = money(reader, beyond), date(reader, shown_until)
        st.caption(f":material/info: {plain(t('agreements.beyond', text=text, day=day))}")
