-- Grain: one import that this build was made from; `sheets` are those read together as one list (JSON).
-- Amounts of several `currencies` are no total: `import_totals` has each, here they are empty.
select
    import_no,
    import_id,
    source,
    kind,
    ledger,
    file_name,
    sheets,
    as_of,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_set_aside,
    currencies,
    case when currencies = 1 then accepted_total end as accepted_total,
    case when currencies = 1 then control_total end as control_total,
    imported_at,
    retracted_at
from raw_imports
order by import_no
