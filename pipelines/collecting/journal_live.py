"""The journal as it stands, kept up to date: after an entry only the customers it is about are read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.collecting import follow_up, journal_read
from pipelines.collecting.follow_up import Customer, Note
from pipelines.settings import Settings

MOST_AT_ONCE = 200  # customers read one by one; beyond that reading the whole journal is quicker


@dataclass(frozen=True)
class Standing:
    """The notes of each customer, oldest first, at a moment when the journal held `count` entries up to `newest`."""

    notes: Mapping[Customer, Sequence[Note]]
    newest: int
    count: int


def standing(settings: Settings, before: Standing | None = None) -> Standing:
    """The journal now, from what was read `before` and the entries added since."""
    newest, count = journal_read.size(settings)
    if before is not None and (newest, count) == (before.newest, before.count):
        return before
    added = journal_read.customers_since(settings, before.newest) if before is not None and count > before.count else {}
    # Entries written at once may become visible out of order: then the numbers do not add up, and all is read again.
    if before is None or before.count + sum(added.values()) != count or len(added) > MOST_AT_ONCE:
        return Standing(follow_up.by_customer(follow_up.notes(settings)), newest, count)
    notes = dict(before.notes)
    for entity_id, customer_id in added:
        notes[entity_id, customer_id] = follow_up.notes(settings, entity_id=entity_id, customer_id=customer_id)
    return Standing(notes, newest, count)
