"""What the door makes of a file: values by our own rules, limits on everything, mistakes never raised."""

from __future__ import annotations

import time
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules.base.report import in_file_order, render_all
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar
from loyalty_rules.ruleset.scalars import read_number, value_of
from loyalty_rules.ruleset.schema import json_schema
from loyalty_rules.ruleset.shape import check_shape
from loyalty_rules.ruleset.tree import read_tree

SCHEMA = json_schema()


def read_value(written: str) -> object:
    root, found = read_tree(f"key: {written}\n".encode(), "rules.yaml")
    assert found == ()
    assert isinstance(root, Mapping)
    node = root.get("key")
    assert isinstance(node, Scalar)
    return node.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("0.25", Decimal("0.25")),
        ("1_000_000", 1_000_000),
        ("1_000.50", Decimal("1000.50")),
        ("1.10", Decimal("1.10")),
        ("true", True),
        ("false", False),
    ],
)
def test_numbers_and_bools_are_exactly_these(written: str, value: object) -> None:
    got = read_value(written)
    assert got == value
    assert type(got) is type(value)


TEXTS = (
    "0123 1e3 .5 1. 0x1F 12:30 +5 1_00 00 -01 ~ null Null NO no on yes True FALSE .inf .nan ۱۲ １２ "
    "2026-03-31 1405-02-31 2026-03-31T18:00 1__000 0o7 9999999999999999999999999999999"
)


@pytest.mark.parametrize("written", TEXTS.split())
def test_everything_else_is_text(written: str) -> None:
    assert read_value(written) == written


@pytest.mark.parametrize("written", ["'12'", '"12"', '"true"', "|\n  12", ">-\n  true"])
def test_what_is_quoted_is_text(written: str) -> None:
    assert isinstance(read_value(written), str)


@given(st.integers(-(10**30) + 1, 10**30 - 1), st.integers(0, 9))
def test_a_number_is_read_as_it_is_written(whole: int, digit: int) -> None:
    assert value_of(str(whole)) == whole
    if abs(whole) < 10**28:
        assert read_number(f"{whole}.{digit}") == Decimal(f"{whole}.{digit}")


