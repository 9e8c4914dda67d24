-- Grain: one row per receipt line and day on which its unapplied rest changes; negative = more money not yet applied.
-- Base amounts are at the rate of the day the money came in.
with

-- Whoever names one document in one instalment, in its currency and after its issue, is applied in full on the day the
-- money came in, unless more is directed there than is owed: such lines never stand unapplied.
doubtful_lines as (

    select line_key, customer_key, received_on, money_doc, currency, kind
    from int_receipt_lines
    where document_key is null
        or is_decided
        or spent_document_key is not null
        or document_instalments > 1
        or currency <> document_currency
        or document_issue_date > received_on
        or applied_on > received_on
        or document_key in (select instalment_key from int_contested_instalments)

),

applied as (

    select
        line_key,
        sum(amount_doc) as amount_doc,
        min(applied_on) as first_on,
        max(applied_on) as last_on
    from int_applications
    where line_key in (select line_key from doubtful_lines)
    group by line_key

),

unapplied_lines as (

    select
        lines.*,
        case when lines.currency = $base_currency then 1 else rates.rate_to_base end as rate
    from doubtful_lines as lines
    left join applied on lines.line_key = applied.line_key
    left join stg_fx_rates as rates
        on lines.currency = rates.currency
        and lines.received_on = rates.day
    where applied.line_key is null
        or applied.amount_doc <> lines.money_doc
        or applied.first_on <> lines.received_on
        or applied.last_on <> lines.received_on

),

changes as (

    select line_key, received_on as event_on, -money_doc as change_doc
    from unapplied_lines

    union all

    select applications.line_key, applications.applied_on as event_on, applications.amount_doc as change_doc
    from int_applications as applications
    inner join unapplied_lines on applications.line_key = unapplied_lines.line_key

),

by_day as (

    select line_key, event_on, sum(change_doc) as change_doc
    from changes
    group by line_key, event_on
    having sum(change_doc) <> 0

),

running as (

    select
        *,
        sum(change_doc) over (
            partition by line_key order by event_on rows between unbounded preceding and current row
        ) as balance_doc
    from by_day

),

final as (

    select
        lines.line_key,
        lines.customer_key,
        accounts.account_key,
        lines.currency,
        lines.kind,
        running.event_on,
        cast(running.change_doc as decimal(18, 4)) as change_doc,
        cast(
            round(running.balance_doc * lines.rate, 4)
            - round((running.balance_doc - running.change_doc) * lines.rate, 4)
            as decimal(18, 4)
        ) as change_base
    from running
    inner join unapplied_lines as lines on running.line_key = lines.line_key
    inner join int_accounts as accounts
        on lines.customer_key = accounts.customer_key
        and accounts.is_customers_own

)

select * from final
