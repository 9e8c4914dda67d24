"""Notices on the desk: one per customer and step of the schedule, what waits and why, and marking what went out."""

import pandas as pd
import streamlit as st

from pipelines.collecting import notices
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.errors import UserError
from pipelines.reporting import queries_calls, queries_desk
from ui import contact_form, journal_parts, navigation, page
from ui.formats import compact, days, money, number, plain
from ui.session import View
from ui.tables import downloads, table, words

COLUMNS = words("customer_name customer_id notice_step items open_base max_days_past_due days_behind")
WAITING_COLUMNS = words("customer_name invoice_id due_date days_past_due open_base notice_step reasons")
ICONS = {"message": "sms", "email": "mail", "call": "call", "letter": "local_post_office", "visit": "directions_walk"}
DONE, FAILED = "notice.done", "notice.failed"


def show(view: View, today: Day) -> None:
    """The schedule in words, the notices that are due, and what waits."""
    t = view.reader.t
    for key, report, icon in ((DONE, st.success, "check"), (FAILED, st.error, "error")):
        if said := st.session_state.pop(key, None):
            report(said, icon=f":material/{icon}:")
    rep = _rep(view)
    if rep is None:
        page.nothing_here(t("notice.none"))
        return
    st.caption(plain(t("notice.schedule", text=" · ".join(_step(view, place) for place in _places(view)))))
    steps = view.settings.notice_steps
    items = view.ask(queries_desk.notice_items, steps[0].day, view.settings.quiet_days, rep)
    due, waiting = notices.due(today, items)
    found = notices.grouped(due)
    found["notice_step"] = [_step(view, level) for level in found["level"]]
    with st.grid(3, min_column_width=170, gap="small"):
        st.metric(t("notice.count"), number(view.reader, len(found)), border=True, height="stretch")
        st.metric(
            t("notice.amount"), compact(view.reader, float(found["open_base"].sum())), border=True, height="stretch"
        )
        st.metric(
            t("notice.waiting"),
            number(view.reader, len(waiting)),
            border=True,
            height="stretch",
            help=t("notice.waiting_help"),
        )
    if found.empty:
        page.nothing_here(t("notice.none"))
    else:
        _cards(view, today, found, due)
    _waiting(view, waiting)


def _rep(view: View) -> str | None:
    """Whose notices: a rep's own, else those of the one chosen."""
    reps = list(view.ask(queries_calls.reps)["rep"])
    if not reps or view.who.role == "rep":
        return reps[0] if reps else None
    return st.selectbox(
        view.reader.t("calls.rep"), reps, key="desk.rep", persist_state="session", width=320,
        format_func=lambda each: each or view.reader.t("app.unassigned"),
    )  # fmt: skip


def _places(view: View) -> range:
    return range(1, len(view.settings.notice_steps) + 1)


def _step(view: View, level: int) -> str:
    """A step of the schedule in words: its number, its day and its channel."""
    step, reader = view.settings.notice_steps[level - 1], view.reader
    when = "after" if step.day > 0 else "before" if step.day < 0 else "on"
    channel = reader.code("contact_method", step.channel)
    return reader.t(f"notice.step_{when}", level=level, days=abs(step.day), text=channel)


def _cards(view: View, today: Day, found: pd.DataFrame, due: pd.DataFrame) -> None:
    place, shown = page.leafed(len(found), "notice_page")
    with place:
        for row in found.iloc[shown].to_dict("records"):
            _card(view, today, row, due)
    downloads(view.reader, found, COLUMNS, key="notices", file_name="notices")


def _card(view: View, today: Day, row: dict, due: pd.DataFrame) -> None:
    reader, t = view.reader, view.reader.t
    whom, level = (str(row["entity_id"]), str(row["customer_id"])), int(row["level"])
    key = f"{whom[0]}-{whom[1]}-{level}"
    with st.container(border=True):
        what, how = st.columns([1.7, 1], gap="medium")
        with what:
            beside = "" if row["customer_name"] == whom[1] else f" :gray[{plain(whom[1])}]"
            st.markdown(f"**{plain(row['customer_name'])}**{beside}")
            amount = t("app.items", count=int(row["items"]))
            behind = (
                t("notice.since", text=days(reader, row["days_behind"])) if row["days_behind"] else t("notice.today")
            )
            st.caption(plain(f"{amount} · {money(reader, row['open_base'])} · {behind}"))
        is_talk = row["channel"] in ("call", "visit")
        with how:
            st.markdown(f":material/{ICONS[row['channel']]}: {plain(_step(view, level))}")
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                if is_talk:
                    contact_form.button(view, *whom, str(row["customer_name"]), str(row["channel"]), primary=False)
                navigation.link(
                    "letters", reader.code("letter", row["letter"]), ":material/mail:", entity=whom[0],
                    customer=whom[1], letter=str(row["letter"]), level=str(level),
                )  # fmt: skip
                st.button(
                    t("notice.mark_done" if is_talk else "notice.mark"), key=f"mark-{key}", icon=":material/done:",
                    type="tertiary", on_click=_mark, args=(view, today, row, due), help=t("notice.mark_help"),
                )  # fmt: skip


def _mark(view: View, today: Day, row: dict, due: pd.DataFrame) -> None:
    """Enter the notice with its items; a second person is told who was first."""
    assert view.build is not None
    whom, level = (str(row["entity_id"]), str(row["customer_id"])), int(row["level"])
    mine = (due["entity_id"] == whom[0]) & (due["customer_id"] == whom[1]) & (due["level"] == level)
    try:
        notices.mark_sent(
            view.settings, Subject(*whom), str(row["letter"]), due[mine], level=level, channel=str(row["channel"]),
            as_of=view.build.as_of, build_id=view.build.build_id, who=journal_parts.writer(view),
            seen=notices.newest_letter(today, *whom),
        )  # fmt: skip
    except UserError as failed:
        st.session_state[FAILED] = failed.text(view.reader.language)
    else:
        st.session_state[DONE] = view.reader.t("notice.marked", name=plain(row["customer_name"]))


def _waiting(view: View, waiting: pd.DataFrame) -> None:
    if waiting.empty:
        return
    t = view.reader.t
    shown = waiting.assign(notice_step=[_step(view, int(level)) for level in waiting["level"]])
    with st.expander(t("notice.waits", text=number(view.reader, len(shown))), icon=":material/pause_circle:"):
        row = table(
            view.reader, shown, WAITING_COLUMNS, key="notices_waiting", alt=t("notice.waiting"),
            open_label=t("app.open"), file_name="notices-waiting",
        )  # fmt: skip
        if row is not None:
            navigation.open_payer(view, shown.iloc[row]["entity_id"], shown.iloc[row]["customer_id"])
