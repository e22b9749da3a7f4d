"""A folder of versions is one rule set: what happened is decided by the version that was in force then."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import loyalty_rules as lr
from tests.semantics.shop import purchase

HEAD = """\
ruleset: club
version: "{version}"
effective: {effective}
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {{type: points, value: 0.01, basis: {{tax: included}}, expiry: never}}
{programs}
rules:
  - {{id: base, event: purchase, give: {{type: points, program: beans, points: {points}, per: 1.00}}}}
"""
STATUS = """\
  status:
    type: tiers
    window: ever
    levels: [{{id: green}}, {{id: gold, at: {{beans.base: {gold}}}}}]
    keep: {{through: window}}
    on_return: immediate
"""


def text(version: str, effective: str, points: int, programs: str = "") -> str:
    return HEAD.format(version=version, effective=effective, points=points, programs=programs)


def folder(place: Path, **files: str) -> Path:
    place.mkdir(exist_ok=True)
    for name, content in files.items():
        (place / f"{name}.yaml").write_text(content, "utf-8")
    return place


OLD = text("1", "{through: 2026-03-31}", 2)
NEW = text("2", "{from: 2026-04-01}", 1)


@pytest.fixture
def club(tmp_path: Path) -> lr.RuleSet:
    """Double points until 31 March."""
    return lr.load(folder(tmp_path / "club", a_new=NEW, b_old=OLD))


def at(instant: str, *amounts: str, id: str = "p-1") -> lr.Event:
    return lr.parse_event(purchase(*amounts, at=instant, id=id))


def test_a_folder_is_one_rule_set_with_versions_in_their_order(club: lr.RuleSet) -> None:
    assert [one.version for one in club.versions] == ["1", "2"]
    assert (club.id, club.version) == ("club", "2")
    assert {Path(name).name for name in club.sources} == {"a_new.yaml", "b_old.yaml"}
    assert "versions: 1, 2" in club.describe()


def test_a_folder_with_one_file_is_that_file(tmp_path: Path) -> None:
    place = folder(tmp_path / "club", rules=NEW)
    (place / "notes.yaml").write_text("columns: {id: A}\n", "utf-8")
    alone = lr.load(place)
    assert alone.digest == lr.load(place / "rules.yaml").digest
    assert alone.versions == (alone,)


def test_a_folder_without_rule_sets_is_no_rule_set(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has the key `ruleset:`"):
        lr.load(tmp_path)


def test_the_digest_tells_every_version(tmp_path: Path, club: lr.RuleSet) -> None:
    other = lr.load(folder(tmp_path / "other", old=OLD.replace("points: 2", "points: 3"), new=NEW))
    assert club.digest != other.digest
    assert club.digest not in [one.digest for one in club.versions]


@pytest.mark.parametrize(
    ("instant", "given", "version"),
    [
        ("2026-03-31T21:59:59Z", 20, "1"),  # 31 March 23:59:59 in Berlin
        ("2026-03-31T22:00:00Z", 10, "2"),
    ],
)
def test_the_version_in_force_when_it_happened_decides(
    club: lr.RuleSet, instant: str, given: int, version: str
) -> None:
    decision = club.decide(at(instant, "10.00"))
    assert decision.points["beans"] == given
    assert decision.rules.version == version
    assert club.in_force(decision.event.occurred_at).version == version


def test_what_happens_in_a_gap_is_refused(tmp_path: Path) -> None:
    late = text("2", "{from: 2026-05-01}", 1)
    place = folder(tmp_path / "club", old=OLD, new=late)
    rules = lr.load(place)
    decision = rules.decide(at("2026-04-10T12:00:00Z", "10.00"))
    assert decision.refusal is not None
    assert decision.refusal.code == "no_version_in_force"
    assert [one.code for one in lr.check(place)] == ["LR382"]
    before_all = lr.load(folder(tmp_path / "late", only=late)).decide(decision.event)
    assert before_all.refusal == rules.versions[1].decide(decision.event).refusal


def test_versions_that_overlap_are_no_rule_set(tmp_path: Path) -> None:
    place = folder(tmp_path / "club", old=OLD, new=text("2", "{from: 2026-03-31}", 1))
    with pytest.raises(lr.RulesError) as caught:
        lr.load(place)
    assert [one.code for one in caught.value.diagnostics] == ["LR381"]
    assert "new.yaml:3:12" in str(caught.value)
    assert "old.yaml:3:12" in str(caught.value)


def test_a_return_is_judged_by_the_version_of_its_purchase(club: lr.RuleSet) -> None:
    bought = club.decide(at("2026-03-30T12:00:00Z", "100.00"))
    back = {"id": "r", "type": "return", "member": "m-1", "occurred_at": "2026-04-05T12:00:00Z"}
    back |= {"order": "p-1", "lines": [{"line": "1", "quantity": 1}]}
    decision = club.decide(lr.parse_event(back), bought.state, bought.outcome.order)
    assert decision.points["beans"] == -200
    assert decision.rules.version == "1"


def test_levels_after_a_return_are_those_of_the_version_in_force(tmp_path: Path) -> None:
    old = text("1", "{through: 2026-03-31}", 2, STATUS.format(gold=300))
    new = text("2", "{from: 2026-04-01}", 1, STATUS.format(gold=150))
    club = lr.load(folder(tmp_path / "club", old=old, new=new))
    bought = club.decide(at("2026-03-30T12:00:00Z", "100.00", "10.00"))
    assert bought.state.levels["status"].id == "green", "220 are not 300"
    back = {"id": "r", "type": "return", "member": "m-1", "occurred_at": "2026-04-05T12:00:00Z"}
    back |= {"order": "p-1", "lines": [{"line": "2", "quantity": 1}]}
    decision = club.decide(lr.parse_event(back), bought.state, bought.outcome.order)
    assert decision.points["beans"] == -20
    assert decision.state.levels["status"].id == "gold", "the 200 that are left are 150 today"


def test_an_order_of_a_version_that_is_not_here_is_taken_back_in_proportion(
    tmp_path: Path, club: lr.RuleSet
) -> None:
    bought = club.decide(at("2026-03-30T12:00:00Z", "100.00"))
    only_new = lr.load(folder(tmp_path / "later", new=NEW))
    back = {"id": "r", "type": "cancellation", "member": "m-1", "order": "p-1"}
    event = lr.parse_event({**back, "occurred_at": "2026-04-05T12:00:00Z"})
    decision = only_new.decide(event, bought.state, bought.outcome.order)
    assert decision.points["beans"] == -200


def test_time_passes_under_the_version_that_is_in_force_then(club: lr.RuleSet) -> None:
    state = club.decide(at("2026-03-30T12:00:00Z", "100.00")).state
    assert club.advance(state, datetime(2027, 1, 1, tzinfo=UTC)) == ()


def test_an_explanation_points_into_the_file_of_its_version(club: lr.RuleSet) -> None:
    old = club.decide(at("2026-03-30T12:00:00Z", "10.00")).explain()
    new = club.decide(at("2026-04-30T12:00:00Z", "10.00")).explain()
    assert "b_old.yaml" in str(old)
    assert "a_new.yaml" in str(new)


MONTHLY = (
    "  - {{id: monthly, event: clock, every: month, at: {at},"
    " give: {{type: bonus, program: beans, points: {points}}}}}\n"
)


@pytest.mark.parametrize(
    ("old_at", "new_at", "given"),
    [
        ("end", "end", [("1", 100), ("1", 100), ("2", 7)]),
        ("start", "start", [("1", 100), ("2", 7), ("2", 7)]),
        ("end", "start", [("1", 100), ("1", 100), ("2", 7), ("2", 7)]),
        ("start", "end", [("1", 100), ("2", 7)]),
    ],
)
def test_a_box_that_ends_with_a_version_belongs_to_it(
    tmp_path: Path, old_at: str, new_at: str, given: list[tuple[str, int]]
) -> None:
    """What the end of March gives is said by the version of March, what begins then by that of April; and a
    ledger books it so, by the next event or by `advance`."""
    old = OLD + MONTHLY.format(at=old_at, points=100)
    new = NEW + MONTHLY.format(at=new_at, points=7)
    club = lr.load(folder(tmp_path / "club", old=old, new=new))
    state = club.decide(at("2026-02-10T12:00:00Z", "1.00")).state
    passed = club.advance(state, datetime(2026, 5, 20, tzinfo=UTC))
    assert [(one.rules.version, one.points["beans"]) for one in passed] == given
    later = club.decide(at("2026-05-20T00:00:00Z", "1.00", id="p-2"), state)
    assert later.outcome.passed == tuple(one.outcome for one in passed)
    now = [datetime(2026, 4, 1, 3, tzinfo=UTC)]
    with lr.open_ledger("memory:", club, now=lambda: now[0]) as ledger:
        ledger.record(at("2026-02-10T12:00:00Z", "1.00"))
        first = ledger.advance().entries
        assert ledger.advance().entries == 0
        now[0] = datetime(2026, 5, 20, tzinfo=UTC)
        assert first + ledger.advance().entries == len(given)
        assert ledger.balance("m-1")["beans"].available == 2 + sum(points for _, points in given)
        assert ledger.verify().is_clean


REFILL = """\
  refill:
    type: spend
    window: {window}
    pays: at_end
    per_full: 25.00
    rest: drop
    give: {{type: bonus, program: beans, points: {points}}}
