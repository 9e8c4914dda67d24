-- Grain: one row per account with documents known from open-items lists alone: their paid invoices are unknown.
select
    instalments.account_key,
    count(*) as documents
from int_instalments as instalments
inner join raw_imports as imports on instalments.import_no = imports.import_no
where imports.ledger = 'open_items'
group by instalments.account_key
