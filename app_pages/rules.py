"""Rules: how customers are ranked, approached and shared out, with the effect of a change shown before it is saved."""

import streamlit as st

from ui import journal_parts, page, policy_parts

view = page.start("rules")
t = view.reader.t
today = journal_parts.day(view)

st.caption(t("rules.intro"))
part = st.segmented_control(
    t("nav.rules"), policy_parts.PARTS, default=policy_parts.PARTS[0], required=True, key="rules_part",
    persist_state="session", format_func=lambda each: t(f"rules.{each}"), label_visibility="collapsed",
)  # fmt: skip
{"weights": policy_parts.weights, "strategy_rules": policy_parts.strategies, "calls_by_rep": policy_parts.capacities}[
    part or policy_parts.PARTS[0]
](view, today)
