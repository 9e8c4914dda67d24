-- Instalments that stand in the invoices more than once.
select
    entity_id,
    invoice_id,
    instalment_no,
    count(*) as times
from int_instalments
group by entity_id, invoice_id, instalment_no
having count(*) > 1
