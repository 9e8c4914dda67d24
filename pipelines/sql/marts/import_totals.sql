-- Grain: one currency of an import with amounts; one more row where a total is stated of several added up.
-- The currency is empty of rows that name none, and of several added up, which is an amount of none of them.
select
    imports.import_no,
    imports.import_id,
    totals.currency,
    totals.is_added_up,
    totals.accepted_total,
    totals.control_total,
    totals.accepted_total - totals.control_total as difference_doc
from raw_import_totals as totals
inner join raw_imports as imports on totals.import_no = imports.import_no
order by imports.import_no, totals.is_added_up, totals.currency
