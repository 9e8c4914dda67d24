"""Margin after the cost of money outside and expected loss (多卖多亏): per customer, and per rep."""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import pandas as pd

from pipelines.collecting import follow_up, journal
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Entry, Subject
from pipelines.collecting.journal_entries import EntryRefused, Problem
from pipelines.reading.mapping_headers import compact, known_as
from pipelines.settings import Settings

YEAR = 365
KEYS = ["entity_id", "customer_id", "rep"]
SUMS = [
    "sales_base", "sales_before_base", "gross_base", "carrying_base", "expected_loss_base", "written_off_base",
    "margin_base", "not_given_base",
]  # fmt: skip
MARGIN_NAMES = ("margin", "grossmargin", "marginpercent", "grossmarginpercent", "gm", "毛利率", "毛利")
MOST_REASONS = 20


def given(day: Day) -> dict[tuple[str, str], float]:
    """The gross margin (share of sales) entered for each customer; of two the newer holds."""
    notes = [note for found in day.notes.values() for note in found if note.kind == "margin"]
    return {
        note.customer: float(note.payload.percent) / 100 for note in sorted(notes, key=lambda note: note.version_id)
    }


def after_costs(
    now: pd.DataFrame,
    before: pd.DataFrame,
    losses: pd.DataFrame,
    shares: Mapping[tuple[str, str], float],
    settings: Settings,
) -> pd.DataFrame:
    """The margin of each customer and rep: sales × gross margin − carrying cost − expected loss − written off.

    `now` and `before` are rows of `queries_credit.tied_up` for two years, `losses` of `expected_losses`. Where no gross
    margin is given for a customer, nor in the settings, gross_base and what follows from it are NaN and the sales stand
    in not_given_base. before_base is the margin of the year before without its expected loss.
    """
    found = now.merge(losses, on=KEYS, how="left", indicator="is_owing")
    earlier = before[[*KEYS, "sales_base", "amount_days", "written_off_base"]].add_suffix("_before")
    found = found.merge(earlier, left_on=KEYS, right_on=[f"{key}_before" for key in KEYS], how="left")
    # No row of losses: nothing is owed. One without a figure: the loss rate is not known.
    found.loc[found.pop("is_owing") == "left_only", "expected_loss_base"] = 0.0
    past = {name: found[f"{name}_before"].astype(float).fillna(0.0) for name in ("sales_base", "amount_days")}
    written_off_before = found["written_off_base_before"].astype(float).fillna(0.0)
    given_for = follow_up.rows_of(shares.keys(), found)
    found["gross_share"] = pd.Series(settings.gross_margin, index=found.index, dtype=float)
    found.loc[given_for.index, "gross_share"] = [
        shares[each] for each in zip(given_for["entity_id"], given_for["customer_id"], strict=True)
    ]
    daily = settings.carrying_rate_year / YEAR
    found["sales_before_base"] = past["sales_base"]
    found["gross_base"] = found["sales_base"] * found["gross_share"]
    found["carrying_base"] = found["amount_days"].astype(float) * daily
    found["margin_base"] = found["gross_base"] - found[["carrying_base", "expected_loss_base", "written_off_base"]].sum(
        axis=1, skipna=False
    )
    carried_before = past["amount_days"] * daily
    found["before_base"] = past["sales_base"] * found["gross_share"] - carried_before - written_off_before
    found["not_given_base"] = found["sales_base"].where(found["gross_share"].isna(), 0.0)
    return found


