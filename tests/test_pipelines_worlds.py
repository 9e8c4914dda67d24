"""Tables made two at a time: in order, released after their last reader, and ended when one fails."""

import threading

import duckdb
import pytest

from pipelines.building import worlds
from pipelines.building.tables import Table
from pipelines.building.worlds import at_a_time

ENDLESS = "select count(*) from range(1000000000000) as numbers(number) where number % 7 = 3"


def table(name: str, *reads: str) -> Table:
    return Table(name, frozenset(reads))


def test_each_is_made_after_what_it_reads_and_released_after_its_last_reader() -> None:
    events: list[tuple[str, str]] = []
    every = [table("c", "a", "b"), table("b", "a"), table("a", "a_cte"), table("d")]
    at_a_time(
        duckdb.connect(),
        every,
        lambda cursor, made: events.append(("made", made.name)),
        release=lambda released: events.append(("released", released.name)),
    )
    assert sorted(name for what, name in events if what == "made") == ["a", "b", "c", "d"]
    assert sorted(name for what, name in events if what == "released") == ["a", "b", "c", "d"]
    for name, last_reader in (("a", "c"), ("b", "c"), ("c", "c"), ("d", "d")):
        assert events.index(("released", name)) > events.index(("made", last_reader))
    assert events.index(("made", "a")) < events.index(("made", "b")) < events.index(("made", "c"))


def test_what_most_others_wait_for_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worlds, "AT_A_TIME", 1)
    made: list[str] = []
    every = [table("alone"), table("few"), table("many"), table("x", "few"), table("y", "many"), table("z", "y")]
    at_a_time(duckdb.connect(), every, lambda cursor, each: made.append(each.name))
    assert made[:3] == ["many", "y", "few"] and len(made) == len(every)


def test_what_fails_ends_what_runs_beside_it() -> None:
    begun = threading.Event()
    ended: list[str] = []

    def make(cursor: duckdb.DuckDBPyConnection, made: Table) -> None:
        if made.name == "broken":
            assert begun.wait(60)
            raise ValueError("broken")
        begun.set()
        for _ in range(2):  # a table of several statements
            try:
                cursor.execute(ENDLESS)
            except (duckdb.InterruptException, RuntimeError):
                ended.append(made.name)
        raise RuntimeError("ended")

    with pytest.raises(ValueError, match="broken"):
        at_a_time(duckdb.connect(), [table("broken"), table("endless"), table("later", "endless")], make)
    assert ended == ["endless", "endless"]
