-- Grain: one row per receipt line that names no invoice and instalment it is applied to: what is left of it beside the
-- settlements that the invoice exports tell. First the one instalment of exactly that amount, then the customer's oldest
-- documents. Where ledgers state what is open of all that a customer owes, money until their day is in it, and what is
-- left of it stays on account.
with

settled as (

    select line_key, sum(amount_doc) as amount_doc
    from int_settled_applications
    where rule = 'settled'
    group by line_key

),

unsettled as (

    select
        lines.line_key,
        lines.receipt_id,
        lines.customer_key,
        lines.currency,
        lines.received_on,
        lines.available_on,
        cast(lines.amount_doc - coalesce(settled.amount_doc, 0) as decimal(18, 4)) as amount_doc,
        lines.kind
    from int_free_lines as lines
    left join settled on lines.line_key = settled.line_key
    where lines.amount_doc <> coalesce(settled.amount_doc, 0)

),

payers as (

    select distinct customer_key, currency
    from unsettled

),

debts as (

    select
        instalments.instalment_key,
        instalments.customer_key,
        instalments.currency,
        instalments.issue_date,
        instalments.due_date,
        instalments.invoice_id,
        instalments.instalment_no,
        instalments.amount_doc,
        instalments.open_amount,
        instalments.import_no
    from int_instalments as instalments
    inner join payers
        on instalments.customer_key = payers.customer_key
        and instalments.currency = payers.currency
    where instalments.amount_doc > 0

),

stated as (

    select
        debts.customer_key,
        debts.currency,
        min(coalesce(ledgers.day, imports.as_of)) as day
    from debts
    inner join raw_imports as imports on debts.import_no = imports.import_no
    left join int_ledger_days as ledgers on debts.import_no = ledgers.import_no
    group by debts.customer_key, debts.currency
    having min(
        case when imports.ledger = 'open_items' or debts.open_amount is null then 0 else 1 end
    ) = 1

),

lines as (

    select unsettled.*
    from unsettled
    left join stated
        on unsettled.customer_key = stated.customer_key
        and unsettled.currency = stated.currency
    where stated.day is null
        or unsettled.available_on > stated.day

),

paid as (

    select instalment_key, sum(amount_doc) as amount_doc
    from (
        select instalment_key, amount_doc
        from int_targeted_applications
        union all
        select instalment_key, amount_doc
        from int_spread_applications
    ) as directed
    where instalment_key in (select instalment_key from debts)
    group by instalment_key

),

owed as (

    select
        debts.instalment_key,
        debts.customer_key,
        debts.currency,
        row_number() over (
            partition by debts.customer_key, debts.currency
            order by debts.issue_date, debts.due_date, debts.invoice_id, debts.instalment_no
        ) as place_by_age,
        debts.issue_date,
        cast(debts.amount_doc - coalesce(paid.amount_doc, 0) as decimal(18, 4)) as owed_doc
    from debts
    left join paid on debts.instalment_key = paid.instalment_key
    where debts.amount_doc > coalesce(paid.amount_doc, 0)

),

-- The n-th receipt of an amount meets the n-th instalment of that amount.
exact as (

    select
        numbered_lines.line_key,
        numbered_owed.instalment_key,
        numbered_lines.available_on as applied_on,
        numbered_lines.received_on,
        numbered_lines.kind,
        numbered_lines.amount_doc
    from (
        select
            *,
            row_number() over (
                partition by customer_key, currency, amount_doc
                order by available_on, received_on, kind, receipt_id, line_key
            ) as place
        from lines
    ) as numbered_lines
    inner join (
        select
            *,
            row_number() over (partition by customer_key, currency, owed_doc order by place_by_age) as place
        from owed
    ) as numbered_owed
        on numbered_lines.customer_key = numbered_owed.customer_key
        and numbered_lines.currency = numbered_owed.currency
        and numbered_lines.amount_doc = numbered_owed.owed_doc
        and numbered_lines.place = numbered_owed.place
    where numbered_owed.issue_date <= numbered_lines.available_on

),

lines_in_a_row as (

    select
        lines.*,
        sum(lines.amount_doc) over (
            partition by lines.customer_key, lines.currency
            order by
                lines.available_on, lines.received_on, lines.amount_doc desc, lines.kind, lines.receipt_id, lines.line_key
            rows between unbounded preceding and current row
        ) as ends_at
    from lines
    where not exists (select 1 from exact where exact.line_key = lines.line_key)

),

owed_in_a_row as (

    select
        owed.*,
        sum(owed.owed_doc) over (
            partition by owed.customer_key, owed.currency
            order by owed.place_by_age
            rows between unbounded preceding and current row
        ) as ends_at
    from owed
    where not exists (select 1 from exact where exact.instalment_key = owed.instalment_key)

),

-- Both rows laid end to end: money pays the stretch it overlaps.
oldest_first as (

    select
        money.line_key,
        debt.instalment_key,
        greatest(money.available_on, debt.issue_date) as applied_on,
        money.received_on,
        money.kind,
        least(money.ends_at, debt.ends_at)
        - greatest(money.ends_at - money.amount_doc, debt.ends_at - debt.owed_doc) as amount_doc
    from lines_in_a_row as money
    inner join owed_in_a_row as debt
        on money.customer_key = debt.customer_key
        and money.currency = debt.currency
        and money.ends_at - money.amount_doc < debt.ends_at
        and debt.ends_at - debt.owed_doc < money.ends_at

),

final as (

    select line_key, instalment_key, applied_on, received_on, kind, 'exact' as rule, amount_doc
    from exact

    union all

    select
        line_key,
        instalment_key,
        applied_on,
        received_on,
        kind,
        'oldest' as rule,
        cast(amount_doc as decimal(18, 4)) as amount_doc
    from oldest_first

)

select * from final
