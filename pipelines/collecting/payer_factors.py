"""The three factors behind being paid first: the value we bring, the relationship we keep, and our own discipline."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.collecting.follow_up import Day, Note
from pipelines.collecting.notices import step_of
from pipelines.settings import NoticeStep

WINDOW = 180  # days of contacts, greetings and notices that count
PROMPT_DAYS = 2  # days after its step by which a notice is prompt


@dataclass(frozen=True)
class Factors:
    """What is known of each factor; `ratings` by aspect, `promptness` None before the first notice of the schedule."""

    ratings: dict[str, Note]
    contacts: int
    greetings: int
    last_touch: dt.date | None
    notices: int
    prompt: int

    @property
    def promptness(self) -> float | None:
        return self.prompt / self.notices if self.notices else None


def of_customer(day: Day, entity_id: str, customer_id: str) -> Factors:
    """Contacts that reached somebody, greetings and notices of the last WINDOW days, and the newest ratings."""
    since = day.today - dt.timedelta(days=WINDOW)
    notes = day.of(entity_id, customer_id)
    recent = [note for note in notes if day.made_on(note) >= since]
    touches = [
        note
        for note in recent
        if note.kind == "greeting" or (note.kind == "contact" and note.payload.result != "not_reached")
    ]
    count = Counter(note.kind for note in touches)
    ratings: dict[str, Note] = {}
    for note in notes:
        if note.kind == "rating":
            ratings.setdefault(note.payload.aspect, note)
    delays = [delay for note in recent for delay in notice_delays(note, day.settings.notice_steps)]
    return Factors(
        ratings=ratings,
        contacts=count["contact"],
        greetings=count["greeting"],
        last_touch=max((day.made_on(note) for note in touches), default=None),
        notices=len(delays),
        prompt=sum(delay <= PROMPT_DAYS for delay in delays),
    )


def notice_delays(note: Note, steps: Sequence[NoticeStep]) -> list[int]:
    """Days between the step of the schedule and the notice, one per item of a letter that was sent; else none.

    A letter is dated by the day its figures stand for.
    """
    if note.kind != "letter" or note.payload.state != "sent":
        return []
    letter, delays = note.payload, []
    for item in letter.items:
        level = step_of(steps, letter, item)
        if item.due_on is not None and 0 < level <= len(steps):
            delays.append((letter.as_of - item.due_on).days - steps[level - 1].day)
    return delays
