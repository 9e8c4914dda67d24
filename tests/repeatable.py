"""Random examples that are the same in every run, whichever modules a process has loaded."""

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider


class Repeatable(HypothesisProvider):
    """The usual random choices, without the numbers and words that stand in the code loaded so far.

    Which modules are loaded depends on the tests that ran before in the same process, and so would the examples.
    """

    def _maybe_draw_constant(self, *_: object, **__: object) -> None:
        return None


REPEATABLE = "repeatable"  # the name that settings of a test take
AVAILABLE_PROVIDERS[REPEATABLE] = f"{__name__}.{Repeatable.__name__}"
