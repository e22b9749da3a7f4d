"""What the pages for designers show is true: rule sets load, tables of orders earn what they say, words
that wait are refused, answers to mistakes are those of the product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from textwrap import dedent, indent
from typing import NamedTuple

import pytest

import loyalty_rules as lr
from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.domain.shared import Shared
from loyalty_rules.domain.state import MemberState
from loyalty_rules.ruleset import later
from loyalty_rules.service.loading import check_text, load_text
from tests.house.laws import ROOT

DOCS = ROOT / "docs"
LANGUAGE = DOCS / "language.md"
PAGES = [LANGUAGE, *sorted((DOCS / "programs").glob("*.md"))]
HEAD = 'ruleset: example\nversion: "1"\ncurrency: EUR\ntimezone: Europe/Berlin\n'
BEANS = "  beans: {type: points, basis: {tax: included}, expiry: never, value: 0.01}\n"
BASE = """\
rules:
  - id: base
    event: purchase
    give: {type: points, program: beans, points: 1, per: 1.00}
"""
PART = re.compile(r"^ *```yaml *\n(.*?)^ *```$|((?:^ *\|[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
ORDER = re.compile(r"([0-9.]+)((?: (?!in )[a-z_]+)?)((?: in [a-z0-9-]+)?)")


class Order(NamedTuple):
    """One row of a table of orders."""

    at: str
    buys: str
    earns: str


class Story(NamedTuple):
    """A rule set of a page and what a new member's orders earn under it."""

    rules: str
    orders: tuple[Order, ...]


def rows(table: str) -> list[list[str]]:
    """The cells of a table, its head and rule left out; ``||`` within a cell is not used."""
    lines = [line.strip().strip("|") for line in table.strip().splitlines()]
    return [[cell.strip() for cell in line.split("|")] for line in lines[2:]]


def completed(block: str) -> str:
    """The rule set that a block is a part of: what it leaves out is the smallest that there is."""
    text = dedent(block)
    if not re.search(r"^ruleset:", text, re.MULTILINE):
        head = HEAD.splitlines(keepends=True)
        own = set(re.findall(r"^(\w+):", text, re.MULTILINE))
        text = "".join(line for line in head if line.split(":")[0] not in own) + text
        if "programs" not in own:
            text += "programs:\n" + BEANS
        elif not re.search(r"^  beans:", text, re.MULTILINE):
            text = text.replace("programs:\n", "programs:\n" + BEANS)
        if "rules" not in own:
            text += BASE
    return text


def stories(path: Path) -> Iterator[Story]:
    """Every block of a page, with the tables of orders that follow it."""
    rules, found = "", False
    for block, table in PART.findall(path.read_text("utf-8")):
        if block:
            if rules and not found:
                yield Story(rules, ())
            rules, found = completed(block), False
        elif table.lstrip().startswith("| a new member, on |"):
            found = True
            yield Story(rules, tuple(Order(*row[:3]) for row in rows(table)))
    if rules and not found:
        yield Story(rules, ())


def cases() -> list[object]:
    return [
        pytest.param(story, id=f"{path.stem}-{number}")
        for path in PAGES
        for number, story in enumerate(stories(path), start=1)
    ]


def lines_of(text: str) -> list[dict[str, object]]:
    """``12.50 drinks + 3.00``: amounts, each with the category or the kind of its line."""
    lines: list[dict[str, object]] = []
    for part in text.split(" + "):
        found = ORDER.fullmatch(part)
        assert found, f"`{part}` is not an amount"
        kind = {"kind": "gift_card"} if found[2] == " gift_card" else {}
        category = {"category": found[2].strip()} if found[2] and not kind else {}
        lines.append({"sku": "A", "quantity": 1, "amount": found[1], **kind, **category})
    return lines


def purchase(order: Order, number: int, zone: str) -> lr.Event:
    from zoneinfo import ZoneInfo

    at = datetime.fromisoformat(order.at if " " in order.at else f"{order.at} 12:00")
    return lr.parse_event(
        {
            "id": f"order-{number}",
            "type": "purchase",
            "member": "m-1",
            "occurred_at": at.replace(tzinfo=ZoneInfo(zone)).isoformat(),
            "currency": "EUR",
            "lines": lines_of(order.buys),
        }
    )


@pytest.mark.parametrize("story", cases())
def test_a_rule_set_of_a_page_is_clean_and_earns_what_the_page_says(story: Story) -> None:
    checked = check_text(story.rules.encode(), "rules.yaml")
    assert checked.report() == ""
    rules = load_text(story.rules)
    zone = re.search(r"^timezone: (\S+)", story.rules, re.MULTILINE)
    assert zone
    state: MemberState | None = None
    used: Shared | None = Shared()
    earned = []
    for number, order in enumerate(story.orders):
        decision = rules.decide(purchase(order, number, zone[1]), state, shared=used)
        state, used = decision.state, decision.shared
        program = order.earns.split()[-1]
        earned.append(f"{decision.points[program]} {program}")
    assert earned == [order.earns for order in story.orders]


def test_the_pages_tell_stories() -> None:
    for path in PAGES:
        assert any(story.orders for story in stories(path)), f"{path.name} shows no orders"


def section(heading: str) -> str:
    text = LANGUAGE.read_text("utf-8")
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def tables_of(text: str) -> list[list[list[str]]]:
    return [rows(table) for table in re.findall(r"(?:^ *\|.*\n)+", text, re.MULTILINE)]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


