"""Probabilities and their log-odds. Written out here: the library that has them takes a quarter second to import."""

import numpy as np


def expit(x: np.ndarray) -> np.ndarray:
    """The probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -700, 700))))


def logit(p: np.ndarray) -> np.ndarray:
    """The log-odds of probabilities, those of 0 and 1 kept finite."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p) - np.log1p(-p))
