-- Grain: one row per instalment with what has been applied to it by the as-of date and the day that closed it.
with

applied as (

    select
        instalment_key,
        sum(amount_doc) as amount_doc,
        sum(amount_base) as amount_base,
        max(applied_on) as last_applied_on
    from int_applications
    group by instalment_key

),

final as (

    select
        instalments.instalment_key,
        cast(instalments.amount_doc - coalesce(applied.amount_doc, 0) as decimal(18, 4)) as open_doc,
        cast(instalments.amount_base - coalesce(applied.amount_base, 0) as decimal(18, 4)) as open_base,
        applied.last_applied_on,
        case
            when abs(instalments.amount_doc - coalesce(applied.amount_doc, 0)) < 0.01 then applied.last_applied_on
        end as closed_on
    from int_instalments as instalments
    left join applied on instalments.instalment_key = applied.instalment_key

)

select * from final
