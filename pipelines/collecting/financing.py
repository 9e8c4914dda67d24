"""What an open invoice brings under each way of turning it into money: cash at once, cost and yearly rate."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from pipelines.collecting import agreements
from pipelines.settings import Settings

YEAR, BILL_YEAR = 365, 360  # banks discount bills by a year of 360 days


@dataclass(frozen=True)
class Terms:
    """What the ways are offered at; rates are shares a year, discount, fee and advance shares of the invoice."""

    carrying_rate: float
    discount: float
    instalments: int
    factoring_rate: float
    factoring_fee: float
    factoring_advance: float
    bill_rate: float
    bill_days: int

    @classmethod
    def of(cls, settings: Settings) -> "Terms":
        """The terms that the settings start from: 2 % discount, three monthly parts, a bill of six months."""
        return cls(
            settings.carrying_rate_year,
            0.02,
            3,
            settings.factoring_rate_year,
            settings.factoring_fee,
            settings.factoring_advance,
            settings.bill_discount_rate_year,
            180,
        )


class Way(NamedTuple):
    """One way: cash at once, what comes later and by when, what it costs, and what that is a year.

    cost: what is given away or paid, and the carrying cost of money that comes later. rate_year: what is paid for the
    cash at once, a year; of waiting and of instalments the carrying rate. None where a rate has no meaning (no days).
    """

    option: str
    cash_now: float
    cash_later: float
    last_on: dt.date
    cost: float
    rate_year: float | None


def compare(amount: float, as_of: dt.date, expected_on: dt.date, terms: Terms) -> list[Way]:
    """The ways to turn an invoice into money, the cheapest first.

    `expected_on` is the day the customer is expected to pay by itself; a day not after `as_of` counts as the next day.
    """
    days = max((expected_on - as_of).days, 1)
    expected_on = as_of + dt.timedelta(days=days)
    found = [
        _wait(amount, days, expected_on, terms),
        _discount(amount, days, as_of, terms),
        _instalments(amount, as_of, terms),
        _factoring(amount, days, expected_on, terms),
        _bill(amount, as_of, terms),
    ]
    return sorted(found, key=lambda way: way.cost)


def _wait(amount: float, days: int, expected_on: dt.date, terms: Terms) -> Way:
    cost = amount * terms.carrying_rate * days / YEAR
    return Way("wait", 0.0, amount, expected_on, cost, terms.carrying_rate)


def _discount(amount: float, days: int, as_of: dt.date, terms: Terms) -> Way:
    cost = amount * terms.discount
    return Way("discount", amount - cost, 0.0, as_of, cost, _yearly(cost, amount - cost, days))


def _instalments(amount: float, as_of: dt.date, terms: Terms) -> Way:
    parts = agreements.schedule(Decimal(f"{amount:.2f}"), as_of, terms.instalments, "month")
    figures = agreements.figures(parts, as_of, terms.carrying_rate)
    cost, last_on = (figures.cost, figures.last_on) if figures else (0.0, as_of)
    now = float(parts[0].amount)
    return Way("instalments", now, amount - now, last_on, cost, terms.carrying_rate)


def _factoring(amount: float, days: int, expected_on: dt.date, terms: Terms) -> Way:
    advance = amount * terms.factoring_advance
    paid = advance * terms.factoring_rate * days / YEAR + amount * terms.factoring_fee
    later = amount - advance
    cost = paid + later * terms.carrying_rate * days / YEAR
    return Way("factoring", advance - paid, later, expected_on, cost, _yearly(paid, advance - paid, days))


def _bill(amount: float, as_of: dt.date, terms: Terms) -> Way:
    cost = amount * terms.bill_rate * terms.bill_days / BILL_YEAR
    return Way("bill", amount - cost, 0.0, as_of, cost, _yearly(cost, amount - cost, terms.bill_days))


def _yearly(cost: float, cash: float, days: int) -> float | None:
    return cost / cash * YEAR / days if cash > 0 and days > 0 else None


def cheapest(ways: Sequence[Way]) -> Way:
    """The way that costs least; of two alike the one that brings more cash at once."""
    return min(ways, key=lambda way: (round(way.cost, 2), -way.cash_now))
