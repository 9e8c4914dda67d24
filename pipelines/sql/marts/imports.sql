-- Grain: one import that this build was made from; `sheets` are those read together as one list (JSON).
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
    accepted_total,
    control_total,
    imported_at,
    retracted_at
from raw_imports
order by import_no
