"""The parts of the page of escalation and law: ladder, legal register and limitation."""

from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from pipelines.collecting import claims, journal, ladder
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.collecting.ladder import STEPS, Standing
from pipelines.reporting import queries_agreements, queries_claims, queries_payers
from ui import forms, journal_parts, page, payer_today
from ui.formats import compact, date, money, number, plain
from ui.forms import Form
from ui.payer_table import payers_table
from ui.session import View
from ui.tables import header, table, with_content, words

LADDER_COLUMNS = words(
    "customer_name rep ladder allowed overdue_base max_days_past_due open_base made_on overdue_then_base approver "
    "ways_back"
)
OF_A_STEP = words("ladder made_on overdue_then_base approver ways_back")  # nothing to show before the first is taken
EXPOSURE_COLUMNS = words("ladder entry_rule customers overdue_base open_base ready")
REGISTER_COLUMNS = words("customer_name legal invoice_id happened_on document cost_base next_on note who")
CLOCK_COLUMNS = words(
    "customer_name rep invoice_id open_base due_date limitation_on days_left last_event_on legal document"
)
STAGES = (
    "acknowledgement", "lawyer_letter", "mediation", "payment_order", "arbitration", "lawsuit", "enforcement",
)  # fmt: skip


def ladder_board(view: View, today: Day) -> None:
    """Exposure at each step with its entry rule, and the customers on the ladder or ready for its next step."""
    reader, t, settings = view.reader, view.reader.t, view.settings
    days = min(rule.days for rule in settings.ladder.values())
    ready = view.ask(queries_claims.overdue_for, days)
    standing = view.ask(queries_agreements.customers_named, tuple(ladder.on_the_ladder(today)))
    customers = pd.concat([ready, standing[list(ready.columns)]]).drop_duplicates(["entity_id", "customer_id"])
    found = ladder.board(today, customers)
    if found.empty:
        page.nothing_here(t("escalation.nobody"))
        return
    found["ways_back"] = found["reasons"]
    steps = ladder.exposure(found)
    found["ladder"] = [step or None for step in found["ladder"]]
    steps["entry_rule"] = [_rule(view, step) for step in steps["ladder"]]
    table(reader, steps, EXPOSURE_COLUMNS, key="ladder_exposure", alt=t("escalation.exposure"))
    st.caption(t("escalation.approvers"))
    found["allowed"] = [reader.code("ladder", step) if step else "" for step in found["allowed"]]
    payers_table(
        view, found, with_content(found, LADDER_COLUMNS, OF_A_STEP), key="ladder", alt=t("escalation.ladder"),
        file_name="ladder",
    )  # fmt: skip


def _rule(view: View, step: str) -> str:
    rule, t = view.settings.ladder[step], view.reader.t
    text = t("escalation.from_days", days=rule.days)
    return (
        text if not rule.overdue else f"{text} · {t('escalation.from_overdue', text=money(view.reader, rule.overdue))}"
    )


def ladder_step(view: View, today: Day, entity_id: str, customer_id: str) -> None:
    """Where a customer stands, how it came there, and the form for a step up or back."""
    reader, t = view.reader, view.reader.t
    known = view.ask_anywhere(queries_agreements.customers_named, ((entity_id, customer_id),))
    if known.empty:
        return
    row = known.iloc[0]
    overdue, days = float(row["overdue_base"]), int(row["max_days_past_due"])
    where = ladder.standing(today, entity_id, customer_id)
    _trail(view, today, where)
    for reason in ladder.ways_back(today, where, (entity_id, customer_id), overdue, days):
        st.markdown(f":green[:material/south: {plain(reader.reason(reason))}]")
    form = Form(view, f"ladder.{entity_id}.{customer_id}.{where.newest}")
    directions = ("up", "back") if where.step else ("up",)
    form.suggest("direction", "up" if where.following else "back")
    direction = forms.choice(form, "direction", t("escalation.direction"), directions, "direction", required=True)
    back = direction == "back" and where.step is not None
    options = [where.step] if back else [step for step in STEPS if _above(step, where)]
    if not options:
        st.caption(t("escalation.at_the_top"))
        return
    step, approver = st.columns([3, 2], gap="small")
    with step:
        forms.field(
            form, f"step_{direction}", st.selectbox, t("escalation.step"), options=options,
            format_func=lambda each: f"{reader.code('ladder', each)} · {_rule(view, each)}",
        )  # fmt: skip
        forms.reason(form, "step")
    with approver:
        forms.field(form, "approver", st.text_input, t("escalation.approver"), help=t("escalation.approver_help"))
    forms.field(form, "note", st.text_input, t("escalation.why"))

    def store() -> None:
        payload = {
            "step": form.value(f"step_{direction}"),
            "direction": direction or "up",
            "approver": form.value("approver") or "",
            "note": form.value("note") or "",
            "open_base": Decimal(f"{float(row['open_base']):.2f}"),
            "overdue_base": Decimal(f"{overdue:.2f}"),
        }
        subject = Subject(entity_id, customer_id)
        who = journal_parts.writer(view)
        ladder.climb(view.settings, subject, where, payload, overdue=overdue, days=days, who=who)

    forms.save(form, store, t("escalation.step_saved"), label=t("escalation.save_step"))


def _above(step: str, where: Standing) -> bool:
    return where.step is None or STEPS.index(step) > STEPS.index(where.step)


