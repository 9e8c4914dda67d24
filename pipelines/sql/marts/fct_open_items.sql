-- Grain: one row per instalment open at the as-of date, plus one per receipt line with money not yet applied.
-- Unapplied money and open credit notes are negative and stand in the bucket unapplied.
with

unapplied as (

    select
        line_key,
        account_key,
        currency,
        sum(change_doc) as open_doc,
        sum(change_base) as open_base
    from int_unapplied_events
    group by line_key, account_key, currency
    having abs(sum(change_doc)) >= 0.01

),

items as (

    select
        instalments.account_key,
        instalments.invoice_id,
        instalments.instalment_no,
        instalments.doc_type,
        instalments.issue_date,
        instalments.due_date,
        instalments.due_basis,
        instalments.currency,
        balances.open_doc,
        balances.open_base,
        instalments.amount_doc,
        instalments.disputed,
        instalments.customer_key,
        instalments.instalment_key as item_key
    from int_instalments as instalments
    inner join int_instalment_balances as balances on instalments.instalment_key = balances.instalment_key
    where abs(balances.open_doc) >= 0.01

    union all

    select
        unapplied.account_key,
        coalesce(texts.receipt_id, 'line ' || cast(lines.line_key % 10000000000 as varchar)) as invoice_id,
        1 as instalment_no,
        'receipt' as doc_type,
        lines.received_on as issue_date,
        cast(null as date) as due_date,
        cast(null as varchar) as due_basis,
        unapplied.currency,
        unapplied.open_doc,
        unapplied.open_base,
        -lines.money_doc as amount_doc,
        false as disputed,
        lines.customer_key,
        -lines.line_key as item_key
    from unapplied
    inner join int_receipt_lines as lines on unapplied.line_key = lines.line_key
    inner join int_receipt_texts as texts on unapplied.line_key = texts.line_key

),

aged as (

    select
        items.*,
        case
            when items.amount_doc > 0 and items.doc_type <> 'receipt'
                then date_diff('day', items.due_date, cast($as_of as date))
        end as days_past_due,
        date_diff('day', items.issue_date, cast($as_of as date)) as ledger_age_days
    from items

),

final as (

    select
        cast($as_of as date) as as_of,
        accounts.entity_id,
        accounts.customer_id,
        accounts.rep,
        accounts.region,
        aged.invoice_id,
        aged.instalment_no,
        aged.doc_type,
        aged.issue_date,
        aged.due_date,
        aged.due_basis,
        aged.currency,
        cast(aged.open_doc as decimal(18, 4)) as open_doc,
        cast(aged.open_base as decimal(18, 4)) as open_base,
        cast(aged.days_past_due as integer) as days_past_due,
        days.bucket,
        days.bucket_order,
        cast(aged.ledger_age_days as integer) as ledger_age_days,
        aged.disputed,
        aged.customer_key,
        aged.account_key,
        aged.item_key
    from aged
    inner join int_accounts as accounts on aged.account_key = accounts.account_key
    inner join ref_bucket_days as days
        on case
            when aged.days_past_due is null then -1
            else least(greatest(aged.days_past_due, 0), $open_ended_from)
        end = days.days_past_due
    order by aged.customer_key, aged.item_key

)

select * from final
