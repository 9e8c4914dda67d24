"""What the office enters: letters, bills, ladder and law, decisions on imported rows, targets, margins and policies."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from pipelines.collecting.journal_payload import Currency, Money, Payload, Said, Text
from pipelines.settings_policy import StrategyRule


class LadderStep(Payload):
    step: Literal["stop_supply", "stop_service", "end_authorisation", "reputation", "law"]
    direction: Literal["up", "back"] = "up"
    approver: Text = ""
    note: Text = ""
    # What was open and overdue at that moment, in base currency.
    open_base: Decimal | None = None
    overdue_base: Decimal | None = None


class LegalStage(Payload):
    stage: Literal[
        "acknowledgement", "lawyer_letter", "mediation", "payment_order", "arbitration", "lawsuit", "enforcement"
    ]
    happened_on: dt.date
    document: Text = ""
    cost: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)] = Decimal(0)  # base currency
    next_on: dt.date | None = None  # the next hearing or deadline
    note: Text = ""


class Bill(Payload):
    number: Said
    amount: Money
    currency: Currency
    due_on: dt.date
    state: Literal["received", "endorsed", "discounted", "cleared", "bounced"] = "received"
    state_on: dt.date | None = None  # the day it came into this state
    drawer: Text = ""


class LetterItem(Payload):
    """One open instalment as a letter states it, in document currency."""

    invoice_id: Said
    instalment_no: int = 1
    due_on: dt.date | None = None
    amount: Decimal
    currency: Currency


class Letter(Payload):
    """A letter or notice with the figures of one build; `amount` is our balance, `theirs` that of the customer's books.

    `difference` is ours less theirs. `level` is the place of its step in the notice schedule, 0 outside of it.
    """

    letter: Literal["reminder", "demand", "lawyer_request", "balance_confirmation", "statement"]
    state: Literal["drafted", "sent", "returned", "stamped", "reconciled"]
    as_of: dt.date
    level: int = Field(1, ge=0, le=9)
    difference: Decimal | None = None
    channel: Literal["", "message", "email", "call", "letter", "visit"] = ""
    build_id: Text = ""
    items: tuple[LetterItem, ...] = ()
    amount: Decimal | None = None
    currency: Text = ""
    theirs: Decimal | None = None
    replied_on: dt.date | None = None
    note: Text = ""


class AppliedPart(Payload):
    invoice_id: Said
    instalment_no: int = Field(1, ge=1)
    amount: Money


class Application(Payload):
    """Where a person says the money of one receipt line goes; what the parts leave stays on account.

    The line is known by the import it came with, and by its own number once a later export holds it again.
    """

    import_id: Said
    line_no: int = Field(ge=1)
    receipt_id: Text = ""
    paid_on: dt.date
    amount: Money
    currency: Currency
    parts: tuple[AppliedPart, ...] = ()
    note: Text = ""


class SameCustomer(Payload):
    """The customer of the entry is the customer `into` under another number or name."""

    into: Said
    name: Text = ""  # what the merged customer was called: a build that applies the merge knows it no more
    note: Text = ""


class OtherCustomer(Payload):
    """The customer of the entry and `other` look alike and are two."""

    other: Said
    note: Text = ""


class WeekTarget(Payload):
    week_on: dt.date  # its Monday
    amount: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]


class Target(Payload):
    """What a rep is to collect, week by week, in base currency; the newest entry counts for the weeks it names."""

    rep: Text
    weeks: tuple[WeekTarget, ...]


class Margin(Payload):
    """Gross margin on what a customer buys, in percent of sales."""

    percent: Annotated[Decimal, Field(ge=-100, le=100, max_digits=7, decimal_places=4)]
    note: Text = ""


class Policy(Payload):
    """How customers are ranked, approached and shared out from the next build on; null is as in the settings."""

    weights: dict[str, float] | None = None
    strategy_rules: tuple[StrategyRule, ...] | None = None
    calls_by_rep: dict[str, int] | None = None
    note: Text = ""
