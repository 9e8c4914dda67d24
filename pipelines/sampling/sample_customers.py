"""The customers of the sample book: what they buy, how they mean to pay, and which of them go bad."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from pipelines.sampling.sample_calendar import AS_OF, FIRST_DAY
from pipelines.sampling.sample_names import REPS, company_name, person_name

T = TypeVar("T")

HOME_ENTITY, EXPORT_ENTITY = "JC", "JCX"


LIMIT_RATES = {"CNY": 1.0, "USD": 7.2, "EUR": 7.8}  # limits are kept in CNY, whatever the customer is invoiced in


@dataclass(frozen=True)
class Kind:
    """Shared habits of one kind of customer; money in yuan or the customer's own currency."""

    label: str
    customers: int
    invoices: float  # relative number of invoices a customer
    amount: float  # median of an invoice
    lag: float  # mean days from the due date to the intended payment
    terms: tuple[tuple[int, int], ...]  # (days, weight)
    habits: tuple[tuple[str, int], ...]  # (habit, weight)
    part_share: float  # invoices paid in two parts
    dispute_share: float
    bill_share: float  # customers that pay by bank acceptance bill


KINDS = {
    "state_owned": Kind(
        "国有企业", 28, 55, 105_000, -5.5, ((45, 1), (60, 4), (90, 5)),
        (("month_end", 6), ("day", 4)), 0.05, 0.012, 0.35,
    ),
    "manufacturer": Kind(
        "民营制造", 92, 45, 21_000, -11.0, ((30, 6), (45, 3), (60, 2)),
        (("day", 3), ("month_end", 2), ("weekday", 3), ("any", 2), ("contact", 1)), 0.04, 0.012, 0.15,
    ),
    "distributor": Kind(
        "经销商", 48, 80, 9_500, -12.5, ((30, 9), (45, 1)),
        (("weekday", 6), ("any", 3), ("contact", 1)), 0.02, 0.006, 0.0,
    ),
    "contractor": Kind(
        "工程总包", 26, 26, 110_000, -4.0, ((45, 1), (60, 4), (90, 3)),
        (("contact", 6), ("month_end", 2), ("any", 1)), 0.2, 0.08, 0.1,
    ),
    "export": Kind(
        "出口客户", 42, 42, 5_200, -12.0, ((30, 5), (45, 3), (60, 3)), (("weekday", 7), ("any", 3)), 0.01, 0.01, 0.0,
    ),
    "public_body": Kind(
        "公共机构", 14, 20, 40_000, -6.0, ((45, 3), (60, 4)), (("month_end", 5), ("day", 5)), 0.02, 0.01, 0.0,
    ),
}  # fmt: skip

GOING_BAD = {
    "manufacturer": (7, 31, 52, 64, 78),
    "contractor": (3, 11, 19),
    "distributor": (12, 30, 40),
    "export": (4, 22),
    "state_owned": (17,),
}  # places within the kind
CUSTOMER_SPREAD = 8.5  # days between customers of a kind: the part of lateness that a customer's own past tells
REGION_WEIGHTS = {"华东": 45, "华南": 25, "华北": 18, "西南": 12}


@dataclass(frozen=True)
class Customer:
    customer_id: str
    name: str
    entity: str
    kind: str
    industry: str
    currency: str
    region: str
    rep: str
    former_rep: str  # who signed invoices before the hand-over; the same person where there was none
    handed_over: dt.date
    parent_id: str
    terms_days: int
    credit_limit: int
    habit: str
    run: int
    lag: float
    spread: float
    drift: float  # days a year by which the habit moves
    turns_bad: dt.date | None
    fails: dt.date | None  # pays nothing from that day on, written off later
    advice: str  # how receipts name invoices: `stated`, `text` (in the payment reference), `none`
    by_bill: bool
    takes_discount: bool
    by_instalments: bool
    activity: float
    amount: float
    first_day: dt.date
    last_day: dt.date
    contacts: tuple[str, str, str]  # decision maker, acceptor, payer


def make_customers(rng: Random) -> list[Customer]:
    """All customers, domestic ones first, in the order of their numbers."""
    names: set[str] = set()
    made: list[Customer] = []
    for kind, rule in KINDS.items():
        for place in range(rule.customers):
            made.append(_make_customer(rng, kind, rule, place, names, made))
    return made


