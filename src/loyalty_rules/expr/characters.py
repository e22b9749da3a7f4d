"""Characters that cannot be seen or look like others: found before anything else reads the text.

Every character is replaced by one character, so offsets stay those of the text as it was written.
"""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple

from loyalty_rules.expr.scope import Problem

_LOOKALIKES: Final[dict[str, str]] = {
    **dict(zip("аеорсухіјѕԁһԛԝ", "aeopcyxijsdhqw", strict=True)),  # Cyrillic
    **dict(zip("АВЕКМНОРСТХІЈЅ", "ABEKMHOPCTXIJS", strict=True)),
    **dict(zip("οινκρυχα", "oivkpuxa", strict=True)),  # Greek
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
    **dict(zip("−–—‐‑×÷∗⁄∕٪،٫", "-----*/*//%,.", strict=True)),
    **dict(zip("≥≤≠∧∨¬", "><!&|!", strict=True)),
}
_MEANT: Final[dict[str, str]] = {"≥": ">=", "≤": "<=", "≠": "!=", "∧": "and", "∨": "or", "¬": "not"}
_CURLY: Final = "“”„‟«»‘’‚‛"
_SPACES: Final = {"\u00a0", "\u202f", "\u2007", "\u3000"}
_UNSEEN_IN_TEXT: Final = {"\u200b", "\u2060", "\ufeff", "\u00ad", "\u180e"}
_BIDI: Final = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


class Cleaned(NamedTuple):
    """The text with every strange character replaced. ``readable``: whether it can be read on."""

    text: str
    problems: tuple[Problem, ...]
    readable: bool


def clean(text: str) -> Cleaned:
    """Plain characters in place of strange ones, and what is wrong with each run of them."""
    if text.isascii() and text.isprintable():
        return Cleaned(text, (), True)
    chars, problems, readable = list(text), list[Problem](), True
    at, quote = 0, ""
    while at < len(text):
        if quote:
            step = 2 if text[at] == "\\" else 1
            if text[at] in _closing(quote):
                chars[at], quote = _straight(quote), ""
            elif strange := _strange_in_text(text[at]):
                problems.append(Problem("strange_character", *_at(strange, at), help=_TAKE_OUT))
                chars[at] = "x"
            at += step
            continue
        if text[at] in "\"'" or text[at] in _CURLY:
            quote = text[at]
            chars[at] = _straight(quote)
            if quote in _CURLY:
                problems.append(_curly(text, at))
            at += 1
            continue
        if text[at].isascii() and (text[at].isprintable() or text[at] in "\t\r\n"):
            at += 1
            continue
        end = _run_end(text, at)
        problem, plain = _outside(text, at, end)
        problems.append(problem)
        readable = readable and plain is not None
        chars[at:end] = plain or "x" * (end - at)
        at = end
    return Cleaned("".join(chars), tuple(problems), readable)


_TAKE_OUT = "take it out"


def _at(message: str, at: int) -> tuple[str, int, int]:
    return message, at, at + 1


def _closing(quote: str) -> str:
    return _CURLY if quote in _CURLY else quote


def _straight(quote: str) -> str:
    return quote if quote == "'" else '"'


def _curly(text: str, at: int) -> Problem:
    message = f"`{text[at]}` does not quote a text"
    return Problem("strange_character", message, at, at + 1, 'write straight quotes: "..."')


def _strange_in_text(char: str) -> str | None:
    """What is wrong with a character between quotes; joiners and no-break spaces are good there."""
    if char in _BIDI or char in _UNSEEN_IN_TEXT:
        return f"a text holds the invisible character {_name(char)}"
    if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char != "\t":
        return f"a text holds {_name(char)}"
    return None


def _name(char: str) -> str:
    named = unicodedata.name(char, "").lower()
    if char in "\r\n":
        return "a line break"
    return f"U+{ord(char):04X}" + (f" ({named})" if named else "")


def _sort(char: str) -> str:
    if char in _SPACES:
        return "space"
    if char in _CURLY or char.isascii():
        return ""
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"):
        return "unseen"
    if unicodedata.decimal(char, None) is not None:
        return "digit"
    return "letter" if char.isalpha() else "sign"


def _run_end(text: str, at: int) -> int:
    sort, end = _sort(text[at]), at + 1
    while sort in ("digit", "letter") and end < len(text) and _sort(text[end]) == sort:
        end += 1
    return end


def _outside(text: str, start: int, end: int) -> tuple[Problem, str | None]:
    """The problem with a run outside quotes, and the plain characters in its place if there are any."""
    run = text[start:end]
    match _sort(run[0]):
        case "space":
            message = f"a no-break space in column {start + 1}"
            return _problem(message, start, end, "write a plain space"), " "
        case "digit":
            plain = "".join(str(unicodedata.decimal(char)) for char in run)
            return _problem(
                f"`{run}` is not in the digits 0-9", start, end, f"write {plain}"
            ), plain
        case "letter":
            return _letters(run, start, end)
        case "sign":
            return _sign(run, start, end)
        case _:
            message = f"an invisible character in column {start + 1}: {_name(run[0])}"
            return _problem(message, start, end, _TAKE_OUT), " "


def _problem(message: str, start: int, end: int, help: str | None) -> Problem:
    return Problem("strange_character", message, start, end, help)


def _plain(char: str) -> str | None:
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 and folded.isascii() else _LOOKALIKES.get(char)


def _letters(run: str, start: int, end: int) -> tuple[Problem, str | None]:
    plains = [_plain(char) for char in run]
    plain = "".join(char for char in plains if char)
    if len(plain) == len(run):
        message = f"`{run}` only looks like `{plain}`: U+{ord(run[0]):04X}"
        return _problem(message, start, end, f"write `{plain}` with plain letters"), plain
    help = "names are written with a-z; a text stands in quotes"
    return _problem(f"`{run}` cannot stand outside quotes", start, end, help), None


def _sign(run: str, start: int, end: int) -> tuple[Problem, str | None]:
    meant, plain = _MEANT.get(run), _plain(run)
    if unicodedata.category(run) == "Sc":
        help: str | None = "an amount is a plain number: it is in the currency of the rule set"
        return _problem(f"`{run}` is not part of an amount", start, end, help), " "
    help = f"write `{meant or plain}`" if meant or plain else None
    return _problem(f"`{run}` means nothing here", start, end, help), None if meant else plain