HOSTILE = {
    "a hundred megabytes": b"a" * 100_000_000,
    "open brackets": b"[" * 100_000,
    "open brackets on lines": b"[\n" * 100_000,
    "dashes": b"- " * 100_000,
    "questions": b"? " * 100_000,
    "torn brackets": b"[" + b"(a," * 60_000 + b"]",
    "nul": b"\0" * 1_000_000,
    "escapes": b"a: " + b"\x1b[31m" * 150_000,
    "one quote after the other": b'"' * 900_000,
    "a colon after the other": b"a: " * 300_000,
    "empty lines in a block": b"a: |\n" + b" \n" * 400_000,
    "anchors": b"&a " * 300_000,
    "tags": b"!a " * 300_000,
    "aliases": b"*a : *a\n" * 90_000,
    "mistakes on every line": b'a: "x" y\n' * 100_000,
    "equal keys": b"a: 1\n" * 99_000,
    "tabs": b"\ta: 1\n" * 99_000,
    "not utf-8 at the end": b"a" * 999_000 + b"\xff",
    "blanks": b"a: x" + b" " * 900_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_cost_a_moment_and_little_memory(name: str) -> None:
    """Bounds with room for a slow machine: what is not bounded takes minutes or the whole memory."""
    data = HOSTILE[name]
    started = time.process_time()
    root, found = read_tree(data, "rules.yaml")
    assert time.process_time() - started < 4
    assert root is None or found or name in ("blanks", "empty lines in a block", "torn brackets")
    assert len(found) <= 101


def test_memory_stays_within_a_small_multiple_of_the_file() -> None:
    data = b"a: [" + b"[" * 90 + b"]" * 90 + b"]\nb: |\n" + b"  x\n" * 15_000
    tracemalloc.start()
    try:
        read_tree(data * 1, "rules.yaml")
        read_tree(b"[" * 1_000_000, "rules.yaml")
        read_tree(b"x" * 50_000_000, "rules.yaml")
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 60_000_000


LINES = st.sampled_from(
    [
        "a: 1", "  b: 2", "- c", "  - d: 3", '"x" y', "e: {f: 1,", "}", "]", "g: [1,", "h: |", "  text",
        "i: >= 5", "j: 'it''s", '"', "'", "k: \"\\d\"", "\tl: 1", "m:", "n:o", "%x", "---", "...", "? p",
        ": q", "r: !t s", "t: &u v", "w: *u", "<<: *u", "x: y: z", "# c", "", "a: b #c\"", "{{ a }}",
        "aa: \u00a0b", "bb: \x00", "cc: (1, 2", "{d: f(1, 2)}", "- - - e", "    deep: 1", " odd: 1",
        "rules:", "  - id: base", "    event: purchase", "    give: {type: points,", "日: 本", "\u202e",
    ]
)  # fmt: skip


@pytest.mark.property
@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_lines_give_a_tree_or_mistakes_and_never_an_exception(
    lines: list[str], line_end: str
) -> None:
    data = line_end.join(lines).encode()
    root, found = read_tree(data, "rules.yaml")
    assert root is not None or found
    assert found == in_file_order(found)
    shape = () if root is None else check_shape(root, SCHEMA)
    text = data.decode()
    for each in (*found, *shape):
        assert each.span is not None
        assert 1 <= each.span.line <= len(lines) + 1
        assert each.message and "\n" not in each.message
    assert render_all([*found, *shape], text).count("error[") >= (0 if root is None else len(shape))


@pytest.mark.property
@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_tree_or_mistakes_and_never_an_exception(data: bytes) -> None:
    root, found = read_tree(data, "rules.yaml")
    assert root is not None or found


def test_the_tree_is_there_around_a_mistake_and_says_where_it_is_broken() -> None:
    root, found = read_tree(b"a: @x\nb: 2\nc: {d: 1, e: f(1, 2)}\n", "rules.yaml")
    assert [each.name for each in found] == ["reserved_start", "unquoted_expression"]
    assert isinstance(root, Mapping)

    def broken(node: Node | None) -> bool:
        return isinstance(node, Scalar) and node.broken

    inner = root.get("c")
    assert isinstance(inner, Mapping)
    assert [broken(root.get("a")), broken(root.get("b")), broken(inner.get("e"))] == [
        True, False, True,
    ]  # fmt: skip


def test_the_python_parser_reads_as_the_c_parser_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml the door must say the same."""
    import yaml

    from loyalty_rules.ruleset import tree

    samples = [
        b'when: "vip" in x\n', b"at: >= 500\n", b"a: [1\nb: 2\n", b"a: 1\n b: 2\n", b"a: b: c\n",
        b"a: - b\n", b"a: @x\n", b'a: "\\d"\n', b"a: 1\nb\n", b"- a\nb: 1\n", b"a: {b: c d\n", b'a: "x\n',
        b"a:\n\tb: 1\n", b"a: ]\n", b"a: {: b}\n", b"a: 1\n...\nb: 2\n", b"%x\na: 1\n", b"a: *\n",
    ]  # fmt: skip
    by_c = [read_tree(sample, "f")[1] for sample in samples]
    monkeypatch.setattr(tree, "_LOADER", yaml.SafeLoader)
    by_python = [read_tree(sample, "f")[1] for sample in samples]
    for sample, one, other in zip(samples, by_c, by_python, strict=True):
        assert (sample, [each.message for each in one]) == (
            sample,
            [each.message for each in other],
        )


def test_what_is_left_of_an_expression_behind_a_reported_sign_is_broken_too() -> None:
    """``when: != 3`` is one mistake: nobody may go on to say that 3 is no condition."""
    root, found = read_tree(b"when: != 3\nitems: ! x\n", "rules.yaml")
    assert [each.name for each in found] == ["tag", "tag"]
    assert isinstance(root, Mapping)
    assert [isinstance(node, Scalar) and node.broken for _, node in root] == [True, True]
