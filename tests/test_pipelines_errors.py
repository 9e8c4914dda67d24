"""Mistakes keep their words wherever they are told."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from pipelines.errors import SystemRefused, UserError
from pipelines.reading.mapping_errors import MissingColumns
from pipelines.reading.readers_errors import EmptyFile, SeveralFiles

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
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as worker, pytest.raises(SeveralFiles) as raised:
        worker.submit(open_archive).result()
    assert str(raised.value) == str(SeveralFiles("a.zip", ["1.csv", "2.csv"]))


def open_archive() -> None:
    raise SeveralFiles("a.zip", ["1.csv", "2.csv"])
