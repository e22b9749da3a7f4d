"""Text to tokens. Numbers and quoted texts are read here, exactly; nothing later reads them again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from loyalty_rules.expr.numbers import Misspelled, number_run, read_number
from loyalty_rules.expr.scope import Problem

Sort = Literal["name", "number", "text", "operator", "open", "close", "comma", "other"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_OPERATOR = re.compile(r"===|!==|\*\*|//|<<|>>|<=|>=|==|!=|<>|=<|=>|&&|\|\||:=|->|[-+*/%<>=!&|^~@]")
_PREFIXES: Final = frozenset(["f", "b", "r", "u", "fr", "rf", "br", "rb"])


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an expression. ``value``: what a number or text stands for; None in one that is wrong
    (and reported). ``text`` may be changed to what was meant; the place stays."""

    sort: Sort
    text: str
    start: int
    end: int
    value: int | Fraction | str | None = None


class Tokens(NamedTuple):
    """``readable``: whether the tokens can be read on as an expression."""

    tokens: tuple[Token, ...]
    problems: tuple[Problem, ...]
    readable: bool


def tokenise(text: str) -> Tokens:
    """The tokens of a text in which every strange character was replaced (``characters.clean``)."""
    reader = _Reader(text)
    while reader.at < len(text) and reader.readable:
        reader.step()
    return Tokens(tuple(reader.tokens), tuple(reader.problems), reader.readable)


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0
    tokens: list[Token] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    opened: list[bool] = field(default_factory=list)  # for each open bracket: a call or a list
    readable: bool = True

    def step(self) -> None:
        char = self.text[self.at]
        if char in " \t\r\n":
            self.at += 1
        elif char in "\"'":
            self._quoted(char)
        elif char in "0123456789" or (char == "." and self._digit_follows()):
            self._number()
        elif name := _NAME.match(self.text, self.at):
            self._name(name.group())
        elif operator := _OPERATOR.match(self.text, self.at):
            self._add("operator", operator.group())
        else:
            self._mark(char)

    def _digit_follows(self) -> bool:
        return self.text[self.at + 1 : self.at + 2] in tuple("0123456789")

    def _add(self, sort: Sort, text: str, value: int | Fraction | str | None = None) -> None:
        self.tokens.append(Token(sort, text, self.at, self.at + len(text), value))
        self.at += len(text)

    def _problem(self, name: str, message: str, start: int, end: int, help: str | None) -> None:
        self.problems.append(Problem(name, message, start, end, help))

    def _mark(self, char: str) -> None:
        if char in "([":
            last = self.tokens[-1] if self.tokens else None
            self.opened.append(char == "[" or (last is not None and last.sort == "name"))
            self._add("open", char)
        elif char in ")]":
            if self.opened:
                self.opened.pop()
            self._add("close", char)
        else:
            self._add("comma" if char == "," else "other", char)

    def _number(self) -> None:
        run = number_run(self.text, self.at, in_list=bool(self.opened and self.opened[-1]))
        value = read_number(run)
        if isinstance(value, Misspelled):
            end = self.at + len(run)
            self._problem("bad_number", value.message, self.at, end, value.help)
            self._add("number", run)
        else:
            self._add("number", run, value)

    def _name(self, name: str) -> None:
        after = self.text[self.at + len(name) : self.at + len(name) + 1]
        if after and after in "\"'" and name.lower() in _PREFIXES:
            message = f"a text has no prefix: `{name}{after}`"
            help = f"write {after}...{after} alone"
            self._problem("not_allowed", message, self.at, self.at + len(name), help)
            self.at += len(name)
        else:
            self._add("name", name)

    def _quoted(self, quote: str) -> None:
        start, at, parts = self.at, self.at + 1, list[str]()
        wrong = False
        while at < len(self.text) and self.text[at] != quote:
            if self.text[at] == "\\":
                escaped = self.text[at + 1 : at + 2]
                if escaped and escaped not in "\\\"'":
                    wrong = True
                    message = f"`\\{escaped}` means nothing in a text"
                    self._problem("bad_text", message, at, at + 2, "write `\\\\` for a backslash")
                at += 1
            parts.append(self.text[at : at + 1])
            at += 1
        if at >= len(self.text):
            self._unclosed(start, quote)
            return
        self._add("text", self.text[start : at + 1], None if wrong else "".join(parts))

    def _unclosed(self, start: int, quote: str) -> None:
        help = f"write {quote} where it ends"
        message = f"a text that starts with {quote} does not end"
        self._problem("text_not_closed", message, start, len(self.text), help)
        self.readable = False


def meant(token: Token, text: str, sort: Sort | None = None) -> Token:
    """The token that should have been written in its place."""
    return replace(token, text=text, sort=sort or token.sort)
