-- Grain: one row per currency and day: the last rate known on that day, in base currency per unit.
with

stated as (

    select
        rates.currency,
        rates.rate_date,
        rates.rate_to_base,
        row_number() over (partition by rates.currency, rates.rate_date order by imports.import_no desc) as newest
    from raw_fx_rates as rates
    inner join raw_imports as imports on rates.import_id = imports.import_id
    where rates.rate_date <= $as_of

),

spans as (

    select
        currency,
        rate_date as valid_from,
        lead(rate_date) over (partition by currency order by rate_date) as valid_until,
        rate_to_base
    from stated
    where newest = 1

),

final as (

    select
        spans.currency,
        days.day,
        spans.rate_to_base
    from spans
    inner join ref_days as days
        on days.day >= spans.valid_from
        and (days.day < spans.valid_until or spans.valid_until is null)
    where spans.currency <> $base_currency

)

select * from final
