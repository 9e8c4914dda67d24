-- One row per instalment of the book of open items: how will it be paid, asked once day $day - 1 has closed.
select
    items.item_key,
    items.customer_key,
    $day as day
from fct_open_items as open_items
inner join risk_outcomes as items on items.item_key = open_items.item_key
where open_items.open_doc > 0
