"""Every rule set in ``golden/rules`` gives exactly the report beside it: the mistakes that designers make.

After a wanted change: ``pytest --update-golden``, then read the diff. A new mistake is a new pair of files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from loyalty_rules.base.codes import CODES
from loyalty_rules.base.report import render_all
from loyalty_rules.service.loading import check_text

FOLDER = Path(__file__).parent / "golden" / "rules"
CASES = sorted(FOLDER.glob("*.yaml"))
CLEAN = "no mistakes\n"
MISTAKE = re.compile(r"^\S+:(\d+):(\d+): (error|warning)\[LR\d{3}\]: (.*)$", re.MULTILINE)

pytestmark = pytest.mark.golden


def report(case: Path) -> str:
    """What a designer sees of one file."""
    checked = check_text(case.read_bytes(), case.name)
    has_errors = any(one.is_error for one in checked.diagnostics)
    assert (checked.rules is None) == has_errors, "warnings alone stop no rule set, errors do"
    return render_all(checked.diagnostics, checked.text) or CLEAN


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_rule_set_gives_its_report(case: Path, golden: Callable[[Path, str], None]) -> None:
    golden(case.with_suffix(".txt"), report(case))


def test_every_report_belongs_to_a_rule_set() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in CASES}
    assert len(CASES) >= 70


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_line_ends_of_windows_change_no_place(case: Path) -> None:
    text = case.read_bytes()
    found = check_text(text, case.name).diagnostics
    assert check_text(text.replace(b"\n", b"\r\n"), case.name).diagnostics == found


def test_every_place_of_a_report_is_one_mistake() -> None:
    """An error that another error trips over is not told a second time."""
    for path in FOLDER.glob("*.txt"):
        places = [found.group(1, 2) for found in _mistakes(path)]
        assert len(places) == len(set(places)), path.name


def test_every_message_is_one_sentence_in_the_words_of_the_house() -> None:
    words = r"\b(NoneType|str|dict|int|Decimal|Fraction|scalar|mapping|token|Traceback|None)\b"
    for path in FOLDER.glob("*.txt"):
        for message in (found.group(4) for found in _mistakes(path)):
            assert not re.search(words, re.sub(r"`[^`]*`", "", message)), (path.name, message)
            assert not message.endswith("."), (path.name, message)
            assert not message[0].isupper(), (path.name, message)


def test_every_code_of_names_expressions_and_meaning_stands_in_a_report() -> None:
    files = [*FOLDER.glob("*.txt"), *(FOLDER.parent / "versions").glob("*/report.txt")]
    reports = "".join(path.read_text("utf-8") for path in files)
    shown = set(re.findall(r"\[(LR[1-3]\d\d)\]", reports))
    codes = {code.number for code in CODES.values() if code.number[2] in "123"}
    assert sorted(codes - shown) == []


def _mistakes(path: Path) -> list[re.Match[str]]:
    return list(MISTAKE.finditer(path.read_text("utf-8")))
