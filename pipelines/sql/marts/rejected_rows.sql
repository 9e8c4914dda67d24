-- Grain: one row set aside at import, with where it stood, the value that could not be taken and the reason.
-- `sheet` is only set where several sheets of a workbook were read together; lines count in each of them.
select
    import_id,
    file_name,
    sheet,
    line_no,
    column_name,
    value,
    reason,
    raw
from raw_rejected_rows
order by import_id, sheet, line_no
