"""What is not yet due, split by how soon it falls due: every day in one group, the groups are the bucket."""

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.__main__ import main
from pipelines.reporting import queries, queries_aging
from pipelines.reporting.queries import Scope
from pipelines.reporting.queries_not_due import groups, not_due_at, split, split_total
from pipelines.settings import LAST_EDGE, MOST_EDGES, Settings
from tests.small_ledgers import INVOICES, RECEIPTS, built
from ui.aging_file import by_customer
from ui.buckets import bucket_colours, bucket_name, is_late, whole_bucket
from ui.i18n import Reader

EDGES = (0, 30, 60, 90)


@pytest.mark.parametrize(
    ("due", "group"),
    [
        ("2025-06-30", "due_0"), ("2025-07-01", "due_1-30"), ("2025-07-30", "due_1-30"), ("2025-07-31", "due_31-60"),
        ("2025-08-29", "due_31-60"), ("2025-08-30", "due_61-90"), ("2025-09-28", "due_61-90"),
        ("2025-09-29", "due_90+"), ("2035-01-01", "due_90+"),
    ],
)  # fmt: skip
def test_every_day_ahead_is_in_one_group(tmp_path: Path, due: str, group: str) -> None:
    con = built(tmp_path, "2025-06-30", {"invoices": f"{INVOICES}\nA,C1,2025-01-01,{due},100,R1"})
    found = not_due_at(con, Scope(), dt.date(2025, 6, 30), EDGES)
    assert found[["bucket", "open_base", "items"]].values.tolist() == [[group, 100, 1]]


def test_groups_are_named_the_furthest_first() -> None:
    named = [("due_90+", -4), ("due_61-90", -3), ("due_31-60", -2), ("due_1-30", -1), ("due_0", 0)]
    assert groups(EDGES) == named
    assert groups((0,)) == [("due_0+", -1), ("due_0", 0)]


def test_overdue_money_and_money_on_account_stand_in_no_group(tmp_path: Path) -> None:
    files = {
        "invoices": f"{INVOICES}\nA,C1,2025-01-01,2025-06-29,100,R1\nB,C1,2025-01-01,2025-07-15,50,R2",
        "receipts": f"{RECEIPTS}\nP1,B,2025-06-01,20,payment\nP2,,2025-06-02,7,payment",
    }
    con = built(tmp_path, "2025-06-30", files)
    day = dt.date(2025, 6, 30)
    assert not_due_at(con, Scope(), day, EDGES)["open_base"].tolist() == [30]
    assert not_due_at(con, Scope(reps=("R1",)), day, EDGES).empty
    cells = split(queries_aging.aging_heatmap_at(con, Scope(), day), not_due_at(con, Scope(), day, EDGES))
    assert sorted(cells["bucket"]) == ["1-30", "due_1-30", "unapplied"]


@pytest.mark.parametrize("day", [dt.date(2026, 6, 30), dt.date(2025, 2, 17)])
@pytest.mark.parametrize("edges", [EDGES, (0,), (0, 7, 14)])
def test_the_groups_add_up_to_the_bucket_for_everyone(
    sample_warehouse: Path, day: dt.date, edges: tuple[int, ...]
) -> None:
    build = queries.published(Settings(home=sample_warehouse))
    assert build is not None
    with queries.open_build(build) as con:
        cells = queries_aging.aging_heatmap_at(con, Scope(), day, 10_000)
        not_due, aging = not_due_at(con, Scope(), day, edges), queries_aging.aging_at(con, Scope(), day)
    apart = split(cells, not_due)
    whole = ["entity_id", "customer_id"]
    one, other = (rows.groupby(whole)["open_base"].sum() for rows in (cells, apart))
    assert (one - other).abs().max() < 0.005
    before = aging.set_index("bucket")["open_base"]
    after = split_total(aging, not_due)
    assert (
        abs(after[~after["bucket"].map(is_late)]["open_base"].sum() - before["not_due"] - before["unapplied"]) < 0.005
    )
    assert after["bucket_order"].is_monotonic_increasing and "not_due" not in set(after["bucket"])


@pytest.mark.parametrize(("language", "total"), [("en", "Total"), ("zh_CN", "合计")])
def test_the_file_holds_every_customer_and_the_totals_of_the_page(
    sample_warehouse: Path, language: str, total: str
) -> None:
    build, day = queries.published(Settings(home=sample_warehouse)), dt.date(2026, 6, 30)
    assert build is not None
    reader = Reader(language, "CNY")
    with queries.open_build(build) as con:
        cells = queries_aging.aging_heatmap_at(con, Scope(), day, 10**9)
        not_due, aging = not_due_at(con, Scope(), day, EDGES), queries_aging.aging_at(con, Scope(), day)
    for rows, totals in ((cells, aging), (split(cells, not_due), split_total(aging, not_due))):
        file = by_customer(reader, rows)
        assert len(file) == len(cells[["entity_id", "customer_id"]].drop_duplicates()) + 1
        last = file.iloc[-1]
        assert last.iloc[2] == total
        for row in totals.to_dict("records"):
            assert last[bucket_name(reader, row["bucket"])] == round(row["open_base"], 2)
        assert last.iloc[-1] == round(aging["open_base"].sum(), 2)


def test_a_group_is_blue_and_leads_to_its_bucket() -> None:
    colours = bucket_colours(["due_90+", "due_1-30", "due_0", "1-30"])
    assert colours["due_0"] == colours["not_due"] and len({colours[each] for each in colours}) == len(colours) - 1
    assert whole_bucket("due_1-30") == "not_due" and whole_bucket("1-30") == "1-30"
    names = {each: bucket_name(Reader("en", "CNY"), each) for each in ("due_0", "due_1-30", "due_90+")}
    assert names == {"due_0": "Due today", "due_1-30": "Due in 1–30 days", "due_90+": "Due in over 90 days"}


@pytest.mark.parametrize("name", ["bucket_edges", "not_due_edges"])
@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        ("[]", "must start at 0 and rise", "须从 0 开始并逐个递增"),
        ("[0, 30, 30]", "must start at 0 and rise", "须从 0 开始并逐个递增"),
        ("[1, 30]", "must start at 0 and rise", "须从 0 开始并逐个递增"),
        (str([*range(MOST_EDGES + 1)]), f"{MOST_EDGES} edges at most", f"最多 {MOST_EDGES} 个分段点"),
        (f"[0, {LAST_EDGE + 1}]", "3,650 days at most", "最大为 3,650 天"),
    ],
)
def test_edges_that_cannot_be_are_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, english: str, chinese: str
) -> None:
    monkeypatch.setenv("FIRSTPAID_HOME", str(tmp_path))
    monkeypatch.setenv(f"FIRSTPAID_{name.upper()}", value)
    for language, words in (("en", english), ("zh_CN", chinese)):
        monkeypatch.setenv("FIRSTPAID_LANGUAGE", language)
        result = CliRunner().invoke(main, ["imports"])
        assert result.exit_code == 1 and len(result.output.splitlines()) == 1
        assert name in result.output and words in result.output


def test_edges_up_to_the_limits_can_be_built(tmp_path: Path) -> None:
    edges = (*range(MOST_EDGES - 1), LAST_EDGE)
    con = built(
        tmp_path, "2025-06-30", {"invoices": f"{INVOICES}\nA,C1,2015-01-01,2015-01-01,100,R1"}, bucket_edges=edges
    )
    assert con.execute("select bucket, open_base from fct_aging").fetchall() == [("3650+", 100)]
