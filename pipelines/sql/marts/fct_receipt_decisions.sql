-- Grain: one row per receipt line whose money a person directed, as this build applied it.
select
    decided.line_key,
    decisions.entity_id,
    decisions.import_id,
    decisions.line_no,
    decisions.receipt_id,
    decisions.paid_on,
    decisions.amount,
    decisions.decided_by,
    decisions.decided_at,
    decisions.note,
    decisions.decision_id
from int_decided_lines as decided
inner join raw_decisions as decisions on decided.decision_id = decisions.decision_id
order by decided.line_key
