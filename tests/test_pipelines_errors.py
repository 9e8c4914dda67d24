"""Mistakes keep their words wherever they are told."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import SystemRefused, UserError
from pipelines.reading.mapping_errors import MissingColumns
from pipelines.reading.readers_errors import EmptyFile, SeveralFiles

ROOT = Path(__file__).resolve().parent.parent
MISTAKES = [
    UserError("error.engine_not_built", engine="spark"),
    EmptyFile("a.csv"),
    SeveralFiles("a.zip", ["1.csv", "2.csv"]),
    SystemRefused(MemoryError()),
    MissingColumns("a.csv", "invoices", ["amount"], ["Customer", "No"], {}),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: type(mistake).__name__)
def test_a_mistake_that_was_stored_says_the_same(mistake: UserError) -> None:
    again = pickle.loads(pickle.dumps(mistake))
    assert type(again) is type(mistake) and again.__dict__ == mistake.__dict__
    assert [again.text(language) for language in ("en", "zh_CN")] == [mistake.text(x) for x in ("en", "zh_CN")]
    assert str(again) == str(mistake)


def test_a_mistake_of_another_process_keeps_its_words() -> None:
    raised = (
        "import pickle, sys; from pipelines.reading.readers_errors import SeveralFiles; "
        "sys.stdout.buffer.write(pickle.dumps(SeveralFiles('a.zip', ['1.csv', '2.csv'])))"
    )
    ran = subprocess.run([sys.executable, "-c", raised], cwd=ROOT, capture_output=True, check=True)
    assert str(pickle.loads(ran.stdout)) == str(SeveralFiles("a.zip", ["1.csv", "2.csv"]))
