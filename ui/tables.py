"""Tables as people read them: translated headers, separators, right-aligned amounts, codes in words."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st

from ui.buckets import bucket_name
from ui.export import csv_bytes, xlsx_bytes
from ui.formats import moment, number
from ui.habits import pays_on
from ui.i18n import Reader

Rows = Callable[[], pd.DataFrame]  # rows that are read only when somebody asks for the file


def words(text: str) -> tuple[str, ...]:
    """Column names written as one line of text."""
    return tuple(text.split())


# What a column holds, by its name in the built tables. A column that is not listed cannot be shown.
_COLUMNS_OF_KIND = {
    "text": """was now key lines
        customer_id customer_name invoice_id receipt_id entity_id rep region currency project order_no industry
        file_name accepted_totals sheet column_name value raw source import_id source_column samples parent_id tax_id
        decision_maker
        acceptor payer payment_run stage table_name dispute_reason parsed level model_id before by question
        figure cause
        about to_ask notice_step made_by document bill_number bill_in_hand drawer next_step note approver entry_rule
        allowed rating rated_by
        old_class new_class old_strategy old_method new_strategy new_method contact_method
        component""",
    "person": "who owner",  # by name, or a role by its code
    "figure": "component_value weight_share serving other auc pr_auc brier ece log_loss",  # numbers written as text
    "money": """amount_base open_base overdue_base amount_due_base credit_limit_base difference balance_base
        provision_base expected_base soon_base later_base to_come_base paid_base
        charge_base commission_base kept_base collected_base summary_base documents_base before_base
        cash_now_base cash_later_base cost_base net_base sales_base sales_before_base gross_base carrying_base
        not_given_base expected_loss_base written_off_base
        margin_base target_base gap_base long_terms_base sold_overdue_base
        over_limit_base
        covered_base overdue_then_base wait_base counted_base option_cost_base saved_base
        outstanding_base month_sales_base used_base left_base
        not_due_base at_risk_base recovered_base revalued_base unrealised_base realised_base""",
    "points": "points days_counted",
    "amount": """amount_doc open_doc control_total accepted_total promised_doc received_doc confirmed_doc
        theirs_doc difference_doc""",
    "amount_days": "amount_days disputed_days assumed_days our_fault_days",
    "date": """issue_date due_date applied_on paid_on call_by month_end as_of date_from date_to
        next_run_on last_issued_on
        promised_on last_asked sent_on replied_on made_on happened_on next_on due_on week_on limitation_on
        state_on received_on last_event_on last_on
        next_due_date found_on settled_on""",
    "count": """items customers instalment_no rows rows_in rows_out rows_read rows_accepted rows_rejected rows_set_aside
        rows_not_accepted line_no call_rank priority_rank days_past_due max_days_past_due days_late ledger_age_days
        terms_days days_behind expected_days_late days_late_with_open days_late_before days_to_pay invoices documents
        contacts visits promises_made promises_kept parts long_invoices worst_terms_days days_left days_until
        sold_overdue_invoices max_terms_days ready weeks
        old_rank new_rank moved signs followed waiting median_days in_time too_early too_late no_pattern queue_place
        days_late_recent days_late_earlier broken items_followed items_otherwise items_untouched days_lost
        month_days""",
    "share": """p_late p_very_late p_late_weighted share share_late p_mean migration_rate loss_rate part_share
        newer_first_share
        kept_share customer_kept_share reached_share limit_use overdue_share open_share
        followed_by_money followed_share""",
    "rate": "rate_year margin_share gross_share",
    "score": "priority_score new_score",
    "flag": "disputed",
    "moment": "imported_at retracted_at at",
    "bucket": "bucket",
    "reasons": "queue_reasons reason reasons risk_reasons ways_back",
    "code": """side doc_type kind basis rule method due_basis next_action strategy payer_class risk_band customer_type
        part measure how status estimator segment action found_in change
        agreed_state confirmation_status legal bill_state option ladder verdict
        queue_trend""",
    "meaning": "canonical_column",
    "habit": "habit",
    "forecast": "expected_pay_date",
}
MOST = 1_000  # rows sent to the browser; the files hold all
ROWS_SHOWN_AT_ONCE = 10  # of a table that is given no height of its own
SHARE_WIDTH = 90  # pixels of a small bar and its figure
WIDEST = 1_000  # pixels: the browser makes no column wider
FILE_NAME_WIDTH = 250  # pixels: longer names end in dots, so that what comes after them is seen
REASONS_WIDTH = 320  # pixels of reasons that go on in further lines of their row
FIRST_WORDS_WIDTH = 268  # pixels of reasons of which the first words stand in one line
WRAPPED = 76  # pixels of such a row; in one below four letters of height the browser writes a single line
WHOLE = ("accepted_totals", "bill_in_hand", "to_ask", "about")  # texts that say nothing when they are cut
NARROW = " ,.:;·()|'fijlrt"  # letters about half as wide as the others
DECIMALS = {"share": 3, "money": 2, "amount": 2, "amount_days": 0, "points": 1}
# What a heading adds where nothing else says it: the unit of the column.
UNITS = {"money": "app.in_currency", "amount_days": "app.in_currency_days"}
# What a blank says, where it is not just that nothing is stated.
BLANKS = {
    "owner": "app.unassigned",
    "queue_trend": "place.trend_unknown",
    "rating": "ability.unrated",
    "rep": "app.unassigned",
    "region": "app.unassigned",
    "side": "blockers.show_none",
}
KINDS = {name: kind for kind, names in _COLUMNS_OF_KIND.items() for name in words(names)}


def header(reader: Reader, column: str) -> str:
    """The heading of a column on its own, as a file has it: base amounts name their currency."""
    label = reader.t(f"heading.{column}")
    unit = UNITS.get(KINDS[column])
    return label if unit is None else reader.t(unit, label=label, currency=reader.currency)


def headings(reader: Reader, columns: Sequence[str]) -> dict[str, str]:
    """The headings of a table on a page, whose head names the currency.

    They name it themselves only beside amounts of other currencies: what every column repeats pushes the last columns
    off the screen.
    """
    is_mixed = any(KINDS[column] == "amount" or column == "currency" for column in columns)
    return {column: header(reader, column) if is_mixed else reader.t(f"heading.{column}") for column in columns}


def readable(reader: Reader, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The chosen columns with codes, reasons and moments in words; amounts and dates keep their types.

    `habit` is said from the columns of a pay calendar, a forecast day also from `is_beyond_forecast`.
    """
    said = {"habit": _habits, "forecast": _forecasts}
    shown = {
        column: said[kind](reader, frame) if (kind := KINDS[column]) in said else _values(reader, column, frame[column])
        for column in columns
    }
    return pd.DataFrame(shown, columns=list(columns))


