-- Grain: one row set aside at import, with where it stood, the value that could not be taken and the reason.
select
    import_id,
    file_name,
    line_no,
    column_name,
    value,
    reason,
    raw
from raw_rejected_rows
order by import_id, line_no
