"""The order of tokens: operand, operator, operand. What belongs to other languages is named with its cure
and, where the meaning is plain, read as it was meant, so that one mistake hides no other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.expr.foreign import (
    CASED,
    COMPARING,
    JOINING,
    MEANT,
    NEGATING,
    NOTHING,
    SIGNS,
    TIMES,
    WORDS,
)
from loyalty_rules.expr.numbers import decimal_text
from loyalty_rules.expr.scope import Problem
from loyalty_rules.expr.tokens import Token, meant

BRACKETS_MAX: Final = 50
PREFIXES_MAX: Final = 10
ARITHMETIC_MAX: Final = 200

_BINARY: Final = frozenset({*"+-*/%<>", "//", "==", "!=", "<=", ">=", "and", "or", "in"})

Bracket = Literal["call", "list", "group"]


@dataclass(slots=True)
class Reading:
    """Tokens as they were meant, and what was wrong with them. ``readable``: whether they parse."""

    tokens: list[Token] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    readable: bool = True
    opened: list[tuple[Bracket, Token]] = field(default_factory=list)
    operand_due: bool = True
    prefixes: int = 0
    arithmetic: int = 0

    @property
    def last(self) -> Token | None:
        return self.tokens[-1] if self.tokens else None

    @property
    def bracket(self) -> Bracket | None:
        return self.opened[-1][0] if self.opened else None

    def keep(self, token: Token, *, operand_due: bool) -> None:
        self.tokens.append(token)
        self.operand_due = operand_due

    def wrong(self, name: str, message: str, token: Token, help: str | None) -> None:
        self.problems.append(Problem(name, message, token.start, token.end, help))

    def stop(self, name: str, message: str, token: Token, help: str | None = None) -> None:
        self.wrong(name, message, token, help)
        self.readable = False


def read(tokens: tuple[Token, ...]) -> Reading:
    """Tokens that Python's parser takes without a surprise, or the first thing that keeps it from that."""
    reading, at = Reading(), 0
    while at < len(tokens) and reading.readable:
        at += _one(reading, tokens, at)
    if reading.readable:
        _finish(reading, tokens)
    return reading


def _finish(reading: Reading, tokens: tuple[Token, ...]) -> None:
    if reading.operand_due:
        last = tokens[-1]
        reading.stop("bad_syntax", f"something is missing after `{last.text}`", last)
    elif reading.opened:
        opener = reading.opened[-1][1]
        reading.stop("bad_syntax", f"`{opener.text}` is never closed", opener)
    elif reading.arithmetic > ARITHMETIC_MAX:
        message = f"an expression has more than {ARITHMETIC_MAX} operations"
        reading.stop("expression_too_deep", message, tokens[0], "take it apart with `define`")


def _one(reading: Reading, tokens: tuple[Token, ...], at: int) -> int:
    """Reads one token (or two that belong together); how many were read."""
    token = tokens[at]
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if token.sort == "name":
        token = _cased(reading, token)
    if token.text in SIGNS and token.sort in ("operator", "other"):
        message, help = SIGNS[token.text]
        reading.stop("not_allowed", message, token, help)
    elif token.sort == "name" and token.text in WORDS:
        message = f"`{token.text}` is not part of the language"
        reading.stop("not_allowed", message, token, WORDS[token.text])
    elif token.sort in ("open", "close", "comma"):
        _mark(reading, token, following)
    elif reading.operand_due:
        _operand(reading, token)
    else:
        return _operator(reading, token, following, tokens[at + 2 : at + 3])
    return 1


def _cased(reading: Reading, token: Token) -> Token:
    if token.text in NOTHING:
        message = f"there is no `{token.text}`: what was not sent is unknown"
        reading.wrong("wrong_operator", message, token, "ask with known(...)")
        return meant(token, "0", "number")
    if token.text in CASED:
        plain = CASED[token.text]
        message = f"`{token.text}` is not part of the language"
        reading.wrong("wrong_operator", message, token, f"write `{plain}`")
        return meant(token, plain)
    return token


