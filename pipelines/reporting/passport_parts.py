"""Parts of a figure's passport: the walk of the countback, and what is left out of a figure, with counts."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from pipelines.reporting.passport_types import LeftOut, Term
from pipelines.reporting.queries import Connection, Scope, _frame, _row

WALK = ("month_end", "month_sales_base", "month_days", "used_base", "days_counted", "left_base")


def plain(value: Any) -> Any:
    """A number as a query gave it; NaN and NaT are None."""
    return None if value is None or pd.isna(value) else value


def terms_of(row: Mapping[str, Any], **units: str) -> tuple[Term, ...]:
    """The terms of these names with their units, as a row of a query has them."""
    return tuple(Term(name, plain(row.get(name)), unit) for name, unit in units.items())


def countback(months: pd.DataFrame, month_end: dt.date, balance: float) -> pd.DataFrame:
    """The walk of the countback from `month_end` back, a row a month, newest first, with the columns of WALK.

    `months` are the rows of `queries_dso.receivables_trend`; a month without a row sold nothing. A balance that
    outlives the months leaves something in the last left_base.
    """
    net = {
        row["month_end"].to_period("M"): row["sales_base"] - row["credited_base"] for row in months.to_dict("records")
    }
    steps, left, month = [], float(balance), pd.Period(month_end, "M")
    first = min(net, default=month)
    while left > 0 and month >= first:
        sales = net.get(month, 0.0)
        used = min(max(sales, 0.0), left)
        counted = month.days_in_month * (left / sales if sales > 0 and left < sales else 1.0)
        left = 0.0 if sales >= left else left - used
        steps.append(
            {
                "month_end": month.end_time.date(),
                "month_sales_base": sales,
                "month_days": month.days_in_month,
                "used_base": used,
                "days_counted": counted,
                "left_base": left,
            }
        )
        month -= 1
    return pd.DataFrame(steps, columns=WALK)


def as_of(con: Connection) -> dt.date:
    """The as-of date of the build."""
    found: dt.date = _row(con, "select as_of from build_info")["as_of"]
    return found


def rows_left_out(con: Connection, scope: Scope) -> tuple[LeftOut, ...]:
    """Rows of the exports that count in no figure, by reason; those of no customer only where nothing is limited."""
    condition, values = scope.where("owners")
    inner = (
        f"""
        inner join dim_customers as owners
            on left_out.entity_id = owners.entity_id and left_out.customer_id = owners.customer_id
        where {condition}
        """
        if scope.limits()
        else ""
    )
    found = _frame(
        con,
        f"""
        select left_out.reason, sum(left_out.items) as items
        from fct_left_out as left_out
        {inner}
        group by left_out.reason
        order by left_out.reason
        """,
        values,
    )
    rows = [LeftOut(row["reason"], int(row["items"])) for row in found.to_dict("records")]
    if not scope.limits():
        aside = _row(
            con,
            "select coalesce(sum(rows_rejected - rows_set_aside), 0) as rejected, "
            "coalesce(sum(rows_set_aside), 0) as aside from imports where kind in ('invoices', 'receipts')",
        )
        rows += [LeftOut("rejected", int(aside["rejected"])), LeftOut("set_aside", int(aside["aside"]))]
    return tuple(row for row in rows if row.rows)


def left_out_of_balances(figure: str, row: Mapping[str, Any]) -> tuple[LeftOut, ...]:
    """What stands in the balance but not in the figure."""
    names = {"not_due": ("overdue", "unapplied"), "overdue": ("not_due", "unapplied"), "overdue_ratio": ("unapplied",)}
    not_due_items = row["open_items"] - row["overdue_items"] - row["unapplied_items"]
    counts = {"overdue": row["overdue_items"], "unapplied": row["unapplied_items"], "not_due": not_due_items}
    return tuple(LeftOut(name, counts[name], row[name]) for name in names.get(figure, ()) if counts[name])


def left_out_of_lateness(con: Connection, scope: Scope) -> tuple[LeftOut, ...]:
    """What was applied in the twelve months up to the as-of date and is no payment that can be late."""
    condition, values = scope.where("accounts")
    found = _frame(
        con,
        f"""
        select
            case
                when applied.kind <> 'payment' then 'not_a_payment'
                when applied.due_date is null then 'on_credit_note'
                else 'due_date_assumed'
            end as reason,
            count(*) as items,
            sum(applied.amount_base) as amount_base
        from int_applications as applied
        inner join int_accounts as accounts using (account_key)
        where applied.received_on > (select as_of - 365 from build_info)
            and (applied.kind <> 'payment' or applied.due_date is null or applied.is_assumed)
            and {condition}
        group by 1
        order by 1
        """,
        values,
    )
    return tuple(
        LeftOut(row["reason"], int(row["items"]), Decimal(str(row["amount_base"]))) for row in found.to_dict("records")
    )
