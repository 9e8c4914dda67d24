"""The parts of the page of reps: the timetable of collections against plan, its editor, and the scorecard."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pipelines.collecting import blockers, results
from pipelines.collecting.follow_up import Day
from pipelines.reporting import queries_agreements, queries_blockers, queries_charge, queries_reps
from ui import forms, journal_parts, page, tie_out
from ui.charts import COLLECTED, CONFIG, OVERDUE, frame, money_axis, week_axis
from ui.formats import compact, date, money, percent
from ui.forms import Form
from ui.navigation import OFFICE
from ui.session import View
from ui.tables import headings, table, with_content, words

PERIODS = (30, 90, 365)
SO_FAR_COLUMNS = words("rep weeks target_base collected_base gap_base reached_share")
CARD_COLUMNS = words(
    "rep collected_base target_base reached_share open_base overdue_base overdue_share contacts visits customers "
    "promises_made promises_kept kept_share commission_base charge_base kept_base disputed_days assumed_days "
    "our_fault_days"
)
CARD_FURTHER = words(
    "overdue_share visits customers promises_kept commission_base disputed_days assumed_days our_fault_days"
)
OF_TARGETS = words("target_base reached_share")  # blank where nobody has set a target for the period
CALENDAR_COLUMNS = words("rep week_on target_base collected_base")


def plan_of(view: View, today: Day) -> tuple[pd.DataFrame, list[str], dt.date]:
    """The timetable of every rep in the view, the reps, and the as-of date."""
    assert view.build is not None
    as_of = view.build.as_of
    weeks = results.weeks_around(as_of)
    # Targets further back than the weeks shown still count in the scorecard of a year.
    first = results.monday(as_of - dt.timedelta(days=max(PERIODS)))
    actual = view.ask(queries_reps.collected_by_week, first)
    # Money that is nobody's comes last.
    reps = sorted(view.ask(queries_reps.balances)["rep"], key=lambda rep: (not rep, rep))
    every = [first + results.WEEK * number for number in range((weeks[-1] - first).days // 7 + 1)]
    return results.timetable(today, actual, every, reps), reps, as_of


def timetable(view: View, today: Day, plan: pd.DataFrame, reps: Sequence[str], as_of: dt.date) -> None:
    """Plan against actual: all reps over the weeks with a target, and one rep week by week."""
    reader, t = view.reader, view.reader.t
    weeks = results.weeks_around(as_of)
    shown = plan[plan["week_on"] >= weeks[0]]
    passed = results.so_far(shown, as_of)
    if passed.empty:
        page.nothing_here(t("results.no_targets"))
    else:
        target, collected = float(passed["target_base"].sum()), float(passed["collected_base"].sum())
        with st.grid(3, min_column_width=180, gap="small"):
            st.metric(
                t("results.target"), compact(reader, target), border=True, height="stretch", help=money(reader, target)
            )
            st.metric(
                t("results.collected"),
                compact(reader, collected),
                border=True,
                height="stretch",
                help=money(reader, collected),
            )
            share = collected / target if target else None
            st.metric(
                t("results.reached"),
                percent(reader, share, 0),
                border=True,
                height="stretch",
                help=t("results.reached_help"),
            )
        table(reader, passed, SO_FAR_COLUMNS, key="so_far", alt=t("results.so_far"), file_name="timetable")
    rep = st.selectbox(
        t("heading.rep"), reps, key="results_rep", format_func=lambda each: each or t("app.unassigned"), width=320
    )
    if rep is None:
        return
    own = shown[shown["rep"] == rep]
    st.caption(t("results.by_week_note"))
    st.plotly_chart(_weeks(view, own), key="weeks", config=CONFIG, alt=t("results.by_week"))
    if view.who.role in OFFICE:
        _targets(view, today, rep, own, as_of)
    else:
        st.caption(t("results.set_by_office"))


def _weeks(view: View, own: pd.DataFrame) -> go.Figure:
    reader, t = view.reader, view.reader.t
    figure = go.Figure()
    mondays = [date(reader, week) for week in own["week_on"]]
    figure.add_bar(
        x=mondays, y=own["collected_base"], name=t("results.collected"), marker_color=COLLECTED,
        customdata=[money(reader, value) for value in own["collected_base"]],
        hovertemplate="%{x} · %{fullData.name} %{customdata}<extra></extra>",
    )  # fmt: skip
    if own["target_base"].notna().any():
        figure.add_scatter(
            x=mondays, y=own["target_base"], name=t("results.target"), mode="lines+markers",
            line={"color": OVERDUE, "shape": "hvh"}, customdata=[money(reader, value) for value in own["target_base"]],
            hovertemplate="%{x} · %{fullData.name} %{customdata}<extra></extra>",
        )  # fmt: skip
    frame(figure, 260)
    week_axis(figure, mondays)
    figure.update_yaxes(**money_axis(reader, 0, own[results.SUMS].max().max()))
    return figure


def _targets(view: View, today: Day, rep: str, own: pd.DataFrame, as_of: dt.date) -> None:
    """The editor of a rep's weekly targets: what was agreed, else what the forecast expects."""
    reader, t = view.reader, view.reader.t
    weeks = [week for week in results.weeks_around(as_of) if week + dt.timedelta(days=6) > as_of]
    expected = results.proposal(view.ask(queries_reps.expected_by_week), rep, weeks)
    agreed = {row["week_on"]: row["target_base"] for row in own.to_dict("records")}
    start = [agreed[week] if agreed.get(week) == agreed.get(week) else expected.get(week) for week in weeks]
    newest = max((note.version_id for note in today.of("", rep, "target")), default=0)
    form = Form(view, f"targets.{rep}.{newest}")
    with st.expander(t("results.edit"), icon=":material/edit_calendar:"):
        st.caption(t("results.edit_help"))
        frame_of = pd.DataFrame(
            {
                "week_on": pd.to_datetime(pd.Series(weeks)),
                "expected_base": [expected.get(week) for week in weeks],
                "target_base": [None if value is None else round(float(value), 2) for value in start],
            }
        )
        heading = headings(reader, list(frame_of.columns))
        edited = st.data_editor(
            frame_of, key=f"{form.key}.table", hide_index=True, disabled=["week_on", "expected_base"], width="stretch",
            column_config={
                "week_on": st.column_config.DateColumn(heading["week_on"], format="YYYY-MM-DD"),
                "expected_base": st.column_config.NumberColumn(heading["expected_base"], format="%,.2f"),
                "target_base": st.column_config.NumberColumn(heading["target_base"], format="%,.2f", min_value=0.0),
            },
        )  # fmt: skip
        forms.reason(form, "weeks")

        def store() -> None:
            rows = zip(weeks, edited["target_base"], strict=True)
            amounts = {week: Decimal(f"{value:.2f}") for week, value in rows if value is not None and value == value}
            results.set_targets(view.settings, today, rep, amounts, who=journal_parts.writer(view))

        forms.save(form, store, t("results.saved"), label=t("results.save"))


