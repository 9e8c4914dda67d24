-- Aged summaries whose balances by customer and bucket do not add up to what was accepted at import.
with

by_summary as (

    select import_id, sum(open_doc) as open_doc
    from fct_aged_summary
    group by import_id

)

select
    imports.import_id,
    imports.file_name,
    imports.accepted_total,
    by_summary.open_doc
from by_summary
inner join imports on by_summary.import_id = imports.import_id
where by_summary.open_doc <> imports.accepted_total
