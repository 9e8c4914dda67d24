-- Grain: one row per customer and day on which its money came in, in the two years up to the as-of date.
select
    customer_key,
    received_on,
    sum(amount_doc) as amount_doc
from int_receipt_lines
where kind = 'payment'
    and amount_doc > 0
    and received_on > cast($as_of as date) - 730
    and customer_key is not null
group by customer_key, received_on
