"""The month ends of a build, and the same counted by the statement that the bench holds them against."""

from pathlib import Path

from pipelines.reporting import queries
from pipelines.settings import Settings
from tests.bench import facts


def test_month_ends_equal_the_statement_written_by_hand(sample_warehouse: Path) -> None:
    """Bounced, foreign, unapplied and credited money included; and the build holds the same."""
    build = queries.published(Settings(home=sample_warehouse))
    assert build is not None
    with queries.open_build(build) as con:
        assert facts.differences(con) == 0
        assert con.execute(
            "select count(*) from (from by_hand except all from main.int_aging_accounts)"
        ).fetchone() == (0,)
        assert con.execute("select count(*) from by_hand").fetchone() > (1000,)
