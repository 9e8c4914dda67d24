-- Grain: one row per month end, entity, customer, rep and region with a balance or a movement; additive sums only.
-- ar_end = opening + sales - collected - credited - written off; the aging parts come from the open items, and a check
-- rolls each account forward.
-- is_from_open_items: documents are known from open-items lists alone, so that sales are incomplete. Month ends before the
-- first list are left out, as what was paid by then stands in no list; the first month opens with what that list still
-- holds of before.
with

together as (

    select month_no, account_key, kind, amount_base
    from int_movement_months

    union all

    select
        month_no,
        account_key,
        case bucket_order when 0 then 'current' when 99 then 'unapplied' else 'overdue' end as kind,
        open_base as amount_base
    from int_aging_accounts

),

-- Named before they are summed, so that a reader who asks for one customer reads only its rows.
sums as (

    select
        months.month_end,
        accounts.entity_id,
        accounts.customer_id,
        accounts.rep,
        accounts.region,
        sum(case when together.kind = 'sale' then together.amount_base else 0 end) as sales_base,
        sum(case when together.kind = 'payment' then together.amount_base else 0 end) as collected_base,
        sum(case when together.kind = 'credit' then together.amount_base else 0 end) as credited_base,
        sum(case when together.kind = 'write_off' then together.amount_base else 0 end) as written_off_base,
        sum(case when together.kind = 'overdue' then together.amount_base else 0 end) as overdue_end_base,
        sum(case when together.kind = 'current' then together.amount_base else 0 end) as current_end_base,
        -sum(case when together.kind = 'unapplied' then together.amount_base else 0 end) as unapplied_end_base,
        lists.account_key is not null as is_from_open_items,
        together.month_no,
        together.account_key
    from together
    inner join int_accounts as accounts on together.account_key = accounts.account_key
    inner join ref_months as months on together.month_no = months.month_no
    left join int_open_items_only as lists on together.account_key = lists.account_key
    where lists.account_key is null
        or months.month_end >= lists.known_from
    group by
        months.month_end,
        accounts.entity_id,
        accounts.customer_id,
        accounts.rep,
        accounts.region,
        lists.account_key is not null,
        together.month_no,
        together.account_key

),

final as (

    select
        month_end,
        entity_id,
        customer_id,
        rep,
        region,
        cast(
            overdue_end_base + current_end_base - unapplied_end_base
            - sales_base + collected_base + credited_base + written_off_base
            as decimal(18, 4)
        ) as opening_base,
        cast(sales_base as decimal(18, 4)) as sales_base,
        cast(collected_base as decimal(18, 4)) as collected_base,
        cast(credited_base as decimal(18, 4)) as credited_base,
        cast(written_off_base as decimal(18, 4)) as written_off_base,
        cast(overdue_end_base + current_end_base - unapplied_end_base as decimal(18, 4)) as ar_end_base,
        cast(overdue_end_base as decimal(18, 4)) as overdue_end_base,
        cast(current_end_base as decimal(18, 4)) as current_end_base,
        cast(unapplied_end_base as decimal(18, 4)) as unapplied_end_base,
        is_from_open_items,
        month_no,
        account_key
    from sums

)

select * from final
