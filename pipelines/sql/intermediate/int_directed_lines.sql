-- Grain: one row per amount directed at a document: receipt lines that name one, or that a person directed there,
-- credit notes used up by a line that quotes their number, and settlements that the invoice export itself states
-- (settled date, open amount, paid status).
-- instalment_key: the instalment it pays, with what that one owes; empty where the document is in instalments and the
-- line names none of them.
with

decided_lines as (

    select
        parts.line_key,
        parts.document_key,
        parts.instalment_no,
        greatest(lines.received_on, coalesce(lines.applied_on, lines.received_on)) as applied_on,
        lines.received_on,
        parts.amount_doc,
        lines.currency,
        lines.kind,
        'person' as rule
    from int_decided_parts as parts
    inner join int_receipt_lines as lines on parts.line_key = lines.line_key

),

spent_documents as (

    select
        line_key,
        spent_document_key as document_key,
        cast(null as integer) as instalment_no,
        greatest(received_on, coalesce(applied_on, received_on)) as applied_on,
        received_on,
        cast(-amount_doc as decimal(18, 4)) as amount_doc,
        currency,
        kind,
        'stated' as rule
    from int_receipt_lines
    where spent_document_key is not null

),

settlements as (

    select
        -instalments.instalment_key as line_key,
        instalments.document_key,
        instalments.instalment_no,
        coalesce(instalments.settled_date, ledgers.day, imports.as_of) as settled_on,
        instalments.amount_doc - coalesce(instalments.open_amount, 0) as settled_doc,
        instalments.currency,
        case when instalments.settled_date is null then 'listed' else 'stated' end as rule,
        instalments.instalments
    from int_instalments as instalments
    inner join raw_imports as imports on instalments.import_no = imports.import_no
    left join int_ledger_days as ledgers on instalments.import_no = ledgers.import_no
    where coalesce(imports.ledger, 'ledger') = 'ledger'
        and (
            instalments.settled_date is not null
            or instalments.open_amount is not null
            or instalments.status = 'paid'
        )

),

received as (

    select lines.document_key, lines.currency, sum(lines.amount_doc) as amount_doc
    from (
        select document_key, amount_doc, currency
        from int_receipt_lines
        where not is_decided
        union all
        select document_key, amount_doc, currency
        from decided_lines
        union all
        select document_key, amount_doc, currency
        from spent_documents
    ) as lines
    inner join (select distinct document_key, currency from settlements) as settled
        on lines.document_key = settled.document_key
        and lines.currency = settled.currency
    group by lines.document_key, lines.currency

),

-- Settlement stated by the invoice row itself counts for what no line accounts for.
stated_by_invoice as (

    select
        settlements.line_key,
        settlements.document_key,
        settlements.instalment_no,
        settlements.settled_on as applied_on,
        settlements.settled_on as received_on,
        settlements.settled_doc,
        settlements.currency,
        'payment' as kind,
        settlements.rule,
        coalesce(received.amount_doc, 0) as received_doc,
        settlements.instalments
    from settlements
    left join received
        on settlements.document_key = received.document_key
        and settlements.currency = received.currency

),

-- What two lists differ by was paid by what lines and settled dates say was paid by then, as far as they say it.
by_lists as (

    select
        instalments.instalment_key,
        instalments.document_key,
        instalments.instalment_no,
        instalments.instalments,
        instalments.currency,
        sign(instalments.amount_doc) as side,
        payments.paid_on,
        sum(payments.amount) over (
            partition by instalments.instalment_key
            order by payments.paid_on
            rows between unbounded preceding and current row
        ) as paid_until
    from int_open_list_payments as payments
    inner join int_instalments as instalments
        on payments.entity_id = instalments.entity_id
        and payments.invoice_id = instalments.invoice_id
        and payments.instalment_no = instalments.instalment_no

),

known_payments as (

    select
        document_key,
        instalment_no,
        currency,
        greatest(received_on, coalesce(applied_on, received_on)) as paid_on,
        amount_doc
    from int_receipt_lines
    where not is_decided and document_key in (select document_key from by_lists)

    union all

    select document_key, instalment_no, currency, applied_on as paid_on, amount_doc
    from decided_lines
    where document_key in (select document_key from by_lists)

    union all

    select document_key, instalment_no, currency, applied_on as paid_on, amount_doc
    from spent_documents
    where document_key in (select document_key from by_lists)

    union all

    select document_key, instalment_no, currency, applied_on as paid_on, settled_doc - received_doc as amount_doc
    from stated_by_invoice
    where rule = 'stated'
        and sign(settled_doc - received_doc) = sign(settled_doc)
        and document_key in (select document_key from by_lists)

),

not_known as (

    select
        by_lists.instalment_key,
        by_lists.document_key,
        by_lists.instalment_no,
        by_lists.currency,
        by_lists.side,
        by_lists.paid_on,
        greatest(by_lists.paid_until - greatest(coalesce(sum(known.amount_doc), 0) * by_lists.side, 0), 0) as paid_until
    from by_lists
    left join known_payments as known
        on by_lists.document_key = known.document_key
        and by_lists.currency = known.currency
        and by_lists.paid_on >= known.paid_on
        and (by_lists.instalments = 1 or by_lists.instalment_no = known.instalment_no)
    group by
        by_lists.instalment_key,
        by_lists.document_key,
        by_lists.instalment_no,
        by_lists.currency,
        by_lists.side,
        by_lists.paid_on,
        by_lists.paid_until

),

