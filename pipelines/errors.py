"""The one base of every mistake an operator can make and mend."""

from pipelines import i18n


class UserError(Exception):
    """A mistake in the data or the input, said in one line: what, where, what to do.

    `code` is a key of the catalogue (`error.*`); `params` fill its placeholders. `str()` is the English line,
    `text(language)` the line in a reader's language. Subclasses name one mistake each and build the message in
    their `__init__`, so that a caller cannot forget a placeholder.
    """

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(self.text("en"))

    def text(self, language: str) -> str:
        return i18n.translate(language, self.code, **self.params)
