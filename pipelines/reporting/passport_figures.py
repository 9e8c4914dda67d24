"""How each figure's passport is made from the queries of the pages, and its formula over the terms shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, cast

from pipelines.reporting import (
    passport_months,
    queries_aging,
    queries_balances,
    queries_buckets,
    queries_cash,
    queries_lateness,
    queries_tie_out,
)
from pipelines.reporting.passport_parts import (
    as_of,
    left_out_of_balances,
    left_out_of_lateness,
    plain,
    rows_left_out,
    terms_of,
)
from pipelines.reporting.passport_types import COUNT, DAYS, MONEY, MONEY_DAYS, SHARE, At, LeftOut, Passport, Term
from pipelines.reporting.queries import Connection, Scope


@dataclass(frozen=True)
class Figure:
    """How a figure's passport is made, and its formula over the terms."""

    make: Callable[[Connection, Scope, str, At], Passport]
    formula: Callable[[Mapping[str, Any]], Any]


# The balance at the as-of date.


def _balance(con: Connection, scope: Scope, figure: str, _: At) -> Passport:
    row = queries_balances.balances(con, scope)
    made = Passport(figure, row["as_of"], Term(figure, row[figure], MONEY))
    if figure == "outstanding":
        made = replace(made, terms=terms_of(row, not_due=MONEY, overdue=MONEY, unapplied=MONEY))
    else:
        aging = queries_buckets.aging(con, scope).to_dict("records")
        sign = -1 if figure == "unapplied" else 1
        orders = {"not_due": (0, 0), "overdue": (1, 98), "unapplied": (99, 99)}[figure]
        buckets = [each for each in aging if orders[0] <= each["bucket_order"] <= orders[1]]
        terms = [Term("bucket", sign * Decimal(str(each["open_base"])), MONEY, each["bucket"]) for each in buckets]
        made = replace(made, terms=tuple(terms))
    counted = queries_tie_out.tie_out(con, scope).amounts
    variants = [Term(f"counted_{measure}", amount, MONEY) for measure, amount in counted.items()]
    left_out = (*left_out_of_balances(figure, row), *rows_left_out(con, scope))
    return replace(made, variants=tuple(variants) if figure == "outstanding" else (), left_out=left_out)


def _overdue_ratio(con: Connection, scope: Scope, figure: str, at: At) -> Passport:
    if at.month_end:
        return passport_months.overdue_ratio(con, scope, figure, at)
    row = queries_balances.balances(con, scope)
    by_items = row["overdue_items"] / whole if (whole := row["open_items"] - row["unapplied_items"]) else None
    return Passport(
        figure,
        row["as_of"],
        Term(figure, row[figure], SHARE),
        terms_of(row, overdue=MONEY, not_due=MONEY),
        (Term("overdue_ratio", row[figure], SHARE), Term("overdue_ratio_items", by_items, SHARE)),
        (*left_out_of_balances(figure, row), *rows_left_out(con, scope)),
        missing="nothing_open" if row[figure] is None else None,
    )


def _customers(con: Connection, scope: Scope, figure: str, _: At) -> Passport:
    row = queries_balances.balances(con, scope)
    calm = row["customers"] - row["overdue_customers"]
    terms = (Term("customers", row["customers"], COUNT), Term("calm_customers", calm, COUNT))
    return Passport(figure, row["as_of"], Term(figure, row[figure], COUNT), terms)


def _likely_late(con: Connection, scope: Scope, figure: str, _: At) -> Passport:
    row, balance = queries_balances.likely_late(con, scope), queries_balances.balances(con, scope)
    left_out = (
        LeftOut("no_score", row["unscored_items"], row["unscored_base"]),
        LeftOut("overdue", balance["overdue_items"], balance["overdue"]),
        LeftOut("unapplied", balance["unapplied_items"], balance["unapplied"]),
    )
    terms = terms_of(row, late_base=MONEY, scored_base=MONEY)
    result = Term(figure, row["p_late_weighted"], SHARE)
    return Passport(
        figure,
        balance["as_of"],
        result,
        terms,
        left_out=tuple(each for each in left_out if each.rows),
        missing="nothing_scored" if result.value is None else None,
    )


# Lateness.


