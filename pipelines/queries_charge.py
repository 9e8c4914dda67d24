"""The charge for overdue money (回款考核) and its calibrator: what each rep would pay, what was left out and why."""

import datetime as dt

import pandas as pd

from pipelines.queries import Connection, Scope, _frame

RATE = 0.0001  # per day, of what is open past its due date
COMMISSION = 0.03  # of what was collected


def rep_charges(
    con: Connection,
    scope: Scope,
    rate: float = RATE,
    grace_days: int = 0,
    since: dt.date | None = None,
    our_fault: tuple[tuple[str, str], ...] = (),
) -> pd.DataFrame:
    """Per rep: rep, amount_days, charge_base, disputed_days, assumed_days, our_fault_days, collected_base.

    The charge is rate × the open amount of each day after due date + grace, and after `since` if given, up to the
    as-of date. The `_days` columns are amount-days left out: disputed items, assumed due dates, and the invoices
    (entity_id, invoice_id) of `our_fault`. collected_base is what was paid on the rep's invoices in the same time.
    """
    condition, values = scope.where("invoices")
    faults = ", ".join(["(?, ?)"] * len(our_fault))
    is_ours = f"(invoices.entity_id, invoices.invoice_id) in ({faults})" if our_fault else "false"
    return _frame(
        con,
        f"""
        with period as (
            select as_of, cast(? as integer) as grace_days, cast(coalesce(?, date '0001-01-01') as date) as since
            from build_info
        ),
        invoices as (
            select
                invoices.instalment_key,
                invoices.rep,
                invoices.amount_base,
                greatest(invoices.due_date + period.grace_days, period.since) as start_on,
                period.as_of,
                period.since,
                case
                    when {is_ours} then 'our_fault'
                    when invoices.disputed then 'disputed'
                    when invoices.due_basis = 'assumed' then 'assumed'
                    else 'charged'
                end as counts_as
            from fct_invoices as invoices
            cross join period
            where {condition} and invoices.amount_doc > 0
        ),
        applied as (
            select
                invoices.instalment_key,
                sum(applications.amount_base * greatest(
                    invoices.as_of - greatest(applications.applied_on - 1, invoices.start_on), 0
                )) as paid_days,
                coalesce(sum(applications.amount_base) filter (
                    applications.kind = 'payment' and applications.applied_on > invoices.since
                ), 0) as collected_base
            from fct_applications as applications
            inner join invoices using (instalment_key)
            group by invoices.instalment_key
        ),
        items as (
            select
                invoices.rep,
                invoices.counts_as,
                coalesce(applied.collected_base, 0) as collected_base,
                invoices.amount_base * greatest(invoices.as_of - invoices.start_on, 0) - coalesce(applied.paid_days, 0)
                    as amount_days
            from invoices
            left join applied using (instalment_key)
        )
        select
            rep,
            coalesce(sum(amount_days) filter (counts_as = 'charged'), 0) as amount_days,
            cast(coalesce(sum(amount_days) filter (counts_as = 'charged'), 0) as double) * ? as charge_base,
            coalesce(sum(amount_days) filter (counts_as = 'disputed'), 0) as disputed_days,
            coalesce(sum(amount_days) filter (counts_as = 'assumed'), 0) as assumed_days,
            coalesce(sum(amount_days) filter (counts_as = 'our_fault'), 0) as our_fault_days,
            sum(collected_base) as collected_base
        from items
        group by rep
        order by charge_base desc, rep
        """,
        [grace_days, since, *(part for pair in our_fault for part in pair), *values, rate],
    )


def calibrated(
    con: Connection,
    scope: Scope,
    rate: float = RATE,
    grace_days: int = 0,
    cap_share: float | None = None,
    commission: float = COMMISSION,
    our_fault: tuple[tuple[str, str], ...] = (),
) -> pd.DataFrame:
    """The last year replayed: `rep_charges` with commission_base, kept_base and the charge cut at `cap_share` of it."""
    as_of = con.cursor().execute("select as_of from build_info").fetchall()[0][0]
    found = rep_charges(con, scope, rate, grace_days, as_of - dt.timedelta(days=365), our_fault)
    found["commission_base"] = found["collected_base"] * commission
    if cap_share is not None:
        found["charge_base"] = found["charge_base"].clip(upper=found["commission_base"] * cap_share)
    found["kept_base"] = found["commission_base"] - found["charge_base"]
    return found


def break_even_days(rate: float = RATE, commission: float = COMMISSION) -> float | None:
    """Overdue days after which the charge has eaten the commission on the same money; None where nothing is charged."""
    return commission / rate if rate > 0 else None


def rate_for(days: int, commission: float = COMMISSION) -> float:
    """The daily rate that eats the commission in this many overdue days."""
    return commission / days


def blocked_amounts(con: Connection, scope: Scope) -> pd.DataFrame:
    """Overdue invoices: entity_id, customer_id, invoice_id, overdue_base, amount_days (open amount × days overdue)."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select entity_id, customer_id, invoice_id, sum(open_base) as overdue_base,
            sum(open_base * days_past_due) as amount_days
        from fct_open_items
        where days_past_due > 0 and {condition}
        group by entity_id, customer_id, invoice_id
        """,
        values,
    )
