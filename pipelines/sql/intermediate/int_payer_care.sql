-- Grain: one row per customer: what people recorded of how we look after it; null where nothing is known.
-- kept: contacts that reached somebody and greetings in 180 days, six or more = 1; null while nobody records any.
-- notice_share: of the invoices that fell due in 180 days and ran more than three days over, those with a notice or a
-- contact from a week before to a week after the due date. after_contact_share: of the payments of a year made after
-- the due date, those in the week after a contact. transfer_days: working days that its money is on the way.
with

touches as (

    select customers.customer_key, touched.day, touched.is_care, touched.is_chasing
    from raw_touches as touched
    inner join int_customers as customers
        on touched.entity_id = customers.entity_id
        and touched.customer_id = customers.customer_id
    where touched.day between cast($as_of as date) - 380 and cast($as_of as date)

),

counted as (

    select customer_key, count(*) as touches
    from touches
    where is_care = 1 and day > cast($as_of as date) - 180
    group by customer_key

),

chased as (

    select distinct customer_key, day
    from touches
    where is_chasing = 1

),

chased_customers as (

    select distinct customer_key
    from chased

),

ran_over as (

    select balances.customer_key, balances.instalment_key, balances.due_date
    from int_instalment_balances as balances
    inner join chased_customers on balances.customer_key = chased_customers.customer_key
    where balances.amount_doc > 0
        and balances.due_date between cast($as_of as date) - 180 and cast($as_of as date) - 4
        and (balances.closed_on is null or balances.closed_on > balances.due_date + 3)

),

noticed as (

    select
        ran_over.customer_key,
        ran_over.instalment_key,
        max(case when chased.day is null then 0 else 1 end) as is_noticed
    from ran_over
    left join chased
        on ran_over.customer_key = chased.customer_key
        and chased.day between ran_over.due_date - 7 and ran_over.due_date + 7
    group by ran_over.customer_key, ran_over.instalment_key

),

notices as (

    select customer_key, avg(cast(is_noticed as double)) as notice_share
    from noticed
    group by customer_key

),

late_payments as (

    select balances.customer_key, applications.instalment_key, applications.received_on
    from int_instalment_balances as balances
    inner join chased_customers on balances.customer_key = chased_customers.customer_key
    inner join int_applications as applications on balances.instalment_key = applications.instalment_key
    where applications.kind = 'payment'
        and applications.amount_doc > 0
        and applications.received_on > cast($as_of as date) - 365
        and applications.received_on > balances.due_date

),

asked_for as (

    select
        late_payments.customer_key,
        late_payments.instalment_key,
        late_payments.received_on,
        max(case when chased.day is null then 0 else 1 end) as is_after_contact
    from late_payments
    left join chased
        on late_payments.customer_key = chased.customer_key
        and chased.day between late_payments.received_on - 7 and late_payments.received_on
    group by late_payments.customer_key, late_payments.instalment_key, late_payments.received_on

),

after_contact as (

    select customer_key, avg(cast(is_after_contact as double)) as after_contact_share, count(*) as late_payments
    from asked_for
    group by customer_key

),

ratings as (

    select
        customers.customer_key,
        max(case when rated.aspect = 'value' then rated.score end) as value_rating,
        max(case when rated.aspect = 'relationship' then rated.score end) as relationship_rating,
        max(case when rated.aspect = 'ability_to_pay' then rated.score end) as ability_rating
    from raw_ratings as rated
    inner join int_customers as customers
        on rated.entity_id = customers.entity_id
        and rated.customer_id = customers.customer_id
    group by customers.customer_key

),

readiness as (

    select customers.customer_key, stated.confirmed, stated.missing
    from raw_readiness as stated
    inner join int_customers as customers
        on stated.entity_id = customers.entity_id
        and stated.customer_id = customers.customer_id

),

transfers as (

    select customers.customer_key, stated.days as transfer_days
    from raw_transfers as stated
    inner join int_customers as customers
        on stated.entity_id = customers.entity_id
        and stated.customer_id = customers.customer_id

),

in_use as (

    select count(*) as touches
    from raw_touches

),

final as (

    select
        customers.customer_key,
        case
            when in_use.touches > 0 then cast(least(coalesce(counted.touches, 0), 6) as double) / 6
        end as kept,
        cast(coalesce(counted.touches, 0) as integer) as touches,
        notices.notice_share,
        case when after_contact.late_payments >= 3 then after_contact.after_contact_share end as after_contact_share,
        ratings.value_rating,
        ratings.relationship_rating,
        ratings.ability_rating,
        readiness.confirmed,
        readiness.missing,
        transfers.transfer_days
    from int_customers as customers
    cross join in_use
    left join counted on customers.customer_key = counted.customer_key
    left join notices on customers.customer_key = notices.customer_key
    left join after_contact on customers.customer_key = after_contact.customer_key
    left join ratings on customers.customer_key = ratings.customer_key
    left join readiness on customers.customer_key = readiness.customer_key
    left join transfers on customers.customer_key = transfers.customer_key

)

select * from final