START = HEAD + "programs:\n" + BEANS
STATUS_KEYS = {
    "window": "window: year",
    "levels": "levels: [{id: a}, {id: b, at: {spend: 1}}]",
    "keep": "keep: {through: window}",
}
BACK = "type: spend, window: year, per_full: 10, rest: drop, give: {type: bonus, program: beans, points: 1}"
CARD = "type: challenge, counts: orders, target: 2, give: {type: bonus, program: beans, points: 1}"
PLACES = {
    "file": START + BASE + "@\n",
    "rule": START + BASE + "    @\n",
    "limit": START + BASE + "    limit: {points: 10, @}\n",
    "reward": START
    + BASE
    + "rewards: {mug: {cost: {program: beans, points: 1}, give: {type: product, sku: M}, @}}\n",
    "donation": START
    + BASE
    + "rewards:\n  trees:\n    cost: {program: beans, points: 1}\n"
    + "    give: {type: donation, to: trees, amount: 1.00, @}\n",
    "group": START + BASE + "    group: best\ngroups: {best: {@}}\n",
    "points": START + "  miles: {type: points, basis: {tax: included}, value: 1, @}\n" + BASE,
    "tiers": START + "  status: {type: tiers, @}\n" + BASE,
    "spend": START + f"  back: {{{BACK}, @}}\n" + BASE,
    "challenge": START + f"  card: {{{CARD}, @}}\n" + BASE,
    "counter": START + BASE + "counters: {c: {event: purchase, adds: order.total, @}}\n",
    "own event": START + BASE + "events: {dinner: {@}}\n",
    "condition": START
    + "  status: {type: tiers, "
    + ", ".join(STATUS_KEYS.values())
    + "}\n"
    + BASE
    + "    when: '@'\n",
}


def placed(where: str, what: str) -> str:
    """A rule set with a word that waits in its place."""
    template = PLACES[where]
    if where == "rule" and what.startswith("event:"):
        template, what = template.replace("    event: purchase\n", ""), what.replace(", ", "\n    ")
    if where == "points" and not what.startswith("expiry"):
        what = f"expiry: never, {what}"
    if where == "tiers":
        must = [text for key, text in STATUS_KEYS.items() if not what.startswith(key)]
        what = ", ".join([what, *must])
    return template.replace("@", what)


def waiting() -> list[object]:
    return [
        pytest.param(where, what, id=f"{where}-{what}")
        for where, cell, *_ in tables_of(section("Words that wait"))[0]
        for what in code(cell)
    ]


def findings(text: str) -> tuple[Diagnostic, ...]:
    return check_text(text.encode(), "rules.yaml").diagnostics


@pytest.mark.parametrize(("where", "what"), waiting())
def test_a_word_that_waits_is_refused_as_not_built_yet(where: str, what: str) -> None:
    errors = [one for one in findings(placed(where, what)) if one.is_error]
    assert errors
    assert {one.name for one in errors} == {"not_built_yet"}, errors


def test_every_word_that_waits_is_listed() -> None:
    text = section("Words that wait")
    words = re.findall(r"[a-z_]+", " ".join(code(text)))
    assert sorted(set(later.CALENDARS) - set(words)) == []


ASKING = (
    START
    + f"""\
  status: {{type: tiers, {", ".join(STATUS_KEYS.values()).replace("id: b", "id: gold")}}}
events: {{purchase: {{fields: {{gift: {{type: boolean, optional: true}}}}}}}}
"""
)


def asked(place: str, text: str) -> str:
    return ASKING + BASE + f"    {place}: >\n      {text}\n"


def sayings() -> list[object]:
    table = tables_of(section("Conditions"))[0]
    return [pytest.param(one, id=one) for row in table for one in code(row[1])]


@pytest.mark.parametrize("condition", sayings())
def test_a_condition_of_the_page_is_one(condition: str) -> None:
    assert [one for one in findings(asked("when", condition)) if one.is_error] == []


def words() -> list[object]:
    table = tables_of(section("Conditions"))[1]
    places = {"item.": "items", "tender.": "tenders"}
    named = [
        (places.get(code(row[0])[0], "when"), code(row[0])[0] + word)
        for row in table
        for word in code(row[1])
        if word not in ("item_fields", "profile")
    ]
    return [pytest.param(place, word, id=word) for place, word in named]


@pytest.mark.parametrize(("place", "word"), words())
def test_a_word_of_the_page_is_known_at_its_place(place: str, word: str) -> None:
    assert [one for one in findings(asked(place, f"known({word})")) if one.is_error] == []


def trapped() -> list[object]:
    table = tables_of(section("YAML without traps"))[0]
    return [pytest.param(code(row[0])[0], row[1], id=code(row[0])[0]) for row in table]


@pytest.mark.parametrize(("written", "answer"), trapped())
def test_a_trap_of_yaml_is_answered_as_the_page_says(written: str, answer: str) -> None:
    text = HEAD + "programs:\n" + BEANS + BASE + indent(written, "    ") + "\n"
    said = [one.help for one in findings(text)]
    assert said == [answer]


def test_the_report_in_the_readme_is_the_one_that_check_prints() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    rules = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[0]
    before, _, after = rules.rpartition("event: purchase")
    mistaken = f"{before}event: purchse{after}"
    shown = re.search(r"^ *```text\n( *rules\.yaml:.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    assert shown
    assert dedent(shown[1]).strip() == check_text(mistaken.encode(), "rules.yaml").report().strip()
