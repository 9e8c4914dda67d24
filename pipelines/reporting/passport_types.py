"""What the passport of a figure holds: terms, variants, what is left out, the SQL."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd

MONEY, DAYS, COUNT, SHARE, INDEX, MONEY_DAYS = "money", "days", "count", "share", "index", "money_days"


@dataclass(frozen=True)
class At:
    """Which of its values a figure is asked for; what a figure does not depend on is not looked at."""

    month_end: dt.date | None = None  # of the DSO family; None: the last one
    day: dt.date | None = None  # of a bucket; None: the as-of date
    bucket: str = ""
    to_bucket: str = ""
    months: int = 12
    forward_looking: float = 0.0
    terminal_loss: float = 1.0


@dataclass(frozen=True)
class Term:
    """One number of a formula. `detail` tells terms of one name apart: a bucket, a month."""

    name: str
    value: Any
    unit: str
    detail: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Rows that a figure leaves out: why, how many, and their amount in base currency where it is known."""

    reason: str
    rows: int
    amount_base: Decimal | None = None


@dataclass(frozen=True)
class Statement:
    """One statement that was run, its parameters, and the SQL files of the tables behind it, nearest first."""

    sql: str
    parameters: tuple[tuple[str, object], ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Passport:
    """One figure within a scope: its value, the terms that give it, its variants, what is left out, and its SQL.

    steps: the walk or the table behind the figure, empty where the terms say all; missing: why there is no value.
    """

    figure: str
    on: dt.date
    result: Term
    terms: tuple[Term, ...] = ()
    variants: tuple[Term, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    steps: pd.DataFrame = field(default_factory=pd.DataFrame)
    missing: str | None = None
    is_lower_bound: bool = False
    statements: tuple[Statement, ...] = ()