def scorecard(view: View, today: Day, plan: pd.DataFrame, as_of: dt.date) -> None:
    """Collected against plan, promises, contacts and charge of each rep over a period."""
    reader, t = view.reader, view.reader.t
    days = st.segmented_control(
        t("results.period"), PERIODS, default=90, key="results_period",
        format_func=lambda each: t("results.last_days", days=each),
    ) or 90  # fmt: skip
    faults = blockers.our_faults(today, view.ask(queries_blockers.overdue_items, blockers.customers(today)))
    since = as_of - dt.timedelta(days=days)
    rate = queries_charge.RATE
    with page.working(view):
        charges = view.ask(queries_charge.rep_charges, rate, 0, since, faults)
    charges["commission_base"] = charges["collected_base"] * queries_charge.COMMISSION
    charges["kept_base"] = charges["commission_base"] - charges["charge_base"]
    pairs = tuple(sorted(customer for customer in today.notes if customer[0]))
    named = view.ask(queries_agreements.customers_named, pairs)
    reps = {(row["entity_id"], row["customer_id"]): row["rep"] for row in named.to_dict("records")}
    done = results.activity(today, reps, today.today - dt.timedelta(days=days))
    in_period = plan[plan["week_on"].map(lambda week: week > since)]
    card = results.scorecard(charges, view.ask(queries_reps.balances), done, results.so_far(in_period, as_of))
    if card.empty:
        page.nothing_here(t("results.nobody"))
        return
    columns = with_content(card, CARD_COLUMNS, OF_TARGETS)
    table(
        reader, card, columns, key="scorecard", alt=t("results.scorecard"), file_name="scorecard", further=CARD_FURTHER
    )
    tie_out.line(view, card["open_base"].sum())
    st.caption(t("results.rule", share_commission=queries_charge.COMMISSION, text=f"{rate * 100:g} %"))
