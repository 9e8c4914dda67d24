-- Grain: one row per settlement that the invoice exports themselves tell (settled date, open amount, difference of two
-- lists), instalment, and receipt line whose money it was; what no money accounts for keeps the settlement's own key.
-- Money that names no document would count twice beside such a settlement. So it accounts for settlements first: one of
-- exactly its amount, else the latest money for the latest settlement, never money that came after the export told of it.
-- A credit note that was settled too paid its part of the settlements beside it.
-- A settled date stays the day on which money came; without one that of the receipt is better than that of the export.
with

told as (

    select
        line_key,
        instalment_key,
        applied_on,
        rule,
        min(received_on) as received_on,
        sum(amount_doc) as amount_doc
    from int_targeted_applications
    where line_key < 0
    group by line_key, instalment_key, applied_on, rule

),

payers as (

    select distinct customer_key, currency
    from int_free_lines

),

settlements as (

    select
        told.line_key,
        told.instalment_key,
        told.applied_on,
        told.rule,
        told.received_on,
        told.amount_doc,
        instalments.customer_key,
        instalments.currency,
        instalments.issue_date,
        instalments.due_date,
        instalments.invoice_id,
        instalments.instalment_no,
        instalments.amount_doc < 0 as is_of_credit,
        contested.instalment_key is not null as is_contested,
        case
            -- What was directed there stands in an order that another day would change.
            when contested.instalment_key is not null or told.rule = 'listed' then told.applied_on
            else greatest(told.applied_on, coalesce(imports.as_of, cast($as_of as date)))
        end as known_on
    from told
    inner join int_instalments as instalments on told.instalment_key = instalments.instalment_key
    inner join payers
        on instalments.customer_key = payers.customer_key
        and instalments.currency = payers.currency
    inner join raw_imports as imports on instalments.import_no = imports.import_no
    left join int_contested_instalments as contested on told.instalment_key = contested.instalment_key

),

debts as (

    select
        *,
        row_number() over (
            partition by customer_key, currency
            order by applied_on desc, issue_date desc, due_date desc, invoice_id desc, instalment_no desc, rule
        ) as place
    from settlements
    where amount_doc > 0
        and not is_of_credit

),

-- The n-th latest receipt of an amount meets the n-th latest settlement of that amount.
exact as (

    select money.line_key as money_key, debts.customer_key, debts.currency, debts.place, money.amount_doc
    from (
        select
            *,
            row_number() over (
                partition by customer_key, currency, amount_doc
                order by available_on desc, received_on desc, kind desc, receipt_id desc, line_key desc
            ) as turn
        from int_free_lines
    ) as money
    inner join (
        select
            *,
            row_number() over (partition by customer_key, currency, amount_doc order by place) as turn
        from debts
    ) as debts
        on money.customer_key = debts.customer_key
        and money.currency = debts.currency
        and money.amount_doc = debts.amount_doc
        and money.turn = debts.turn
    where money.available_on <= debts.known_on

),

money as (

    select line_key, customer_key, currency, available_on, received_on, amount_doc, kind, receipt_id
    from int_free_lines
    where line_key not in (select money_key from exact)

    union all

    select
        line_key,
        customer_key,
        currency,
        applied_on as available_on,
        received_on,
        -amount_doc as amount_doc,
        '' as kind,
        invoice_id as receipt_id
    from settlements
    where amount_doc < 0
        and is_of_credit

),

money_in_a_row as (

    select
        *,
        sum(amount_doc) over (
            partition by customer_key, currency
            order by
                available_on desc, received_on desc, amount_doc, kind desc, receipt_id desc, line_key desc
            rows between unbounded preceding and current row
        ) as ends_at
    from money

),

debts_in_a_row as (

    select
        debts.*,
        sum(debts.amount_doc) over (
            partition by debts.customer_key, debts.currency
            order by debts.place
            rows between unbounded preceding and current row
        ) as settled_until
    from debts
    where not exists (
        select 1
        from exact
        where exact.customer_key = debts.customer_key
            and exact.currency = debts.currency
            and exact.place = debts.place
    )

),

-- How much came after the day on which an export told of a settlement.
later_money as (

    select days.customer_key, days.currency, days.known_on, sum(money.amount_doc) as amount_doc
    from (select distinct customer_key, currency, known_on from debts_in_a_row) as days
    inner join money
        on days.customer_key = money.customer_key
        and days.currency = money.currency
        and days.known_on < money.available_on
    group by days.customer_key, days.currency, days.known_on

),

-- Each settlement lies behind the later ones and behind what came after it was told.
debts_placed as (

    select
        debts.*,
        debts.settled_until
        + max(coalesce(later_money.amount_doc, 0) - (debts.settled_until - debts.amount_doc)) over (
            partition by debts.customer_key, debts.currency
            order by debts.place
            rows between unbounded preceding and current row
        ) as ends_at
    from debts_in_a_row as debts
    left join later_money
        on debts.customer_key = later_money.customer_key
        and debts.currency = later_money.currency
        and debts.known_on = later_money.known_on

),

parts as (

    select money_key, customer_key, currency, place, amount_doc
    from exact

    union all

    select
        money.line_key as money_key,
        debts.customer_key,
        debts.currency,
        debts.place,
        least(money.ends_at, debts.ends_at)
        - greatest(money.ends_at - money.amount_doc, debts.ends_at - debts.amount_doc) as amount_doc
    from money_in_a_row as money
    inner join debts_placed as debts
        on money.customer_key = debts.customer_key
        and money.currency = debts.currency
        and money.ends_at - money.amount_doc < debts.ends_at
        and debts.ends_at - debts.amount_doc < money.ends_at
    where money.line_key > 0

),

accounted as (

    select
        debts.line_key,
        debts.instalment_key,
        debts.applied_on as told_on,
        debts.rule as told_by,
        parts.money_key,
        case
            when debts.is_contested then debts.applied_on
            when debts.rule = 'listed' then greatest(money.available_on, debts.issue_date)
            else greatest(money.available_on, debts.applied_on)
        end as applied_on,
        case when debts.rule = 'listed' then money.received_on else debts.received_on end as received_on,
        money.kind,
        parts.amount_doc
    from parts
    inner join debts
        on parts.customer_key = debts.customer_key
        and parts.currency = debts.currency
        and parts.place = debts.place
    inner join int_free_lines as money on parts.money_key = money.line_key

),

final as (

    select
        money_key as line_key,
        instalment_key,
        applied_on,
        received_on,
        kind,
        'settled' as rule,
        cast(amount_doc as decimal(18, 4)) as amount_doc
    from accounted

    union all

    select
        told.line_key,
        told.instalment_key,
        told.applied_on,
        told.received_on,
        'payment' as kind,
        told.rule,
        cast(told.amount_doc - coalesce(accounted.amount_doc, 0) as decimal(18, 4)) as amount_doc
    from told
    left join (
        select line_key, instalment_key, told_on, told_by, sum(amount_doc) as amount_doc
        from accounted
        group by line_key, instalment_key, told_on, told_by
    ) as accounted
        on told.line_key = accounted.line_key
        and told.instalment_key = accounted.instalment_key
        and told.applied_on = accounted.told_on
        and told.rule = accounted.told_by
    where told.amount_doc <> coalesce(accounted.amount_doc, 0)

)

select * from final
