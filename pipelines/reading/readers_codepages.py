"""Which single-byte Windows code page a text is in, as far as the words with letters beyond ASCII tell it."""

import re
from collections import Counter

WESTERN = "cp1252"
# A word is of a language where all its letters are; of one that fits languages of a single code page it is known.
# Letters that end words only (Italian ì and ù, French ù) are in no alphabet: inside a word they are of another page.
_ALPHABETS = {
    WESTERN: (
        *("äöüß", "àâæçéèêëîïôœûüÿ", "áéíñóúüçªº", "áâãàçéêíóôõúüªº", "àèéíïòóúüç·", "åäöæøéü", "áðéíóúýþæö"),
        "äëïéèöüíóúê",
    ),
    "cp1250": (
        *("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ"),
        "äöüß",
    ),
    "cp1254": ("çğıöşüîâ\u0307",),  # the dot that İ leaves behind as a small letter
}
_ENDINGS = {WESTERN: "àèéìíîòóùúß", "cp1250": "", "cp1254": ""}
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_MARKS = frozenset(range(0x80, 0x98)) - {0x8A, 0x8C, 0x8D, 0x8E, 0x8F} | {
    0x99,
    0x9B,
    0xA0,
    0xA7,
    0xA9,
    0xAB,
    0xB0,
    0xBB,
}
# The commonest letters of languages whose words are written in such bytes alone.
_COMMON = {"cp1251": "оеаинтсрвлі", "koi8-r": "оеаинтсрвл", "cp1253": "αοιετσνηρυςάίό"}
_IN_PAIRS = ("gb18030", "big5", "cp949")
_LETTERS = 20  # fewer tell nothing


def letters_apart(sample: bytes) -> str | None:
    """The code page of Cyrillic or Greek text; None where it is surely neither, or may be of an encoding in pairs."""
    wide = bytes(byte for byte in sample if byte >= 0x80)
    runs = [run for run in re.findall(rb"[\x80-\xff]+", sample) if len(run) > 2]
    if len(wide) < _LETTERS or sum(map(len, runs)) < 0.8 * len(wide) or any(_decodes(sample, e) for e in _IN_PAIRS):
        return None
    shares = {}
    for encoding, common in _COMMON.items():
        text = wide.decode(encoding, errors="replace").casefold()
        if sum(letter.isalpha() for letter in text) > 0.9 * len(text):
            shares[encoding] = sum(letter in common for letter in text) / len(text)
    best = max(shares, key=lambda encoding: shares[encoding], default="")
    return best if best and shares[best] >= 0.5 else None


def code_page(sample: bytes) -> tuple[str, bool]:
    """The code page of text in Latin letters, and whether it is told surely: else it is taken for the Western one."""
    votes, open_words = Counter[str](), False
    for word in {found for found in _WORD.findall(sample) if not found.isascii()}:
        told = bytes(byte for byte in word if byte >= 0x80 and byte not in _MARKS)
        texts = {told.decode(encoding, errors="replace") for encoding in _ALPHABETS}
        if len(texts) == 1:
            continue
        fits = [encoding for encoding in _ALPHABETS if _fits(word, encoding)]
        if len(fits) == 1:
            votes[fits[0]] += 1
        else:
            open_words = True
    if len(votes) == 1:
        return next(iter(votes)), True
    return WESTERN, not votes and not open_words


def _fits(word: bytes, encoding: str) -> bool:
    """Whether the word can be one of a language that is written in the code page."""
    text = "".join(
        bytes([byte]).decode(encoding, errors="replace").casefold()
        for byte in word
        if byte < 0x80 or byte not in _MARKS
    )
    letters = {letter for letter in text if not letter.isascii()}
    return any(letters - ({text[-1]} & set(_ENDINGS[encoding])) <= set(alphabet) for alphabet in _ALPHABETS[encoding])


def _decodes(sample: bytes, encoding: str) -> bool:
    """Whether the sample may be of the encoding; a character cut in two at its end is no fault."""
    try:
        sample[:-4].decode(encoding)
    except UnicodeDecodeError as error:
        return error.start >= len(sample) - 8
    return True
