-- Currencies of documents, of money that stood unapplied on some day, of bills in hand at the as-of date and of aged
-- summaries, for whose day no exchange rate is known.
with

without_rate as (

    select currency, issue_date, 1 as documents
    from int_instalments
    where amount_base is null

    union all

    select currency, min(event_on) as issue_date, 1 as documents
    from int_unapplied_events
    where change_base is null
    group by currency, line_key

    union all

    select currency, as_of as issue_date, 1 as documents
    from fct_bills_in_hand
    where amount_base is null

    union all

    select currency, max(as_of) as issue_date, 1 as documents
    from fct_aged_summary
    where open_base is null
    group by currency, import_id

)

select
    currency,
    min(issue_date) as first_without_rate,
    sum(documents) as documents
from without_rate
group by currency
order by currency
