-- Imports whose rows read are not the rows accepted plus the rows set aside, or whose rejected rows are not all here.
with

kept as (

    select import_id, count(*) as rows_kept
    from rejected_rows
    group by import_id

)

select
    imports.import_id,
    imports.file_name,
    imports.rows_read,
    imports.rows_accepted,
    imports.rows_rejected,
    coalesce(kept.rows_kept, 0) as rejected_rows_kept
from imports
left join kept on imports.import_id = kept.import_id
where imports.rows_read <> imports.rows_accepted + imports.rows_rejected
    or imports.rows_rejected <> coalesce(kept.rows_kept, 0)
