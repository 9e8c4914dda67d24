"""The parts of the page of credit and margin: credit given beyond policy, margin after costs, and gross margins."""

import datetime as dt
from decimal import Decimal
from functools import partial

import pandas as pd
import streamlit as st

from pipelines.collecting import journal, margins
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_balances, queries_credit
from ui import customer_picker, forms, journal_parts, navigation, page
from ui.file_field import file_field
from ui.formats import compact, date, money, number, percent
from ui.forms import Form
from ui.payer_table import payers_table
from ui.session import View
from ui.tables import table, with_content, words

YEAR = dt.timedelta(days=365)
CREDIT_COLUMNS = words(
    "customer_name rep sold_overdue_base long_terms_base over_limit_base limit_use sales_base sold_overdue_invoices "
    "long_invoices worst_terms_days open_base credit_limit_base"
)
CREDIT_FURTHER = words("sold_overdue_invoices long_invoices worst_terms_days open_base credit_limit_base")
FIGURES = "gross_share gross_base carrying_base expected_loss_base written_off_base margin_base margin_share"
MARGIN_COLUMNS = {
    "customer": words(f"customer_name verdict sales_base sales_before_base {FIGURES}"),
    "rep": words(f"rep verdict sales_base sales_before_base not_given_base {FIGURES}"),
}
OF_GROSS_MARGIN = words("verdict gross_share gross_base margin_base margin_share")  # empty until one is entered
MARGIN_KEYS = {"customer": ("entity_id", "customer_id", "customer_name"), "rep": ("rep",)}


def credit(view: View) -> None:
    """Where credit went beyond the policy in the last year: terms, sales while overdue, limits."""
    assert view.build is not None
    reader, t, settings = view.reader, view.reader.t, view.settings
    since = view.build.as_of - YEAR
    with page.working(view):
        found = view.ask(queries_credit.credit_given, since, settings.credit_terms_days, settings.sales_stop_days)
    if found.empty:
        page.nothing_here(t("credit.no_sales"))
        return
    sales = float(found["sales_base"].sum())
    policy = {"days": settings.credit_terms_days, "stop_days": settings.sales_stop_days}
    no_limit = int(found["credit_limit_base"].isna().sum())
    with st.grid(3, min_column_width=200, gap="small"):
        for name, column, count in (
            ("sold_overdue", "sold_overdue_base", int(found["sold_overdue_invoices"].sum())),
            ("long_terms", "long_terms_base", int(found["long_invoices"].sum())),
            ("over_limit", "over_limit_base", int((found["over_limit_base"] > 0).sum())),
        ):
            amount = float(found[column].sum())
            share = percent(reader, amount / sales) if name != "over_limit" and sales > 0 else ""
            if name == "over_limit" and no_limit == len(found):
                # Nothing is above a limit that nobody has: that is not known to be zero.
                st.metric(
                    t("credit.over_limit"), "–", border=True, height="stretch", help=t("credit.over_limit_unknown")
                )
                continue
            st.metric(
                t(f"credit.{name}"), " · ".join(filter(None, (compact(reader, amount), share))),
                t(f"credit.{name}_count", text=number(reader, count)), delta_color="off", delta_arrow="off",
                border=True, height="stretch", help=t(f"credit.{name}_help", **policy) + "  \n" + money(reader, amount),
            )  # fmt: skip
    beyond = found[(found[["sold_overdue_base", "long_terms_base"]].sum(axis=1) > 0) | (found["over_limit_base"] > 0)]
    st.caption(t("credit.policy", **policy))
    if (known_from := view.ask(queries_balances.known_from)) is not None:
        text = t("credit.of_lists", day=date(reader, known_from))
        st.caption(f":orange[:material/info:] {text}")
    if no_limit:
        st.caption(f":material/info: {t('credit.no_limit', text=number(reader, no_limit))}")
    payers_table(
        view, beyond, CREDIT_COLUMNS, key="credit", alt=t("credit.given"), file_name="credit", further=CREDIT_FURTHER,
    )  # fmt: skip


