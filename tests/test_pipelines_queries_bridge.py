"""The bridge between two builds: every part once in a ledger worked by hand, and to the cent on the sample."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.building import builds, publish
from pipelines.importing import imports
from pipelines.reporting import queries, queries_balances, queries_bridge
from pipelines.reporting.queries import Scope
from pipelines.reporting.queries_bridge import MEASURES, PARTS, Bridge, bridge, bridge_rows
from pipelines.settings import Settings
from tests.oracle_builds import unscored
from tests.small_ledgers import built

DOCUMENTS = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Currency"
MONEY = "Receipt No,Customer ID,Invoice No,Payment Date,Amount,Kind"
BEFORE = {
    "rates": "Currency,Rate Date,Rate\nUSD,2025-01-01,7",
    "ledger": f"""{DOCUMENTS}
        A,C1,2025-01-10,2025-02-10,1000.00,CNY
        B,C1,2025-01-20,2025-03-31,500,CNY
        D,C2,2025-02-10,2025-02-20,800,CNY
        E,C2,2025-02-05,2025-03-31,60,CNY
        F,C2,2025-02-06,2025-02-20,10.004,CNY
        G,C2,2025-02-01,2025-02-15,100,USD""",
    "by_mistake": f"{DOCUMENTS}\nX,C3,2025-02-01,2025-02-28,300,CNY",
    "money": f"{MONEY}\nR1,C1,,2025-03-01,200,payment",
}
AFTER = {
    "rates_mended": "Currency,Rate Date,Rate\nUSD,2025-01-01,7.1",
    "ledger_again": f"""{DOCUMENTS}
        D,C2,2025-02-10,2025-02-20,750,CNY
        E,C2,2025-02-05,2025-03-15,60,CNY
        L,C2,2025-01-15,2025-02-15,250,CNY
        N,C1,2025-03-20,2025-04-20,400,CNY""",
    "money_later": f"""{MONEY}
        R2,C1,A,2025-03-10,900,payment
        R3,C2,D,2025-03-11,30,discount
        R5,C2,F,2025-03-12,10,payment""",
}
# What each part moves: outstanding, overdue. R1 paid the oldest, A; now 100 of it go on to B, which is not yet due.
EXPECTED = {
    "new_invoices": ("400", "0"),
    "late_postings": ("250", "250"),
    "cash": ("-910", "-910"),
    "credits": ("-30", "-30"),
    "corrected": ("-50", "10"),
    "retracted": ("-300", "-300"),
    "exchange": ("10", "10"),
    "matching": ("0", "100"),
    "rounding": ("-0.004", "-0.004"),
}


def parts_of(found: Bridge) -> dict[str, tuple[Decimal, Decimal]]:
    return {part["part"]: (part["outstanding_base"], part["overdue_base"]) for part in found.parts}


def published(home: Path) -> Path:
    path = builds.current(Settings(home=home / "warehouse"))
    assert path is not None
    return path


@pytest.fixture
def two_builds(tmp_path: Path) -> tuple[Path, Path]:
    built(tmp_path, "2025-03-31", BEFORE).close()
    before = published(tmp_path)
    settings = Settings(home=tmp_path / "warehouse")
    mistaken = next(each for each in imports.list_imports(settings) if each.file_name == "by_mistake.csv")
    imports.retract(settings, mistaken.import_id)
    built(tmp_path, "2025-03-31", AFTER).close()
    return before, published(tmp_path)


def test_each_part_of_a_ledger_worked_by_hand(two_builds: tuple[Path, Path]) -> None:
    found = bridge(*two_builds)
    assert found.before == {"outstanding": Decimal("3170.004"), "overdue": Decimal("2610.004")}
    assert found.after == {"outstanding": Decimal("2540"), "overdue": Decimal("1740")}
    assert parts_of(found) == {name: tuple(map(Decimal, amounts)) for name, amounts in EXPECTED.items()}
    assert [part["part"] for part in found.parts] == list(PARTS)
    assert [found.unexplained(measure) for measure in MEASURES] == [0, 0]
    matched = found.rows[found.rows["part"] == "matching"]
    assert {(row.invoice_id, row.receipt_id) for row in matched.itertuples()} == {("A", "R1"), ("B", "R1")}
    assert set(found.rows.loc[found.rows["part"] == "retracted", "invoice_id"]) == {"X"}


def test_the_way_back_takes_everything_back(two_builds: tuple[Path, Path]) -> None:
    before, after = two_builds
    back = bridge(after, before)
    assert [back.unexplained(measure) for measure in MEASURES] == [0, 0]
    assert (back.before, back.after) == (bridge(before, after).after, bridge(before, after).before)


def test_a_build_beside_itself_differs_in_nothing(two_builds: tuple[Path, Path]) -> None:
    found = bridge(two_builds[1], two_builds[1])
    assert found.parts == [] and found.before == found.after


def test_builds_of_two_days_are_compared_at_the_earlier_one(tmp_path: Path) -> None:
    built(tmp_path, "2025-03-31", BEFORE).close()
    before = published(tmp_path)
    built(tmp_path, "2025-06-30", AFTER).close()
    found = bridge(before, published(tmp_path))
    assert str(found.day) == "2025-03-31"
    assert parts_of(found)["new_invoices"] == (400, 0)
    assert found.after["outstanding"] == Decimal("2840")  # as above, with the import that was not retracted
    assert [found.unexplained(measure) for measure in MEASURES] == [0, 0]


def test_the_sample_with_one_import_retracted(sample_copy: Path) -> None:
    settings = Settings(home=sample_copy)
    paths = []
    for file_name in ("", "receipts_2026H1.xlsx"):
        for each in imports.list_imports(settings):
            if each.file_name == file_name:
                imports.retract(settings, each.import_id)
        publish.build(settings, score=unscored)
        path = builds.current(settings)
        assert path is not None
        paths.append(path)
    forward, back = bridge(*paths), bridge(*paths[::-1])
    for found in (forward, back):
        assert [found.unexplained(measure) for measure in MEASURES] == [0, 0]
    gone, come = parts_of(forward), parts_of(back)
    assert set(gone) <= {"retracted", "matching"} and set(come) <= {"cash", "credits", "matching"}
    assert gone["retracted"][0] == -(come["cash"][0] + come["credits"][0]) > 100_000_000
    the_parts_of_a_scope_tie_to_its_pages(*paths)


def the_parts_of_a_scope_tie_to_its_pages(before: Path, after: Path) -> None:
    with duckdb.connect(str(after), read_only=True) as con:
        regions = queries.filter_values(con, Scope())["regions"]
        reps = queries.filter_values(con, Scope())["reps"]
        found = {region: bridge(before, after, scope=Scope(regions=(region,))) for region in regions}
        for region, own in found.items():
            shown = queries_balances.balances(con, Scope(regions=(region,)))
            assert own.after == {measure: shown[measure] for measure in MEASURES}
            assert [own.unexplained(measure) for measure in MEASURES] == [0, 0]
        rep = bridge(before, after, scope=Scope(reps=(reps[0],)))
        assert rep.after["outstanding"] == queries_balances.balances(con, Scope(reps=(reps[0],)))["outstanding"]
    assert rep.unexplained("overdue") == 0
    whole = parts_of(bridge(before, after))
    for part, amounts in whole.items():
        assert sum(parts_of(own).get(part, (0, 0))[0] for own in found.values()) == amounts[0]


def test_the_entities_of_a_bridge_add_up_to_the_whole(tmp_path: Path) -> None:
    """Each entity has a bridge of its own; a document of one is new although the other knew later days."""
    head = "Entity,Invoice No,Customer ID,Invoice Date,Due Date,Amount"
    built(
        tmp_path, "2025-03-31", {"first": f"{head}\nm,A,C1,2025-03-01,2025-03-15,100\ns,A,C1,2025-01-01,2025-02-01,40"}
    )
    before = published(tmp_path)
    built(tmp_path, "2025-03-31", {"more": f"{head}\ns,B,C1,2025-02-10,2025-03-01,7\nm,D,C1,2025-03-20,2025-04-20,9"})
    after = published(tmp_path)
    whole = bridge(before, after)
    assert parts_of(whole) == {"new_invoices": (9, 0), "late_postings": (7, 7)}
    own = {entity: bridge(before, after, scope=Scope(entities=(entity,))) for entity in ("m", "s")}
    assert parts_of(own["m"]) == {"new_invoices": (9, 0)} and parts_of(own["s"]) == {"late_postings": (7, 7)}
    for measure in MEASURES:
        assert [found.unexplained(measure) for found in own.values()] == [0, 0]
        assert sum(found.after[measure] for found in own.values()) == whole.after[measure]
    assert set(own["s"].rows["invoice_id"]) == {"B"}


def test_every_row_of_a_part_can_be_taken_along(two_builds: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries_bridge, "ROWS_SHOWN", 1)
    found = bridge(*two_builds)
    assert found.rows["part"].value_counts().to_dict() == dict.fromkeys(PARTS, 1)
    for part in found.parts:
        rows = bridge_rows(*two_builds, part["part"])
        assert len(rows) == part["rows"]
        assert abs(rows["outstanding_base"].sum() - float(part["outstanding_base"])) < 0.0001
    assert bridge_rows(*two_builds, "cash", scope=Scope(entities=("another",))).empty
