"""Every character of a text is found again at its place in the file, however the text is written."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar
from loyalty_rules.ruleset.nodes import Sequence as ListNode
from loyalty_rules.ruleset.tree import read_tree

BREAKS = ("\n", "\r\n", "\r")
WORD = st.text(alphabet="abcxyz09é日😀‌.=<>()", min_size=1, max_size=6)
INDENT = "      "


def offset_of(source: str, line: int, column: int) -> int:
    """Offset of a place, counted without the product's own line table."""
    at = 0
    for _ in range(line - 1):
        match = re.compile(r"\r\n|\r|\n").search(source, at)
        assert match is not None
        at = match.end()
    return at + column - 1


def decoded(escape: str) -> str:
    """What one escape of a double-quoted text means, read by JSON and by hand."""
    if escape[1] in "xU":
        return chr(int(escape[2:], 16))
    special = {"\\e": "\x1b", "\\0": "\0", "\\_": "\xa0", "\\ ": " ", "\\a": "\a", "\\v": "\v"}
    return special[escape] if escape in special else str(json.loads(f'"{escape}"'))


def stands_for(piece: str, char: str, style: str) -> bool:
    if style == "single" and char == "'":
        return piece == "''"
    if piece == char:
        return True
    if piece in BREAKS:
        return char == "\n" or (char == " " and style != "literal")
    return style == "double" and piece.startswith("\\") and decoded(piece) == char


def scalars(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, ListNode):
        return [each for item in node.items for each in scalars(item)]
    return [each for key, value in node for each in (key, *scalars(value))]


def check_every_character(source: str) -> Scalar:
    """Read ``source``, hold each scalar's characters against the file; the scalar under ``key``."""
    root, found = read_tree(source.encode("utf-8"), "rules.yaml")
    assert [each.message for each in found if each.is_error] == []
    assert isinstance(root, Mapping)
    for scalar in scalars(root):
        behind = -1
        for at, char in enumerate(scalar.text):
            span = scalar.span_at(at, at + 1)
            start = offset_of(source, span.line, span.column)
            end = offset_of(source, span.end_line, span.end_column)
            assert stands_for(source[start:end], char, scalar.style), (scalar.text, at, char)
            assert start >= behind
            behind = end
    found_scalar = root.get("key")
    assert isinstance(found_scalar, Scalar)
    return found_scalar


@st.composite
def flowing(draw: st.DrawFn, pieces: st.SearchStrategy[str]) -> str:
    """Pieces with blanks, line ends and empty lines between them, as plain and quoted texts allow."""
    out = [draw(pieces)]
    for _ in range(draw(st.integers(0, 6))):
        gap = draw(st.sampled_from([" ", "  ", "", "\n", "\n\n", "\n \n\n"]))
        if "\n" in gap:
            gap = draw(st.sampled_from(["", " "])) + gap + INDENT
            gap += draw(st.sampled_from(["", "  "]))
        out += [gap, draw(pieces)]
    return "".join(out)


@st.composite
def block(draw: st.DrawFn) -> str:
    """A literal or folded text with any header, extra indentation, empty and blank lines."""
    indent = draw(st.integers(1, 4))
    lines = list[str]()
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["text", "text", "deeper", "empty", "blank"]))
        text = draw(WORD) + draw(st.sampled_from(["", " x", "  ", " # y"]))
        lines.append(
            {"text": " " * indent + text, "deeper": " " * (indent + 2) + text, "empty": ""}.get(
                kind, " " * draw(st.integers(1, indent))
            )
        )
    first = next((line for line in lines if line.strip()), "")
    explicit = len(first) - len(first.lstrip(" ")) != indent or draw(st.booleans())
    header = draw(st.sampled_from("|>")) + (str(indent) if explicit else "")
    header += draw(st.sampled_from(["", "-", "+"])) + draw(st.sampled_from(["", "  # note"]))
    return header + "\n" + "\n".join(lines)


