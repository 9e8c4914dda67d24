-- Grain: one row per imported row of receipts that the touched customers' figures are made from.
select *
from upd_named_receipts

union all

select receipts.*
from raw_receipts as receipts
where receipts.line_no in (select line_no from upd_places where kind = 'receipts')
    and exists (
        select 1
        from upd_places as places
        where places.kind = 'receipts'
            and places.import_id = receipts.import_id
            and places.line_no = receipts.line_no
    )
