-- Grain: one row per account with documents known from open-items lists alone: their paid invoices are unknown.
select
    account_key,
    count(*) as documents
from int_instalments
where ledger = 'open_items'
group by account_key
