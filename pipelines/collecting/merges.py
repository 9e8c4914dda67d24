"""Customers that a person says are one: entries of the journal, applied by the next build, taken back at any time."""

from collections.abc import Mapping, Sequence

from pipelines.collecting import follow_up, journal
from pipelines.collecting.follow_up import Customer, Note
from pipelines.collecting.journal import Subject
from pipelines.collecting.sources_decisions import final_targets
from pipelines.errors import UserError
from pipelines.settings import Settings


class AlreadyMerged(UserError):
    """A customer to be merged has been merged in the meantime."""

    def __init__(self, customer_id: str, into: str, who: str) -> None:
        super().__init__("error.already_merged", customer=customer_id, into=into, who=who)


class MergesIntoItself(UserError):
    """Customers would be merged in a ring."""

    def __init__(self, customer_id: str, into: str) -> None:
        super().__init__("error.merge_ring", customer=customer_id, into=into)


def standing(settings: Settings) -> dict[Customer, Note]:
    """The merges that stand, by the customer that was merged."""
    return {note.customer: note for note in follow_up.notes(settings, kind="same_customer")}


def targets(merges: Mapping[Customer, Note]) -> dict[Customer, str]:
    """Where each merged customer ends up, chains followed."""
    return final_targets({customer: note.payload.into for customer, note in merges.items()})


def merge(
    settings: Settings, entity_id: str, customers: Mapping[str, str], into: str, *, who: str, note: str = ""
) -> None:
    """Say that customers of an entity, each number with its name, are the customer `into`; all or none.

    Raises AlreadyMerged and MergesIntoItself.
    """
    before = standing(settings)
    for customer_id in customers:
        if (earlier := before.get((entity_id, customer_id))) is not None:
            raise AlreadyMerged(customer_id, earlier.payload.into, earlier.who)
    after = targets(before) | {(entity_id, customer_id): into for customer_id in customers}
    if len(final_targets(after)) < len(after):
        raise MergesIntoItself(next(iter(customers)), into)
    entries = {
        Subject(entity_id, customer_id): {"into": into, "name": name, "note": note}
        for customer_id, name in customers.items()
    }
    journal.append_all(settings, "same_customer", entries, who=who)


def keep_apart(settings: Settings, entity_id: str, customers: Sequence[str], other: str, *, who: str) -> None:
    """Say that customers look like `other` and are not, so that they are not suggested again."""
    entries = {Subject(entity_id, customer_id): {"other": other} for customer_id in customers}
    journal.append_all(settings, "other_customer", entries, who=who)


def kept_apart(settings: Settings) -> dict[frozenset[Customer], Note]:
    """The pairs of customers that a person said are two."""
    notes = follow_up.notes(settings, kind="other_customer")
    return {frozenset((note.customer, (note.entity_id, note.payload.other))): note for note in notes}
