"""The working days of a country, by its public holidays and make-up days."""

import datetime as dt

import holidays

SEARCHED = 160  # 13 weeks and the pay run after them, with room for holidays


def working_days(country: str, start: dt.date) -> list[tuple[int, dt.date]]:
    """The working days from `start` on, counted from 0, by the country's public holidays and make-up days."""
    calendar_of_country = holidays.country_holidays(country)
    days = (start + dt.timedelta(days=offset) for offset in range(SEARCHED))
    return list(enumerate(day for day in days if calendar_of_country.is_working_day(day)))
