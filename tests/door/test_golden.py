"""Every rule set in ``golden/door`` gives exactly the report that stands beside it.

After a wanted change: ``pytest --update-golden``, then read the diff. Files that no editor would keep as
they are (bytes that are no text, a million brackets) are made here; only their reports are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from loyalty_rules.base.codes import CODES
from loyalty_rules.base.report import render_all, without_echoes
from loyalty_rules.ruleset.schema import json_schema
from loyalty_rules.ruleset.shape import check_shape
from loyalty_rules.ruleset.tree import read_tree

FOLDER = Path(__file__).parent.parent / "golden" / "door"
CASES = sorted(FOLDER.glob("*.yaml"))
HEAD = b'ruleset: club\nversion: "1.0"\ncurrency: EUR\ntimezone: UTC\n'
PLUGIN = {
    "skyline.miles": {
        "type": "object",
        "required": ["miles"],
        "additionalProperties": False,
        "properties": {
            "miles": {"type": "integer", "multipleOf": 5},
            "route": {"not": {"const": "none"}, "description": "name a route, or leave it out"},
        },
    }
}
SCHEMA = json_schema({}, PLUGIN)
BILLION_LAUGHS = (
    HEAD
    + b"define:\n  a0: &a0 [x, x]\n"
    + b"".join(b"  a%d: &a%d [%s]\n" % (n, n, b"*a%d, " % (n - 1) * 9 + b"x") for n in range(1, 12))
)
MADE: dict[str, bytes] = {
    "too_large": b"a" * 4_000_001,
    "brackets": HEAD + b"rules: " + b"[" * 100_000,
    "brackets_on_lines": HEAD + b"rules:\n" + b" [\n" * 100_000,
    "braces": HEAD + b"rules: " + b"{" * 100_000,
    "dashes": HEAD + b"rules:\n" + b"- " * 100_000,
    "too_many_values": b"define: [" + b"1," * 200_001 + b"]",
    "text_too_long": HEAD + b"title: " + b"x" * 65_537,
    "billion_laughs": BILLION_LAUGHS,
    "latin_1": HEAD + "title: Café\n".encode("latin-1"),
    "utf_16": HEAD.decode().encode("utf-16"),
    "nul": HEAD + b"title: a\0b\n",
    "terminal_escape": HEAD + b"title: \x1b[31mred\x1b[0m\nnote: \x07\n",
    "line_separator": HEAD + "title: a\u2028b\nnote: a\u0085b\n".encode(),
    "bidi": HEAD + "title: a\u202eb\u2066c\n# \u202d\n".encode(),
    "bidi_as_escape": HEAD + b'title: "a\\u202eb"\nnote: "a\\x1bb"\n',
    "empty": b"",
    "only_a_comment": b"# nothing\n",
    "byte_order_mark": b"\xef\xbb\xbfrulset: club\n" + HEAD[14:],
    "cr_lf": HEAD.replace(b"\n", b"\r\n") + b'title: "x" y\r\ncolour: red\r\n',
    "cr": HEAD.replace(b"\n", b"\r") + b'title: "x" y\rcolour: red\r',
    "too_many_mistakes": HEAD + b"".join(b"k%d: 1\n" % n for n in range(150)),
    "too_many_traps": HEAD + b"".join(b"k%d:\n" % n for n in range(150)),
    "plugin_schema": HEAD + b"rules:\n  - id: base\n    event: purchase\n    give:\n"
    b"      - {type: skyline.miles, miles: 7}\n"
    b"      - {type: skyline.miles, miles: 10, route: none}\n"
    b"      - {type: skyline.miles, mile: 10}\n",
}


def report(data: bytes) -> str:
    """What a designer sees of ``data``: the mistakes of the tree and of its shape."""
    root, found = read_tree(data, "rules.yaml")
    shape = () if root is None else check_shape(root, SCHEMA)
    text = data.decode("utf-8", "replace")
    return render_all([*found, *without_echoes(found, shape)], text)


@pytest.mark.golden
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_file_gives_its_report(case: Path, golden: Callable[[Path, str], None]) -> None:
    golden(case.with_suffix(".txt"), report(case.read_bytes()))


@pytest.mark.golden
@pytest.mark.parametrize("name", sorted(MADE))
def test_a_made_file_gives_its_report(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(FOLDER / f"made_{name}.txt", report(MADE[name]))


def test_every_report_belongs_to_a_file() -> None:
    made = {f"made_{name}" for name in MADE}
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in CASES} | made


def test_every_code_of_the_door_stands_in_a_report() -> None:
    reports = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.txt"))
    shown = set(re.findall(r"\[(LR0\d\d)\]", reports))
    assert shown == {code.number for code in CODES.values() if code.number.startswith("LR0")}


def test_no_report_lets_a_control_character_through() -> None:
    for name, data in MADE.items():
        shown = report(data).replace("\n", "")
        assert not re.search(
            r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", shown
        ), name


def test_no_report_speaks_of_types_or_of_the_parser() -> None:
    words = r"(?<!!!)\b(NoneType|str|dict|int|Decimal|scalar|mapping|token|Traceback|expected key|None)\b"
    for path in FOLDER.glob("*.txt"):
        messages = re.findall(r"(?:\]: | help: )(.*)", path.read_text("utf-8"))
        assert not [each for each in messages if re.search(words, each)], path.name
