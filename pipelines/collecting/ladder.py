"""The sanction ladder of a customer: where it stands, what may come next and why, and the way back down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.collecting import follow_up, journal
from pipelines.collecting.follow_up import Day, Note, Reason
from pipelines.collecting.journal import Entry, Subject
from pipelines.collecting.journal_entries import EntryRefused, Problem
from pipelines.settings import LADDER_STEPS as STEPS
from pipelines.settings import LadderRule, Settings

NAMED_APPROVER = ("reputation", "law")  # never without somebody who answers for it


@dataclass(frozen=True)
class Standing:
    """Where a customer stands: the steps in force from the lowest up, and everything that was done, oldest first."""

    taken: tuple[Note, ...]
    trail: tuple[Note, ...]

    @property
    def step(self) -> str | None:
        """The highest step in force, None on the ground."""
        return self.taken[-1].payload.step if self.taken else None

    @property
    def following(self) -> str | None:
        """The step above, None at the top."""
        place = STEPS.index(self.step) + 1 if self.step else 0
        return STEPS[place] if place < len(STEPS) else None

    @property
    def newest(self) -> int:
        """The newest version of any of its entries, 0 before the first: what a person has seen who looks at it."""
        return max((note.version_id for note in self.trail), default=0)


def standing(day: Day, entity_id: str, customer_id: str) -> Standing:
    """A customer's place on the ladder, from all steps up and back that were entered."""
    trail = tuple(reversed(day.of(entity_id, customer_id, "ladder_step")))
    taken: list[Note] = []
    for note in trail:
        taken = [each for each in taken if each.payload.step != note.payload.step]
        if note.payload.direction == "up":
            taken.append(note)
    return Standing(tuple(sorted(taken, key=lambda note: STEPS.index(note.payload.step))), trail)


def may_enter(settings: Settings, step: str, overdue: float, days: int) -> bool:
    """Whether a debt meets the entry rule of a step."""
    rule: LadderRule = settings.ladder[step]
    return overdue > 0 and overdue >= rule.overdue and days >= rule.days


def ways_back(day: Day, where: Standing, customer: tuple[str, str], overdue: float, days: int) -> list[Reason]:
    """Why a customer may come down a step: nothing overdue, below the entry rule, or a plan that goes as agreed."""
    if where.step is None:
        return []
    if overdue < 0.01:
        return [{"code": "way_back_paid"}]
    reasons: list[Reason] = []
    if not may_enter(day.settings, where.step, overdue, days):
        reasons.append({"code": "way_back_below", "days": days, "needed": day.settings.ladder[where.step].days})
    if any("kept" in states for _, states in follow_up.running_plans(day, *customer)):
        reasons.append({"code": "way_back_plan"})
    return reasons


def climb(
    settings: Settings,
    subject: Subject,
    where: Standing,
    payload: dict[str, Any],
    *,
    overdue: float,
    days: int,
    who: str,
) -> Entry:
    """Enter a step up or back for a customer who stood at `where` when the person decided.

    A step whose entry rule is not met, or that leaves one out, needs an approver and a reason. Raises EntryRefused, and
    EntryConflict when somebody has moved the customer meanwhile.
    """
    problems = _problems(settings, where, payload, overdue, days)
    if problems:
        raise EntryRefused(*problems)
    return journal.append(settings, "ladder_step", subject, payload, who=who, seen=where.newest)


