"""The trees of a small boosting as plain arrays: scored several times faster than by scikit-learn, saved as numbers.

A tree of at most eight leaves fits one byte: each leaf is a bit, a row that goes right at a node rules out the leaves
on its left, and the first bit that is left is the row's leaf. Sums run in scikit-learn's order, so results are equal.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # a build that only scores does without the library that fits
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

LEAVES = 8
CHUNK = 16_384  # rows at a time, so that their columns stay in the processor's cache


@dataclass(frozen=True)
class Forest:
    """Arrays of shape (trees, 7) for the nodes and (trees, 256) for the value that a byte of possible leaves gives."""

    start: float
    column: np.ndarray  # -1 where a tree has fewer nodes
    threshold: np.ndarray
    missing_left: np.ndarray
    ruled_out: np.ndarray  # bits of the leaves to the left of the node
    value: np.ndarray

    def raw(self, x: np.ndarray) -> np.ndarray:
        """Log-odds (or days) of shape (rows,)."""
        return self.staged(x, (len(self.column),))[len(self.column)]

    def staged(self, x: np.ndarray, counts: tuple[int, ...]) -> dict[int, np.ndarray]:
        """The same after the first trees, for each of `counts`."""
        result = {count: np.empty(len(x)) for count in counts}
        for first in range(0, len(x), CHUNK):
            columns = np.ascontiguousarray(x[first : first + CHUNK].T)
            total = np.full(columns.shape[1], self.start)
            for tree in range(len(self.column)):
                total += self.value[tree][self._leaves(tree, columns)]
                if tree + 1 in result:
                    result[tree + 1][first : first + CHUNK] = total
        return result

    def used(self) -> set[int]:
        """The columns that any tree asks."""
        return set(self.column[self.column >= 0].tolist())

    def _leaves(self, tree: int, columns: np.ndarray) -> np.ndarray:
        """A byte a row: the leaves that no node has ruled out."""
        possible = np.full(columns.shape[1], 255, dtype="uint8")
        for node in range(LEAVES - 1):
            number = self.column[tree, node]
            if number < 0:
                break
            # What is not known compares as false: it goes left with `>` and right with the negated `<=`.
            if self.missing_left[tree, node]:
                right = columns[number] > self.threshold[tree, node]
            else:
                right = ~(columns[number] <= self.threshold[tree, node])
            possible &= ~(right.view("uint8") * self.ruled_out[tree, node])
        return possible


def of(model: "HistGradientBoostingClassifier | HistGradientBoostingRegressor") -> Forest:
    """The trees of a fitted boosting of one output and at most LEAVES leaves a tree."""
    trees = [predictor.nodes for (predictor,) in model._predictors]
    shape = (len(trees), LEAVES - 1)
    column, threshold = np.full(shape, -1, dtype="int64"), np.zeros(shape)
    missing_left, ruled_out = np.zeros(shape, dtype=bool), np.zeros(shape, dtype="uint8")
    value = np.zeros((len(trees), 256))
    for number, nodes in enumerate(trees):
        inner: list[tuple[int, int]] = []  # (node, bits of the leaves on its left)
        leaves: list[float] = []

        def walk(
            place: int,
            nodes: np.ndarray = nodes,
            inner: list[tuple[int, int]] = inner,
            leaves: list[float] = leaves,
        ) -> int:
            """Leaves from left to right; the bits of those below this node."""
            node = nodes[place]
            if node["is_leaf"]:
                leaves.append(float(node["value"]))
                return 1 << (len(leaves) - 1)
            left = walk(int(node["left"]))
            inner.append((place, left))
            return left | walk(int(node["right"]))

        walk(0)
        for position, (place, bits) in enumerate(inner):
            node = nodes[place]
            column[number, position] = node["feature_idx"]
            threshold[number, position] = node["num_threshold"]
            missing_left[number, position] = bool(node["missing_go_to_left"])
            ruled_out[number, position] = bits
        for byte in range(1, 256):
            first = (byte & -byte).bit_length() - 1
            value[number, byte] = leaves[min(first, len(leaves) - 1)]
    return Forest(float(model._baseline_prediction.ravel()[0]), column, threshold, missing_left, ruled_out, value)
