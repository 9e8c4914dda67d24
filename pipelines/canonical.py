"""The canonical columns every export is mapped to: the contract between readers, mapping and the staging tables."""

from typing import NamedTuple

MONEY = "DECIMAL(18,4)"


class Column(NamedTuple):
    name: str
    sql_type: str
    required: bool = False


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from lines of `name type [required]`."""
    parts = [line.split() for line in text.strip().splitlines()]
    return tuple(Column(p[0], MONEY if p[1] == "MONEY" else p[1], "required" in p) for p in parts)


KINDS: dict[str, tuple[Column, ...]] = {
    "invoices": _columns(
        """
        entity_id        VARCHAR
        customer_id      VARCHAR  required
        customer_name    VARCHAR
        invoice_id       VARCHAR  required
        instalment_no    INTEGER
        doc_type         VARCHAR
        issue_date       DATE     required
        due_date         DATE
        terms_days       INTEGER
        amount           MONEY    required
        currency         VARCHAR
        open_amount      MONEY
        settled_date     DATE
        rep              VARCHAR
        region           VARCHAR
        project          VARCHAR
        order_no         VARCHAR
        acceptance_date  DATE
        disputed         BOOLEAN
        dispute_reason   VARCHAR
        status           VARCHAR
        tax_id           VARCHAR
        """
    ),
    "receipts": _columns(
        """
        entity_id        VARCHAR
        receipt_id       VARCHAR
        customer_id      VARCHAR
        paid_on          DATE     required
        amount           MONEY    required
        currency         VARCHAR
        method           VARCHAR
        invoice_id       VARCHAR
        instalment_no    INTEGER
        applied_on       DATE
        cleared_on       DATE
        kind             VARCHAR
        reference        VARCHAR
        """
    ),
    "customers": _columns(
        """
        entity_id        VARCHAR
        customer_id      VARCHAR  required
        customer_name    VARCHAR
        parent_id        VARCHAR
        industry         VARCHAR
        customer_type    VARCHAR
        region           VARCHAR
        rep              VARCHAR
        credit_limit     MONEY
        terms_days       INTEGER
        payment_run      VARCHAR
        decision_maker   VARCHAR
        acceptor         VARCHAR
        payer            VARCHAR
        tax_id           VARCHAR
        """
    ),
    # Balances by customer and bucket without the invoices behind them: one row per customer and bucket of the file.
    # days_from is NULL for what is not due, days_to NULL for an open-ended bucket, both where the age is unknown.
    "aged_summary": _columns(
        """
        entity_id        VARCHAR
        customer_id      VARCHAR  required
        customer_name    VARCHAR
        rep              VARCHAR
        region           VARCHAR
        currency         VARCHAR
        bucket           VARCHAR  required
        days_from        INTEGER
        days_to          INTEGER
        open_amount      MONEY    required
        """
    ),
    "fx_rates": _columns(
        """
        currency         VARCHAR        required
        rate_date        DATE           required
        rate_to_base     DECIMAL(18,8)  required
        """
    ),
}

# Codes that staging understands; the mapping turns every source's own words into these.
DOC_TYPES = ("invoice", "credit_note", "debit_note", "prepayment", "payment")
RECEIPT_KINDS = ("payment", "credit", "write_off", "discount")
STATUSES = ("open", "part_paid", "paid", "void", "draft")
METHODS = ("transfer", "cheque", "bill", "card", "cash", "direct_debit", "other")
