"""Brackets and quotes that YAML ends elsewhere than the designer did."""

from __future__ import annotations

import re

from loyalty_rules.ruleset.layout import (
    comment_with,
    entry_start,
    expression_end,
    flow_end,
    indent_of,
    line_start,
)
from loyalty_rules.ruleset.mistakes import Explained, Failure, Mistake, Repair, in_quotes
from loyalty_rules.ruleset.nodes import Scalar
from loyalty_rules.ruleset.traps import quote

_IN_NAME = re.compile(r"""(["'])([^"'\r\n]*)\1\s+(not\s+)?in\s+([A-Za-z_][\w.]*)\s*$""")
_SEMICOLONS = re.compile(r"[^;:\"'()]+(?:;\s*[\w-]+: [^;:\"'()]+)+")
"""What stands behind the first key of ``{type: bonus; program: beans; points: 5}``."""

_KEY_LINE = re.compile(r"[ ]*(?:- (?=\{)|(?:- )?[\w\"'-]+:(?:\s|$))")


def in_brackets(
    failure: Failure, text: str, last: Scalar | None, flows: tuple[int, ...]
) -> Explained:
    """Something inside [ ] or { } that is no comma and no end."""
    at, opened = failure.at, failure.context_at
    outer = min((opened, *flows))
    repair = Repair(outer, flow_end(text, outer), "x")
    if text[at : at + 1] == ":" and text[:at].rstrip()[-1:] in ("{", "[", ","):
        return _no_key(at, repair)
    bracket = text[opened : opened + 1]
    line = line_start(text, at)
    deeper = indent_of(text, line) > indent_of(text, line_start(text, opened))
    closing = "]" if bracket == "[" else "}"
    if (
        at >= len(text.rstrip())
        or text[at] == ("}" if bracket == "[" else "]")
        or ("\n" in text[opened:at] and _KEY_LINE.match(text, line) and not deeper)
        or comment_with(closing, text, opened, at) is not None
    ):
        return _unclosed(text, opened, at, closing), repair
    if last is not None and opened < last.start and "\n" not in text[last.start : at]:
        start = entry_start(text, opened, last.start)
        end = expression_end(text, start)
        if last.is_quoted and start == last.start:
            return quoted_start(start, end, text)[0], repair
        written = text[start:end].rstrip()
        if _SEMICOLONS.fullmatch(written):
            commas = re.sub(r"\s*;\s*", ", ", text[opened + 1 : start + len(written)].strip())
            at = start + written.index(";")
            help = f"write commas between the entries: `{commas}`"
            return Mistake("not_yaml", "a `;` stands where a comma must", at, at + 1, help), repair
        mistake = Mistake(
            "unquoted_expression", "an expression with brackets, quotes or `: ` inside brackets",
            start, start + len(written), in_quotes("put it in quotes", written),
        )  # fmt: skip
        return mistake, repair
    mistake = Mistake(
        "not_yaml", "a comma or a closing bracket is missing", at, at + 1,
        "put commas between entries, and expressions in quotes",
    )  # fmt: skip
    return mistake, repair


def _no_key(at: int, repair: Repair) -> Explained:
    help = "write `key: value`"
    return Mistake(
        "key_not_text", "a key is missing in front of the colon", at, at + 1, help
    ), repair


def _unclosed(text: str, opened: int, at: int, closing: str) -> Mistake:
    """A bracket that is not closed; often because what closes it has become a comment."""
    bracket, cut = text[opened], comment_with(closing, text, opened, at)
    if cut is not None:
        return Mistake(
            "unclosed_bracket", f"a comment begins here, so the `{bracket}` before it is not closed",
            *cut, "a # after a space starts a comment: put the text that it belongs to in quotes",
        )  # fmt: skip
    return Mistake(
        "unclosed_bracket", f"this `{bracket}` is not closed", opened, opened + 1,
        f"close it with `{closing}`; an expression with brackets stands in quotes",
    )  # fmt: skip


def stray_bracket(at: int, end: int, text: str, flows: tuple[int, ...]) -> Explained:
    char = text[at]
    if char in "]}":
        mistake = Mistake("unclosed_bracket", f"`{char}` closes nothing here", at, at + 1,
                          "take it out, or put the whole value in quotes")  # fmt: skip
    else:
        mistake = Mistake("not_yaml", f"nothing stands in front of this `{char}`", at, at + 1,
                          "write a value, or put an expression in quotes")  # fmt: skip
    if not flows:
        stands_behind_a_value = char in "]}" and text[line_start(text, at) : at].rstrip(" ")[
            -1:
        ] not in ("", ":", "-")
        return mistake, Repair(at, end, " " if stands_behind_a_value else "x")
    start = min((at, *flows))
    return mistake, Repair(start, max(end, flow_end(text, start)), "x")


def quoted_start(start: int, end: int, text: str) -> Explained:
    """``when: "vip" in member.segments``: YAML ends the value at the second quote."""
    written = text[start:end].rstrip()
    member = _IN_NAME.fullmatch(written)
    closing = written.find("'", 1)
    if written[0] == "'" and written[closing + 1 : closing + 2].isalnum():
        help = "an apostrophe inside single quotes is written twice: `''`"
    elif written[1:].endswith(written[0]) and quote(written[1:-1])[0] != written[0]:
        help = f"use the other quotes around it: `{quote(written[1:-1])}`"
    elif member:
        has = f'has({member[4]}, "{member[2]}")'
        help = f"write `{'not ' if member[3] else ''}{has}`"
    else:
        help = in_quotes("put the whole expression in quotes", written)
    mistake = Mistake(
        "reserved_start", "a value that begins with a quote ends at the next one",
        start, start + len(written), help,
    )  # fmt: skip
    return mistake, Repair(start, end, "x")
