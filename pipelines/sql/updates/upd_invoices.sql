-- Grain: one row per imported row of invoices that the touched customers' figures are made from.
select *
from upd_named_invoices

union all

select invoices.*
from raw_invoices as invoices
where invoices.line_no in (select line_no from upd_places where kind = 'invoices')
    and exists (
        select 1
        from upd_places as places
        where places.kind = 'invoices'
            and places.import_id = invoices.import_id
            and places.line_no = invoices.line_no
    )
