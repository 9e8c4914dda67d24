"""Customers that may be one, on their page: suggestions with evidence, what a person decided, and taking it back."""

from typing import Any

import pandas as pd
import streamlit as st

from pipelines.collecting import customers_alike, merges
from pipelines.collecting.customers_alike import Suggestion
from pipelines.collecting.follow_up import Customer, Note
from pipelines.errors import UserError
from pipelines.reporting import queries_agreements, queries_merges, queries_payers
from ui import import_jobs, page
from ui.formats import moment, money, number, plain
from ui.journal_parts import withdraw, writer
from ui.session import View
from ui.tables import table, words

SHOWN = 10
COLUMNS = words(
    "customer_id customer_name share open_base items documents last_issued_on rep region "
    "tax_id decision_maker acceptor payer"
)
FURTHER = words("region decision_maker acceptor payer")
FOUND = 50  # customers a search offers


def suggested(view: View, standing: dict[Customer, Note]) -> None:
    """What looks like one customer, the surest first; nothing happens until a person says so."""
    t = view.reader.t
    found = [
        each
        for each in _suggestions(view)
        if not any((each.entity_id, member) in standing for member in each.members["customer_id"])
    ]
    st.subheader(t("merge.suggested", count=len(found)), anchor=False)
    st.caption(t("merge.rule"))
    if not found:
        page.nothing_here(t("merge.none"))
        return
    shown = st.session_state.get("merges_shown", SHOWN)
    for each in found[:shown]:
        _suggestion(view, each)
    if len(found) > shown:
        st.button(
            t("merge.more", count=len(found) - shown), on_click=_show_more, args=(shown + SHOWN,), key="merge_more"
        )


def _suggestions(view: View) -> list[Suggestion]:
    """The suggestions of this build, less what a person has said are two."""
    assert view.build is not None
    with page.working(view):
        customers = view.ask_anywhere(queries_merges.customers_to_compare)
        return _looked_for(str(view.build.path), view.who.scope, tuple(merges.kept_apart(view.settings)), customers)


@st.cache_data(show_spinner=False, max_entries=5)
def _looked_for(
    path: str, scope: Any, different: tuple[frozenset[Customer], ...], _customers: pd.DataFrame
) -> list[Suggestion]:
    return customers_alike.suggestions(_customers, different)


def _suggestion(view: View, found: Suggestion) -> None:
    reader, t = view.reader, view.reader.t
    key = f"merge-{found.entity_id}-{found.target}"
    ids = [str(each) for each in found.members["customer_id"]]
    names = dict(zip(ids, found.members["customer_name"].astype(str), strict=True))
    with st.container(border=True):
        head = plain(names[found.target] if names[found.target] != found.target else found.target)
        owed = money(reader, float(found.members["open_base"].sum()))
        st.markdown(f"**{head}** · {t('merge.together', count=len(ids), text=plain(owed))}")
        rows = found.members.assign(
            share=found.members["share"].where(found.members["customer_id"] != found.target).round(2),
        )
        empty = [name for name in COLUMNS if name in rows and rows[name].isna().all()]
        columns = [name for name in COLUMNS if name not in empty]
        table(reader, rows, columns, key=key, alt=t("merge.suggested", count=1), further=FURTHER)
        st.caption("  \n".join(_why(view, row) for row in rows.to_dict("records") if row["evidence"]))
        with st.grid(2, min_column_width=page.HALF, gap="small"):
            into = st.selectbox(
                t("merge.keep"), ids, format_func=lambda each: _shown(each, names), key=f"{key}.into",
                help=t("merge.keep_help"),
            )  # fmt: skip
            note = st.text_input(t("merge.note"), key=f"{key}.note", max_chars=400)
        # The whole width: two companies' names often differ only at their end, which a narrow field cuts.
        others = [each for each in ids if each != into]
        chosen = st.multiselect(
            t("merge.others"), others, others, format_func=lambda each: _shown(each, names), key=f"{key}.{into}"
        )
        with st.container(horizontal=True):
            st.button(
                t("merge.do", count=len(chosen)), type="primary", icon=":material/merge:", key=f"{key}.do",
                disabled=not chosen, on_click=_merge,
                args=(view, found.entity_id, {each: names[each] for each in chosen}, into, note),
            )  # fmt: skip
            st.button(
                t("merge.two"), icon=":material/call_split:", key=f"{key}.two", disabled=not chosen,
                on_click=_apart, args=(view, found.entity_id, tuple(chosen), into), help=t("merge.two_help"),
            )  # fmt: skip


def _why(view: View, member: dict[Any, Any]) -> str:
    """Why a number is taken for the one kept, in a line: a column of the table would cut it."""
    reader = view.reader
    evidence = reader.t("app.semicolon").join(reader.reason(each) for each in member["evidence"])
    return plain(reader.t("app.named", name=member["customer_id"], text=evidence))