differences as (

    select
        -instalment_key as line_key,
        document_key,
        instalment_no,
        paid_on as applied_on,
        paid_on as received_on,
        side * (paid_until - lag(paid_until, 1, 0) over (partition by instalment_key order by paid_on)) as amount_doc,
        currency,
        'payment' as kind,
        'listed' as rule
    from not_known

),

inferred as (

    select document_key, instalment_no, sum(amount_doc) as amount_doc
    from differences
    group by document_key, instalment_no

),

-- A ledger without settled dates says what is paid until its day: the lists' part of it counts once.
stated_beside_lists as (

    select
        stated.line_key,
        stated.document_key,
        stated.instalment_no,
        stated.applied_on,
        stated.received_on,
        stated.settled_doc,
        stated.currency,
        stated.kind,
        stated.rule,
        stated.received_doc,
        case when stated.rule = 'listed' then coalesce(inferred.amount_doc, 0) else 0 end as inferred_doc,
        stated.instalments
    from stated_by_invoice as stated
    left join inferred
        on stated.document_key = inferred.document_key
        and stated.instalment_no = inferred.instalment_no

),

others as (

    select line_key, document_key, instalment_no, applied_on, received_on, amount_doc, currency, kind, rule
    from decided_lines

    union all

    select line_key, document_key, instalment_no, applied_on, received_on, amount_doc, currency, kind, rule
    from spent_documents

    union all

    select
        line_key,
        document_key,
        instalment_no,
        applied_on,
        received_on,
        cast(settled_doc - received_doc - inferred_doc as decimal(18, 4)) as amount_doc,
        currency,
        kind,
        rule
    from stated_beside_lists
    where instalments = 1 and settled_doc <> received_doc + inferred_doc
        and sign(settled_doc - received_doc - inferred_doc) = sign(settled_doc)

    union all

    -- With a payment schedule each instalment states its own settlement; receipts are not spread here.
    select
        line_key,
        document_key,
        instalment_no,
        applied_on,
        received_on,
        cast(settled_doc - inferred_doc as decimal(18, 4)) as amount_doc,
        currency,
        kind,
        rule
    from stated_beside_lists
    where instalments > 1 and received_doc = 0 and settled_doc <> 0
        and sign(settled_doc - inferred_doc) = sign(settled_doc)

    union all

    select
        line_key,
        document_key,
        instalment_no,
        applied_on,
        received_on,
        cast(amount_doc as decimal(18, 4)) as amount_doc,
        currency,
        kind,
        rule
    from differences
    where amount_doc <> 0

),

-- Few beside the lines of receipts: their documents are picked out before they are joined.
their_documents as (

    select document_key, issue_date, currency, amount_doc, instalments
    from int_instalments
    where instalment_key in (select document_key from others)

),

together as (

    select
        line_key,
        document_key,
        instalment_no,
        greatest(received_on, coalesce(applied_on, received_on)) as applied_on,
        received_on,
        amount_doc,
        currency,
        kind,
        named_by as rule,
        document_issue_date,
        document_currency,
        document_amount_doc,
        document_instalments
    from int_receipt_lines
    where document_key is not null and not is_decided

    union all

    select
        others.line_key,
        others.document_key,
        others.instalment_no,
        others.applied_on,
        others.received_on,
        others.amount_doc,
        others.currency,
        others.kind,
        others.rule,
        documents.issue_date as document_issue_date,
        documents.currency as document_currency,
        documents.amount_doc as document_amount_doc,
        documents.instalments as document_instalments
    from others
    inner join their_documents as documents on others.document_key = documents.document_key

),

final as (

    select
        together.line_key,
        together.document_key,
        case
            when together.document_instalments = 1 then together.document_key
            else parts.instalment_key
        end as instalment_key,
        together.instalment_no,
        -- Where the line names none of several instalments, each has an issue date of its own.
        greatest(
            together.applied_on,
            case
                when together.document_instalments = 1 then together.document_issue_date
                else coalesce(parts.issue_date, together.applied_on)
            end
        ) as applied_on,
        together.received_on,
        together.amount_doc,
        together.currency,
        together.kind,
        together.rule,
        case when together.document_instalments = 1 then together.document_amount_doc else parts.amount_doc end
            as owed_doc
    from together
    left join int_instalments as parts
        on together.document_key = parts.document_key
        and together.instalment_no = parts.instalment_no
        and parts.instalments > 1
    -- Which instalments are in its currency is told by themselves where the line names none of them.
    where (
        together.currency = coalesce(parts.currency, together.document_currency)
        or (together.document_instalments > 1 and together.instalment_no is null)
    )
        and greatest(together.applied_on, together.document_issue_date) <= $as_of

)

select * from final
