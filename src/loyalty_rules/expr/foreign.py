"""Words and signs of other languages that designers bring along, and what to say of each."""

from __future__ import annotations

from typing import Final

MEANT: Final[dict[str, tuple[str, str]]] = {
    "=": ("==", "to compare, write `==`"),
    "===": ("==", "write `==`"),
    "!==": ("!=", "write `!=`"),
    "<>": ("!=", "write `!=`"),
    "=<": ("<=", "write `<=`"),
    "=>": (">=", "write `>=`"),
    "&&": ("and", "write `and`"),
    "||": ("or", "write `or`"),
    "&": ("and", "write `and`"),
    "|": ("or", "write `or`"),
}
"""Operators of other languages: what they mean here, and the cure."""

CASED: Final = {
    "AND": "and", "And": "and", "OR": "or", "Or": "or", "NOT": "not", "Not": "not", "IN": "in",
    "In": "in", "True": "true", "TRUE": "true", "False": "false", "FALSE": "false",
}  # fmt: skip
"""Words in another spelling: they are read as meant."""

NOTHING: Final = frozenset(["None", "none", "NONE", "null", "NULL", "Null", "nil"])
"""Words for a value that is not there."""

WORDS: Final[dict[str, str]] = {
    "if": "a choice is two rules, or a table",
    "else": "a choice is two rules, or a table",
    "lambda": "name a condition with `define`",
    "for": "ask of the lines with any_item(...), amount_of(...) or count_of(...)",
    "await": "write the value itself",
    "async": "write the value itself",
    "yield": "write the value itself",
}
"""Keywords of Python that rules do not have, with the cure."""

SIGNS: Final[dict[str, tuple[str, str | None]]] = {
    "**": ("powers are not part of the language", "write a product, as in `x * x`"),
    "<<": ("shifts are not part of the language", "write a product or a quotient"),
    ">>": ("shifts are not part of the language", "write a product or a quotient"),
    "^": ("`^` is not part of the language", "write a product, as in `x * x`"),
    "~": ("`~` is not part of the language", "write `not`"),
    "@": ("`@` is not part of the language", None),
    ":=": ("nothing can be named inside an expression", "name a condition with `define`"),
    "->": ("`->` is not part of the language", None),
    ":": ("`:` cannot stand in an expression", "quote a time or a text that holds it"),
    ";": ("`;` cannot stand in an expression", "write one condition, or join with `and`"),
    "?": ("`?` is not part of the language", "a choice is two rules, or a table"),
    "{": ("`{` is not part of the language", "a list is written in square brackets"),
    "}": ("`}` is not part of the language", "a list is written in square brackets"),
    "#": ("`#` starts a comment", "take it out, or quote the text that holds it"),
    "\\": ("`\\` is not part of the language", "an expression may run over several lines as it is"),
    "`": ("a back-tick does not quote a text", 'write straight quotes: "..."'),
    "$": ("`$` is not part of an amount", "an amount is a plain number"),
    ".": (
        "`.` stands only inside a name, as in `order.total`",
        "a value has no parts and no methods",
    ),
}
"""Signs that mean nothing in a rule: what is said of them, and the cure."""

JOINING: Final[dict[str, str]] = {
    "und": "write `and`", "et": "write `and`", "y": "write `and`", "plus": "write `+`",
    "oder": "write `or`", "ou": "write `or`", "equals": "write `==`", "minus": "write `-`",
    "contains": "write `has({}, ...)`", "includes": "write `has({}, ...)`",
    "between": "write it as `10 <= {} <= 20`", "over": "write `>`", "under": "write `<`",
}  # fmt: skip
"""Words that join two values elsewhere, and the cure; ``{}`` is the value before them."""

NEGATING: Final = frozenset(["nicht", "kein", "keine", "non", "pas"])
"""Words for ``not`` in other languages."""

TIMES: Final = frozenset(
    unit + plural for unit in ("day", "week", "month", "year") for plural in ("", "s")
)
"""Units that make a window out of a number, which is a text in an expression."""

COMPARING: Final = ("==", "!=", "<=", ">=")
"""Signs of two characters that are sometimes written with a space between them."""
