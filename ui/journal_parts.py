"""What people entered, on the pages: who writes, what stands about a customer today, and the timeline."""

from dataclasses import replace

import streamlit as st

from pipelines.collecting import follow_up, journal, journal_live, policies, readiness, writers
from pipelines.collecting.follow_up import Day, Note
from pipelines.errors import UserError
from pipelines.reporting import queries_collect, queries_merges
from ui.formats import date, moment, money, number, plain
from ui.i18n import Reader
from ui.session import View

SHOWN_AT_FIRST = 8
ICONS = {
    "contact": "call",
    "promise": "handshake",
    "plan": "calendar_month",
    "dispute": "gavel",
    "blocker": "block",
    "confirmation": "fact_check",
    "hold": "pause_circle",
    "task": "task_alt",
    "greeting": "waving_hand",
    "ladder_step": "stairs",
    "legal_stage": "balance",
    "bill": "receipt",
    "letter": "mail",
    "rating": "star",
    "target": "flag_2",
    "margin": "percent",
    "start_rule": "flag",
    "payer_fact": "badge",
    "handover": "swap_horiz",
    "debt_class": "category",
    "application": "request_quote",
    "same_customer": "merge",
    "other_customer": "call_split",
}
TOPICS = {
    "talks": ("contact", "greeting"),
    "agreed": ("promise", "plan"),
    "stuck": ("dispute", "blocker", "hold", "task", "handover", "start_rule"),
    "papers": ("letter", "bill", "ladder_step", "legal_stage"),
}
ENDINGS = {
    "task": "done",
    "dispute": "settled",
    "blocker": "settled",
    "hold": "done",
    "handover": "done",
    "start_rule": "done",
}
STATE_COLOURS = {"kept": "green", "partly_kept": "orange", "broken": "red", "open": "blue", "waiting": "violet"}


def day(view: View) -> Day:
    """Today as the journal has it at this moment, over what the published build says of the promises."""
    settings = view.settings
    kept = _standing(settings.journal_url or str(settings.home.absolute()))
    kept[:] = [journal_live.standing(settings, kept[0] if kept else None)]
    notes = kept[0].notes
    settings = policies.with_decisions(settings, notes.get(policies.NOBODY, ()))
    states = view.ask_build(queries_collect.promise_states) if view.build is not None else {}
    plan_states = view.ask_build(queries_collect.plan_states) if view.build is not None else {}
    merged = view.ask_build(queries_merges.merged) if view.build is not None else {}
    notes = follow_up.united(notes, merged)
    day = Day(journal.business_day(settings), settings, notes, states, plan_states)
    waiting = readiness.asks_for_acceptance(day) if view.build is not None else ()
    return replace(day, accepted=view.ask_build(queries_collect.acceptances, waiting)) if waiting else day


# Shared by all sessions and read by them only; each brings it up to date with what was added since.
@st.cache_resource(show_spinner=False, max_entries=10)
def _standing(place: str) -> list[journal_live.Standing]:
    return []


def writer(view: View) -> str:
    """The name under which this person's entries stand: signed in, else the rep, else the code of the role."""
    return view.who.name or view.who.rep or writers.by_role(view.who.role)


def promise_badges(reader: Reader, today: Day, entity_id: str, customer_id: str) -> str:
    """A badge per promise that is open or was not kept last, newest first, and one per plan for its instalment."""
    promises = [note for note in today.of(entity_id, customer_id, "promise") if note.is_open]
    shown = [note for note in promises if follow_up.promise_state(today, note) in ("open", "waiting")]
    plans = [note for note in today.of(entity_id, customer_id, "plan") if note.is_open]
    badges = [_promise_badge(reader, today, note) for note in shown or promises[:1]]
    return " ".join(filter(None, [*badges, *(_plan_badge(reader, today, plan) for plan in plans)]))


def _plan_badge(reader: Reader, today: Day, plan: Note) -> str:
    """The instalment after the last one kept; nothing once all were."""
    states = follow_up.instalment_states(today, plan)
    place = max((number for number, state in enumerate(states, start=1) if state == "kept"), default=0)
    if place == len(states):
        return ""
    part, state = plan.payload.instalments[place], states[place]
    text = reader.t(
        "agreements.badge",
        part=reader.t("agreements.part", number=place + 1, count=len(states)),
        state=reader.code("agreed_state", state),
        text=money(reader, part.amount, plan.payload.currency),
        day=date(reader, part.due_on),
    )
    return f":{STATE_COLOURS[state]}-badge[:material/calendar_month: {plain(text)}]"


def _promise_badge(reader: Reader, today: Day, note: Note) -> str:
    state = follow_up.promise_state(today, note)
    agreed = note.payload
    text = reader.t(
        "promise.badge",
        state=reader.code("promise_state", state),
        text=money(reader, agreed.amount, agreed.currency),
        day=date(reader, agreed.promised_on),
    )
    return f":{STATE_COLOURS[state]}-badge[:material/handshake: {plain(text)}]"