def margin(view: View, today: Day) -> None:
    """The margin of the last year after carrying cost, expected loss and write-offs, by customer or rep."""
    assert view.build is not None
    reader, t, settings = view.reader, view.reader.t, view.settings
    as_of = view.build.as_of
    with page.working(view):
        now = view.ask(queries_credit.tied_up, as_of - YEAR, as_of)
        if now.empty:
            page.nothing_here(t("credit.no_sales"))
            return
        before = view.ask(queries_credit.tied_up, as_of - 2 * YEAR, as_of - YEAR)
        losses = view.ask(queries_credit.expected_losses)
    found = margins.after_costs(now, before, losses, margins.given(today), settings)
    _margin_cards(view, found)
    shown = st.segmented_control(
        t("credit.by"), list(MARGIN_KEYS), default="customer", key="margin_by", label_visibility="collapsed",
        format_func=lambda each: t(f"credit.by_{each}"),
    ) or "customer"  # fmt: skip
    rows = margins.by(found, MARGIN_KEYS[shown])
    opens = t("app.open") if shown == "customer" else None
    columns = with_content(rows, MARGIN_COLUMNS[shown], OF_GROSS_MARGIN)
    row = table(
        reader, rows, columns, key=f"margin_{shown}", alt=t("credit.margin"), open_label=opens,
        file_name=f"margin-{shown}",
    )  # fmt: skip
    st.caption(t("credit.margin_rule", share=settings.carrying_rate_year))
    if row is not None:
        navigation.open_payer(view, rows.iloc[row]["entity_id"], rows.iloc[row]["customer_id"])


def _margin_cards(view: View, found: pd.DataFrame) -> None:
    reader, t = view.reader, view.reader.t
    known = found[found["margin_base"].notna()]
    with st.grid(4, min_column_width=180, gap="small"):
        for name in ("margin_base", "carrying_base", "expected_loss_base", "not_given_base"):
            rows = known if name == "margin_base" else found
            amount = None if rows[name].isna().all() else float(rows[name].sum())
            st.metric(
                t(f"credit.{name}"), compact(reader, amount), border=True, height="stretch",
                help=t(f"credit.{name}_help") + "  \n" + money(reader, amount),
            )  # fmt: skip
    missing = found[found["gross_share"].isna()]
    if len(missing):
        customers = missing[["entity_id", "customer_id"]].drop_duplicates()
        sales = money(reader, float(missing["not_given_base"].sum()))
        text = t("credit.not_given", text=number(reader, len(customers)), amount=sales)
        st.warning(text, icon=":material/info:")
    unknown = int((found["expected_loss_base"].isna()).sum())
    if unknown:
        st.caption(f":material/info: {t('credit.no_loss_rate', text=number(reader, unknown))}")


def gross_margins(view: View, today: Day) -> None:
    """Gross margins entered one by one, or for many customers by a file."""
    t = view.reader.t
    one, many = st.columns(2, gap="medium")
    with one.container(border=True):
        st.markdown(f"**{t('credit.enter_margin')}**")
        whom = customer_picker.choose(view, "margin")
        if whom is not None:
            _one_margin(view, today, whom)
    with many.container(border=True):
        st.markdown(f"**{t('credit.load_margins')}**")
        _file_of_margins(view)


def _one_margin(view: View, today: Day, whom: tuple[str, str]) -> None:
    reader, t = view.reader, view.reader.t
    entered = margins.given(today).get(whom)
    if entered is not None:
        st.caption(t("credit.entered", text=percent(reader, entered, 2)))
    form = Form(view, f"margin.{whom[0]}.{whom[1]}")
    forms.field(
        form, "percent", st.number_input, t("credit.percent"), value=None, step=1.0, format="%.2f"
    )  # fmt: skip
    forms.field(form, "note", st.text_input, t("heading.note"))

    def store() -> None:
        value = form.value("percent")
        payload = {"percent": None if value is None else Decimal(f"{value:.4f}"), "note": form.value("note") or ""}
        journal.append(view.settings, "margin", Subject(*whom), payload, who=journal_parts.writer(view))

    forms.save(form, store, t("credit.margin_saved"), label=t("credit.save_margin"))


def _file_of_margins(view: View) -> None:
    t = view.reader.t
    st.caption(t("credit.file_help"))
    form = Form(view, "margin_file")
    file = forms.field(
        form, "file", partial(file_field, view), t("credit.file"), type=["csv", "xlsx"], label_visibility="collapsed"
    )

    def store() -> None:
        data, name = (file.getvalue(), file.name) if file is not None else (b"", "")
        found, bad = margins.read_file(data, name.lower().endswith(".xlsx")) if data else ({}, [])
        known = view.ask_anywhere(queries_credit.customer_numbers)
        margins.store(view.settings, known, found, bad, who=journal_parts.writer(view))

    forms.save(form, store, t("credit.margins_saved"), label=t("credit.save_margins"))
