-- Grain: one row per ledger that tells what is settled but not when, nor of which day it is: the day it is taken to be of,
-- between that of its newest document and the last on which it can have been made.
-- It can be of a day by whose end exactly that came in from a customer which it shows as settled. The day of which this is
-- so for most customers counts, of several the latest; where it is so for none, the last day.
with

ledgers as (

    select import_no, as_of, least(told_until, cast($as_of as date)) as last_day
    from raw_imports
    where told_until > as_of

),

settled as (

    select
        instalments.import_no,
        instalments.customer_key,
        instalments.currency,
        sum(instalments.amount_doc - coalesce(instalments.open_amount, 0)) as settled_doc
    from ledgers
    inner join int_instalments as instalments on ledgers.import_no = instalments.import_no
    where instalments.settled_date is not null
        or instalments.open_amount is not null
        or instalments.status = 'paid'
    group by instalments.import_no, instalments.customer_key, instalments.currency
    having sum(instalments.amount_doc - coalesce(instalments.open_amount, 0)) > 0

),

money as (

    select
        settled.import_no,
        settled.customer_key,
        settled.currency,
        settled.settled_doc,
        greatest(lines.received_on, coalesce(lines.applied_on, lines.received_on)) as day,
        sum(lines.money_doc) as money_doc
    from settled
    inner join int_receipt_lines as lines
        on settled.customer_key = lines.customer_key
        and settled.currency = lines.currency
    group by
        settled.import_no,
        settled.customer_key,
        settled.currency,
        settled.settled_doc,
        greatest(lines.received_on, coalesce(lines.applied_on, lines.received_on))

),

by_day as (

    select
        import_no,
        settled_doc,
        day,
        lead(day) over (partition by import_no, customer_key, currency order by day) as next_day,
        sum(money_doc) over (
            partition by import_no, customer_key, currency
            order by day
            rows between unbounded preceding and current row
        ) as money_doc
    from money

),

fitting as (

    select by_day.import_no, greatest(by_day.day, ledgers.as_of) as day, by_day.next_day
    from by_day
    inner join ledgers on by_day.import_no = ledgers.import_no
    where by_day.money_doc = by_day.settled_doc
        and by_day.day <= ledgers.last_day
        and coalesce(by_day.next_day > ledgers.as_of, true)

),

changes as (

    select import_no, day, 1 as customers
    from fitting
    union all
    select import_no, next_day, -1
    from fitting
    where next_day is not null

),

changed as (

    select import_no, day, sum(customers) as customers
    from changes
    group by import_no, day

),

counted as (

    select
        import_no,
        day,
        lead(day) over (partition by import_no order by day) as next_day,
        sum(customers) over (
            partition by import_no
            order by day
            rows between unbounded preceding and current row
        ) as customers
    from changed

),

ranked as (

    select
        import_no,
        next_day,
        row_number() over (partition by import_no order by customers desc, day desc) as place
    from counted

),

final as (

    select ledgers.import_no, least(coalesce(ranked.next_day - 1, ledgers.last_day), ledgers.last_day) as day
    from ledgers
    left join ranked
        on ledgers.import_no = ranked.import_no
        and ranked.place = 1

)

select * from final
