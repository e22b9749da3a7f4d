"""From the bytes of a scenario file to a scenario that can be run, or to every mistake in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.period import Duration
from loyalty_rules.base.report import without_echoes
from loyalty_rules.base.zones import start_of_day
from loyalty_rules.ruleset.decode import BYTES_MAX
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.forms import read_day, read_duration, text_of
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar, Sequence
from loyalty_rules.ruleset.shape import check_shape
from loyalty_rules.ruleset.thousands import check_numbers
from loyalty_rules.ruleset.tree import read_tree
from loyalty_rules.service.checked import Checked, check_text
from loyalty_rules.service.checked_versions import CheckedVersions
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.testing.scenarios.change import Changed, NoPlace, change
from loyalty_rules.testing.scenarios.events import EventReader
from loyalty_rules.testing.scenarios.expect import ExpectReader
from loyalty_rules.testing.scenarios.instants import Instants
from loyalty_rules.testing.scenarios.model import ALONE, PlacedEvent, Scenario, Step
from loyalty_rules.testing.scenarios.schema import scenario_schema


@dataclass(frozen=True, slots=True)
class NoRules:
    """Why a scenario has no rule set: a sentence, and the cure."""

    message: str
    help: str


FindRules = Callable[[str], CheckedVersions | NoRules]
"""The rule set for what stands behind ``rules:`` (nothing: the one in the same folder)."""


@dataclass(frozen=True, slots=True)
class ReadScenario:
    """What reading a scenario file came to. ``rules``: the rule set it is about, if it was found;
    ``scenario`` is None when there is a mistake, in the file or in that rule set. Beside a scenario stand
    at most warnings of numbers that may be meant otherwise."""

    file: str
    text: str
    scenario: Scenario | None
    diagnostics: tuple[Diagnostic, ...]
    rules: CheckedVersions | None = None


def read_scenario(data: bytes, file: str, find: FindRules) -> ReadScenario:
    """The scenario in the bytes of a file. All mistakes are found in one run."""
    root, found = read_tree(data, file, "`steps:`")
    text = data[:BYTES_MAX].decode("utf-8", "replace")
    findings = Findings(file, found)
    if not isinstance(root, Mapping):
        if root is not None:
            findings.add("wrong_type", root, "a scenario must be a map", "begin with `steps:`")
        return ReadScenario(file, text, None, findings.all())
    if (key := root.key("ruleset")) is not None and root.get("steps") is None:
        help = "name a file that ends in `.scenario.yaml`, or the folder that holds it"
        findings.add("wrong_type", key, "this is a rule set, not a scenario", help)
        return ReadScenario(file, text, None, findings.all())
    for diagnostic in without_echoes(found, check_shape(root, scenario_schema())):
        findings.keep(diagnostic)
    checked = find(_text(root.get("rules")))
    if isinstance(checked, NoRules):
        findings.add("no_rules", root.get("rules") or _head(root), checked.message, checked.help)
        return ReadScenario(file, text, None, findings.all())
    if checked.rules is None:  # told with the rule set itself
        return ReadScenario(file, text, None, findings.all(), checked)
    scenario = _Reader(root, text, findings, checked.files, checked.rules).scenario()
    check_numbers(root, checked.rules.plan.model.currency, findings)
    return ReadScenario(
        file, text, None if findings.has_errors else scenario, findings.all(), checked
    )


class _Reader:
    """Reads one scenario over a rule set without mistakes."""

    def __init__(
        self,
        root: Mapping,
        text: str,
        findings: Findings,
        files: tuple[Checked, ...],
        rules: RuleSet,
    ) -> None:
        self._root = root
        self._text = text
        self._findings = findings
        self._files = files
        self._lines, self._rules = self._changed(rules)
        self._instants = Instants(self._rules.plan)

    def scenario(self) -> Scenario:
        members = self._root.get("members")
        names = tuple(key.text for key, _ in members) if isinstance(members, Mapping) else ()
        events = EventReader(self._rules, names, self._findings)
        expect = ExpectReader(self._rules, names, self._findings, self._instants, events)
        steps = tuple(self._steps(events, expect, names))
        profiles = self._profiles(members, steps) if isinstance(members, Mapping) else ()
        title = self._root.get("title")
        return Scenario(
            self._root.source.file,
            "" if title is None else " ".join(text_of(title).split()),
            self._text,
            self._rules,
            self._lines.lines,
            names or (ALONE,),
            tuple(profiles),
            steps,
        )

    # the rule set

    def _changed(self, rules: RuleSet) -> tuple[Changed, RuleSet]:
        """The rule set with ``change:``, or the one of the file where there is none, or a mistake in it."""
        file = self._files[-1]
        before = Changed(file.text)
        node = self._root.get("change")
        if not isinstance(node, Mapping):
            return before, rules
        if len(self._files) > 1:
            key = _key(self._root, "change")
            message = "this rule set has several versions, and a change is of one of them"
            help = "write `rules:` and the file of the version"
            self._findings.add("change_without_place", key, message, help)
            return before, rules
        after, is_whole = before, True
        for key, value in node:
            try:
                after = change(after, key.text, value)
            except NoPlace as problem:
                self._findings.add("change_without_place", key, problem.message, problem.help)
                is_whole = False
        if not is_whole:
            return before, rules
        checked = check_text(after.text.encode(), file.file, rules.registry)
        if checked.rules is None:
            self._blame(node, file, rules)
            return before, rules
        return after, checked.rules

    def _blame(self, node: Mapping, file: Checked, rules: RuleSet) -> None:
        """Report what is wrong with a changed rule set at the first change that makes it so."""
        after = Changed(file.text)
        for key, value in node:
            after = change(after, key.text, value)
            checked = check_text(after.text.encode(), file.file, rules.registry)
            errors = [one for one in checked.diagnostics if one.is_error]
            if errors:
                place = value if isinstance(value, Scalar) else key
                self._findings.add(errors[0].name, place, errors[0].message, errors[0].help)
                return

    # members

    def _profiles(self, members: Mapping, steps: tuple[Step, ...]) -> Iterator[PlacedEvent]:
        """What is known of members before the first step: when they joined, and their profiles."""
        times = [one.event.occurred_at for step in steps for one in step.events]
        if not steps:
            return
        first = min([steps[0].at, *times])
        reader = EventReader(self._rules, (), self._findings)
        for name, node in members:
            if not isinstance(node, Mapping):
                continue
            joined = node.get("joined")
            at = first if joined is None else self._joined(joined, first)
            entries = tuple(entry for entry in node if entry[0].text != "joined")
            kinds = ["profile"] if entries else []
            for kind in [*kinds, "signup"] if joined is not None else kinds:
                own = _made(kind, name, entries if kind == "profile" else ())
                event = reader.read(own, at)
                if event is not None:
                    yield event

    def _joined(self, node: Node, first: datetime) -> datetime:
        plan = self._rules.plan
        day = read_day(node.text, plan.calendar) if isinstance(node, Scalar) else "write a day"
        if isinstance(day, str):
            self._findings.add("wrong_form", node, "`joined` is the day of the sign-up", day)
            return first
        at = start_of_day(day, plan.zone)
        if at > first:
            message = "this member joins after the first step"
            self._findings.add(
                "steps_out_of_order", node, message, "write an event of type `signup`"
            )
        return min(at, first)

    # steps

    def _steps(
        self, events: EventReader, expect: ExpectReader, names: tuple[str, ...]
    ) -> Iterator[Step]:
        steps = self._root.get("steps")
        before: datetime | None = None
        for node in steps if isinstance(steps, Sequence) else ():
            if not isinstance(node, Mapping):
                continue
            at = self._at(node, before)
            if at is None:
                if before is None:
                    return  # nothing after it has a time
                at = before
            before = at
            done = node.get("do")
            nodes = done.items if isinstance(done, Sequence) else (done,) if done else ()
            read = (events.read(one, at, place) for place, one in enumerate(nodes))
            placed = tuple(event for event in read if event is not None)
            expected = node.get("expect")
            alone = "" if len(names) > 1 else names[0] if names else ALONE
            yield Step(
                at,
                placed,
                tuple(expect.read(expected, alone, at)) if isinstance(expected, Mapping) else (),
                _head(node).span,
            )

    def _at(self, node: Mapping, before: datetime | None) -> datetime | None:
        at, after = node.get("at"), node.get("after")
        if at is not None and after is not None:
            message = "`at` and `after` side by side"
            self._findings.add("step_time", _key(node, "after"), message, "keep one of them")
            return None
        if isinstance(at, Scalar):
            instant = self._instants.start(at, self._findings)
            if instant is not None and before is not None and instant < before:
                message = f"`{at.text}` lies before the step above"
                self._findings.add("steps_out_of_order", at, message, "sort the steps by time")
            return instant
        if isinstance(after, Scalar) and before is not None:
            duration = read_duration(after.text)
            return (
                self._instants.after(before, duration) if isinstance(duration, Duration) else None
            )
        if isinstance(after, Scalar):
            help = "write `at:` and a day or an instant"
            self._findings.add("step_time", after, "nothing comes before the first step", help)
        elif at is None:
            help = "write `at: 2026-03-01T10:00`, or `after: 2 days`"
            self._findings.add("step_time", _head(node), "this step does not say when", help)
        return None


def _made(kind: str, name: Scalar, entries: tuple[tuple[Scalar, Node], ...]) -> Mapping:
    """An event of a member as if the scenario had written it, at the place of the member's name."""
    own = [("type", kind), ("id", f"{kind}-of-{name.text}"), ("member", name.text)]
    at = (name.start, name.end, name.source)
    made = [(Scalar(key, "plain", *at), Scalar(text, "plain", *at)) for key, text in own]
    return Mapping((*made, *entries), *at)


def _key(node: Mapping, name: str) -> Scalar:
    key = node.key(name)
    assert key is not None, "the caller has seen its value"
    return key


def _head(node: Mapping) -> Node:
    """Where a reader looks for a map: its first key."""
    return node.entries[0][0] if node.entries else node


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
