"""Text to a Python syntax tree of nothing but placeholders, operators and brackets.

Python's parser never sees what the designer wrote: each value is one placeholder name, so it can neither
warn nor read a number as a float, and every place maps back to a token.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from loyalty_rules.expr.characters import clean
from loyalty_rules.expr.grammar import read
from loyalty_rules.expr.scope import Problem
from loyalty_rules.expr.tokens import Token, tokenise

CHARACTERS_MAX: Final = 4_000
DEPTH_MAX: Final = 64

_WORDS: Final = frozenset({"and", "or", "not", "in"})
_SKELETON_KEPT_MAX: Final = 400
"""Characters of the longest skeleton that is remembered, so that what is remembered stays small."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A syntax tree and the way back from it to the text. ``tree`` is None if it cannot be read."""

    tree: ast.expr | None
    problems: tuple[Problem, ...]
    tokens: tuple[Token, ...] = ()
    starts: Mapping[int, int] = field(default_factory=dict)
    ends: Mapping[int, int] = field(default_factory=dict)

    def token(self, node: ast.Name) -> Token:
        """The token that a placeholder stands for."""
        return self.tokens[int(node.id[1:])]

    def place(self, node: ast.expr) -> tuple[int, int]:
        """Start and end of a node in the text."""
        first = self.starts[node.col_offset]
        last = self.ends[node.end_col_offset or 0]
        return self.tokens[first].start, self.tokens[last].end


def parse(text: str) -> Parsed:
    """The syntax tree of a text, or what keeps it from having one. Bounded in time for any text."""
    if len(text) > CHARACTERS_MAX:
        message = f"an expression has {len(text)} characters, more than {CHARACTERS_MAX}"
        return _failed(
            Problem("expression_too_long", message, 0, len(text), "take it apart with `define`")
        )
    cleaned = clean(text)
    if not cleaned.readable:
        return _failed(*cleaned.problems)
    tokens = tokenise(cleaned.text)
    problems = (*cleaned.problems, *tokens.problems)
    if not tokens.readable:
        return _failed(*problems)
    if not tokens.tokens:
        return _failed(*(problems or (_empty(text),)))
    reading = read(tokens.tokens)
    problems = (*problems, *reading.problems)
    if not reading.readable:
        return _failed(*problems)
    return _syntax(tuple(reading.tokens), problems)


def _empty(text: str) -> Problem:
    return Problem("expression_empty", "an expression is empty", 0, len(text), "write a condition")


def _failed(*problems: Problem) -> Parsed:
    return Parsed(None, problems)


def _syntax(tokens: tuple[Token, ...], problems: tuple[Problem, ...]) -> Parsed:
    words, starts, ends, at = list[str](), dict[int, int](), dict[int, int](), 0
    for number, token in enumerate(tokens):
        operand = token.sort in ("number", "text") or (
            token.sort == "name" and token.text not in _WORDS
        )
        word = f"n{number}" if operand else token.text
        words.append(word)
        starts[at] = ends[at + len(word)] = number
        at += len(word) + 1
    skeleton = " ".join(words)
    build = _build_once if len(skeleton) <= _SKELETON_KEPT_MAX else _build
    try:
        tree, depth = build(skeleton)
    except (SyntaxError, RecursionError, MemoryError):
        message = "the expression cannot be read"
        place = (tokens[0].start, tokens[-1].end)
        return _failed(
            *problems, Problem("bad_syntax", message, *place, "put its parts in brackets")
        )
    if depth > DEPTH_MAX:
        return _failed(*problems, too_deep(tokens[0].start, tokens[-1].end))
    return Parsed(tree, problems, tokens, starts, ends)


def _build(skeleton: str) -> tuple[ast.expr, int]:
    """The syntax tree of placeholders, and how deep it is. Nobody changes it."""
    tree = ast.parse(skeleton, mode="eval").body
    return tree, _depth(tree)


_build_once = lru_cache(maxsize=128)(_build)
"""Rules of one make differ in their values only, so their skeletons are the same."""


def too_deep(start: int, end: int) -> Problem:
    """Said of an expression whose parts stand within parts beyond the limit."""
    message = f"an expression is nested more than {DEPTH_MAX} deep"
    return Problem("expression_too_deep", message, start, end, "take it apart with `define`")


def _depth(tree: ast.expr) -> int:
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend(
            (child, depth + 1)
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr)
        )
    return deepest