def _operand(reading: Reading, token: Token) -> None:
    if token.sort in ("number", "text"):
        reading.prefixes = 0
        reading.keep(token, operand_due=False)
    elif token.text == "not" or token.text in ("-", "+", "!"):
        _prefix(reading, token)
    elif token.sort == "name" and token.text not in ("and", "or", "in", "is"):
        reading.prefixes = 0
        reading.keep(token, operand_due=False)
    elif token.text == "*" and reading.bracket == "call":
        reading.stop("not_allowed", "`*` cannot stand before a value", token)
    elif reading.last is None or reading.last.sort in ("open", "comma"):
        reading.stop("bad_syntax", f"something is missing before `{token.text}`", token)
    else:
        between = f"between `{reading.last.text}` and `{token.text}`"
        joined = reading.last.text + token.text
        help = f"write `{joined}` without a space" if joined in COMPARING else None
        reading.stop("bad_syntax", f"something is missing {between}", token, help)


def _prefix(reading: Reading, token: Token) -> None:
    reading.prefixes += 1
    if reading.prefixes > PREFIXES_MAX:
        reading.stop("expression_too_deep", f"more than {PREFIXES_MAX} signs in a row", token)
        return
    if token.text == "!":
        reading.wrong("wrong_operator", "`!` is not part of the language", token, "write `not`")
        token = meant(token, "not", "name")
    if token.text == "+":
        reading.wrong("wrong_operator", "`+` before a value does nothing", token, "leave it out")
        return
    last = reading.last
    free = last is None or last.sort in ("open", "comma") or last.text in ("and", "or", "not")
    if token.text == "not" and not free:
        reading.stop("bad_syntax", "`not` here needs brackets", token, "write `(not ...)`")
        return
    reading.keep(token, operand_due=True)


def _operator(
    reading: Reading, token: Token, following: Token | None, beyond: tuple[Token, ...]
) -> int:
    if token.text == "%" and not _starts_operand(following):
        _share(reading, token)
        return 1
    if token.text == "is":
        return _is(reading, token, following)
    if token.text == "not" and following is not None and following.text.lower() == "in":
        reading.keep(token, operand_due=True)
        reading.keep(meant(following, "in"), operand_due=True)
        return 2
    if token.text in MEANT and token.sort == "operator":
        if token.text == "=" and reading.bracket == "call" and _names_argument(reading):
            message = "the arguments of a function have no names"
            reading.stop("not_allowed", message, token, "write the values in their order")
            return 1
        plain, help = MEANT[token.text]
        reading.wrong("wrong_operator", f"`{token.text}` is not part of the language", token, help)
        token = meant(token, plain)
    if token.text not in _BINARY or token.sort in ("text", "number"):
        _missing_operator(reading, token)
        return 1
    reading.arithmetic += token.text in ("+", "-", "*", "/", "//", "%")
    reading.keep(token, operand_due=True)
    return 1


def _names_argument(reading: Reading) -> bool:
    return len(reading.tokens) > 1 and reading.tokens[-2].sort in ("open", "comma")


def _missing_operator(reading: Reading, token: Token) -> None:
    last = reading.last
    assert last is not None, "an operator is due only after an operand"
    if last.sort == "text" and token.sort == "text" and last.end == token.start:
        reading.stop("bad_syntax", "a text stands between one pair of quotes", token)
        return
    message = f"something is missing between `{last.text}` and `{token.text}`"
    reading.stop("bad_syntax", message, token, _joining(last, token))


def _joining(last: Token, token: Token) -> str:
    """What to write where two values stand side by side: often one of them is no value."""
    if last.sort == "number" and token.text in TIMES:
        return f'a window is a text: write "last {last.text} {token.text}" in quotes'
    if last.sort == "number" and token.sort == "name" and _UNIT.fullmatch(token.text):
        return f"write {last.text}; a number has no unit, and an amount is in the file's currency"
    if last.text.lower() in NEGATING:
        return "write `not`"
    joining = JOINING.get(token.text.lower(), "an operator, such as `and`, `==` or `+`")
    return joining.format(last.text)