def with_content(frame: pd.DataFrame, columns: Sequence[str], optional: Sequence[str]) -> list[str]:
    """The columns without those of `optional` in which no row holds anything."""
    blank = {name for name in optional if (frame[name].isna() | frame[name].isin(["", "[]"])).all()}
    return [name for name in columns if name not in blank]


def said_once(reader: Reader, frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """The columns without those of the document's currency where every document is in the currency of the books."""
    twice = {"currency", *(name for name in columns if KINDS[name] == "amount")}
    is_foreign = bool((frame["currency"] != reader.currency).any())
    return [name for name in columns if is_foreign or name not in twice]


def in_instalments(frame: pd.DataFrame) -> bool:
    """Whether any row is of another instalment than the first, so that the number says something."""
    return bool(frame["instalment_no"].fillna(1).ne(1).any())


def named(reader: Reader, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """`readable` with translated headers: what a file holds."""
    return readable(reader, frame, columns).rename(columns=lambda column: header(reader, column))


def table(
    reader: Reader,
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    key: str,
    alt: str,
    open_label: str | None = None,
    file_name: str | None = None,
    height: int | Literal["auto"] = "auto",
    everything: Rows | None = None,
    wraps: bool = False,
    cuts: bool = False,
    further: Sequence[str] = (),
) -> int | None:
    """Show `columns` of `frame`; returns the position of the row whose open button was just pressed, else None.

    Of many rows the first `MOST` are shown, and a line says so. `file_name` adds download buttons; the files hold the
    same columns and words, and all rows, or `everything` where `frame` itself holds only the first of many.
    `further`: those of the columns that stand on the screen only once a person asks for all.
    `wraps`: long reasons go on in further lines, so that they are read whole. Only for rows without Chinese names: by
    their letters the browser would take a long English sentence for a short one. `cuts`: their first words stand in one
    line, and the whole in the cell once it is opened.
    """
    chosen = [name for name in columns if name not in further or st.session_state.get(f"{key}.all")]
    shown, config = on_page(reader, frame.head(MOST), chosen)
    row_height = None
    for column in (each for each in chosen if (wraps or cuts) and KINDS[each] == "reasons"):
        if config[column]["width"] > REASONS_WIDTH:
            config[column]["width"], row_height = (REASONS_WIDTH, WRAPPED) if wraps else (FIRST_WORDS_WIDTH, None)
    click_key = f"{key}.open"
    if open_label:
        shown.insert(0, "open", open_label)
        config["open"] = st.column_config.ButtonColumn("", type="tertiary", key=click_key, width="small")
    if height != "auto" and len(shown) < ROWS_SHOWN_AT_ONCE:
        height = "auto"  # a table is no higher than its rows: empty lines look like missing ones
    st.dataframe(
        shown, column_config=config, hide_index=True, key=key, alt=alt, height=height, placeholder="",
        row_height=row_height,
    )  # fmt: skip
    first_rows(reader, len(frame), filed=bool(file_name))
    with st.container(horizontal=True, vertical_alignment="center"):
        if any(name in further for name in columns):
            st.toggle(reader.t("app.all_columns"), key=f"{key}.all", persist_state="session", width="content")
        if file_name:
            downloads(reader, everything or frame, columns, key=key, file_name=file_name)
    click = st.session_state.get(click_key) if open_label else None
    return None if click is None else int(click["row"])


def on_page(reader: Reader, frame: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows in words, and how the browser writes each column."""
    shown = readable(reader, frame, columns)
    for column in columns:
        if (digits := DECIMALS.get(KINDS[column])) is not None:
            # A share is written with as many decimals as it has; what rounds to nothing shall have no minus.
            shown[column] = pd.to_numeric(shown[column]).round(digits) + 0.0
        if KINDS[column] == "forecast":
            shown[column] = shown[column].astype(str)
    labels = headings(reader, columns)
    return shown, {column: _config(column, labels[column], shown[column]) for column in columns}


def first_rows(reader: Reader, count: int, *, filed: bool = False) -> None:
    """The line of a table of more rows than the browser is sent; `filed` where its files hold them all."""
    if count > MOST:
        key = "app.first_rows_filed" if filed else "app.first_rows"
        st.caption(reader.t(key, shown=number(reader, MOST), count=number(reader, count)))


def downloads(
    reader: Reader, frame: pd.DataFrame | Rows, columns: Sequence[str] | None, *, key: str, file_name: str
) -> None:
    """Buttons for the table as XLSX and CSV; a file is made only when it is asked for.

    Without `columns` the rows are in words already.
    """
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        for suffix, label in (("xlsx", "Excel"), ("csv", "CSV")):
            st.download_button(
                label,
                data=partial(_file, suffix, reader, frame, columns),
                file_name=f"{file_name}.{suffix}",
                key=f"{key}.{suffix}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
                help=reader.t("app.download_help", text=suffix.upper()),
            )


def _file(suffix: str, reader: Reader, frame: pd.DataFrame | Rows, columns: Sequence[str] | None) -> bytes:
    rows = frame() if callable(frame) else frame
    words = rows if columns is None else named(reader, rows, columns)
    return csv_bytes(words) if suffix == "csv" else xlsx_bytes(words, reader.t("app.sheet"))


def _values(reader: Reader, column: str, values: pd.Series) -> pd.Series:
    kind = KINDS[column]
    if kind == "bucket":
        return values.map(lambda value: bucket_name(reader, value))
    if kind == "meaning":
        return values.map(lambda value: reader.t(f"column.{value}"))
    if kind == "code":
        blank = _blank(reader, column)
        return values.map(lambda value: reader.code(column, None if value != value else value) or blank)
    if kind == "reasons":
        return values.map(lambda value: reader.t("app.semicolon").join(reader.reasons(value)))
    if kind == "moment":
        return values.map(lambda value: moment(reader, value, reader.zone))
    if kind == "count" and values.dtype.kind == "f":
        return values.round() + 0.0  # no minus before a nought
    if kind == "flag":
        return values.map(lambda value: reader.t("app.yes") if value is True or value == 1 else "")
    if kind == "person":
        blank = _blank(reader, column)
        return values.map(lambda value: reader.person(str(value)) if value and value == value else blank)
    if kind == "text":
        return values.astype(object).where(values.notna() & (values != ""), _blank(reader, column))
    return values


def _blank(reader: Reader, column: str) -> str:
    return reader.t(BLANKS[column]) if column in BLANKS else ""


def _habits(reader: Reader, calendars: pd.DataFrame) -> list[str]:
    runs = zip(calendars["pattern"], calendars["run_day"], calendars["run_weekday"], strict=True)
    return [
        pays_on(reader, {"pattern": pattern, "run_day": day, "run_weekday": weekday}) for pattern, day, weekday in runs
    ]


def _forecasts(reader: Reader, items: pd.DataFrame) -> list[dt.date | str]:
    """The days on which money is expected; where that is not within the longest forecast, its last day says nothing."""
    beyond, never = reader.t("app.beyond_forecast"), items["is_beyond_forecast"].fillna(False).astype(bool)
    return [
        beyond if is_beyond else "" if day is pd.NaT else day.date()
        for day, is_beyond in zip(pd.to_datetime(items["expected_pay_date"]), never, strict=True)
    ]


def _width(label: str, texts: Iterable[str]) -> int:
    """Pixels that hold the heading and the longest text: a column sized by the browser cuts amounts and rare words."""
    return 20 + max(_pixels(text) for text in (label, *texts))


def _pixels(text: str) -> int:
    return sum(14 if letter > "\u2e80" else 4 if letter in NARROW else 9 if letter.isupper() else 7 for letter in text)


def _config(column: str, label: str, values: pd.Series) -> Any:
    kind = KINDS[column]
    if kind in ("money", "amount"):
        texts = (f"{value:,.2f}" for value in values.dropna())
        return st.column_config.NumberColumn(label, format="%,.2f", width=_width(label, texts))
    if kind == "amount_days":
        texts = (f"{value:,.0f}" for value in values.dropna())
        return st.column_config.NumberColumn(label, format="%,.0f", width=_width(label, texts))
    if kind == "count":
        return st.column_config.NumberColumn(label, format="%,d")
    if kind == "points":
        return st.column_config.NumberColumn(label, format="%.1f")
    if kind == "share":
        # Wide enough for a bar, or for the heading: the browser cuts the one that is longer.
        width = max(SHARE_WIDTH, _width(label, ()))
        return st.column_config.ProgressColumn(label, format="percent", min_value=0.0, max_value=1.0, width=width)
    if kind == "rate":
        return st.column_config.NumberColumn(label, format="percent")
    if kind == "score":
        return st.column_config.ProgressColumn(label, format="%d", min_value=0, max_value=100, width="small")
    if kind == "date":
        return st.column_config.DateColumn(label, format="YYYY-MM-DD")
    if kind == "reasons" or column in WHOLE:
        return st.column_config.TextColumn(label, width=min(_width(label, values), WIDEST))
    if column == "file_name":
        return st.column_config.TextColumn(label, width=min(_width(label, values.astype(str)), FILE_NAME_WIDTH))
    if kind in ("code", "forecast"):
        return st.column_config.TextColumn(label, width=_width(label, values.dropna().astype(str).unique()))
    if kind == "figure":
        return st.column_config.TextColumn(label, alignment="right")
    return st.column_config.TextColumn(label)
