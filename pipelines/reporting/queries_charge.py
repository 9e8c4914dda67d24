"""The charge for overdue money (回款考核) and its calibrator: what each rep would pay, what was left out and why."""

import datetime as dt

import pandas as pd

from pipelines.collecting.blockers import Fault
from pipelines.reporting.queries import Connection, Scope, _frame

RATE = 0.0001  # per day, of what is open past its due date
COMMISSION = 0.03  # of what was collected


def rep_charges(
    con: Connection,
    scope: Scope,
    rate: float = RATE,
    grace_days: int = 0,
    since: dt.date | None = None,
    our_fault: tuple[Fault, ...] = (),
) -> pd.DataFrame:
    """Per rep: rep, amount_days, charge_base, disputed_days, assumed_days, our_fault_days, collected_base.

    The charge is rate × the open amount of each day after due date + grace, and after `since` if given, up to the
    as-of date. The `_days` columns are amount-days left out: disputed items, assumed due dates, and the days that are
    our fault, by `blockers.our_faults`: of an invoice up to the day it was put right, or all where it was not.
    collected_base is what was paid on the rep's invoices in the same time.
    """
    condition, values = scope.where("accounts")
    rows = ", ".join(["(cast(? as varchar), cast(? as varchar), cast(? as date))"] * max(len(our_fault), 1))
    faults = [part for fault in our_fault for part in fault] or [None, None, None]
    return _frame(
        con,
        f"""
        with period as (
            select as_of, cast(? as integer) as grace_days, cast(coalesce(?, date '0001-01-01') as date) as since
            from build_info
        ),
        faults as (
            select instalments.instalment_key, max(coalesce(given.until_on, date '9999-12-31')) as until_on
            from (values {rows}) as given(entity_id, invoice_id, until_on)
            inner join int_instalments as instalments using (entity_id, invoice_id)
            group by instalments.instalment_key
        ),
        disputes as (select instalment_key from int_instalments where disputed),
        -- What was closed before the time in question was open on none of its days.
        invoices as (
            select
                invoices.instalment_key,
                invoices.account_key,
                invoices.amount_base,
                greatest(invoices.due_date + period.grace_days, period.since) as start_on,
                greatest(invoices.due_date + period.grace_days, period.since, least(period.as_of, faults.until_on))
                    as fault_until,
                faults.until_on is not null as is_faulty,
                period.as_of,
                period.since,
                case
                    when disputes.instalment_key is not null then 'disputed'
                    when invoices.is_assumed then 'assumed'
                    else 'charged'
                end as counts_as
            from int_instalment_balances as invoices
            inner join int_accounts as accounts on invoices.account_key = accounts.account_key
            cross join period
            left join faults on invoices.instalment_key = faults.instalment_key
            left join disputes on invoices.instalment_key = disputes.instalment_key
            where invoices.amount_doc > 0 and (invoices.closed_on is null or invoices.closed_on > period.since)
                and {condition}
        ),
        -- The days of an invoice in a row: those that are our fault, then the others.
        stretches as (
            select instalment_key, account_key, amount_base, 'our_fault' as counts_as, start_on,
                fault_until as end_on, since
            from invoices
            where is_faulty
            union all
            select instalment_key, account_key, amount_base, counts_as,
                case when is_faulty then fault_until else start_on end, as_of, since
            from invoices
        ),
        items as (
            select account_key, counts_as, amount_base * greatest(end_on - start_on, 0) as amount_days,
                0 as collected_base
            from stretches
            union all
            select
                stretches.account_key,
                stretches.counts_as,
                -applications.amount_base * greatest(
                    stretches.end_on - greatest(applications.applied_on - 1, stretches.start_on), 0
                ),
                -- What came in is counted once, with the stretch that every invoice has.
                case
                    when applications.kind = 'payment' and applications.applied_on > stretches.since
                        and stretches.counts_as <> 'our_fault' then applications.amount_base
                    else 0
                end
            from int_applications as applications
            inner join stretches on applications.instalment_key = stretches.instalment_key
        ),
        by_account as (
            select account_key, counts_as, sum(amount_days) as amount_days, sum(collected_base) as collected_base
            from items
            group by account_key, counts_as
        )
        select
            accounts.rep,
            coalesce(sum(amount_days) filter (counts_as = 'charged'), 0) as amount_days,
            cast(coalesce(sum(amount_days) filter (counts_as = 'charged'), 0) as double) * ? as charge_base,
            coalesce(sum(amount_days) filter (counts_as = 'disputed'), 0) as disputed_days,
            coalesce(sum(amount_days) filter (counts_as = 'assumed'), 0) as assumed_days,
            coalesce(sum(amount_days) filter (counts_as = 'our_fault'), 0) as our_fault_days,
            sum(collected_base) as collected_base
        from by_account
        inner join int_accounts as accounts on by_account.account_key = accounts.account_key
        group by accounts.rep
        order by charge_base desc, rep
        """,
        [grace_days, since, *faults, *values, rate],
    )


def calibrated(
    con: Connection,
    scope: Scope,
    rate: float = RATE,
    grace_days: int = 0,
    cap_share: float | None = None,
    commission: float = COMMISSION,
    our_fault: tuple[Fault, ...] = (),
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