def step_line(reader: Reader, today: Day, entity_id: str, customer_id: str) -> str:
    """The next step agreed in the last contact, red once its day has passed; empty where nothing was agreed."""
    agreed = follow_up.agreed_step(today, entity_id, customer_id)
    if agreed is None:
        return ""
    action = reader.code("next_action", agreed.next_action)
    text = reader.t("contact.agreed", text=action, date=date(reader, agreed.next_on))
    return f":{'red' if agreed.next_on < today.today else 'gray'}[:material/event: {plain(text)}]"


def timeline(view: View, today: Day, entity_id: str, customer_id: str) -> None:
    """Everything entered about a customer, newest first; each entry can be taken back by a new one."""
    reader, t = view.reader, view.reader.t
    found = today.of(entity_id, customer_id)
    with st.container(border=True):
        st.subheader(t("journal.timeline"), anchor=False)
        if not found:
            st.caption(f":material/inbox: {t('journal.empty')}")
            return
        topic = st.pills(
            t("journal.topic"), list(TOPICS), key=f"topic-{customer_id}", label_visibility="collapsed",
            format_func=lambda each: t(f"journal.topic_{each}"),
        )  # fmt: skip
        found = [note for note in found if topic is None or note.kind in TOPICS[topic]]
        if not found:
            st.caption(f":material/inbox: {t('journal.empty_topic')}")
        for note in found[:SHOWN_AT_FIRST]:
            _entry(view, today, note)
        if len(found) > SHOWN_AT_FIRST:
            text = t("journal.older", text=number(reader, len(found) - SHOWN_AT_FIRST))
            with st.expander(text):
                for note in found[SHOWN_AT_FIRST:]:
                    _entry(view, today, note)


def _entry(view: View, today: Day, note: Note) -> None:
    reader, t = view.reader, view.reader.t
    told, undo = st.columns([8, 1], gap="small", vertical_alignment="top")
    with told:
        state = f" {_promise_badge(reader, today, note)}" if note.kind == "promise" else ""
        about = f" :gray[{t('journal.about', text=plain(note.invoice_id))}]" if note.invoice_id else ""
        st.markdown(f":material/{ICONS[note.kind]}: **{title(reader, note)}**{about}{state}")
        lines = [f"{moment(reader, note.at, reader.zone)} · {plain(reader.person(note.who))}", *_details(reader, note)]
        if note.closed_at is not None:
            who, outcome = plain(reader.person(note.closed_by or "")), reader.code("outcome", note.outcome)
            lines.append(t("journal.closed", who=who, outcome=outcome))
        st.caption("  \n".join(lines))
    if note.is_open and note.kind in ENDINGS:
        undo.button(
            t(f"journal.end_{note.kind}"), key=f"close-{note.version_id}", icon=":material/done:", type="tertiary",
            on_click=_close, args=(view, note),
        )  # fmt: skip
    undo.button(
        t("journal.withdraw"), key=f"withdraw-{note.version_id}", icon=":material/undo:", type="tertiary",
        on_click=withdraw, args=(view, note), help=t("journal.withdraw_help"),
    )  # fmt: skip


def withdraw(view: View, note: Note) -> None:
    """Take an entry back; where somebody was first, say so."""
    try:
        journal.withdraw(view.settings, note.version_id, who=writer(view))
    except UserError as refused:
        st.toast(refused.text(view.reader.language), icon=":material/error:")


def _close(view: View, note: Note) -> None:
    try:
        journal.close(view.settings, note.version_id, {"outcome": ENDINGS[note.kind]}, who=writer(view))
    except UserError as refused:
        st.toast(refused.text(view.reader.language), icon=":material/error:")


