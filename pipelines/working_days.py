"""The working days of a country, by its public holidays and make-up days."""

import datetime as dt

import holidays

from pipelines.errors import UserError

SEARCHED = 160  # 13 weeks and the pay run after them, with room for holidays


class UnknownCountry(UserError):
    """The setting `country` names one whose public holidays are not known."""

    def __init__(self, country: str) -> None:
        super().__init__("error.country_unknown", country=country)


def calendar_of(country: str) -> holidays.HolidayBase:
    """The public holidays and make-up days of a country. Raises UnknownCountry."""
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        raise UnknownCountry(country) from None


def working_days(country: str, start: dt.date) -> list[tuple[int, dt.date]]:
    """The working days from `start` on, counted from 0. Raises UnknownCountry."""
    calendar_of_country = calendar_of(country)
    days = (start + dt.timedelta(days=offset) for offset in range(SEARCHED))
    return list(enumerate(day for day in days if calendar_of_country.is_working_day(day)))