def _make_customer(rng: Random, kind: str, rule: Kind, place: int, names: set[str], before: list[Customer]) -> Customer:
    export = kind == "export"
    currency = ("USD" if place % 5 < 3 else "EUR") if export else "CNY"
    name, industry = _new_name(rng, kind, currency, names)
    region = "海外" if export else _weighted(rng, REGION_WEIGHTS.items())
    rep = rng.choice(REPS[region])
    former = rng.choice(REPS[region]) if rng.random() < 0.06 else rep
    habit = _weighted(rng, rule.habits)
    number = len([c for c in before if (c.kind == "export") == export]) + 1
    size = rng.lognormvariate(0, 0.5)
    terms = _weighted(rng, rule.terms)
    activity = rule.invoices * rng.lognormvariate(0, 0.55)
    amount = rule.amount * size
    fate = _fate(rng, kind, place)
    advice = _advice(kind, place)
    return Customer(
        customer_id=f"E{2000 + number}" if export else f"0{1000 + number}",
        name=name,
        entity=EXPORT_ENTITY if export else HOME_ENTITY,
        kind=kind,
        industry=industry,
        currency=currency,
        region=region,
        rep="" if kind == "public_body" and place == 0 else rep,
        former_rep=former,
        handed_over=dt.date(2025, 4, 1),
        parent_id=before[0].customer_id if kind == "state_owned" and 1 <= place <= 4 else "",
        terms_days=terms,
        credit_limit=_limit(rng, activity * amount * LIMIT_RATES[currency] / 1095 * (terms + 25)),
        habit=habit,
        run=rng.choice((10, 15, 20, 25)) if habit == "day" else rng.randrange(5),
        lag=rule.lag + rng.gauss(0, CUSTOMER_SPREAD),
        spread=rng.uniform(3.5, 9.5),
        drift=rng.gauss(0, 1.5),
        turns_bad=dt.date(2025, 8, 15) + dt.timedelta(days=rng.randrange(150)) if fate == "turns_bad" else None,
        fails=dt.date(2024, 11, 1) + dt.timedelta(days=rng.randrange(90)) if fate == "fails" else None,
        advice=advice,
        by_bill=rng.random() < rule.bill_share and advice == "stated",
        takes_discount=kind == "distributor" and rng.random() < 0.25 and advice == "stated",
        by_instalments=rng.random() < {"contractor": 0.65, "state_owned": 0.15}.get(kind, 0.0),
        activity=0.0 if fate == "new" else activity,
        amount=amount,
        **_span(rng, fate),
        contacts=(person_name(rng, kind), person_name(rng, kind), person_name(rng, kind)),
    )


def _new_name(rng: Random, kind: str, currency: str, names: set[str]) -> tuple[str, str]:
    while True:
        name, industry = company_name(rng, kind, currency)
        if name not in names:
            names.add(name)
            return name, industry


def _weighted(rng: Random, choices: Iterable[tuple[T, int]]) -> T:
    values, weights = zip(*choices, strict=True)
    return rng.choices(values, weights)[0]


def _limit(rng: Random, exposure: float) -> int:
    """A credit limit as people set it: a round sum well above the usual exposure, for some too low."""
    wanted = exposure * rng.choice((1.2, 2.2, 2.6, 3.0, 3.6, 4.5))
    step = 10_000 if wanted < 200_000 else 50_000
    return max(step, round(wanted / step) * step)


def _fate(rng: Random, kind: str, place: int) -> str:
    """A few customers of chosen kinds turn bad in the last nine months, two failed earlier, three have only prepaid."""
    if (kind, place) in {("manufacturer", 90), ("distributor", 44)}:
        return "fails"
    if kind == "manufacturer" and place in (85, 86, 87):
        return "new"
    if place in GOING_BAD.get(kind, ()):
        return "turns_bad"
    return "steady" if rng.random() < 0.72 else rng.choice(("later", "later", "lost"))


def _advice(kind: str, place: int) -> str:
    if kind == "manufacturer" and place % 10 == 4:
        return "none"
    return "text" if kind == "distributor" and place % 9 == 2 else "stated"


def _span(rng: Random, fate: str) -> dict[str, dt.date]:
    """First and last day on which the customer buys."""
    days = (AS_OF - FIRST_DAY).days
    if fate == "later":
        return {"first_day": FIRST_DAY + dt.timedelta(days=rng.randrange(60, days - 150)), "last_day": AS_OF}
    if fate == "lost":
        return {"first_day": FIRST_DAY, "last_day": FIRST_DAY + dt.timedelta(days=rng.randrange(300, days - 100))}
    if fate == "fails":
        return {"first_day": FIRST_DAY, "last_day": dt.date(2025, 1, 20)}
    return {"first_day": FIRST_DAY, "last_day": AS_OF}
