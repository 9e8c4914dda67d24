-- Grain: one row per customer and day on which its money came in, in the two years up to the as-of date: int_pay_days.
-- Only some of a customer's lines may be computed again. The others never stood unapplied, so what was applied of them
-- was applied in full, on the day the money came in.
with

lines as (

    select customer_key, received_on, amount_doc
    from int_receipt_lines
    where kind = 'payment'
        and customer_key is not null

    union all

    select accounts.customer_key, applications.applied_on as received_on, applications.amount_doc
    from int_applications as applications
    inner join int_accounts as accounts on applications.account_key = accounts.account_key
    where applications.kind = 'payment'
        and applications.line_key > 0
        and not exists (select 1 from int_receipt_lines as lines where lines.line_key = applications.line_key)

)

select
    customer_key,
    received_on,
    sum(amount_doc) as amount_doc
from lines
where amount_doc > 0
    and received_on > cast($as_of as date) - 730
group by customer_key, received_on
