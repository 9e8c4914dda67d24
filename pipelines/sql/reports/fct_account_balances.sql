-- Grain: one row per customer, rep and region with open items at the as-of date: what is open and how much of it is
-- likely to be paid late, as sums and counts. Headline figures of any scope are sums of these rows.
-- late_base: expected share of the scored money that is not yet due and will be paid late.
with

items as (

    select
        items.account_key,
        items.open_base,
        items.disputed,
        items.bucket,
        items.days_past_due,
        risk.p_late
    from fct_open_items as items
    left join fct_late_risk as risk on items.item_key = risk.item_key

),

sums as (

    select
        account_key,
        sum(open_base) as open_base,
        sum(case when bucket = 'not_due' then open_base else 0 end) as not_due_base,
        sum(case when days_past_due > 0 then open_base else 0 end) as overdue_base,
        -sum(case when bucket = 'unapplied' then open_base else 0 end) as unapplied_base,
        sum(case when disputed then open_base else 0 end) as disputed_base,
        count(*) as open_items,
        sum(case when days_past_due > 0 then 1 else 0 end) as overdue_items,
        sum(case when bucket = 'unapplied' then 1 else 0 end) as unapplied_items,
        sum(case when disputed then 1 else 0 end) as disputed_items,
        sum(case when days_past_due <= 0 then cast(open_base as double) * p_late end) as late_base,
        sum(case when days_past_due <= 0 and p_late is not null then open_base else 0 end) as scored_base,
        sum(case when days_past_due <= 0 and p_late is null then open_base else 0 end) as unscored_base,
        sum(case when days_past_due <= 0 and p_late is null then 1 else 0 end) as unscored_items
    from items
    group by account_key

),

final as (

    select
        cast($as_of as date) as as_of,
        accounts.entity_id,
        accounts.customer_id,
        accounts.rep,
        accounts.region,
        cast(sums.open_base as decimal(18, 4)) as open_base,
        cast(sums.not_due_base as decimal(18, 4)) as not_due_base,
        cast(sums.overdue_base as decimal(18, 4)) as overdue_base,
        cast(sums.unapplied_base as decimal(18, 4)) as unapplied_base,
        cast(sums.disputed_base as decimal(18, 4)) as disputed_base,
        cast(sums.open_items as bigint) as open_items,
        cast(sums.overdue_items as bigint) as overdue_items,
        cast(sums.unapplied_items as bigint) as unapplied_items,
        cast(sums.disputed_items as bigint) as disputed_items,
        sums.late_base,
        cast(sums.scored_base as decimal(18, 4)) as scored_base,
        cast(sums.unscored_base as decimal(18, 4)) as unscored_base,
        cast(sums.unscored_items as bigint) as unscored_items,
        accounts.customer_key,
        sums.account_key
    from sums
    inner join int_accounts as accounts on sums.account_key = accounts.account_key
    order by sums.account_key

)

select * from final
