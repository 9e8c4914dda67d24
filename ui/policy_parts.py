"""The parts of the rules page: weights, strategies and capacities, each with its effect and a way to save it."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pipelines.collecting import policies
from pipelines.collecting.follow_up import Day
from pipelines.errors import UserError
from pipelines.reporting import queries_calls, queries_priority
from pipelines.settings_policy import PRIORITY_COMPONENTS, StrategyRule
from ui import journal_parts, page
from ui.formats import moment, number, plain
from ui.payer_table import payers_table
from ui.session import View
from ui.tables import words

PARTS = ("weights", "strategy_rules", "calls_by_rep")
MOVED_COLUMNS = words("customer_name old_rank new_rank moved old_class new_class overdue_base rep new_score")
CHANGED_COLUMNS = words("customer_name payer_class old_strategy old_method new_strategy new_method overdue_base rep")
STRATEGIES = words("remind chase firm escalate nurture care partner review")
METHODS = words("call letter visit remind review")
FIELDS = words("strategy method classes customer_type min_days max_days min_overdue min_broken disputed")
DIGITS = 3


def weights(view: View, today: Day) -> None:
    """The weight of each component of the priority, and who would move up or down."""
    reader, t = view.reader, view.reader.t
    current = today.settings.priority_weights
    rows = pd.DataFrame(
        {
            "component": [t(f"definition.component_{name}") for name in PRIORITY_COMPONENTS],
            "weight": [round(current.get(name, 0.0), DIGITS) for name in PRIORITY_COMPONENTS],
        }
    )
    # One below the other where the screen is narrow: the weights must stay in sight.
    pair = st.grid(2, min_column_width=page.HALF, gap="large")
    with pair.cell():
        st.caption(t("rules.weights_help"))
        edited = st.data_editor(
            rows, hide_index=True, key=_key("weights", view), disabled=["component"], height="content",
            column_config={
                "component": st.column_config.TextColumn(t("rules.component"), width=330),
                "weight": st.column_config.NumberColumn(
                    t("rules.weight"), min_value=0.0, max_value=1000.0, step=0.01, format="%.3f"
                ),
            },
        )  # fmt: skip
        chosen = {name: float(value or 0) for name, value in zip(PRIORITY_COMPONENTS, edited["weight"], strict=True)}
        _decide(view, today, "weights", chosen, changed=policies.changed(current, chosen))
    with pair.cell():
        st.subheader(t("rules.effect"), anchor=False)
        try:
            checked = policies.checked("weights", chosen)
        except UserError as refused:
            st.error(refused.text(reader.language), icon=":material/error:")
            return
        effect = view.ask(queries_priority.trial, tuple(checked.items()))
        _moves(view, effect)


def _moves(view: View, effect: pd.DataFrame) -> None:
    """Who would move up and who down, the farthest first."""
    reader, t = view.reader, view.reader.t
    moved = effect[(effect["moved"] != 0) | (effect["old_class"] != effect["new_class"])]
    if moved.empty:
        page.nothing_here(t("rules.nobody_moves"))
        return
    figures = {
        "rules.up": int((moved["moved"] > 0).sum()),
        "rules.down": int((moved["moved"] < 0).sum()),
        "rules.class_changes": int((moved["old_class"] != moved["new_class"]).sum()),
    }
    with st.grid(3, min_column_width=120, gap="small"):
        for label, count in figures.items():
            st.metric(t(label), number(reader, count), border=True, height="stretch")
    farthest = moved.iloc[(-moved["moved"].abs()).argsort(kind="stable")]
    payers_table(view, farthest, MOVED_COLUMNS, key="moved", alt=t("rules.effect"), file_name="rank-changes")


def strategies(view: View, today: Day) -> None:
    """The rule table segment → strategy and method, and whose approach would change."""
    reader, t = view.reader, view.reader.t
    st.caption(t("rules.strategies_help"))
    rows = pd.DataFrame([rule.model_dump() for rule in today.settings.strategy_rules], columns=list(FIELDS))
    kinds = view.ask_build(queries_priority.customer_types)
    whole: dict[str, Any] = {"min_value": 0, "step": 1, "format": "%d"}
    edited = st.data_editor(
        rows, hide_index=True, num_rows="dynamic", key=_key("strategies", view), placeholder="", height="content",
        column_config={
            "strategy": st.column_config.SelectboxColumn(
                t("heading.strategy"), options=_choices(STRATEGIES, rows["strategy"]), required=True, width=118,
                format_func=lambda each: reader.code("strategy", each),
            ),
            "method": st.column_config.SelectboxColumn(
                t("rules.method"), options=METHODS, required=True, width=107,
                format_func=lambda each: reader.code("next_action", each),
            ),
            "classes": st.column_config.TextColumn(
                t("rules.classes"), validate="^[A-D]*$", help=t("rules.classes_help"), width=90
            ),
            "customer_type": st.column_config.SelectboxColumn(
                t("heading.customer_type"), options=_choices(["", *kinds], rows["customer_type"]), width=120,
                format_func=lambda each: reader.code("customer_type", each) if each else t("rules.any"),
            ),
            # The head of a column may be cut: its whole text shows when pointed at, and the last one stays in sight.
            "min_days": st.column_config.NumberColumn(t("rules.min_days"), width=100, **whole),
            "max_days": st.column_config.NumberColumn(t("rules.max_days"), width=100, **whole),
            "min_overdue": st.column_config.NumberColumn(
                t("rules.min_overdue", currency=reader.currency), min_value=0.0, format="%,.0f", width=120
            ),
            "min_broken": st.column_config.NumberColumn(
                t("rules.min_broken"), min_value=1, step=1, format="%d", width=105
            ),
            "disputed": st.column_config.CheckboxColumn(t("rules.disputed"), width=115),
        },
    )  # fmt: skip
    given = [_rule(row) for row in edited.to_dict("records")]
    try:
        checked: tuple[StrategyRule, ...] = policies.checked("strategy_rules", given)
    except UserError as refused:
        st.error(refused.text(reader.language), icon=":material/error:")
        return
    _decide(view, today, "strategy_rules", checked, changed=checked != tuple(today.settings.strategy_rules))
    st.subheader(t("rules.effect"), anchor=False)
    effect = view.ask(queries_priority.strategies, checked)
    other = effect[(effect["old_strategy"] != effect["new_strategy"]) | (effect["old_method"] != effect["new_method"])]
    fits = effect["rule_place"].value_counts()
    lines = [
        t("rules.fits", line=place, text=number(reader, int(fits.get(place, 0))),
          strategy=reader.code("strategy", rule.strategy))
        for place, rule in enumerate(checked, start=1)
    ]  # fmt: skip
    st.caption(plain(" · ".join(lines)))
    if other.empty:
        page.nothing_here(t("rules.nobody_changes"))
        return
    st.metric(t("rules.changes"), number(reader, len(other)), border=True, width="content")
    for name in ("old", "new"):
        other = other.assign(
            **{f"{name}_strategy": [reader.code("strategy", each) for each in other[f"{name}_strategy"]],
               f"{name}_method": [reader.code("next_action", each) for each in other[f"{name}_method"]]}
        )  # fmt: skip
    payers_table(view, other, CHANGED_COLUMNS, key="other", alt=t("rules.effect"), file_name="changes")


def capacities(view: View, today: Day) -> None:
    """How many customers each rep can contact in a day, beside how many are on the list."""
    reader, t = view.reader, view.reader.t
    default = today.settings.calls_per_rep
    st.caption(t("rules.capacity_help", text=number(reader, default)))
    lists = view.ask(queries_calls.reps)
    if lists.empty:
        page.nothing_here(t("calls.no_reps"))
        return
    rows = pd.DataFrame(
        {
            "rep": [rep or t("app.unassigned") for rep in lists["rep"]],
            "customers": lists["customers"],
            "capacity": [today.settings.capacity_of(rep) for rep in lists["rep"]],
        }
    )
    edited = st.data_editor(
        rows, hide_index=True, key=_key("capacity", view), disabled=["rep", "customers"], height="content",
        width="content",
        column_config={
            "rep": st.column_config.TextColumn(t("heading.rep")),
            "customers": st.column_config.NumberColumn(t("rules.on_list"), format="%,d"),
            "capacity": st.column_config.NumberColumn(
                t("rules.capacity"), min_value=0, max_value=1000, step=1, format="%d", required=True
            ),
        },
    )  # fmt: skip
    short = edited[edited["customers"] > edited["capacity"]]
    if len(short):
        beyond = int((short["customers"] - short["capacity"]).sum())
        st.caption(t("rules.beyond", text=number(reader, beyond), reps=number(reader, len(short))))
    chosen = dict(today.settings.calls_by_rep)
    for rep, count in zip(lists["rep"], edited["capacity"], strict=True):
        chosen[rep] = int(count)
    chosen = {rep: count for rep, count in chosen.items() if count != default}
    _decide(view, today, "calls_by_rep", chosen, changed=chosen != today.settings.calls_by_rep)


def _decide(view: View, today: Day, name: str, value: Any, *, changed: bool) -> None:
    """Who decided last, and the buttons that save a change or go back to the settings."""
    reader, t = view.reader, view.reader.t
    decision = policies.decisions(today.notes.get(policies.NOBODY, ())).get(name)
    if decision is None:
        st.caption(t("rules.from_settings"))
    else:
        at = moment(reader, decision.at, reader.zone)
        st.caption(plain(t("rules.decided", who=decision.who, text=at)))
    with st.container(horizontal=True, gap="small"):
        st.button(
            t("rules.save"), key=f"save-{name}", type="primary", icon=":material/save:", disabled=not changed,
            on_click=_save, args=(view, name, value),
        )  # fmt: skip
        if decision is not None:
            st.button(
                t("rules.reset"), key=f"reset-{name}", icon=":material/restart_alt:", on_click=_save,
                args=(view, name, getattr(view.settings, policies.FIELDS[name])),
            )  # fmt: skip
    st.caption(t("rules.from_now" if name == "calls_by_rep" else "rules.next_build"))


def _save(view: View, name: str, value: Any) -> None:
    try:
        policies.decide(view.settings, name, value, who=journal_parts.writer(view))
    except UserError as refused:
        st.toast(refused.text(view.reader.language), icon=":material/error:")
        return
    # The editor starts afresh from what is now in force.
    st.session_state["rules.times"] = st.session_state.get("rules.times", 0) + 1
    st.toast(view.reader.t("rules.saved"), icon=":material/check:")


def _key(name: str, view: View) -> str:
    return f"{name}-{st.session_state.get('rules.times', 0)}-{view.reader.language}"


def _rule(row: dict[Any, Any]) -> dict[str, Any]:
    """A row of the editor as a rule: what is empty is no condition."""
    given: dict[str, Any] = {}
    for name in FIELDS:
        value = row[name]
        if value is None or value != value or value == "":
            continue
        given[name] = int(value) if name in ("min_days", "max_days", "min_broken") else value
    given["disputed"] = bool(row["disputed"]) if row["disputed"] == row["disputed"] and row["disputed"] else False
    return given


def _choices(known: Sequence[str], used: pd.Series) -> list[str]:
    """The choices of a column and whatever stands in it already."""
    return list(dict.fromkeys([*known, *used.dropna()]))
