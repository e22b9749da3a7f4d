"""Scenarios: what goes without saying, time that passes, and what a run comes to."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import Purchase, Registry
from loyalty_rules.service.checked_versions import CheckedVersions, check_many
from loyalty_rules.testing.scenarios import (
    Library,
    ReadScenario,
    ScenarioResult,
    read_scenario,
    run_scenario,
)
from loyalty_rules.testing.scenarios.coverage import coverage
from loyalty_rules.testing.scenarios.model import Scenario
from tests.house.laws import ROOT

CLUB = (ROOT / "tests" / "golden" / "scenarios" / "rules.yaml").read_text("utf-8")


CHECKED = check_many([(CLUB.encode(), "rules.yaml")], Registry.builtin())


def club(written: str = "") -> CheckedVersions:
    return CHECKED


def read(text: str) -> ReadScenario:
    return read_scenario(dedent(text).encode(), "a.scenario.yaml", club)


def scenario(text: str) -> Scenario:
    found = read(text)
    assert found.scenario is not None, found.diagnostics
    return found.scenario


def run(text: str) -> ScenarioResult:
    return run_scenario(scenario(text))


def failures(text: str) -> list[str]:
    return [failure.diagnostic.message for failure in run(text).failures]


def instants(text: str) -> list[str]:
    return [step.at.isoformat() for step in scenario(text).steps]


def test_what_goes_without_saying_is_filled_in() -> None:
    one = scenario(
        """
        steps:
          - at: 2026-03-02T12:00
            do: [{purchase: 5.00}, {purchase: 6.00, store: 7, tenders: [{type: card, amount: 6.00}]}]
          - after: 1 day
            do: {type: return, order: purchase-2}
        """
    )
    first, second = (placed.event for placed in one.steps[0].events)
    assert isinstance(first, Purchase)
    assert isinstance(second, Purchase)
    assert (first.id, first.member, first.currency) == ("purchase-1", "m-1", "EUR")
    assert first.occurred_at.isoformat() == "2026-03-02T11:00:00+00:00"
    assert [(line.id, str(line.quantity), str(line.amount)) for line in first.lines] == [
        ("1", "1", "5.00")
    ]
    assert (second.id, second.store) == ("purchase-2", "7")
    (back,) = one.steps[1].events
    assert back.event.id == "return-1"
    assert back.event.fields["lines"] == ({"line": "1", "quantity": 1},)


def test_days_keep_the_time_on_the_wall_and_hours_are_exact() -> None:
    """The clocks go forward on 29 March 2026."""
    text = "steps: [{at: 2026-03-28T12:00}, {after: 1 day}, {after: 24 hours}, {after: 1 month}]"
    assert instants(text) == [
        "2026-03-28T11:00:00+00:00",
        "2026-03-29T10:00:00+00:00",
        "2026-03-30T10:00:00+00:00",
        "2026-04-30T10:00:00+00:00",
    ]


def test_a_day_begins_where_the_rule_set_is_and_an_offset_is_obeyed() -> None:
    text = "steps: [{at: 2026-01-01}, {at: 2026-01-01T00:30Z}, {at: 2026-01-01T02:00+01:00}]"
    assert instants(text) == [
        "2025-12-31T23:00:00+00:00",
        "2026-01-01T00:30:00+00:00",
        "2026-01-01T01:00:00+00:00",
    ]


def test_members_are_known_before_the_first_step() -> None:
    text = """
        members:
          ana: {joined: 2026-01-05, birthday: 1990-05-04, segments: [vip]}
          ben: {}
        steps:
          - at: 2026-03-02T12:00
            do: {purchase: 5.00, member: ben}
            expect: {member: {ana: {balance: {beans: 50}}, ben: {balance: {beans: 5}}}}
        """
    known = [(one.event.type, one.event.occurred_at) for one in scenario(text).profiles]
    assert [kind for kind, _ in known] == ["profile", "signup"]
    assert {at.isoformat() for _, at in known} == {"2026-01-04T23:00:00+00:00"}
    assert failures(text) == []


def test_a_profile_without_a_day_of_joining_is_told_with_the_first_step() -> None:
    text = """
        members: {ana: {birthday: 1990-05-04}}
        steps: [{at: 2026-03-02T12:00, do: {purchase: 5.00, occurred_at: 2026-02-01T12:00}}]
        """
    (profile,) = scenario(text).profiles
    assert profile.event.occurred_at.isoformat() == "2026-02-01T11:00:00+00:00"
    assert failures(text) == []


def test_events_of_one_step_are_added_up_and_other_members_do_not_count() -> None:
    assert (
        failures(
            """
        members: {ana: {}, ben: {}}
        steps:
          - at: 2026-03-02T12:00
            do:
              - {purchase: 5.00, member: ana}
              - {purchase: 40.00, member: ben}
              - {purchase: 6.00, member: ana}
            expect:
              member:
                ana: {gave: {base: 11}, not_gave: {big-basket: condition_false}}
                ben: {gave: {base: 40, big-basket: 20}}
        """
        )
        == []
    )


def test_what_waited_for_a_purchase_belongs_to_the_step_of_the_purchase() -> None:
    text = """
        steps:
          - at: 2026-03-02T12:00
            do: {type: return, order: till-1, lines: [{line: 1, quantity: 1}]}
            expect: {gave: {base: 0}, not_gave: {base: not_asked}, refund: 0}
          - after: 1 hour
            do: {purchase: 40.00, id: till-1, occurred_at: 2026-03-01T12:00}
            expect: {gave: {base: 0}, refund: 40.00}
        """
    assert failures(text) == []
    assert {rule for _, rule in run(text).fired} == {"base", "big-basket", "weekend"}


def test_only_the_last_event_of_a_step_may_be_expected_to_be_refused() -> None:
    text = """
        steps:
          - at: 2026-03-02T12:00
            do: [{purchase: 5.00, order: a}, {purchase: 5.00, order: a}, {purchase: 6.00, order: a}]
            expect: {refused: order_exists}
        """
    (message,) = failures(text)
    assert message.startswith("event `purchase-2`: expected no refusal, got `order_exists`")


def test_events_of_one_step_happen_in_the_order_in_which_they_are_written() -> None:
    """Their ids alone would put the purchases first, and the tenth before the ninth."""
    limited = "change: {rules.base.limit: {points: 50, per: month}}"
    text = f"""
        {limited}
        steps:
          - at: 2026-03-02T12:00
            do: [{{purchase: 40.00, id: z}}, {{purchase: 20.00, id: b}}, {{type: signup}}]
            expect: {{lots: [{{left: 60}}, {{left: 10}}, {{left: 50}}]}}
        """
    assert failures(text) == []
    twice = "[{type: signup}, {purchase: 5.00, id: a}, {purchase: 5.00, id: a}]"
    again = f"steps: [{{at: 2026-03-02, do: {twice}}}]"
    assert failures(again) == []


def test_an_event_whose_id_stands_for_another_is_a_refusal() -> None:
    assert (
        failures(
            """
        steps:
          - at: 2026-03-02T12:00
            do: [{purchase: 5.00, id: a}, {purchase: 6.00, id: a}]
            expect: {refused: conflicting_event, balance: {beans: 5}}
        """
        )
        == []
    )


def test_lots_are_the_open_ones_oldest_first_and_all_of_them() -> None:
    text = """
        steps:
          - {at: 2026-03-02T12:00, do: {purchase: 5.00}}
          - at: 2026-03-03T12:00
            do: {purchase: 6.00}
            expect: {lots: [LOTS]}
        """
    both = (
        "{left: 5, opened: 2026-03-02T12:00}, {left: 6, granted: 6, expires: never, program: beans}"
    )
    assert failures(text.replace("LOTS", both)) == []
    assert len(failures(text.replace("LOTS", "{left: 5}"))) == 1
    assert len(failures(text.replace("LOTS", "{left: 6}, {left: 5}"))) == 1
    assert len(failures(text.replace("LOTS", "{}, {}"))) == 0


def test_effects_stand_in_their_order_with_others_between_them() -> None:
    text = """
        steps:
          - at: 2026-03-02T12:00
            do: {purchase: 40.00}
            expect: {effects: [EFFECTS]}
        """
    orders, lot = (
        "{type: counter_added, counter: orders, value: 1}",
        "{type: lot_opened, points: 60}",
    )
    assert failures(text.replace("EFFECTS", f"{orders}, {lot}")) == []
    assert len(failures(text.replace("EFFECTS", f"{lot}, {orders}"))) == 1
    opened = "{type: lot_opened, opened_at: 2026-03-02T12:00, expires_at: none}"
    assert failures(text.replace("EFFECTS", opened)) == []


def test_a_variant_of_a_policy_is_decided_by_it_and_the_file_stays_as_it_is() -> None:
    text = """
        change: {rules.base.give.points: 3, rules.big-basket.limit: {times: 1}}
        steps:
          - at: 2026-03-02T12:00
            do: [{purchase: 40.00}, {purchase: 40.00}]
            expect: {gave: {base: 240, big-basket: 20}}
        """
    assert failures(text) == []
    assert failures(text.replace("change:", "note: >-\n          change:"))


def test_coverage_names_what_never_gave_in_the_order_of_the_file() -> None:
    text = "steps: [{at: 2026-03-02T12:00, do: {purchase: 5.00}}]"
    found = coverage(club().files[0], [run(text).fired, frozenset({("rules.yaml", "big-basket")})])
    assert found.rules == ("welcome", "base", "weekend", "big-basket", "off")
    assert [name for name, _ in found.never] == ["welcome", "weekend", "off"]
    assert (found.scenarios, found.is_full) == (2, False)


def test_what_a_return_takes_back_is_no_firing() -> None:
    text = """
        steps:
          - at: 2026-03-02T12:00
            do: [{purchase: 40.00}, {type: return, order: purchase-1}]
        """
    assert run(text).fired == {("rules.yaml", "base"), ("rules.yaml", "big-basket")}


def test_the_rule_set_of_a_scenario_is_the_one_in_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "a.scenario.yaml"
    file.write_text("steps: [{at: 2026-03-02, do: {purchase: 5.00}}]\n", "utf-8")
    library = Library(Registry.builtin(), tmp_path)

    def message() -> str:
        return library.scenario(file).diagnostics[0].message

    assert message() == "there is no rule set in the folder of this scenario"
    (tmp_path / "b.yaml").write_text(CLUB, "utf-8")
    (tmp_path / "a.yaml").write_text(CLUB.replace("ruleset: club", "ruleset: bar"), "utf-8")
    assert message() == "there are several rule sets in the folder: `a.yaml`, `b.yaml`"
    file.write_text("rules: c.yaml\nsteps: [{at: 2026-03-02}]\n", "utf-8")
    assert message() == "there is no file `c.yaml`"
    file.write_text("rules: b.yaml\nsteps: [{at: 2026-03-02}]\n", "utf-8")
    found = library.scenario(file)
    assert found.scenario is not None
    assert (found.file, found.scenario.rules.file) == ("a.scenario.yaml", "b.yaml")


def test_the_versions_of_a_rule_set_are_one_and_its_coverage_is_told_file_by_file(
    tmp_path: Path,
) -> None:
    for name, effective in (("old", "{through: 2026-03-01}"), ("new", "{from: 2026-03-02}")):
        text = CLUB.replace('version: "1"', f"version: {name}\neffective: {effective}")
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    file = tmp_path / "a.scenario.yaml"
    steps = (
        "steps: [{at: 2026-03-01, do: {type: signup}}, {at: 2026-03-02, do: {purchase: 5.00}}]\n"
    )
    file.write_text(steps, "utf-8")
    found = Library(Registry.builtin(), tmp_path).scenario(file)
    assert found.scenario is not None
    fired = run_scenario(found.scenario).fired
    assert fired == {("old.yaml", "welcome"), ("new.yaml", "base")}
    assert found.rules is not None
    by_file = {one.file: coverage(one, [fired]).never[0][0] for one in found.rules.files}
    assert by_file == {"old.yaml": "base", "new.yaml": "welcome"}
    file.write_text("change: {version: '3'}\n" + steps, "utf-8")
    changed = Library(Registry.builtin(), tmp_path).scenario(file)
    assert "several versions" in changed.diagnostics[0].message


SAMPLES = [
    path.read_text("utf-8")
    for path in sorted((ROOT / "tests" / "golden" / "scenarios").glob("*.scenario.yaml"))
]
LETTERS = st.sampled_from(
    [*"{}[]:,-#'\"\n 0123456789.", "beans", "at", "do", "none", "\u202e", "é"]
)


def test_a_map_under_a_word_that_no_quote_has_is_a_mistake_and_no_crash() -> None:
    [text] = [one for one in SAMPLES if "take: {of: 5}, points: {bean: 5}, worht" in one]
    found = read(text.replace("take:", "t:ake:"))
    assert "unknown_key" in {one.name for one in found.diagnostics}


@pytest.mark.property
@settings(max_examples=60)
@given(st.sampled_from(SAMPLES), st.data())
def test_no_text_makes_reading_or_running_raise(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        end = min(len(text), at + data.draw(st.integers(0, 12)))
        text = text[:at] + data.draw(LETTERS) + text[end:]
    found = read(text)
    assert (found.scenario is None) == any(one.is_error for one in found.diagnostics)
    if found.scenario is not None:
        run_scenario(found.scenario)