_UNIT: Final = re.compile(r"[A-Z]{3}|[Ee]uros?|[Pp]oints?|[Dd]ollars?|cents?|x")
"""What people write behind a number."""


def _is(reading: Reading, token: Token, following: Token | None) -> int:
    if following is not None and following.text == "not":
        joined = replace(token, text="is not", end=following.end)
        reading.wrong(
            "wrong_operator", "`is not` is not part of the language", joined, "write `!=`"
        )
        reading.keep(meant(joined, "!=", "operator"), operand_due=True)
        return 2
    reading.wrong("wrong_operator", "`is` is not part of the language", token, "write `==`")
    reading.keep(meant(token, "==", "operator"), operand_due=True)
    return 1


def _starts_operand(token: Token | None) -> bool:
    if token is None:
        return False
    if token.sort == "name":
        return token.text.lower() not in ("and", "or", "in", "is")
    return token.sort in ("number", "text") or token.text in ("(", "[", "-")


def _share(reading: Reading, token: Token) -> None:
    last = reading.last
    if last is None or not isinstance(last.value, (int, Fraction)) or last.sort != "number":
        message = "something is missing after `%`"
        reading.stop("bad_syntax", message, token, "`%` is the rest of a division")
        return
    whole = replace(last, end=token.end)
    share = Fraction(last.value) / 100
    message = f"`{last.text} %` is not a number: `%` is the rest of a division"
    reading.wrong("bad_number", message, whole, f"write {decimal_text(share)}")
    reading.tokens[-1] = replace(whole, value=None)


def _mark(reading: Reading, token: Token, following: Token | None) -> None:
    if token.sort == "open":
        _open(reading, token)
    elif token.sort == "close":
        _close(reading, token)
    else:
        _comma(reading, token)


def _open(reading: Reading, token: Token) -> None:
    last = reading.last
    if len(reading.opened) >= BRACKETS_MAX:
        message = f"brackets are nested more than {BRACKETS_MAX} deep"
        reading.stop("expression_too_deep", message, token, "take it apart with `define`")
    elif reading.operand_due:
        reading.prefixes = 0
        reading.opened.append(("list" if token.text == "[" else "group", token))
        reading.keep(token, operand_due=True)
    elif token.text == "[":
        message = "a part of a value cannot be taken with `[`"
        reading.stop(
            "not_allowed", message, token, "look up with a table, or ask a list with has(...)"
        )
    elif last is not None and last.sort == "name":
        reading.opened.append(("call", token))
        reading.keep(token, operand_due=True)
    else:
        _missing_operator(reading, token)


def _close(reading: Reading, token: Token) -> None:
    if not reading.opened:
        reading.stop("bad_syntax", f"`{token.text}` closes nothing", token)
        return
    bracket, opener = reading.opened.pop()
    last = reading.last
    empty = last is opener and bracket in ("call", "list")
    if (opener.text == "(") != (token.text == ")"):
        message = f"`{opener.text}` is closed by `{token.text}`"
        reading.stop("bad_syntax", message, token)
    elif reading.operand_due and not empty:
        reading.stop("bad_syntax", f"something is missing before `{token.text}`", token)
    else:
        reading.keep(token, operand_due=False)


def _comma(reading: Reading, token: Token) -> None:
    if reading.operand_due:
        reading.stop("bad_syntax", "something is missing before `,`", token)
    elif reading.bracket is None:
        help = "join conditions with `and`; write a number without commas"
        reading.stop("bad_syntax", "`,` cannot stand between values here", token, help)
    elif reading.bracket == "group":
        help = 'write square brackets, as in `["a", "b"]`'
        reading.stop("not_allowed", "a list is not written in round brackets", token, help)
    else:
        reading.keep(token, operand_due=True)