def _problems(settings: Settings, where: Standing, payload: dict[str, Any], overdue: float, days: int) -> list[Problem]:
    step, reason = payload.get("step"), str(payload.get("note") or "").strip()
    if step not in STEPS:
        return [Problem("step", "error.field_required", {})]
    if payload.get("direction") == "back":
        in_force = [note.payload.step for note in where.taken]
        wrong = [] if step in in_force[-1:] else [Problem("step", "error.ladder_not_in_force", {})]
        return wrong + ([] if reason else [Problem("note", "error.field_required", {})])
    if where.step is not None and STEPS.index(step) <= STEPS.index(where.step):
        return [Problem("step", "error.ladder_already_there", {})]
    excused = bool(reason and str(payload.get("approver") or "").strip())
    problems = []
    rule = settings.ladder[step]
    if not may_enter(settings, step, overdue, days) and not excused:
        limits: dict[str, object] = {
            "days": days,
            "needed": rule.days,
            "cents_overdue": overdue,
            "cents_needed": rule.overdue,
        }
        problems.append(Problem("step", "error.ladder_too_early", limits))
    if step != where.following and not excused:
        problems.append(Problem("step", "error.ladder_leaves_out", {}))
    if step in NAMED_APPROVER and not str(payload.get("approver") or "").strip():
        problems.append(Problem("approver", "error.approver_needed", {}))
    return problems


def board(day: Day, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers on the ladder or ready for its next step, the highest first.

    `customers` has entity_id, customer_id, open_base, overdue_base, max_days_past_due. Added are ladder (the step in
    force, '' on the ground), allowed (the next step whose rule is met, ''), made_on, approver, overdue_then_base and
    reasons (the ways back, JSON).
    """
    customers = customers.reset_index(drop=True)
    noted = follow_up.rows_of(day.notes.keys(), customers)
    rows = [_row(day, row) for row in noted.to_dict("records")]
    known = [row for row in rows if row["ladder"] or row["allowed"]]
    found = pd.concat([*([pd.DataFrame(known)] if known else []), _ready(day.settings, customers.drop(noted.index))])
    if found.empty:
        return found
    place = found["ladder"].map(lambda step: STEPS.index(step) if step else -1)
    order = found.assign(place=place).sort_values(["place", "overdue_base"], ascending=False, ignore_index=True)
    return order.drop(columns="place")


def _ready(settings: Settings, customers: pd.DataFrame) -> pd.DataFrame:
    """Those of many customers without an entry who may come onto the ladder, with the columns of `_row`."""
    rule = settings.ladder[STEPS[0]]
    overdue = customers["overdue_base"].astype(float)
    may = (overdue > 0) & (overdue >= float(rule.overdue)) & (customers["max_days_past_due"] >= rule.days)
    return customers[may].assign(
        ladder="", allowed=STEPS[0], made_on=None, approver="", overdue_then_base=None, reasons=follow_up.as_json([])
    )


def _row(day: Day, row: dict[Any, Any]) -> dict[Any, Any]:
    customer = (row["entity_id"], row["customer_id"])
    where = standing(day, *customer)
    overdue, days = float(row["overdue_base"]), int(row["max_days_past_due"])
    ready = where.following is not None and may_enter(day.settings, where.following, overdue, days)
    last = where.taken[-1] if where.taken else None
    then = last.payload.overdue_base if last else None
    return {
        **row,
        "ladder": where.step or "",
        "allowed": where.following if ready else "",
        "made_on": day.made_on(last) if last else None,
        "approver": last.payload.approver if last else "",
        "overdue_then_base": float(then) if then is not None else None,
        "reasons": follow_up.as_json(ways_back(day, where, customer, overdue, days)),
    }


def exposure(found: pd.DataFrame) -> pd.DataFrame:
    """What stands at each step of a board: ladder, customers, overdue_base, open_base, and how many may enter it."""
    rows = []
    for step in STEPS:
        here, ready = found[found["ladder"] == step], found[found["allowed"] == step]
        sums = {name: float(here[name].sum()) for name in ("overdue_base", "open_base")}
        rows.append({"ladder": step, "customers": len(here), **sums, "ready": len(ready)})
    return pd.DataFrame(rows)


def on_the_ladder(day: Day) -> Sequence[tuple[str, str]]:
    """The customers that stand on a step, in order."""
    found = [customer for customer in day.notes if standing(day, *customer).step is not None]
    return sorted(found)
