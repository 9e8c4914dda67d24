"""Ability to pay: limit use, the payer's own trend and its rating side by side, and the form for a rating."""

import pandas as pd
import streamlit as st

from pipelines.collecting import payer_factors
from pipelines.collecting.follow_up import Day, Note
from pipelines.collecting.journal import Subject
from pipelines.reporting import queries_credit
from ui import customer_picker, factor_parts, page
from ui.formats import compact, date, number
from ui.i18n import Reader
from ui.payer_table import payers_table
from ui.session import View
from ui.tables import words

COLUMNS = words(
    "customer_name rep signs rating limit_use days_late_recent days_late_earlier broken overdue_base "
    "payer_class open_base credit_limit_base rated_by"
)
FURTHER = words("payer_class open_base credit_limit_base rated_by")
WEAK = 2  # a rating up to this is a sign of its own
FILTERS = ("signs", "weak", "unrated")


def show(view: View, today: Day) -> None:
    """The customers that owe us with their signs, and the rating of one of them."""
    reader, t = view.reader, view.reader.t
    found = view.ask(queries_credit.ability)
    if found.empty:
        page.nothing_here(t("ability.none"))
        return
    found = _rated(view, today, found)
    st.caption(t("ability.help", share=queries_credit.LIMIT_SIGN, days=queries_credit.SLOWER_SIGN))
    _cards(view, found)
    chosen = st.pills(
        t("ability.filter"), FILTERS, key="ability_filter", format_func=lambda each: t(f"ability.{each}"),
        label_visibility="collapsed",
    )  # fmt: skip
    shown = found[_matching(found, chosen)].reset_index(drop=True)
    st.caption(t("ability.count", shown=number(reader, len(shown)), count=number(reader, len(found))))
    if shown.empty:
        page.nothing_here(t("ability.nobody"))
    else:
        payers_table(
            view, shown, COLUMNS, key="ability", alt=t("credit.ability"), file_name="ability-to-pay", height=420,
            further=FURTHER,
        )  # fmt: skip
    with st.container(border=True):
        st.markdown(f"**{t('ability.enter')}**")
        whom = customer_picker.choose(view, "ability")
        if whom is not None:
            rated = payer_factors.of_customer(today, *whom).ratings.get("ability_to_pay")
            if rated is not None:
                st.caption(factor_parts.rated(reader, today, rated))
            factor_parts.rate(view, Subject(*whom), ("ability_to_pay",))


def _rated(view: View, today: Day, found: pd.DataFrame) -> pd.DataFrame:
    """The rows with the newest rating of each customer; a weak one is one sign more, and the order follows."""
    rated = {whom: payer_factors.of_customer(today, *whom).ratings.get("ability_to_pay") for whom in today.notes}
    whom = zip(found["entity_id"].tolist(), found["customer_id"].tolist(), strict=True)
    ratings = [rated.get(each) for each in whom]
    scores = pd.Series([None if note is None else note.payload.score for note in ratings], dtype="float64")
    found = found.assign(
        score=scores.to_numpy(),
        rating=["" if note is None else f"{note.payload.score} / 5" for note in ratings],
        rated_by=["" if note is None else _by(view.reader, today, note) for note in ratings],
    )
    found["signs"] += (found["score"] <= WEAK).astype(int)
    return found.sort_values(["signs", "open_base"], ascending=[False, False], kind="stable", ignore_index=True)


def _by(reader: Reader, today: Day, rating: Note) -> str:
    return f"{reader.person(rating.who)} · {date(reader, today.made_on(rating))}"


def _matching(found: pd.DataFrame, chosen: str | None) -> pd.Series:
    if chosen == "signs":
        return found["signs"] > 0
    if chosen == "weak":
        return found["score"] <= WEAK
    return found["score"].isna() if chosen == "unrated" else found["signs"] >= 0


def _cards(view: View, found: pd.DataFrame) -> None:
    reader, t = view.reader, view.reader.t
    with st.grid(3, min_column_width=200, gap="small"):
        for name in FILTERS:
            rows = found[_matching(found, name)]
            st.metric(
                t(f"ability.{name}"), compact(reader, float(rows["open_base"].sum())),
                t("ability.customers", text=number(reader, len(rows))), delta_color="off", delta_arrow="off",
                border=True, height="stretch", help=t(f"ability.{name}_help"),
            )  # fmt: skip