def by_hand(view: View) -> None:
    """Two customers that nothing suggests: looked up by name or number, and merged all the same."""
    t = view.reader.t
    with st.expander(t("merge.by_hand"), icon=":material/person_search:"):
        with st.grid(2, min_column_width=page.HALF):
            one = _look_up(view, "merge_one", t("merge.this"))
            into = _look_up(view, "merge_into", t("merge.into"))
        problem = None
        if one and into:
            problem = "merge.same" if one == into else "merge.entities" if one[0][0] != into[0][0] else None
        if problem:
            st.caption(f":orange[:material/warning:] {t(problem)}")
        ready = one is not None and into is not None and problem is None
        st.button(
            t("merge.do", count=1), icon=":material/merge:", key="merge_by_hand", disabled=not ready,
            on_click=_merge, args=(view, one[0][0], {one[0][1]: one[1]}, into[0][1], "") if one and into else (),
        )  # fmt: skip


def _look_up(view: View, key: str, label: str) -> tuple[Customer, str] | None:
    """The customer chosen among those that a search finds, with its name."""
    text = st.text_input(label, key=f"{key}_text", placeholder=view.reader.t("merge.search"))
    if not text.strip():
        return None
    found = view.ask_anywhere(queries_payers.customers, text.strip()).head(FOUND)
    names = {
        (row["entity_id"], row["customer_id"]): str(row["customer_name"] or row["customer_id"])
        for row in found.to_dict("records")
    }
    chosen = st.selectbox(
        label, list(names), format_func=lambda each: _shown(each[1], {each[1]: names[each]}), key=key,
        label_visibility="collapsed",
    )  # fmt: skip
    return (chosen, names[chosen]) if chosen else None


def decided(view: View, standing: dict[Customer, Note]) -> None:
    """The merges that stand and the pairs kept apart, each to be taken back."""
    t = view.reader.t
    apart = merges.kept_apart(view.settings)
    if not standing and not apart:
        return
    concerned = {*standing} | {note.customer for note in apart.values()}
    concerned |= {(note.entity_id, note.payload.into) for note in standing.values()}
    concerned |= {(note.entity_id, note.payload.other) for note in apart.values()}
    named = view.ask_anywhere(queries_agreements.customers_named, tuple(sorted(concerned)))
    known = {(row["entity_id"], row["customer_id"]): str(row["customer_name"]) for row in named.to_dict("records")}

    def shown(entity_id: str, customer_id: str, name: str = "") -> str:
        # A build that applied the merge knows the merged customer's name no more: the decision kept it.
        name = name or known.get((entity_id, customer_id), "")
        return _shown(customer_id, {customer_id: name or customer_id})

    st.subheader(t("merge.decided"), anchor=False)
    with st.container(border=True):
        for note in reversed(standing.values()):
            one = shown(*note.customer, note.payload.name)
            _line(view, note, t("merge.is", one=one, into=shown(note.entity_id, note.payload.into)), t("merge.undo"))
        for note in reversed(apart.values()):
            pair = {"one": shown(*note.customer), "other": shown(note.entity_id, note.payload.other)}
            _line(view, note, t("merge.are_two", **pair), t("merge.undo_two"))


def _line(view: View, note: Note, text: str, undo: str) -> None:
    told, button = st.columns([6, 1], vertical_alignment="center")
    who = view.reader.t("merge.by", who=note.who, at=moment(view.reader, note.at, view.reader.zone))
    remark = f" · {plain(note.payload.note)}" if note.payload.note else ""
    told.markdown(f"{plain(text)}  \n:gray[{plain(who)}{remark}]")
    button.button(
        undo, key=f"undo-{note.version_id}", icon=":material/undo:", type="tertiary", on_click=withdraw,
        args=(view, note),
    )  # fmt: skip


def unbuilt(view: View, standing: dict[Customer, Note]) -> None:
    """Say that merges made or taken back are not in the published figures yet."""
    built = view.ask_build(queries_merges.merged)
    if merges.targets(standing) != built:
        import_jobs.offer_build(view, view.reader.t("merge.unbuilt"))


def _merge(view: View, entity_id: str, customers: dict[str, str], into: str, note: str) -> None:
    try:
        merges.merge(view.settings, entity_id, customers, into, who=writer(view), note=note)
    except UserError as refused:
        st.session_state["merge_problem"] = refused.text(view.reader.language)


def _apart(view: View, entity_id: str, customers: tuple[str, ...], other: str) -> None:
    merges.keep_apart(view.settings, entity_id, customers, other, who=writer(view))


def _show_more(count: int) -> None:
    st.session_state["merges_shown"] = count


def _shown(customer_id: str, names: dict[str, str]) -> str:
    name = names[customer_id]
    return customer_id if name == customer_id else f"{customer_id} · {name}"


def merged_into(view: View, entity_id: str, customer_id: str) -> str:
    """The numbers that this build merged into a customer, as one line; empty where there are none."""
    found = view.ask_build(queries_merges.merged)
    own = [number_ for (entity, number_), into in found.items() if (entity, into) == (entity_id, customer_id)]
    if not own:
        return ""
    text = view.reader.t("app.comma").join(own)
    return view.reader.t("merge.also_known", text=plain(text), count=number(view.reader, len(own)))
