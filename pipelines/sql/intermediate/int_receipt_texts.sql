-- Grain: one row per receipt line with what a reader wants to see of it.
select
    line_key,
    receipt_id,
    paid_on,
    method,
    reference,
    invoice_id is not null as states_invoice
from stg_receipts
