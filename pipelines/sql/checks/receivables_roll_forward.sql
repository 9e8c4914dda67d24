-- Months in which an account's opening balance (closing - sales + collected + credited + written off) is not its closing
-- balance of the month before; in the first month kept it stands for all that was before.
with

-- Account and month are one number: to group by two takes half as long again. Months of 9,999 years have six digits.
changes as (

    select
        account_key * 1000000 + month_no as account_month,
        case kind when 'sale' then -amount_base else amount_base end as amount_base
    from int_movement_months

    union all

    select account_key * 1000000 + month_no as account_month, open_base as amount_base
    from int_aging_accounts

    union all

    select account_key * 1000000 + month_no + 1 as account_month, -open_base as amount_base
    from int_aging_accounts

),

differing as (

    select account_month, sum(amount_base) as difference_base
    from changes
    group by account_month
    having sum(amount_base) <> 0

),

broken as (

    select
        cast((account_month - account_month % 1000000) / 1000000 as bigint) as account_key,
        account_month % 1000000 as month_no,
        difference_base
    from differing

)

select
    months.month_end,
    accounts.entity_id,
    accounts.customer_id,
    broken.difference_base
from broken
inner join int_accounts as accounts on broken.account_key = accounts.account_key
inner join ref_months as months on broken.month_no = months.month_no
where broken.month_no > (select min(month_no) from ref_months)
