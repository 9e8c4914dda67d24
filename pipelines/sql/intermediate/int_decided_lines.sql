-- Grain: one row per receipt line whose money a person directed, with the decision that holds.
-- A line that states its invoice itself is not a person's to redirect. Where a later export holds the receipt again, the
-- decision is found by the receipt's number, day and amount.
with

unstated as (

    select line_key, entity_id, receipt_id, paid_on, amount
    from stg_receipts
    where invoice_id is null and amount > 0

),

by_place as (

    select decisions.decision_id, unstated.line_key
    from raw_decisions as decisions
    inner join raw_imports as imports on decisions.import_id = imports.import_id
    inner join unstated on imports.import_no * 10000000000 + decisions.line_no = unstated.line_key

),

by_number as (

    select decisions.decision_id, min(unstated.line_key) as line_key
    from raw_decisions as decisions
    inner join unstated
        on decisions.entity_id = unstated.entity_id
        and decisions.receipt_id = unstated.receipt_id
        and decisions.paid_on = unstated.paid_on
        and decisions.amount = unstated.amount
    where not exists (select 1 from by_place where by_place.decision_id = decisions.decision_id)
    group by decisions.decision_id

),

final as (

    select line_key, max(decision_id) as decision_id
    from (
        select line_key, decision_id from by_place
        union all
        select line_key, decision_id from by_number
    ) as found
    group by line_key

)

select * from final
