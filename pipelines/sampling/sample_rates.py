"""Exchange rates of the sample book: a slow seeded walk near the level of those years, one rate a week."""

import datetime as dt
from random import Random

from pipelines.sampling.sample_calendar import AS_OF, FIRST_DAY

LEVELS = {"USD": (7.22, 0.008), "EUR": (7.86, 0.02)}  # (first rate, usual weekly step)
RATE_SEED = 718


def fx_rates() -> list[list[str]]:
    """Rows of currency, Monday, yuan per unit; the first lies before the first document."""
    rows: list[list[str]] = []
    for currency, (level, step) in LEVELS.items():
        rng = Random(RATE_SEED)
        rate, day = level, FIRST_DAY - dt.timedelta(days=FIRST_DAY.weekday())
        while day <= AS_OF:
            rows.append([currency, day.isoformat(), f"{rate:.4f}"])
            rate += rng.gauss(0, step) + (level - rate) * 0.03  # pulled back towards its level
            day += dt.timedelta(days=7)
    return rows
