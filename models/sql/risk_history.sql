-- One row per question (instalment, day): what was known of its customer before that day began, as running sums.
-- A customer's documents and what became of them lie on one line of moments, two a day: an instalment is issued in the
-- even one, what happens on a day is known from the odd one after it. A question at issue is asked in the even moment of
-- its day and so counts its own day's instalments as issued and open; any other in the odd moment that ends the day before.
-- $at_issue says which: every instalment at its issue, or the questions of risk_questions.
-- Two counts stand side by side in one number (the second in units of ten million): half as many sums, half the time.
with events as (
    select
        case when $at_issue then item_key end as item_key,
        customer_key,
        cast(issue_day * 2 as integer) as moment,
        cast(1 as double) as issued_and_closed,
        cast(0 as double) as late_and_known,
        cast(0 as double) as overdue_and_over,
        cast(0 as double) as very_late_and_parts,
        cents as issued_cents,
        cents as open_cents,
        cast(0 as double) as overdue_cents,
        cast(0 as double) as days_late_sum,
        cast(null as integer) as last_closed
    from risk_outcomes

    union all

    select
        item_key,
        customer_key,
        cast(day * 2 - 1 as integer) as moment,
        0 as issued_and_closed,
        0 as late_and_known,
        0 as overdue_and_over,
        0 as very_late_and_parts,
        0 as issued_cents,
        0 as open_cents,
        0 as overdue_cents,
        0 as days_late_sum,
        null as last_closed
    from risk_questions
    where not $at_issue

    union all

    select
        null as item_key,
        customer_key,
        cast(closed_day * 2 + 1 as integer) as moment,
        10000000 as issued_and_closed,
        is_labelled * (1 - is_late) * 10000000 as late_and_known,
        case when closed_day > late_day then 10000000 else 0 end as overdue_and_over,
        (payment_n - 1) * 10000000 as very_late_and_parts,
        0 as issued_cents,
        -cents as open_cents,
        case when closed_day > late_day then -cents else 0 end as overdue_cents,
        days_late as days_late_sum,
        cast(closed_day * 1000 + days_late as integer) as last_closed
    from risk_outcomes
    where closed_day is not null

    union all

    select
        null as item_key,
        customer_key,
        cast(late_day * 2 + 1 as integer) as moment,
        0 as issued_and_closed,
        is_labelled * 10000001 as late_and_known,
        case when closed_day <= late_day then 0 else 1 end as overdue_and_over,
        0 as very_late_and_parts,
        0 as issued_cents,
        0 as open_cents,
        case when closed_day <= late_day then 0 else cents end as overdue_cents,
        0 as days_late_sum,
        null as last_closed
    from risk_outcomes
    where is_late = 1

    union all

    select
        null as item_key,
        customer_key,
        cast(very_late_day * 2 + 1 as integer) as moment,
        0 as issued_and_closed,
        0 as late_and_known,
        0 as overdue_and_over,
        1 as very_late_and_parts,
        0 as issued_cents,
        0 as open_cents,
        0 as overdue_cents,
        0 as days_late_sum,
        null as last_closed
    from risk_outcomes
    where is_very_late * is_labelled = 1
),

running as (
    select
        item_key,
        moment,
        sum(issued_and_closed) over so_far as issued_and_closed,
        sum(late_and_known) over so_far as late_and_known,
        sum(overdue_and_over) over so_far as overdue_and_over,
        sum(very_late_and_parts) over so_far as very_late_and_parts,
        sum(issued_cents) over so_far as issued_cents,
        sum(open_cents) over so_far as open_cents,
        sum(overdue_cents) over so_far as overdue_cents,
        sum(days_late_sum) over so_far as days_late_sum,
        max(last_closed) over so_far as last_closed
    from events
    window so_far as (partition by customer_key order by moment)
),

final as (
    select
        item_key,
        floor((moment + 1) / 2.0) as day,
        issued_and_closed % 10000000 as issued_n,
        floor(issued_and_closed / 10000000) as closed_n,
        late_and_known % 10000000 as late_n,
        floor(late_and_known / 10000000) as known_n,
        overdue_and_over % 10000000 - floor(overdue_and_over / 10000000) as overdue_n,
        very_late_and_parts % 10000000 as very_late_n,
        floor(very_late_and_parts / 10000000) as part_n,
        issued_cents,
        open_cents,
        overdue_cents,
        days_late_sum,
        floor((last_closed + 60) / 1000) as last_closed_day,
        last_closed - floor((last_closed + 60) / 1000) * 1000 as last_days_late
    from running
    where item_key is not null
)

select * from final
