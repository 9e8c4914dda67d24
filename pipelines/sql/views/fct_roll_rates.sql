-- Grain: one row per month end, bucket at the month end before and where that money is now: a bucket, or paid,
-- credited, written_off. rate is the share of the bucket's earlier balance.
with

sums as (

    select
        month_no,
        from_order,
        to_order,
        sum(amount_base) as amount_base
    from int_roll_months
    group by month_no, from_order, to_order

),

final as (

    select
        months.month_end,
        sources.bucket as from_bucket,
        case sums.to_order
            when 100 then 'paid'
            when 101 then 'credited'
            when 102 then 'written_off'
            else targets.bucket
        end as to_bucket,
        cast(sums.amount_base as decimal(18, 4)) as amount_base,
        cast(sums.amount_base as double)
        / cast(sum(sums.amount_base) over (partition by sums.month_no, sums.from_order) as double) as rate,
        sums.from_order,
        sums.to_order
    from sums
    inner join ref_months as months on sums.month_no = months.month_no
    inner join ref_buckets as sources on sums.from_order = sources.bucket_order
    left join ref_buckets as targets on sums.to_order = targets.bucket_order

)

select * from final