def title(reader: Reader, note: Note) -> str:
    """What kind of entry it is and its main fact, as text for markdown."""
    entry = note.payload
    kind = reader.code("entry", note.kind)
    facts = {
        "contact": lambda: (reader.code("contact_method", entry.method), reader.code("contact_result", entry.result)),
        "promise": lambda: (kind, money(reader, entry.amount, entry.currency), date(reader, entry.promised_on)),
        "plan": lambda: (kind, money(reader, entry.total, entry.currency), number(reader, len(entry.instalments))),
        "dispute": lambda: (kind, reader.code("side", entry.side)),
        "blocker": lambda: (kind, reader.code("side", entry.side)),
        "confirmation": lambda: (reader.code("readiness", entry.item), reader.code("confirmation", entry.state)),
        "hold": lambda: (kind, reader.t("journal.until", date=date(reader, entry.until))),
        "task": lambda: (kind, entry.title),
        "ladder_step": lambda: (kind, reader.code("ladder", entry.step), reader.code("direction", entry.direction)),
        "legal_stage": lambda: (kind, reader.code("legal", entry.stage), date(reader, entry.happened_on)),
        "bill": lambda: (
            *(kind, entry.number, money(reader, entry.amount, entry.currency)),
            reader.code("bill_state", entry.state),
            # The entry may be much later than what it tells of.
            *([date(reader, entry.state_on)] if entry.state_on else []),
        ),
        "letter": lambda: (reader.code("letter", entry.letter), reader.code("letter_state", entry.state)),
        "start_rule": lambda: (kind,),
        "payer_fact": lambda: (reader.code("fact", entry.fact), entry.value or reader.t("payer_card.unknown")),
        "handover": lambda: (kind, reader.code("department", entry.department), entry.to),
        "debt_class": lambda: (kind, reader.code("cause", entry.cause)),
        "application": lambda: (kind, entry.receipt_id, money(reader, entry.amount, entry.currency)),
        "same_customer": lambda: (kind, note.customer_id, entry.into),
        "other_customer": lambda: (kind, note.customer_id, entry.other),
        "margin": lambda: (kind, f"{number(reader, entry.percent, 2)} %"),
        "rating": lambda: (kind, reader.code("aspect", entry.aspect), f"{entry.score} / 5"),
    }
    return plain(" · ".join(facts[note.kind]() if note.kind in facts else (kind,)))


def _details(reader: Reader, note: Note) -> list[str]:
    """What else an entry says, a line each, as text for markdown."""
    entry, t = note.payload, reader.t
    lines = []
    for name in ("spoke_to", "made_by", "owner", "approver"):
        if value := getattr(entry, name, ""):
            lines.append(t(f"journal.{name}", text=plain(reader.person(value))))
    if reason := getattr(entry, "reason", ""):
        lines.append(plain(reader.code("blocker", reason) if note.kind == "blocker" else reason))
    if (said := getattr(entry, "note", "")) and note.kind != "confirmation":
        lines.append(plain(said))
    if note.kind == "contact":
        action = reader.code("next_action", entry.next_action)
        lines.append(t("contact.agreed", text=action, date=date(reader, entry.next_on)))
        lines.append(t("contact.otherwise", text=plain(entry.fallback)))
    if note.kind == "task":
        lines.append(t("journal.until", date=date(reader, entry.due_on)))
    if note.kind == "handover":
        lines.append(t("journal.next_step", text=plain(entry.next_step), date=date(reader, entry.next_on)))
    if note.kind == "start_rule":
        lines.append(plain(rule_in_words(reader, note)))
    if note.kind == "letter":
        lines += _of_letter(reader, note)
    if note.kind in ("plan", "promise", "legal_stage"):
        lines += _of_agreement(reader, note)
    return lines


def _of_agreement(reader: Reader, note: Note) -> list[str]:
    """The payments of a plan, the document behind it, and what a legal stage cost and leads to."""
    entry, t, lines = note.payload, reader.t, []
    for part in getattr(entry, "instalments", ()):
        lines.append(plain(f"{date(reader, part.due_on)} · {money(reader, part.amount, entry.currency)}"))
    if entry.document:
        lines.append(plain(t("journal.document", text=entry.document)))
    if getattr(entry, "cost", 0):
        lines.append(plain(t("journal.cost", text=money(reader, entry.cost))))
    if getattr(entry, "next_on", None):
        lines.append(plain(t("journal.next_date", date=date(reader, entry.next_on))))
    return lines


def _of_letter(reader: Reader, note: Note) -> list[str]:
    """The figures of a letter: how many items, its sum, and what the customer's books say."""
    letter, t, lines = note.payload, reader.t, []
    if letter.items:
        lines.append(t("app.items", count=len(letter.items)))
    if letter.amount is not None:
        amount = money(reader, letter.amount, letter.currency)
        lines.append(plain(t("journal.amount", text=amount, date=date(reader, letter.as_of))))
    if letter.theirs is not None:
        theirs, gap = (money(reader, value, letter.currency) for value in (letter.theirs, letter.difference))
        lines.append(plain(t("journal.theirs", text=theirs, gap=gap, date=date(reader, letter.replied_on))))
    return lines


def rule_in_words(reader: Reader, rule: Note) -> str:
    """A start rule in one line."""
    asked, parts = rule.payload, []
    if asked.not_before is not None:
        parts.append(reader.t("start_rule.from_day", date=date(reader, asked.not_before)))
    if asked.from_amount is not None:
        parts.append(reader.t("start_rule.from_sum", text=money(reader, asked.from_amount)))
    if asked.progress:
        parts.append(reader.t("start_rule.after", text=reader.code("readiness", asked.progress)))
    return reader.t("start_rule.says", text=" · ".join(parts), who=rule.who)
