-- Grain: one row per payment of a ledger that is matched with nothing by the as-of date: its ledger states on which days
-- payments were matched, and for this one none, or one after that date.
select imports.import_no * 10000000000 + payments.line_no as line_key
from raw_payments as payments
inner join raw_imports as imports on payments.import_id = imports.import_id
where coalesce(payments.settled_date, date '9999-12-31') > $as_of
    and payments.import_id in (select import_id from raw_payments where settled_date is not null)
