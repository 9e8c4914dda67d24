-- Grain: one import that this build was made from.
select
    import_no,
    import_id,
    source,
    kind,
    ledger,
    file_name,
    as_of,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_set_aside,
    accepted_total,
    control_total,
    imported_at,
    retracted_at
from raw_imports
order by import_no
