"""A call list as a calendar file (.ics) that any calendar takes in: one all-day entry per customer."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import NamedTuple


class Event(NamedTuple):
    """One all-day entry; `key` tells it from others, so that loading a file twice does not double it."""

    key: str
    day: dt.date
    title: str
    text: str


def ics_bytes(events: Iterable[Event], made_at: dt.datetime) -> bytes:
    """The events as RFC 5545 text: CRLF, folded at 75 bytes, marks of the format escaped."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//FirstPaid//Call list//EN", "CALSCALE:GREGORIAN"]
    for event in events:
        uid = hashlib.sha256(f"{event.key} {event.day}".encode()).hexdigest()[:32]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{uid}@firstpaid",
            f"DTSTAMP:{made_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.day + dt.timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(event.title)}",
            f"DESCRIPTION:{_escaped(event.text)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _escaped(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return "\\n".join(text.splitlines())


def _folded(line: str) -> list[str]:
    """The line in parts of at most 75 bytes, never cut inside a character; later parts begin with a space."""
    parts, current = [], ""
    for character in line:
        if len((current + character).encode()) > 75:
            parts.append(current)
            current = " "
        current += character
    return [*parts, current]