def by(found: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The rows of `after_costs` added up by customer or by rep, the largest loss first, those without a figure last.

    Only rows with a gross margin make up gross_base and margin_base; gross_share is of the sales with a gross margin,
    margin_share of those of which the expected loss is known as well.
    verdict: `more_for_less` sells more than the year before and earns less or nothing, `loss` loses money, '' neither.
    """
    known = found["margin_base"].notna()
    parts = found.assign(
        gross_sales=found["sales_base"].where(found["gross_base"].notna(), 0.0),
        margin_sales=found["sales_base"].where(known, 0.0),
        before_base=found["before_base"].where(known),
    )
    grouped = parts.groupby(list(keys), dropna=False)
    rows = grouped[[*SUMS, "gross_sales", "margin_sales", "before_base"]].sum(min_count=1).reset_index()
    rows["margin_share"] = rows["margin_base"] / rows["margin_sales"].where(rows["margin_sales"] > 0)
    rows["gross_share"] = rows["gross_base"] / rows["gross_sales"].where(rows["gross_sales"] > 0)
    kept = rows["margin_base"] + rows["expected_loss_base"]
    sold_more = (rows["sales_base"] > rows["sales_before_base"]) & (rows["sales_before_base"] > 0)
    loses = rows["margin_base"] < 0
    rows["verdict"] = ""
    rows.loc[loses, "verdict"] = "loss"
    rows.loc[sold_more & (loses | (kept < rows["before_base"])), "verdict"] = "more_for_less"
    # Where nobody knows the margin, those that buy most come first.
    rows = rows.sort_values(["sales_base", *keys], ascending=[False, *[True] * len(keys)], ignore_index=True)
    return rows.sort_values("margin_base", kind="stable", ignore_index=True, na_position="last")


class Line(NamedTuple):
    """One line of a file of margins that cannot be used."""

    line: int
    code: str
    value: str


def read_file(data: bytes, is_workbook: bool) -> tuple[dict[str, str], list[Line]]:
    """Margins by customer number from a file with the two columns, and the lines that cannot be used.

    A margin is in percent, with or without the sign; one of at most 1 needs it: 0.22 may be a cell of 22 %.
    Raises EntryRefused when a column is missing or nothing is read.
    """
    frame = _frame(data, is_workbook)
    customer = next((each for each in frame.columns if _is_customer(str(each))), None)
    margin = next((each for each in frame.columns if compact(str(each)) in MARGIN_NAMES), None)
    missing = [name for name, column in (("customer", customer), ("margin", margin)) if column is None]
    if missing:
        raise EntryRefused(*[Problem("file", f"error.margin_no_{name}", {}) for name in missing])
    found: dict[str, str] = {}
    bad: list[Line] = []
    for number, (who, value) in enumerate(zip(frame[customer], frame[margin], strict=True), start=2):
        who, written = str(who).strip(), str(value).strip()
        text = written.removesuffix("%").removesuffix("％").strip()
        if not who and not text:
            continue
        if not who:
            bad.append(Line(number, "margin_no_number", ""))
        elif not _is_share(text):
            bad.append(Line(number, "margin_not_a_share", text))
        elif text == written and 0 < abs(Decimal(text)) <= 1:
            bad.append(Line(number, "margin_unclear", text))
        else:
            found[who] = text
    return found, bad


def _frame(data: bytes, is_workbook: bool) -> pd.DataFrame:
    try:
        if is_workbook:
            return pd.read_excel(io.BytesIO(data), dtype=str, engine="calamine", keep_default_na=False)
        encoding = "utf-8-sig" if _is_utf8(data) else "gb18030"
        text = io.StringIO(data.decode(encoding))
        return pd.read_csv(text, dtype=str, keep_default_na=False, sep=None, engine="python")
    except Exception as reason:
        raise EntryRefused(Problem("file", "error.margin_unreadable", {"text": type(reason).__name__})) from None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_customer(header: str) -> bool:
    return any(name == "customer_id" for name, _ in known_as("customers", header))


def _is_share(text: str) -> bool:
    try:
        return abs(Decimal(text)) <= 100
    except InvalidOperation:
        return False


def store(
    settings: Settings,
    customers: Mapping[str, Sequence[str]],
    margins: Mapping[str, str],
    bad: Sequence[Line],
    *,
    who: str,
) -> list[Entry]:
    """Enter the margins of a file, all or none. `customers` names the entities of each known customer number.

    Raises EntryRefused with the lines that cannot be used and the customers nobody knows.
    """
    problems = [Problem("file", f"error.{line.code}", {"line": line.line, "text": line.value}) for line in bad]
    strangers = [each for each in margins if each not in customers]
    problems += [Problem("file", "error.margin_unknown_customer", {"text": each}) for each in strangers]
    if not margins and not problems:
        problems = [Problem("file", "error.field_required", {})]
    if problems:
        raise EntryRefused(*problems[:MOST_REASONS])
    payloads = {
        Subject(entity, each): {"percent": value} for each, value in margins.items() for entity in customers[each]
    }
    return journal.append_all(settings, "margin", payloads, who=who)
