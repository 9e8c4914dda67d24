"""What works: money that came in after contacts, whether they followed the rules, and whether they came in time."""

import streamlit as st

from pipelines.collecting import contact_effects, follow_up
from pipelines.reporting import queries_collect
from ui import journal_parts, navigation, page
from ui.formats import number, percent
from ui.tables import table, words

EFFECT_COLUMNS = words("contact_method payer_class contacts followed_by_money recovered_base median_days waiting")
FOLLOWED_COLUMNS = words("next_action contacts followed followed_share")
ITEM_COLUMNS = words("strategy items open_base items_followed items_otherwise items_untouched followed_share")
TIMING_COLUMNS = words("who in_time too_early too_late no_pattern")

view = page.start("effects")
reader, t = view.reader, view.reader.t
assert view.build is not None  # the head of the page has stopped without one
today = journal_parts.day(view)
customers = view.ask(queries_collect.reachable)
noted = follow_up.rows_of(today.notes.keys(), customers)
known = list(zip(noted["entity_id"], noted["customer_id"], strict=True))
found = contact_effects.contacts(today, known)
approaches = contact_effects.approaches(today, known)
if not found and not approaches:
    page.nothing_here(t("effects.none"))
    navigation.link("calls", t("nav.calls"), icon=":material/call:")
    st.stop()

within = st.segmented_control(
    t("effects.within"), contact_effects.DAYS, default=contact_effects.DAYS[1], required=True, key="effect_days",
    format_func=lambda days: t("app.days", text=number(reader, days)),
)  # fmt: skip
followed = contact_effects.followed(found)
timing = contact_effects.timing(today, found, customers[customers["pattern"] != "none"])
payments = view.ask(queries_collect.payments_by_day, today.made_on(found[0]) if found else today.today)
approached = tuple(sorted({note.customer for note in approaches}))
on_lists = view.ask(queries_collect.items_on_lists, approached)
items = contact_effects.items_followed(today, approaches, on_lists, view.ask(queries_collect.items_by_strategy))
effect = contact_effects.effect(today, found, payments, within or contact_effects.DAYS[1], view.build.as_of)
advised = followed[followed["planned"] != ""]
regular = int(timing[["in_time", "too_early", "too_late"]].to_numpy().sum())
with st.grid(5, min_column_width=165, gap="small"):
    st.metric(
        t("effects.contacts"),
        number(reader, len(found)),
        border=True,
        height="stretch",
        help=t("effects.contacts_help"),
    )
    share = advised["followed"].sum() / advised["contacts"].sum() if len(advised) else None
    st.metric(
        t("effects.followed"), percent(reader, share, 0), border=True, height="stretch", help=t("effects.followed_help")
    )
    share = items["items_followed"].sum() / items["items"].sum() if len(items) else None
    st.metric(
        t("effects.items_followed"),
        percent(reader, share, 0),
        border=True,
        height="stretch",
        help=t("effects.items_help"),
    )
    in_time = int(timing["in_time"].sum()) / regular if regular else None
    lead, window = today.settings.call_lead_days, today.settings.call_window_days
    note = t("effects.in_time_help", days=lead, until_days=lead + window)
    st.metric(t("effects.in_time"), percent(reader, in_time, 0), border=True, height="stretch", help=note)
    outside = regular - int(timing["in_time"].sum())
    st.metric(
        t("effects.outside"), number(reader, outside), border=True, height="stretch", help=t("effects.outside_help")
    )

with st.container(border=True):
    st.subheader(t("effects.table"), anchor=False)
    st.caption(t("effects.table_help"))
    shown = effect.assign(
        contact_method=[reader.code("contact_method", each) for each in effect["method"]],
        payer_class=[each or t("effects.no_class") for each in effect["payer_class"]],
    )
    table(reader, shown, EFFECT_COLUMNS, key="effects", alt=t("effects.table"), file_name="effects")
with st.container(border=True):
    st.subheader(t("effects.items"), anchor=False)
    st.caption(t("effects.items_help"))
    table(reader, items, ITEM_COLUMNS, key="items_followed", alt=t("effects.items"), file_name="items-followed")
pair = st.grid(2, min_column_width=page.HALF)
with pair.container(border=True, height="stretch"):
    st.subheader(t("effects.rules"), anchor=False)
    st.caption(t("effects.rules_help"))
    planned = followed.assign(
        next_action=[reader.code("next_action", each) if each else t("effects.no_rule") for each in followed["planned"]]
    )
    table(
        reader, planned, FOLLOWED_COLUMNS,
        key="followed", alt=t("effects.rules"), file_name="followed",
    )  # fmt: skip
with pair.container(border=True, height="stretch"):
    st.subheader(t("effects.timing"), anchor=False)
    st.caption(t("effects.timing_help"))
    table(reader, timing, TIMING_COLUMNS, key="timing", alt=t("effects.timing"), file_name="timing")
