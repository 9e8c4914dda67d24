-- Grain: one row per document, by entity and number, among the imported invoice rows that bear a number the new exports
-- name: the first and the last of the customers it is said to belong to.
-- is_doubtful: 1 where it is no plain invoice, or where what an earlier row says and its new one does not is said no more.
select
    coalesce(entity_id, $default_entity) as entity_id,
    invoice_id as number,
    min(customer_id) as customer_id,
    max(customer_id) as other_id,
    case
        when min(amount) <= 0
            or max(issue_date) > $as_of
            or count(case when doc_type in ('credit_note', 'prepayment') or status in ('void', 'draft') then 1 end) > 0
            or count(rep) not in (0, count(*))
            or count(region) not in (0, count(*))
            or count(customer_name) not in (0, count(*))
            or count(tax_id) not in (0, count(*))
            then 1
        else 0
    end as is_doubtful
from upd_named_invoices
group by coalesce(entity_id, $default_entity), invoice_id