def _lateness(con: Connection, scope: Scope, figure: str, _: At) -> Passport:
    row = queries_lateness.lateness(con, scope)
    names = {
        "days_late": ("paid_days", "paid_base"),
        "days_late_with_open": ("paid_days", "overdue_days", "paid_base", "overdue_base"),
        "days_to_pay": ("terms_days", "paid_days", "paid_base"),
        "days_late_before": ("before_days", "before_base"),
    }
    units = {name: MONEY_DAYS if name.endswith("_days") else MONEY for name in names[figure]}
    return Passport(
        figure,
        as_of(con),
        Term(figure, plain(row.get(figure)), DAYS),
        terms_of(row, **units),
        terms_of(row, **dict.fromkeys(names, DAYS)),
        left_out_of_lateness(con, scope),
        missing=None if plain(row.get(figure)) is not None else "nothing_paid",
    )


def _at_risk(con: Connection, scope: Scope, figure: str, _: At) -> Passport:
    rows = queries_lateness.billing_cohorts(con, scope)
    rows = rows[rows["is_at_risk_age"] & rows["is_final"]].tail(1)
    if rows.empty:
        on = as_of(con)
        return Passport(figure, on, Term(figure, None, SHARE), missing="nothing_final")
    row = cast("dict[str, Any]", rows.iloc[0].to_dict())
    terms = terms_of(row, unpaid_base=MONEY, reached_base=MONEY)
    return Passport(figure, row["month_end"].date(), Term(figure, plain(row["share"]), SHARE), terms)


# Roll rates, provision and forecast.


def _roll_rate(con: Connection, scope: Scope, figure: str, at: At) -> Passport:
    rows, balance = queries_cash.roll_rates(con, scope, at.months), queries_balances.balances(con, scope)
    on = balance["as_of"]
    left_out = tuple(
        each for each in (LeftOut("unapplied", balance["unapplied_items"], balance["unapplied"]),) if each.rows
    )
    moves = rows[rows["from_bucket"] == at.bucket].to_dict("records")
    if not moves:
        return Passport(figure, on, Term(figure, None, SHARE), left_out=left_out, missing="nothing_stood")
    variants = tuple(Term("moved_to", each["rate"], SHARE, each["to_bucket"]) for each in moves)
    # What nothing moved to has no row.
    none = {"amount_base": 0.0, "balance_base": moves[0]["balance_base"], "rate": 0.0}
    move = next((each for each in moves if each["to_bucket"] == at.to_bucket), none)
    terms = terms_of(cast("dict[str, Any]", move), amount_base=MONEY, balance_base=MONEY)
    return Passport(figure, on, Term(figure, move["rate"], SHARE), terms, variants, left_out)


def _provision(con: Connection, scope: Scope, figure: str, at: At) -> Passport:
    rows = queries_cash.provision(con, scope, at.months, at.forward_looking, at.terminal_loss)
    known, unknown = rows.dropna(subset=["provision_base"]), rows[rows["provision_base"].isna()]
    terms = tuple(
        Term("bucket", Decimal(str(each["provision_base"])), MONEY, each["bucket"]) for each in known.to_dict("records")
    )
    balance = queries_balances.balances(con, scope)
    left_out = [LeftOut("no_rate", 0, Decimal(str(unknown["open_base"].sum())))] if len(unknown) else []
    left_out += [LeftOut("unapplied", balance["unapplied_items"], balance["unapplied"])]
    total = sum((each.value for each in terms), Decimal(0))
    return Passport(figure, balance["as_of"], Term(figure, total, MONEY), terms, left_out=tuple(left_out), steps=rows)


def _cash(con: Connection, scope: Scope, figure: str, _: At) -> Passport:
    whole, balance = queries_cash.cash_summary(con, scope), queries_balances.balances(con, scope)
    result = Term(figure, whole[f"{figure.removeprefix('cash_')}_base"], MONEY)
    terms: tuple[Term, ...]
    if figure == "cash_to_come":
        terms = (
            Term("cash_expected", whole["expected_base"], MONEY),
            Term("cash_later", whole["later_base"], MONEY),
        )
    elif figure == "cash_later":
        terms = (
            Term("cash_to_come", whole["to_come_base"], MONEY),
            Term("cash_expected", whole["expected_base"], MONEY),
        )
    else:
        weeks = queries_cash.cash_forecast(con, scope)
        weeks = weeks.head(queries_cash.SOON_WEEKS) if figure == "cash_soon" else weeks
        terms = tuple(
            Term("week", Decimal(str(each["expected_base"])), MONEY, str(each["week_no"]))
            for each in weeks.to_dict("records")
        )
    left_out = LeftOut("in_hand_money", balance["unapplied_items"], balance["unapplied"])
    return Passport(figure, balance["as_of"], result, terms, left_out=(left_out,) if left_out.rows else ())


