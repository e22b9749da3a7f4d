"""What a designer meant where YAML, without a word, reads something else.

Called by the tree builder for finished scalars, maps and lists; each trap gives one message with a cure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import takewhile

from loyalty_rules.ruleset.decode import Found
from loyalty_rules.ruleset.nodes import Node, Scalar
from loyalty_rules.ruleset.scalars import loose_number

Entry = tuple[Scalar, Node]

PIECES_MAX = 20
"""Commas that one value may have lost; looking further for its end would cost time for nothing."""

NO_BREAK_SPACES = re.compile("[\u00a0\u2007\u202f]+")
_NUMBER_START = re.compile(r"[-+0-9]")
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]"
)
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_COMMENT = re.compile(r"[ \t]+#([^\r\n]*)")
_NO_SPACE = re.compile(r"([A-Za-z_][\w-]*)(?::|\s*=(?!=)\s*)(\S.*)", re.DOTALL)
_COMPARISON = re.compile(r"==|!=|>=|<=|<|>|\bin\b|\bhas\(|\bknown\(|\bany_item\(")
_OPERAND = r"(?:[A-Za-z_][\w.]*(?:\([^()]*\))?|[\"'][^\"']*[\"']|-?[0-9][0-9_.]*)"
_READS_AS_CONDITION = re.compile(
    rf"\s*(?:(?:and|or)\s+(?:not\s+)?{_OPERAND}(?:\s*(?:==|!=|>=|<=|<|>)\s*{_OPERAND}|\s+(?:not\s+)?in\b.*)?"
    rf"|{_OPERAND}\s*(?:==|!=|>=|<=|<|>)\s*{_OPERAND})(?:\s+(?:and|or)\b.*)?\s*"
)
_GROUPS = re.compile(r"-?[1-9][0-9]{0,2}(?:,\s*[0-9]{3})+(?:\.[0-9]+)?")
_OPENS = re.compile(r"[(\[{\"']")
_LISTED = frozenset(
    {"weekdays", "event", "exclude", "net_of", "activity", "days_of_month", "sources"}
)
"""Keys whose value may be a list of words."""

_WORD = re.compile(r"-?[\w.-]+")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def check_scalar(scalar: Scalar, found: Found, *, has_no_break_spaces: bool) -> None:
    """The traps of one scalar, key or value: invisible characters, and comments that cut it."""
    text, style = scalar.source.text, scalar.style
    if style == "plain":
        if text[scalar.end : scalar.end + 1] in (" ", "\t"):
            _check_comment(scalar, found)
    elif style == "double" and text.find("\\", scalar.start, scalar.end) >= 0:
        _check_escaped(scalar, found)
    if has_no_break_spaces and scalar.style not in ("single", "double"):
        match = NO_BREAK_SPACES.search(scalar.source.text, scalar.start, scalar.end)
        if match:
            found.add(
                "no_break_space",
                f"a no-break space, U+{ord(match[0][0]):04X}, outside quotes",
                match.start(),
                match.end(),
                "write an ordinary space, or put the text in quotes",
            )
            scalar.broken = True


def _check_escaped(scalar: Scalar, found: Found) -> None:
    """What may not stand in a file may not come in as an escape either."""
    for name, pattern, what in (
        ("control_character", _CONTROLS, "an invisible control character"),
        ("bidi_control", _BIDI, "a character that turns the reading direction"),
    ):
        match = pattern.search(scalar.text)
        if match:
            span = scalar.span_at(match.start(), match.end())
            at = scalar.source.line_starts[span.line - 1] + span.column - 1
            written = f"{what}, U+{ord(match[0]):04X}"
            found.add(name, written, at, at + span.end_column - span.column, "delete the escape")
            scalar.broken = True


def _check_comment(scalar: Scalar, found: Found) -> None:
    comment = _COMMENT.match(scalar.source.text, scalar.end)
    if comment is None:
        return
    closing = unclosed(scalar.text)
    if closing and closing in comment[1]:
        found.add(
            "unclosed_text",
            "the text ends at ` #` before it is closed",
            scalar.start,
            comment.end(),
            "a # after a space starts a comment; quote the whole",
        )
        scalar.broken = True
    elif _COMPARISON.search(scalar.text) and _READS_AS_CONDITION.fullmatch(comment[1]):
        found.add(
            "comment_in_condition",
            "this comment reads as part of the condition, and is not",
            comment.start(1) - 1,
            comment.end(),
            "put the whole condition in quotes, or write the comment on a line of its own",
        )


def unclosed(text: str) -> str:
    """The closing quote or bracket that ``text`` lacks first of all, or nothing.

    An apostrophe within a word (``Ana's``) opens no text.
    """
    open_brackets = list[str]()
    quote = ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char == '"' or (char == "'" and not (at and text[at - 1].isalnum())):
            quote = char
        elif char in _CLOSING:
            open_brackets.append(_CLOSING[char])
        elif open_brackets and char == open_brackets[-1]:
            open_brackets.pop()
    return quote or (open_brackets[-1] if open_brackets else "")


def check_values(entries: list[Entry], found: Found, *, is_flow: bool) -> list[Entry]:
    """``entries`` of one map without those that have no value; each is reported as what was meant.

    In braces a comma ends a value, so a key without a value is mostly the second half of an expression
    or of a number; those belong to the value before them.
    """
    kept = list[Entry]()
    tight = list[Scalar]()
    last = {key.text: place for place, (key, _) in enumerate(entries)}
    reach = 0  # the last place at which a key stands again that stood before
    for number, (key, value) in enumerate(_joined(entries, found) if is_flow else entries):
        if not is_flow and is_empty(value) and reach > number:  # the keys behind are another map's
            _report_beside(key, value, found)
            break
        reach = max(reach, last.get(key.text, 0))
        if not is_empty(value):
            kept.append((key, value))
        elif is_flow and _NO_SPACE.fullmatch(key.text) and not key.is_quoted:
            tight.append(key)
        else:
            kept.append((key, value))
            _report_empty(key, value, found)
    if tight:
        _report_tight(tight, found)
    return kept


def _report_beside(key: Scalar, value: Node, found: Found) -> None:
    """A key whose map stands beside it, so that its keys seem to be those of the map before."""
    assert isinstance(value, Scalar)
    value.broken = True
    found.add(
        "empty_value", f"`{key.text}` has no value: what follows stands beside it, not below it",
        key.start, key.end,
        f"move `{key.text}:` to the left, under the key that it belongs beside, or indent what belongs to it",
    )  # fmt: skip


def is_empty(node: Node) -> bool:
    """Whether nothing at all is written where a value must stand."""
    return isinstance(node, Scalar) and node.start == node.end and not node.broken


def _report_empty(key: Scalar, value: Node, found: Found) -> None:
    assert isinstance(value, Scalar)
    value.broken = True
    shown = key.text if len(key.text) <= 60 else key.text[:60] + "…"
    found.add(
        "empty_value",
        f"`{shown}` has no value",
        key.start,
        key.end,
        f"write a value after `{shown}:`, or take the key out",
    )


def _report_tight(keys: list[Scalar], found: Found) -> None:
    """Keys such as ``id:gold`` in one pair of braces: one mistake, made as often as there are colons."""
    cures = ", ".join(_NO_SPACE.sub(r"\1: \2", key.text) for key in keys[:5])
    message = f"`{keys[0].text}` is one word, not a key and its value"
    related = tuple(found.note(key.start, key.end, "here too") for key in keys[1:4])
    lead = "a space after the colon" if ":" in keys[0].text else "a colon and a space"
    found.add(
        "space_after_colon", message, keys[0].start, keys[0].end, f"{lead}: `{cures}`", related
    )


def _joined(entries: list[Entry], found: Found) -> Iterator[Entry]:
    """The entries, with the pieces of a value that commas have torn apart reported and left out."""
    number = 0
    while number < len(entries):
        key, value = entries[number]
        number += 1
        torn = _torn_after(key, value, entries[number : number + PIECES_MAX], found)
        if torn:
            _report_torn(key, value, [piece for piece, _ in entries[number : number + torn]], found)
            number += torn
        yield key, value


def _torn_after(key: Scalar, value: Node, following: list[Entry], found: Found) -> int:
    """How many of the entries behind ``value`` are its own torn off pieces."""
    if not isinstance(value, Scalar) or value.is_quoted or value.broken or is_empty(value):
        return 0
    empty = 0
    for piece, behind in following:
        if piece.is_quoted or not is_empty(behind):
            break
        empty += 1
    if re.fullmatch(r"-?[1-9][0-9]{0,2}", value.text):
        count = 0
        while count < empty and re.fullmatch(r"[0-9]{3}(\.[0-9]+)?", following[count][0].text):
            count += 1
        if count:
            return count
    if key.text not in _LISTED and re.fullmatch(r"-?[0-9]+", value.text):
        is_fraction = empty and following[0][0].start == value.end + 1
        return 1 if is_fraction and re.fullmatch(r"[0-9]+(?: ?%)?", following[0][0].text) else 0
    if key.text in _LISTED and empty:
        return next((n for n in range(empty) if not _WORD.fullmatch(following[n][0].text)), empty)
    return _pieces(value.text, [key.text for key, _ in following[:empty]], found)


def _pieces(text: str, following: list[str], found: Found) -> int:
    """How many of the texts behind ``text`` it takes to close what is open in it; 0 if none do."""
    if not following or found.searches_left <= 0 or not unclosed(text):
        return 0
    for count, piece in enumerate(following, start=1):
        text += ", " + piece
        if not unclosed(text):
            return count
    found.searches_left -= 1
    return 0


def _report_torn(key: Scalar, value: Node, pieces: list[Scalar], found: Found) -> None:
    assert isinstance(value, Scalar)
    last = pieces[-1]
    written = value.source.text[value.start : last.end]
    value.broken = True
    if key.text not in _LISTED and value.text.lstrip("-").isdigit():
        plain = written.replace(",", "").replace(" ", "")
        grouped = written.replace(", ", "_").replace(",", "_")
        is_grouped = _GROUPS.fullmatch(written) is not None
        decimal = re.sub(r" ?%", " %", written.replace(",", "."))
        cure = f"{plain} or {grouped}" if is_grouped else decimal
        found.add(
            "thousands_separator", f"`{written}` is not one number: the comma ends it",
            value.start, last.end, f"write {cure}",
        )  # fmt: skip
        return
    if key.text in _LISTED and not unclosed(value.text):
        found.add(
            "empty_value", f"the comma ends the value of `{key.text}`", value.start, last.end,
            f"several values stand in brackets: `{key.text}: [{written}]`",
        )  # fmt: skip
        return
    quoted = quote(written)
    found.add(
        "unquoted_expression", f"the comma ends the value of `{key.text}` inside a bracket",
        value.start, last.end, f"put the expression in quotes: `{quoted}`",
    )  # fmt: skip


def check_items(items: list[Node], found: Found, *, is_flow: bool) -> list[Node]:
    """``items`` of one list without those that are missing or torn off; each is reported."""
    if not any(_may_be_torn(item, is_flow) for item in items):
        return items
    kept = list[Node]()
    number = 0
    while number < len(items):
        item = items[number]
        number += 1
        if is_empty(item):
            found.add(
                "empty_value", "a list item without a value", item.start - _dash(item), item.start,
                "write a value after the `-`, or take it out",
            )  # fmt: skip
            continue
        kept.append(item)
        if is_flow and isinstance(item, Scalar) and not item.is_quoted and unclosed(item.text):
            number += _report_torn_item(item, items[number : number + PIECES_MAX], found)
    return kept


def _may_be_torn(item: Node, is_flow: bool) -> bool:
    """Whether a list item may be missing, or the first piece of a value that a comma has torn apart."""
    if not isinstance(item, Scalar):
        return False
    return item.start == item.end or (
        is_flow and item.style == "plain" and _OPENS.search(item.text) is not None
    )


def _dash(item: Node) -> int:
    return 1 if item.source.text[item.start - 1 : item.start] == "-" else 0


def _report_torn_item(item: Scalar, following: list[Node], found: Found) -> int:
    texts = [
        piece.text
        for piece in takewhile(lambda one: isinstance(one, Scalar) and not one.is_quoted, following)
        if isinstance(piece, Scalar)
    ]
    count = _pieces(item.text, texts, found)
    if count:
        last = following[count - 1]
        written = item.source.text[item.start : last.end]
        found.add(
            "unquoted_expression", "the comma ends the list item inside a bracket",
            item.start, last.end, f"put the expression in quotes: `{quote(written)}`",
        )  # fmt: skip
        item.broken = True
    return count


def check_equal_keys(entries: list[Entry], found: Found) -> list[Entry]:
    """``entries`` with the first of equal keys only; every other one is reported with both places.

    Keys are equal when they are the same text or, unquoted, the same number (30, 30.0 and 030).
    """
    texts = {key.text for key, _ in entries}
    if len(texts) == len(entries) and not any(map(_NUMBER_START.match, texts)):
        return entries
    if found.is_full:
        return entries  # nothing more is told of this file
    first = dict[str | Decimal, Scalar]()
    kept = list[Entry]()
    for key, value in entries:
        same = first.get(key.text)
        number = None if key.is_quoted else loose_number(key.text)
        if same is None and number is not None:
            same = first.get(number)
        if same is None:
            kept.append((key, value))
        else:
            _report_equal(same, key, found)
        first.setdefault(key.text, key)
        if number is not None:
            first.setdefault(number, key)
    return kept


def _report_equal(first: Scalar, second: Scalar, found: Found) -> None:
    if found.is_full:
        return
    if first.text == second.text:
        message = f"the key `{second.text}` stands here twice"
    else:
        message = f"the keys `{first.text}` and `{second.text}` are equal"
    found.add(
        "equal_keys", message, second.start, second.end, "keep one of them",
        (found.note(first.start, first.end, "the first one"),),
    )  # fmt: skip


def quote(text: str) -> str:
    """``text`` as a YAML text in quotes, in those that need no escape if possible."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
