-- Months in which an account's opening balance (closing - sales + collected + credited + written off) is not its closing
-- balance of the month before, and balances that the next month does not know at all.
with

balances as (

    select
        account_key,
        month_no,
        overdue_end_base + current_end_base - unapplied_end_base as ar_end_base,
        overdue_end_base + current_end_base - unapplied_end_base
        - sales_base + collected_base + credited_base + written_off_base as opening_base
    from int_receivables_months

),

in_order as (

    select
        *,
        lag(ar_end_base) over account as previous_end_base,
        lead(month_no) over account as next_month
    from balances
    window account as (partition by account_key order by month_no)

)

select
    months.month_end,
    accounts.entity_id,
    accounts.customer_id,
    in_order.previous_end_base,
    in_order.opening_base,
    in_order.ar_end_base
from in_order
inner join int_accounts as accounts on in_order.account_key = accounts.account_key
inner join ref_months as months on in_order.month_no = months.month_no
where in_order.opening_base <> in_order.previous_end_base
    or (
        in_order.ar_end_base <> 0
        and coalesce(in_order.next_month, 0) <> in_order.month_no + 1
        and in_order.month_no < (select max(month_no) from ref_months)
    )