def _bucket(con: Connection, scope: Scope, figure: str, at: At) -> Passport:
    """One aging bucket of any day: what was billed of its items less what was applied to them by then."""
    day = at.day or as_of(con)
    rows = queries_aging.aging_at(con, scope, day).to_dict("records")
    here = next((cast("dict[str, Any]", each) for each in rows if each["bucket"] == at.bucket), None)
    variants = tuple(Term("bucket", each["open_base"], MONEY, each["bucket"]) for each in rows)
    zero = {"billed_base": 0.0, "open_base": 0.0, "items": 0}
    row = here or zero
    row["applied_base"] = row["billed_base"] - row["open_base"]
    result = Term(figure, row["open_base"], MONEY, at.bucket)
    terms = terms_of(row, billed_base=MONEY, applied_base=MONEY)
    return Passport(figure, day, result, terms, variants, rows_left_out(con, scope))


def _total(terms: Mapping[str, Any]) -> Any:
    return sum(terms.values())


def _simple(terms: Mapping[str, Any]) -> Any:
    """Where nothing is owed, no days of sales are."""
    if terms["ar_end_base"] <= 0:
        return 0.0
    return terms["ar_end_base"] / terms["window_sales_base"] * terms["window_days"]


def _days_of_months(terms: Mapping[str, Any]) -> Any:
    return sum(value for name, value in terms.items() if name.startswith("days_of_month"))


FIGURES: dict[str, Figure] = {
    "outstanding": Figure(_balance, lambda t: t["not_due"] + t["overdue"] - t["unapplied"]),
    "not_due": Figure(_balance, _total),
    "overdue": Figure(_balance, _total),
    "unapplied": Figure(_balance, _total),
    "overdue_ratio": Figure(_overdue_ratio, lambda t: float(t["overdue"]) / float(t["overdue"] + t["not_due"])),
    "overdue_customers": Figure(_customers, lambda t: t["customers"] - t["calm_customers"]),
    "bucket": Figure(_bucket, lambda t: t["billed_base"] - t["applied_base"]),
    "dso_simple": Figure(passport_months.dso_simple, _simple),
    "dso_countback": Figure(passport_months.counted_back, _days_of_months),
    "dso_best_possible": Figure(passport_months.counted_back, _days_of_months),
    "add_days": Figure(passport_months.difference, lambda t: t["dso_countback"] - t["dso_best_possible"]),
    "cei": Figure(
        passport_months.cei,
        lambda t: (
            (t["opening_base"] + t["sales_base"] - t["ar_end_base"])
            / (t["opening_base"] + t["sales_base"] - t["current_end_base"])
            * 100
        ),
    ),
    "days_late": Figure(_lateness, lambda t: float(t["paid_days"]) / float(t["paid_base"])),
    "days_late_with_open": Figure(
        _lateness,
        lambda t: float(t["paid_days"] + t["overdue_days"]) / float(t["paid_base"] + t["overdue_base"]),
    ),
    "days_to_pay": Figure(_lateness, lambda t: float(t["terms_days"] + t["paid_days"]) / float(t["paid_base"])),
    "days_late_before": Figure(_lateness, lambda t: float(t["before_days"]) / float(t["before_base"])),
    "at_risk_rate": Figure(_at_risk, lambda t: t["unpaid_base"] / t["reached_base"]),
    "roll_rate": Figure(_roll_rate, lambda t: t["amount_base"] / t["balance_base"]),
    "provision": Figure(_provision, _total),
    "cash_to_come": Figure(_cash, _total),
    "cash_soon": Figure(_cash, _total),
    "cash_expected": Figure(_cash, _total),
    "cash_later": Figure(_cash, lambda t: t["cash_to_come"] - t["cash_expected"]),
    "p_late_weighted": Figure(_likely_late, lambda t: t["late_base"] / float(t["scored_base"])),
}