"""


def refills(place: Path, ends: str, window: str = "month") -> lr.RuleSet:
    """A refill for each month of March, or week of it, and for each day from April on."""
    old = text("1", f"{{through: {ends}}}", 1, REFILL.format(window=window, points=100))
    new = text("2", "{from: 2026-04-01}", 1, REFILL.format(window="day", points=7))
    return lr.load(folder(place / "club", old=old, new=new))


def test_a_version_says_nothing_of_the_time_before_it_is_in_force(tmp_path: Path) -> None:
    club = refills(tmp_path, "2026-03-31")
    state = club.decide(at("2026-03-10T12:00:00Z", "30.00")).state
    second = club.decide(at("2026-03-20T12:00:00Z", "30.00", id="p-2"), state)
    assert second.outcome.passed == ()
    april = datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert club.next_due(second.state) == april
    [paid] = club.advance(second.state, datetime(2026, 5, 1, tzinfo=UTC))
    assert (paid.outcome.at, paid.rules.version) == (april, "2")


def test_where_no_version_is_in_force_time_passes_by_the_one_before(tmp_path: Path) -> None:
    club = refills(tmp_path, "2026-03-18", window="week")
    state = club.decide(at("2026-03-17T12:00:00Z", "30.00")).state
    monday = datetime(2026, 3, 22, 23, tzinfo=UTC)
    assert club.next_due(state) == monday
    [paid] = club.advance(state, monday)
    assert (paid.rules.version, paid.points["beans"]) == ("1", 100)
    assert club.advance(paid.state, datetime(2026, 5, 1, tzinfo=UTC)) == ()


def test_what_can_be_taken_is_asked_after_the_time_of_every_version(tmp_path: Path) -> None:
    reward = """\
