-- One row per instalment of the book of open items: how will it be paid, asked once day $day - 1 has closed.
select
    items.item_key,
    items.customer_key,
    $day as day
from fct_open_items as open_items
inner join risk_items as items
    on items.entity_id = open_items.entity_id
    and items.invoice_id = open_items.invoice_id
    and items.instalment_no = open_items.instalment_no
where open_items.open_doc > 0
