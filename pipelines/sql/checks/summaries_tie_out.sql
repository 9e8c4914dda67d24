-- Aged summaries whose balances in a currency do not add up to what was accepted of it at import.
-- Where rows name no currency, which makes it the base currency, or only one total is known, all are compared in one
-- sum. Of several currencies half a cent in each total is what older imports may have rounded away; the total of a
-- single one is exact.
with

summaries as (

    select distinct import_id
    from fct_aged_summary

),

totals as (

    select
        totals.import_id,
        totals.currency,
        totals.accepted_total,
        case when imports.currencies > 1 then 0.005 else 0 end as rounded_away,
        case
            when count(*) over (partition by totals.import_id) = 1 then 1
            else max(case when totals.currency is null then 1 else 0 end) over (partition by totals.import_id)
        end as is_one_sum
    from import_totals as totals
    inner join summaries on totals.import_id = summaries.import_id
    inner join imports on totals.import_id = imports.import_id
    where
        not totals.is_added_up
        or totals.import_id not in (select import_id from import_totals where not is_added_up)

),

accepted as (

    select
        import_id,
        case when is_one_sum = 0 then currency else '' end as currency,
        sum(accepted_total) as accepted_total,
        sum(rounded_away) as rounded_away
    from totals
    group by import_id, case when is_one_sum = 0 then currency else '' end

),

listed as (

    select
        balances.import_id,
        case when sums.is_one_sum = 0 then balances.currency else '' end as currency,
        sum(balances.open_doc) as open_doc
    from fct_aged_summary as balances
    inner join (select distinct import_id, is_one_sum from totals) as sums on balances.import_id = sums.import_id
    group by balances.import_id, case when sums.is_one_sum = 0 then balances.currency else '' end

)

select
    coalesce(accepted.import_id, listed.import_id) as import_id,
    coalesce(accepted.currency, listed.currency) as currency,
    coalesce(accepted.accepted_total, 0) as accepted_total,
    coalesce(listed.open_doc, 0) as open_doc
from accepted
full outer join listed
    on accepted.import_id = listed.import_id
    and accepted.currency = listed.currency
where abs(coalesce(accepted.accepted_total, 0) - coalesce(listed.open_doc, 0)) > coalesce(accepted.rounded_away, 0)