single = st.one_of(WORD, st.sampled_from(["''", "''''", '"', ": ", " #"]))
double = st.one_of(
    WORD,
    st.sampled_from(
        [
            "\\n",
            "\\t",
            '\\"',
            "\\\\",
            "\\/",
            "\\x41",
            "\\u00e9",
            "\\U0001F600",
            "\\ ",
            "\\\n      ",
            "'",
        ]
    ),
)
plain = st.builds(str.__add__, st.sampled_from("abcxyz"), WORD)
unbracketed = plain.map(lambda word: word.translate({ord("("): "", ord(")"): ""}))
values = st.one_of(
    flowing(plain),
    flowing(single).map(lambda body: f"'{body}'"),
    flowing(double).map(lambda body: f'"{body}"'),
    block(),
)


@pytest.mark.property
@settings(max_examples=200, deadline=None)
@given(values, st.sampled_from(BREAKS), st.sampled_from(["", "# c\n", "a: 日本\n"]))
def test_every_character_of_a_value_is_where_the_tree_says(
    value: str, line_end: str, before: str
) -> None:
    source = f"{before}key: {value}\nnext: end\n"
    check_every_character(source.replace("\n", line_end))


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(
    flowing(unbracketed),
    flowing(double).map(lambda body: f'"{body}"'),
    st.sampled_from(BREAKS),
)
def test_every_character_inside_brackets_is_where_the_tree_says(
    first: str, second: str, line_end: str
) -> None:
    source = f"other: [{first}, {second}, {{k: {first}}}]\nkey: x\n"
    check_every_character(source.replace("\n", line_end))


@pytest.mark.parametrize(
    ("source", "text", "word", "place"),
    [
        pytest.param("key: a == b", "a == b", "==", (1, 8), id="plain"),
        pytest.param("key: a\n  == b", "a == b", "==", (2, 3), id="plain over two lines"),
        pytest.param(
            "key: 'it''s ok'", "it's ok", "ok", (1, 13), id="an apostrophe is two characters"
        ),
        pytest.param('key: "\\u0041 == b"', "A == b", "==", (1, 14), id="an escape is six"),
        pytest.param(
            'key: "a \\\n    == b"', "a == b", "==", (2, 5), id="an escaped line end is none"
        ),
        pytest.param("key: |\n    a\n      == b\n", "a\n  == b\n", "==", (3, 7), id="literal"),
        pytest.param("key: >-\n    a\n    == b\n\n", "a == b", "==", (3, 5), id="folded"),
        pytest.param(
            "key: >+\n\n   a\n\n   == b\n\n", "\na\n== b\n\n", "==", (5, 4), id="kept ends"
        ),
        pytest.param("key: |2\n    a == b\n", "  a == b\n", "==", (2, 7), id="given indentation"),
        pytest.param("- x\r\n- key", "key", "key", (2, 3), id="behind CR LF"),
        pytest.param("\ufeffkey: ab", "ab", "b", (1, 7), id="a byte order mark is no column"),
        pytest.param(
            "日本: 語 == b", "語 == b", "==", (1, 7), id="wide characters are one column each"
        ),
    ],
)
def test_a_word_of_a_text_is_found_in_the_file(
    source: str, text: str, word: str, place: tuple[int, int]
) -> None:
    root, found = read_tree(source.encode("utf-8"), "rules.yaml")
    assert found == ()
    assert root is not None
    scalar = next(each for each in scalars(root) if each.text == text)
    at = text.index(word)
    span = scalar.span_at(at, at + len(word))
    assert (span.line, span.column) == place
    assert (span.end_line, span.end_column) == (place[0], place[1] + len(word))


def test_a_stretch_over_several_lines_ends_on_the_last_of_them() -> None:
    root, _ = read_tree(b"key: ab\n  cd\n", "rules.yaml")
    assert isinstance(root, Mapping)
    scalar = root.get("key")
    assert isinstance(scalar, Scalar)
    span = scalar.span_at(0, 5)
    assert (span.line, span.column, span.end_line, span.end_column) == (1, 6, 2, 5)


def test_a_place_behind_the_last_character_is_the_end_of_the_text() -> None:
    scalar = check_every_character("key: 'ab'\n")
    assert scalar.span_at(2, 2) == scalar.span_at(9, 12)
    assert scalar.span_at(2, 2).column == 9
