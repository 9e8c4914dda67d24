-- One row per instalment that can be paid late (invoices and debit notes of a positive amount) issued up to $known.
-- A due date that was assumed, or a list of open items without its paid ones, cannot say who pays late: not labelled.
-- $per_mille thins the book by whole customers, always the same ones, so that training on a huge book stays quick.
-- Days count from 2000-01-01; cents are base currency, whole numbers kept as DOUBLE, in which they add up exactly.
select
    instalments.instalment_key as item_key,
    instalments.customer_key,
    date_diff('day', date '2000-01-01', instalments.issue_date) as issue_day,
    date_diff('day', date '2000-01-01', instalments.due_date) as due_day,
    case when instalments.due_basis = 'assumed' or imports.ledger = 'open_items' then 0 else 1 end as is_labelled,
    instalments.amount_doc,
    cast(round(instalments.amount_base * 100, 0) as double) as cents
from int_instalments as instalments
inner join imports on imports.import_no = instalments.import_no
where instalments.doc_type in ('invoice', 'debit_note')
    and instalments.amount_doc >= 0.01
    and instalments.issue_date <= $known
    and instalments.customer_key * 7919 % 1000 < $per_mille
