"""What imports call customers, whatever a build makes of them."""

from collections.abc import Collection

import duckdb

from pipelines.importing.imports_store import in_force, rows_of
from pipelines.literals import literal, parquet
from pipelines.settings import Settings

_NAMING = ("invoices", "customers", "aged_summary")


def names_of(settings: Settings, customers: Collection[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """The names that imports in force give customers, each (entity_id, customer_id): entity_id, customer_id, name."""
    files = [rows_of(settings, each) for each in in_force(settings) if each.kind in _NAMING] if customers else []
    if not files:
        return []
    with duckdb.connect() as con:
        return con.execute(
            f"""with sought as (
                    select unnest($entities::varchar[]) as entity_id, unnest($ids::varchar[]) as customer_id
                )
                select distinct entity_id, customer_id, named.customer_name
                from (
                    select coalesce(entity_id, {literal(settings.default_entity)}) as entity_id, customer_id,
                        customer_name
                    from {parquet(*files)}
                ) as named
                join sought using (entity_id, customer_id)
                where named.customer_name is not null order by all""",
            {"entities": [entity for entity, _ in customers], "ids": [customer for _, customer in customers]},
        ).fetchall()
