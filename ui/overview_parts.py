"""The parts of the overview page: cards, overdue money by rep, and the histories."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pipelines.reporting import queries_buckets, queries_calls
from pipelines.reporting.passport_types import At
from ui import charts, page, passport
from ui.formats import compact, days, missing, month, month_end, number, percent
from ui.i18n import Reader
from ui.session import View

MONTHS_IN_SPARKLINE = 13
DSO_FAMILY = ("dso_countback", "dso_simple", "dso_best_possible", "add_days", "cei", "overdue_ratio")


def cards(view: View, kpis: Mapping[str, Any], balances: pd.DataFrame, dso: pd.DataFrame) -> None:
    """The key figures, each with its change since the last month end and its way there."""
    reader = view.reader
    t = reader.t
    kpis = _with_month_end_before(kpis, balances, dso)
    since = t("overview.since", day=month_end(reader, (pd.Timestamp(kpis["as_of"]) - pd.offsets.MonthEnd(1)).date()))
    whole, against = _month_of_dso(reader, kpis, since)
    with st.grid(4, min_column_width=190, gap="small"):
        _card(
            view,
            kpis,
            "outstanding",
            compact,
            trend=_until_now(kpis, "outstanding", balances, "ar_end_base"),
            worse=None,
            since=since,
        )
        _card(
            view, kpis, "overdue", compact, trend=_until_now(kpis, "overdue", balances, "overdue_end_base"), since=since
        )
        _card(
            view,
            kpis,
            "overdue_ratio",
            percent,
            trend=_until_now(kpis, "overdue_ratio", dso, "overdue_ratio"),
            change=_points,
            since=since,
        )
        _card(
            view, kpis, "dso_countback", _days_or_bound(kpis), trend=_recent(dso, "dso_countback"), change=_day_change,
            since=against,
        )  # fmt: skip
        _card(view, kpis, "add_days", _one_day, change=_day_change, since=against)
        _card(view, kpis, "cei", _cei, change=_cei_change, worse="down", since=against)
        _card(view, kpis, "overdue_customers", _of_customers(kpis), change=_count_change, since=since)
        _card(view, kpis, "p_late_weighted", percent, change=_points, since=since)
    if whole:
        st.caption(f":material/calendar_month: {t('overview.dso_month', month=whole)}")
    if kpis.get("dso_reason"):
        # Two of the reasons are of the simple DSO alone, which the history shows beside the one of the card.
        which = "dso" if missing(kpis["dso_countback"]) else "simple_dso"
        st.caption(f":material/info: {t(f'overview.{which}_missing', text=t('dso_reason.' + kpis['dso_reason']))}")


def _with_month_end_before(kpis: Mapping[str, Any], balances: pd.DataFrame, dso: pd.DataFrame) -> dict[str, Any]:
    """The figures with those of the last month end before the as-of date, which the changes are taken against."""
    as_of = pd.Timestamp(kpis["as_of"])
    before: dict[str, Any] = {}
    for name, rows, column in (
        ("outstanding", balances, "ar_end_base"),
        ("overdue", balances, "overdue_end_base"),
        ("overdue_ratio", dso, "overdue_ratio"),
    ):
        earlier = rows[pd.to_datetime(rows["month_end"]) < as_of]
        before[f"{name}_previous"] = earlier[column].iloc[-1] if len(earlier) else None
    return {**kpis, **before}


def _month_of_dso(reader: Reader, kpis: Mapping[str, Any], since: str) -> tuple[str, str]:
    """The month that the DSO family is of, where the as-of date is not its end; and what its change is against.

    `since` is what the changes of the other figures are against.
    """
    end: Any = kpis.get("dso_month_end")
    if missing(end) or pd.Timestamp(end) == pd.Timestamp(kpis["as_of"]):
        return "", since
    this = pd.Timestamp(end)
    before = this - pd.offsets.MonthEnd(1)
    of, against = month(reader, this.date()), month(reader, before.date())
    return of, reader.t("overview.since_month", month=against)


def overdue_by_rep(view: View) -> None:
    """A bar a rep; a click narrows the whole page to that rep."""
    reader = view.reader
    rows = view.ask(queries_calls.reps)
    rows = rows[rows["overdue_base"] > 0].nlargest(12, "overdue_base").iloc[::-1]
    if rows.empty:
        page.nothing_here(reader.t("overview.nothing_overdue"))
        return
    can_narrow = view.who.role != "rep"
    if can_narrow:
        st.caption(reader.t("overview.by_rep_hint"))
    st.plotly_chart(
        view.figure("by_rep", lambda: charts.rep_bars(reader, rows)),
        key="by_rep",
        on_select=_narrow_to_rep if can_narrow else "ignore",
        selection_mode="points",
        config=charts.CONFIG,
        alt=reader.t("overview.by_rep_alt"),
    )


def histories(view: View, balances: pd.DataFrame, dso: pd.DataFrame, known_from: dt.date | None) -> None:
    """Month by month: DSO family, balance, aging and movements; only the open tab is drawn."""
    t = view.reader.t
    with st.container(border=True):
        st.subheader(t("overview.histories"), anchor=False)
        names = ("dso", "balance", "aging", "movement")
        tabs = st.tabs([t(f"overview.history_{name}") for name in names], on_change="rerun", key="overview_part")
        for name, tab in zip(names, tabs, strict=True):
            if not tab.open:
                continue
            with tab:
                figure = _history(view, name, balances, dso, known_from)
                if figure is None:
                    page.nothing_here(t("overview.no_history"))
                    continue
                st.plotly_chart(
                    figure, key=f"history_{name}", config=charts.CONFIG, alt=t(f"overview.history_{name}_alt")
                )
                with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                    st.caption(t(f"overview.history_{name}_note"), width="content")
                    if name == "dso":
                        passport.button(view, DSO_FAMILY, At(month_end=dso["month_end"].max().date()), key="dso_family")


def _history(view: View, name: str, balances: pd.DataFrame, dso: pd.DataFrame, known_from: dt.date | None) -> Any:
    if name == "dso":
        if dso["dso_countback"].isna().all():
            return None
        return view.figure("dso", lambda: charts.dso_history(view.reader, dso))
    if name == "aging":
        trend = page.since(view.ask(queries_buckets.aging_trend), known_from)
        return view.figure("aging_history", lambda: charts.aging_history(view.reader, trend)) if len(trend) else None
    if balances.empty:
        return None
    draw = charts.balance_history if name == "balance" else charts.movement_history
    return view.figure(name, lambda: draw(view.reader, balances))


def _narrow_to_rep() -> None:
    points = st.session_state["by_rep"]["selection"]["points"]
    if points:
        st.session_state["reps"] = [points[0]["customdata"][0]]


def _card(
    view: View,
    kpis: Mapping[str, Any],
    name: str,
    show: Any,
    *,
    trend: list[float] | None = None,
    change: Any = None,
    worse: str | None = "up",
    since: str,
) -> None:
    """One figure. `worse` says which way is bad news, or None where neither is; `since` what it has changed against."""
    reader = view.reader
    value: Any = kpis.get(name)
    before: Any = kpis.get(f"{name}_previous")
    delta = None
    if not missing(value) and not missing(before):
        delta = (change or _amount_change)(reader, float(value), float(before))
    passport.metric(
        view,
        name,
        show(reader, value),
        delta,
        delta_color="off" if worse is None else "inverse" if worse == "up" else "normal",
        delta_description=since if delta is not None else None,
        chart_data=trend if trend and len(trend) > 1 else None,
        chart_type="area",
    )


def _recent(rows: pd.DataFrame, column: str) -> list[float]:
    return [float(value) for value in rows.sort_values("month_end")[column].dropna().tail(MONTHS_IN_SPARKLINE)]


def _until_now(kpis: Mapping[str, Any], name: str, rows: pd.DataFrame, column: str) -> list[float]:
    """The last month ends and the figure of the card: its line goes the way that its change says."""
    month_ends = _recent(rows, column)
    is_in_them = rows.empty or pd.Timestamp(rows["month_end"].max()) >= pd.Timestamp(kpis["as_of"])
    if is_in_them or missing(kpis[name]):
        return month_ends
    return [*month_ends, float(kpis[name])][-MONTHS_IN_SPARKLINE:]


def _signed(text: str, value: float) -> str | int:
    """A change with its sign; a change that rounds to nothing is the number 0, which is drawn grey."""
    if not any(character in "123456789" for character in text):
        return 0
    return text if value < 0 else f"+{text}"


def _amount_change(reader: Reader, now: float, before: float) -> str | int:
    return _signed(compact(reader, now - before), now - before)


def _points(reader: Reader, now: float, before: float) -> str | int:
    text = number(reader, (now - before) * 100, 1)
    return 0 if (signed := _signed(text, now - before)) == 0 else reader.t("app.points", text=signed)


def _day_change(reader: Reader, now: float, before: float) -> str | int:
    text = number(reader, now - before, 1)
    return 0 if (signed := _signed(text, now - before)) == 0 else reader.t("app.days", text=signed)


def _count_change(reader: Reader, now: float, before: float) -> str | int:
    return _signed(number(reader, now - before), now - before)


def _cei_change(reader: Reader, now: float, before: float) -> str | int:
    return _signed(number(reader, now - before, 1), now - before)


def _one_day(reader: Reader, value: float | None) -> str:
    return days(reader, value, 1)


def _cei(reader: Reader, value: float | None) -> str:
    return number(reader, value, 1)


def _days_or_bound(kpis: Mapping[str, Any]) -> Any:
    def show(reader: Reader, value: float | None) -> str:
        text = days(reader, value, 1)
        return reader.t("app.at_least", text=text) if kpis.get("dso_is_lower_bound") and not missing(value) else text

    return show


def _of_customers(kpis: Mapping[str, Any]) -> Any:
    def show(reader: Reader, value: float | None) -> str:
        return reader.t("app.of", text=number(reader, value), whole=number(reader, kpis.get("customers")))

    return show
