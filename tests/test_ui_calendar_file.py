"""Calendar files: whole days, no line too long, and nothing that a person typed can break the format."""

import datetime as dt

from ui.calendar_file import Event, ics_bytes

MADE = dt.datetime(2026, 3, 2, 4, 30, tzinfo=dt.UTC)
DAY = dt.date(2026, 3, 31)


def lines(*events: Event) -> list[str]:
    return ics_bytes(events, MADE).decode().replace("\r\n ", "").split("\r\n")


def test_an_entry_lasts_one_whole_day():
    found = lines(Event("C1", DAY, "Call ACME", "why"))
    assert found[0] == "BEGIN:VCALENDAR" and found[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTART;VALUE=DATE:20260331" in found and "DTEND;VALUE=DATE:20260401" in found
    assert "DTSTAMP:20260302T043000Z" in found


def test_text_cannot_leave_its_line():
    found = lines(Event("C1", DAY, "A, B; C\\D", "one\r\nEND:VEVENT\ntwo"))
    assert r"SUMMARY:A\, B\; C\\D" in found
    assert r"DESCRIPTION:one\nEND:VEVENT\ntwo" in found
    assert found.count("END:VEVENT") == 1


def test_long_lines_are_folded_between_characters():
    text = "霁城昱禾建筑设备工程有限公司" * 10
    raw = ics_bytes([Event("C1", DAY, text, "")], MADE)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    assert f"SUMMARY:{text}" in lines(Event("C1", DAY, text, ""))


def test_the_same_entry_has_the_same_number_in_every_file():
    first, again = lines(Event("C1", DAY, "x", "y")), lines(Event("C1", DAY, "other words", "y"))
    assert [line for line in first if line.startswith("UID")] == [line for line in again if line.startswith("UID")]
