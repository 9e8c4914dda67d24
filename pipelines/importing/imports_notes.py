"""What is said of a stored import as it is true beside the imports in force now, whatever was said when it was made."""

from collections.abc import Sequence
from typing import Any

import duckdb

from pipelines.importing.imports_held import standing
from pipelines.importing.imports_lists import BESIDE_OTHERS, list_notes
from pipelines.importing.imports_payments import payment_notes
from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import rows_of
from pipelines.settings import Settings


def notes_now(report: ImportReport, reports: Sequence[ImportReport], settings: Settings) -> list[dict[str, Any]]:
    """The notes of a stored import; `reports` are all imports.

    What a list makes paid and leaves open, and which payments receipts replace, is told anew, as other imports may have
    been retracted or made since; nothing is said of it where the import has been retracted itself.
    """
    kept = [note for note in standing(report.notes, reports) if note["code"] not in BESIDE_OTHERS]
    if report.retracted_at:
        return kept
    others = [each for each in reports if not each.retracted_at and each.import_id != report.import_id]
    with duckdb.connect() as con:
        beside = (con, rows_of(settings, report), report, others, settings)
        now = [*payment_notes(*beside), *list_notes(*beside)]
    is_before = [note["code"] not in BESIDE_OTHERS for note in report.notes]
    place = is_before.index(False) if False in is_before else len(kept)
    return [*kept[:place], *now, *kept[place:]]
