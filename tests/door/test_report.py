"""How a mistake looks: the headline, the line, the carets, the help; and the same as plain data."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules.base.diagnostics import Diagnostic, Span
from loyalty_rules.base.report import (
    COLUMNS_MAX,
    as_json,
    in_file_order,
    render_all,
    render_text,
    without_echoes,
)
from loyalty_rules.base.screen import printable, width
from loyalty_rules.base.suggest import did_you_mean, nearest


def mistake(line: int, column: int, end: int, message: str = "unknown word") -> Diagnostic:
    return Diagnostic("unknown_key", message, "rules.yaml", Span(line, column, line, end))


def test_the_report_has_the_shape_of_the_style_guide() -> None:
    text = "rules:\n\n\n\n  - id: a\n    event: purchse\n"
    span = Span(6, 12, 6, 19)
    help = did_you_mean("purchse", ["signup", "purchase"])
    shown = render_text(
        Diagnostic("unknown_name", "unknown event `purchse`", "rules.yaml", span, help), text
    )
    assert shown == (
        "rules.yaml:6:12: error[LR101]: unknown event `purchse`\n"
        "  |\n"
        "6 |     event: purchse\n"
        "  |            ^^^^^^^\n"
        "  = help: did you mean `purchase`?"
    )


@pytest.mark.parametrize(
    ("line", "start", "end", "carets"),
    [
        pytest.param("ab: cd", 5, 7, "    ^^", id="plain"),
        pytest.param("日本: cd", 5, 7, "      ^^", id="wide characters take two columns"),
        pytest.param("日本: cd", 1, 3, "^^^^", id="and so do their carets"),
        pytest.param("e\u0301a: cd", 6, 8, "    ^^", id="a combining mark takes none"),
        pytest.param("\tab: cd", 6, 8, "        ^^", id="a tab takes four"),
        pytest.param("a\x1bb: cd", 6, 8, "        ^^", id="an escape takes what it shows"),
        pytest.param("ab: cd", 7, 7, "      ^", id="the end of a line has a caret too"),
    ],
)
def test_carets_stand_under_their_characters(line: str, start: int, end: int, carets: str) -> None:
    shown = render_text(mistake(1, start, end), line).split("\n")
    assert shown[3] == f"  | {carets}"


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "x" * 5_000 + "HERE" + "y" * 5_000
    shown = render_text(mistake(1, 5_001, 5_005), line).split("\n")
    at = shown[3].index("^")
    assert shown[2][at : at + 4] == "HERE"
    assert width(shown[2]) <= COLUMNS_MAX + 8
    assert shown[2].endswith("…")


def test_a_place_of_several_lines_is_shown_by_its_first() -> None:
    found = Diagnostic("unknown_key", "odd", "f", Span(1, 3, 3, 2))
    assert render_text(found, "a bcd\ne\nf").split("\n")[1:] == ["  |", "1 | a bcd", "  |   ^^^"]


def test_related_places_are_shown_with_their_words() -> None:
    found = Diagnostic(
        "equal_keys", "twice", "f", Span(10, 1, 10, 2), None, ((Span(2, 1, 2, 2), "the first one"),)
    )
    shown = render_text(found, "\n".join(["x"] * 10)).split("\n")
    assert shown[-2:] == [" 2 | x", "   | - the first one"]


def test_without_a_place_there_is_the_headline_and_the_help() -> None:
    found = Diagnostic("file_too_large", "too large", "f", None, "split it")
    assert render_text(found, "") == "f: error[LR001]: too large\n  = help: split it"


def test_a_warning_is_called_one() -> None:
    found = Diagnostic("comment_in_condition", "odd", "f", Span(1, 1, 1, 2))
    assert render_text(found, "x").startswith("f:1:1: warning[LR024]: odd")


@pytest.mark.property
@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60),
    st.text(max_size=30),
    st.integers(1, 5),
    st.integers(1, 80),
    st.integers(0, 40),
)
def test_nothing_raw_reaches_a_terminal(
    source: str, message: str, line: int, column: int, length: int
) -> None:
    """Whatever a file, a message or even a wrong place holds: one line stays one line."""
    span = Span(line, column, line, column + length)
    found = Diagnostic("unknown_key", message, message, span, message, ((span, message),))
    for shown in render_text(found, source).split("\n"):
        assert shown == printable(shown)


def test_json_says_all_of_it() -> None:
    found = Diagnostic(
        "equal_keys", "twice", "f", Span(1, 2, 1, 3), "keep one", ((Span(4, 5, 4, 6), "first"),)
    )
    assert json.loads(json.dumps(as_json(found))) == {
        "code": "LR017",
        "name": "equal_keys",
        "severity": "error",
        "file": "f",
        "line": 1,
        "column": 2,
        "end_line": 1,
        "end_column": 3,
        "message": "twice",
        "help": "keep one",
        "related": [{"line": 4, "column": 5, "end_line": 4, "end_column": 6, "message": "first"}],
    }
    assert as_json(Diagnostic("file_too_large", "x"))["line"] is None


def test_reports_stand_in_file_order_and_once() -> None:
    first, second, third = mistake(1, 5, 6), mistake(2, 1, 2), mistake(2, 3, 4)
    assert in_file_order([third, first, third, second]) == (first, second, third)
    assert render_all([third, first], "ab\ncd").count("error[") == 2
    assert render_all([], "ab") == ""


def test_a_later_pass_does_not_repeat_an_earlier_one() -> None:
    broken = Diagnostic("not_yaml", "broken", "f", Span(3, 5, 6, 2))
    warned = Diagnostic("comment_in_condition", "odd", "f", Span(9, 1, 9, 9))
    inside, before, behind = mistake(4, 1, 3), mistake(3, 1, 5), mistake(6, 2, 3)
    kept = without_echoes([broken, warned], [inside, before, behind, mistake(9, 1, 9)])
    assert kept == (before, behind, mistake(9, 1, 9))


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("purchse", "purchase"),
        ("PURCHASE", "purchase"),
        ("zebra", None),
        ("", None),
        ("p" * 500, None),
    ],
)
def test_only_a_near_name_is_suggested(written: str, near: str | None) -> None:
    assert nearest(written, ["signup", "purchase", "profile"]) == near


def test_without_a_near_name_the_choice_is_listed_and_cut_when_long() -> None:
    assert did_you_mean("zebra", ["b", "a"]) == "expected one of `a`, `b`"
    assert did_you_mean("zebra", ["a"]) == "expected `a`"
    assert did_you_mean("zebra", [f"n{number:03}" for number in range(50)]).endswith("and 30 more")


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=6))
def test_the_order_of_names_never_changes_the_suggestion(written: str, names: list[str]) -> None:
    assert nearest(written, names) == nearest(written, reversed(names))