rewards:
  mug: {cost: {program: beans, points: 300}, give: {type: product, sku: MUG}}
"""
    old = OLD + MONTHLY.format(at="end", points=100)
    club = lr.load(folder(tmp_path / "club", old=old, new=NEW + reward))
    state = club.decide(at("2026-01-10T12:00:00Z", "1.00")).state
    cart = {"id": "c", "type": "redemption", "member": "m-1", "occurred_at": "2026-04-05T12:00:00Z"}
    [mug] = club.quote(lr.parse_event(cart), state).options
    assert (mug.reward, mug.units_most) == ("mug", 1)


def test_levels_that_a_return_changes_are_told_by_the_rules_in_force(tmp_path: Path) -> None:
    """Also a rule that the version of the order did not have yet."""
    fallen = (
        "  - {id: fallen, event: level_changed, when: event.to == 'green',"
        " give: {type: voucher, amount: 5.00, valid: 30 days}}\n"
    )
    old = text("1", "{through: 2026-03-31}", 2, STATUS.format(gold=100))
    new = text("2", "{from: 2026-04-01}", 1, STATUS.format(gold=90)) + fallen
    club = lr.load(folder(tmp_path / "club", old=old, new=new))
    bought = club.decide(at("2026-03-30T12:00:00Z", "30.00", "20.00"))
    assert bought.outcome.order is not None
    back = {"id": "r-1", "type": "return", "member": "m-1", "occurred_at": "2026-04-05T12:00:00Z"}
    line = {"order": "p-1", "lines": [{"line": "2", "quantity": 1}]}
    returned = club.decide(lr.parse_event(back | line), bought.state, bought.outcome.order)
    told = returned.explain()
    assert [(one.rule, one.outcome) for one in told.rules][-1] == ("fallen", "gave")
    [status] = told.levels
    assert (status.before, status.after) == ("gold", "green")
    assert [(one.figure, one.needed) for one in status.missing] == [("beans.base", "90")]
