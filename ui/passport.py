"""The passport of a figure on a page: a button beside it, and what it is made of once somebody asks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pipelines.reporting import passports
from pipelines.reporting.passport_figures import FIGURES
from pipelines.reporting.passport_types import COUNT, DAYS, INDEX, MONEY, MONEY_DAYS, SHARE, At, LeftOut, Passport, Term
from ui import filters
from ui.buckets import bucket_name
from ui.definitions import definition, help_text
from ui.formats import DASH, date, days, missing, money, number, percent, plain
from ui.i18n import Reader
from ui.session import View
from ui.tables import table, words

BY_MONTH = ("dso_simple", "dso_countback", "dso_best_possible", "add_days", "cei")
WALK = words("month_end month_sales_base month_days used_base days_counted left_base")
PROVISION = words("bucket open_base migration_rate loss_rate provision_base")
CLOSE = 1e-6  # share of a figure by which its parts may differ through rounding of the last bit
ICON = ":material/function:"


def metric(view: View, name: str, shown: str, delta: Any = None, at: At | None = None, **how: Any) -> None:
    """A figure in a card of its own, with its definition behind the ⓘ and its passport behind the button."""
    t = view.reader.t
    with st.container(border=True, height="stretch", horizontal=True, wrap=False, gap=None):
        st.metric(t(f"metric.{name}"), shown, delta, help=help_text(view.reader, view.settings, name), **how)
        if st.button("", key=f"passport_{name}", icon=ICON, type="tertiary", help=t("passport.open")):
            show(view, [name], at or At())


def button(view: View, figures: Sequence[str], at: At, *, key: str) -> None:
    """The way to the passports of one or several figures; nothing is computed before it is pressed."""
    label = view.reader.t("passport.open")
    if st.button(label, key=f"passport_{key}", icon=ICON, type="tertiary"):
        show(view, figures, at)


def show(view: View, figures: Sequence[str], at: At) -> None:
    """Open the dialog."""
    t = view.reader.t
    name = t(f"metric.{figures[0]}") if len(figures) == 1 else t("passport.open")
    title = t("passport.title", name=name) if len(figures) == 1 else name

    @st.dialog(title, width="large", icon=ICON)
    def dialog() -> None:
        figure = figures[0]
        if len(figures) > 1:
            figure = st.segmented_control(
                t("passport.which"), figures, default=figures[0], required=True, key="passport_figure",
                format_func=lambda each: t(f"metric.{each}"),
            )  # fmt: skip
        _body(view, figure or figures[0], at)

    dialog()


def _body(view: View, figure: str, at: At) -> None:
    reader = view.reader
    t = reader.t
    at = _chosen(view, figure, at)
    made: Passport = view.ask(passports.passport, figure, at)
    covered = filters.in_words(reader, view.who.scope, view.scope) or t("passport.everything")
    st.caption(f"{t('passport.at_month', date=date(reader, made.on))} · {reader.currency} · {plain(covered)}")
    value = shown(reader, made.result)
    text = t("app.at_least", text=value) if made.is_lower_bound else value
    st.metric(t(f"metric.{figure}"), text, label_visibility="collapsed")
    if made.missing:
        key = f"passport.missing_{made.missing}" if made.missing.startswith("nothing") else f"dso_reason.{made.missing}"
        st.info(t("passport.missing", text=t(key)), icon=":material/info:")
    said = definition(reader, view.settings, figure)
    st.markdown(f"**{t('passport.formula')}** · {plain(said.formula)}")
    if said.symbols:
        st.latex(said.symbols)
    st.caption(plain(said.note))
    # What stands alone begins at the left edge.
    numbers, variants = st.columns(2) if made.terms and made.variants else (st.container(), st.container())
    if made.terms:
        with numbers:
            st.markdown(f"**{t('passport.with_numbers')}**")
            _terms(reader, made.terms)
            _check(reader, made)
    if made.variants:
        with variants:
            st.markdown(f"**{t('passport.variants')}**")
            _terms(reader, made.variants)
    _steps(view, made)
    _left_out(reader, made.left_out)
    _sql(reader, made)


def _chosen(view: View, figure: str, at: At) -> At:
    """The month or the buckets that the person looks at."""
    t = view.reader.t
    if figure in BY_MONTH or (figure == "overdue_ratio" and at.month_end):
        ends = view.ask_build(passports.month_ends)
        if not ends:
            return at
        place = ends.index(at.month_end) if at.month_end in ends else 0
        month = st.selectbox(
            t("passport.month"), ends, place, format_func=lambda each: date(view.reader, each), width=220,
            key="passport_month",
        )  # fmt: skip
        return replace(at, month_end=month)
    if figure not in ("bucket", "roll_rate"):
        return at
    names = view.ask_build(passports.buckets)
    targets = [*names, "paid", "credited", "written_off"]
    in_words = lambda each: _place(view.reader, each)  # noqa: E731
    with st.container(horizontal=True):
        place = names.index(at.bucket) if at.bucket in names else 0
        if figure == "roll_rate":
            names = [each for each in names if each != "unapplied"]
        first = st.selectbox(t("passport.bucket"), names, place, format_func=in_words, width=220, key="passport_from")
        if figure == "bucket":
            return replace(at, bucket=first)
        targets = [*names, "paid", "credited", "written_off"]
        place = targets.index(at.to_bucket) if at.to_bucket in targets else 1
        second = st.selectbox(
            t("passport.to_bucket"), targets, place, format_func=in_words, width=220, key="passport_to"
        )
    return replace(at, bucket=first, to_bucket=second)


def _place(reader: Reader, bucket: str) -> str:
    """Where money stands or went: a bucket, or paid, credited, written off."""
    return reader.t(f"rolls.{bucket}") if bucket in ("paid", "credited", "written_off") else bucket_name(reader, bucket)


def shown(reader: Reader, term: Term) -> str:
    """A term's value with its unit."""
    if missing(term.value):
        return DASH
    if term.unit == MONEY_DAYS:
        return reader.t("passport.money_days", text=money(reader, term.value))
    write = {
        MONEY: money,
        DAYS: lambda reader, value: days(reader, value, 2),
        COUNT: number,
        SHARE: lambda reader, value: percent(reader, value, 2),
        INDEX: lambda reader, value: number(reader, value, 2),
    }[term.unit]
    return str(write(reader, term.value))