def _trail(view: View, today: Day, where: Standing) -> None:
    """The ladder with the step in force, and what was done, each with the exposure of its day."""
    reader, t = view.reader, view.reader.t
    marks = []
    for step in STEPS:
        in_force = step in [note.payload.step for note in where.taken]
        marks.append(f":{'red' if in_force else 'gray'}-badge[{plain(reader.code('ladder', step))}]")
    st.markdown(" → ".join(marks))
    for note in where.trail:
        entry = note.payload
        facts = [
            date(reader, today.made_on(note)),
            reader.code("ladder", entry.step),
            reader.code("direction", entry.direction),
            t("escalation.overdue_then", text=compact(reader, entry.overdue_base)),
            reader.person(note.who),
        ]
        if entry.approver:
            facts.append(t("journal.approver", text=entry.approver))
        if entry.note:
            facts.append(entry.note)
        st.caption(plain(" · ".join(facts)))


def legal_register(view: View, today: Day) -> None:
    """Every stage with dates and cost, and which dates come next."""
    reader, t = view.reader, view.reader.t
    found = _named(view, claims.register(today))
    if found.empty:
        page.nothing_here(t("escalation.no_cases"))
        return
    ahead = claims.next_dates(today, found)
    cases = found.drop_duplicates(["entity_id", "customer_id", "invoice_id"])
    with st.grid(3, min_column_width=180, gap="small"):
        st.metric(t("escalation.cases"), number(reader, len(cases)), border=True, height="stretch")
        cost = money(reader, float(found["cost_base"].sum()))
        st.metric(t("escalation.cost"), cost, border=True, height="stretch")
        passed = int((ahead["days_until"] < 0).sum())
        note = t("escalation.dates_passed", text=number(reader, passed)) if passed else None
        upcoming = int((ahead["days_until"] >= 0).sum())
        st.metric(
            t("escalation.dates_ahead"), number(reader, upcoming), note, delta_color="off", delta_arrow="off",
            border=True, height="stretch",
        )  # fmt: skip
    for row in ahead.head(5).to_dict("records"):
        colour = "red" if row["days_until"] < 0 else "blue"
        text = f"{date(reader, row['next_on'])} · {row['customer_name']} · {reader.code('legal', row['legal'])}"
        st.markdown(f":{colour}[:material/event: {plain(text)}]")
    payers_table(
        view, found, REGISTER_COLUMNS, key="register", alt=t("escalation.register"), file_name="legal",
    )  # fmt: skip


def _named(view: View, found: pd.DataFrame) -> pd.DataFrame:
    """The rows whose customer this person may see, with its name."""
    pairs = tuple(sorted(set(zip(found["entity_id"], found["customer_id"], strict=True))))
    named = view.ask(queries_agreements.customers_named, pairs)
    return found.merge(named[["entity_id", "customer_id", "customer_name"]], on=["entity_id", "customer_id"])


def legal_stage(view: View, entity_id: str, customer_id: str) -> None:
    """The form for one stage: what, when, which document, what it cost and which date comes next."""
    reader, t = view.reader, view.reader.t
    form = Form(view, f"legal.{entity_id}.{customer_id}")
    items = view.ask_anywhere(queries_payers.customer_open_items, entity_id, customer_id)
    stage, invoice = st.columns(2, gap="small")
    with stage:
        forms.field(
            form, "stage", st.selectbox, t("escalation.stage"), options=STAGES, index=None,
            format_func=lambda each: reader.code("legal", each), placeholder=t("escalation.choose_stage"),
        )  # fmt: skip
    with invoice:
        forms.of_invoice(form, t("entry.invoice"), payer_today.invoices(items))
    happened, cost, ahead = st.columns(3, gap="small")
    with happened:
        forms.day(form, "happened_on", t("heading.happened_on"))
    with cost:
        forms.amount(form, "cost", header(reader, "cost_base"), reader.currency)
    with ahead:
        forms.day(form, "next_on", t("heading.next_on"))
    forms.field(form, "document", st.text_input, t("heading.document"), help=t("escalation.document_help"))
    forms.field(form, "note", st.text_input, t("heading.note"))

    def store() -> None:
        payload: dict[str, Any] = {name: form.value(name) for name in ("stage", "happened_on", "next_on")}
        payload |= {name: form.value(name) or "" for name in ("document", "note")}
        payload["cost"] = forms.decimal(form.value("cost") or 0.0)
        subject = Subject(entity_id, customer_id, form.value("invoice") or None)
        journal.append(view.settings, "legal_stage", subject, payload, who=journal_parts.writer(view))

    forms.save(form, store, t("escalation.stage_saved"), label=t("escalation.save_stage"))


def limitation(view: View, today: Day) -> None:
    """Claims that are time-barred or soon will be."""
    reader, t, settings = view.reader, view.reader.t, view.settings
    st.warning(t("escalation.counsel", years=settings.limitation_years), icon=":material/balance:")
    items = view.ask(queries_claims.old_claims, claims.due_until(today))
    found = claims.running_out(today, items)
    with st.grid(2, min_column_width=220, gap="small"):
        for name, rows in (("soon", found[found["days_left"] >= 0]), ("barred", found[found["days_left"] < 0])):
            count = t("escalation.invoices", text=number(reader, len(rows)))
            label = t(f"escalation.{name}", days=settings.limitation_warning_days)
            amount = compact(reader, float(rows["open_base"].sum()))
            st.metric(label, amount, count, delta_color="off", delta_arrow="off", border=True, height="stretch")
    if found.empty:
        page.nothing_here(t("escalation.clock_fine", days=settings.limitation_warning_days))
        return
    payers_table(
        view, found, CLOCK_COLUMNS, key="clock", alt=t("escalation.limitation"), file_name="limitation",
    )  # fmt: skip
