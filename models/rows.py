"""Columns of equal length as numpy arrays: what SQL answers and the model learns from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np


@dataclass(frozen=True)
class Rows:
    """Named columns; a number that is not known is NaN in a column of floats."""

    columns: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def where(self, chosen: np.ndarray | slice) -> "Rows":
        """The rows of a mask, of positions, or of a slice, in that order."""
        return Rows({name: column[chosen] for name, column in self.columns.items()})

    def having(self, **columns: np.ndarray) -> "Rows":
        """The same rows with these columns put in the place of those of the same name, or added."""
        return Rows({**self.columns, **columns})


def read(con: duckdb.DuckDBPyConnection, statement: str, params: Mapping[str, Any] | None = None) -> Rows:
    """The result of a statement. Text columns must not hold nulls."""
    found = con.execute(statement, dict(params or {})).fetchnumpy()
    return Rows({name: _filled(column) for name, column in found.items()})


def _filled(column: Any) -> np.ndarray:
    return np.asarray(np.ma.filled(column.astype("float64"), np.nan) if np.ma.isMaskedArray(column) else column)