def name_of(reader: Reader, term: Term) -> str:
    """A term in words: a figure of its own, or a part that only stands in a passport."""
    if term.name == "bucket" and term.detail:
        return bucket_name(reader, term.detail)
    if term.name in FIGURES:
        return reader.t(f"metric.{term.name}")
    detail = _place(reader, term.detail) if term.name == "moved_to" else term.detail
    return reader.t(f"passport.term_{term.name}", **({"detail": detail} if detail else {}))


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A small table of words; numbers stand right."""
    lines = [" | ".join(head), " | ".join([":--", *["--:"] * (len(head) - 1)])]
    lines += [" | ".join(plain(cell) for cell in row) for row in rows]
    st.markdown("\n".join(f"| {line} |" for line in lines))


def _terms(reader: Reader, terms: Sequence[Term]) -> None:
    t = reader.t
    _rows((t("passport.part"), t("passport.value")), [(name_of(reader, each), shown(reader, each)) for each in terms])


def _check(reader: Reader, made: Passport) -> None:
    """Whether the parts shown give the figure shown."""
    again = passports.recomputed(made)
    if again is None:
        return
    gap = abs(float(again) - float(made.result.value))
    if gap <= CLOSE * max(abs(float(again)), 1.0):
        st.caption(f":green[:material/check_circle:] {reader.t('passport.holds')}")
    else:
        text = shown(reader, replace(made.result, value=again))
        st.warning(plain(reader.t("passport.differs", text=text)), icon=":material/error:")


def _steps(view: View, made: Passport) -> None:
    t = view.reader.t
    if made.steps.empty:
        return
    columns, title = (WALK, t("passport.walk")) if made.figure in BY_MONTH else (PROVISION, t("rolls.provision"))
    st.markdown(f"**{title}**")
    table(view.reader, made.steps, columns, key="passport_steps", alt=title)


def _left_out(reader: Reader, left_out: Sequence[LeftOut]) -> None:
    t = reader.t
    st.markdown(f"**{t('passport.left_out')}**")
    if not left_out:
        st.caption(t("passport.left_out_none"))
        return
    _rows(
        (t("passport.why"), t("passport.left_out_rows"), t("passport.left_out_amount")),
        [
            (
                t(f"passport.out_{each.reason}"),
                number(reader, each.rows) if each.rows else DASH,
                DASH if each.amount_base is None else money(reader, each.amount_base),
            )
            for each in left_out
        ],
    )


def _sql(reader: Reader, made: Passport) -> None:
    """The statements that were run and the files behind the tables they read; one is shown at a time."""
    t = reader.t
    panel = st.expander(t("passport.sql"), icon=":material/code:", on_change="rerun", key="passport_sql")
    if not panel.open:
        return
    numbered = {f"#{place}": each for place, each in enumerate(made.statements, start=1)}
    files = list(dict.fromkeys(file for each in made.statements for file in each.files))

    def in_words(choice: str) -> str:
        if choice in numbered:
            return t("passport.statement", number=choice[1:])
        return t("passport.table", name=choice)

    with panel:
        st.caption(t("passport.sql_note"))
        choice = st.selectbox(
            t("passport.sql"), [*numbered, *files], format_func=in_words, label_visibility="collapsed",
            key="passport_file",
        )  # fmt: skip
        if choice in numbered:
            _statement(reader, numbered[choice].sql, dict(numbered[choice].parameters))
        elif choice:
            st.code(passports.sql_file(choice), language="sql", wrap_lines=True)


def _statement(reader: Reader, sql: str, parameters: Mapping[str, object]) -> None:
    st.code(sql, language="sql", wrap_lines=True)
    if parameters:
        text = " · ".join(f"{name} = {value}" for name, value in parameters.items())
        st.caption(plain(reader.t("passport.parameters", text=text)))
