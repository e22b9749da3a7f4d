"""Runs a scenario on the real service: a ledger in memory whose clock stands where the step stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from loyalty_rules.base.diagnostics import Diagnostic, Span
from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import EventError, PluginError
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Refusal, Trace
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.ledger import Ledger, open_ledger
from loyalty_rules.service.pooling import with_household
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.testing.scenarios.model import Expected, PlacedEvent, Scenario, Step
from loyalty_rules.testing.scenarios.result import Failure, ScenarioResult
from loyalty_rules.testing.scenarios.seen import Difference, Seen, difference
from loyalty_rules.testing.scenarios.telling import Teller, Told


def run_scenario(
    scenario: Scenario, store: str = "memory:", at_end: Callable[[Ledger], None] | None = None
) -> ScenarioResult:
    """Everything that is not as the scenario expects. ``store`` is where its ledger is made, and ``at_end``
    looks at the ledger after the last step.

    Errors: ``LedgerError`` when the ledger itself fails; what ``at_end`` raises.
    """
    return _Run(scenario).result(store, at_end)


class _Run:
    """One run of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._now = scenario.steps[0].at
        self._failures: list[Failure] = []
        self._fired: set[tuple[str, str]] = set()
        self._last: dict[str, Receipt] = {}
        self._teller = Teller(scenario.lines)
        self._checked = 0

    def result(self, store: str, at_end: Callable[[Ledger], None] | None) -> ScenarioResult:
        scenario = self._scenario
        with open_ledger(store, scenario.rules, now=lambda: self._now) as ledger:
            for placed in scenario.profiles:
                self._now = placed.event.occurred_at
                self._must_be_booked(placed, self._recorded(ledger, placed))
            for step in scenario.steps:
                self._step(ledger, step)
            if at_end is not None:
                at_end(ledger)
        return ScenarioResult(
            scenario, tuple(self._failures), frozenset(self._fired), self._checked
        )

    def _step(self, ledger: Ledger, step: Step) -> None:
        self._now = step.at
        passed = self._passed(ledger)
        receipts: dict[str, list[Receipt]] = defaultdict(list)
        wanted = {one.member for one in step.expected if one.word == "refused"}
        for number, placed in enumerate(step.events, start=1):
            member = placed.event.member
            receipt = self._recorded(ledger, placed)
            for one in _by_member(receipt):
                receipts[one.member].append(one)
            is_last = all(one.event.member != member for one in step.events[number:])
            if not (is_last and member in wanted):
                self._must_be_booked(placed, receipt)
        states = {state.member: state for state in ledger.states()}
        for expected in step.expected:
            seen = Seen(
                self._scenario.rules,
                tuple(passed.get(expected.member, ())),
                tuple(receipts[expected.member]),
                ledger.statement(expected.member),
                self._with_household(states, expected.member),
            )
            self._expect(expected, seen)

    def _with_household(self, states: Mapping[str, MemberState], member: str) -> MemberState:
        """Where a member stands, with what others share with him."""
        state = states.get(member, MemberState(member))
        return with_household(self._scenario.rules, state, states.values(), self._now)

    def _passed(self, ledger: Ledger) -> dict[str, tuple[Decision, ...]]:
        """What falls due by itself up to the instant of a step, by member; the ledger books it."""
        rules, never = self._scenario.rules, datetime.max.replace(tzinfo=UTC)
        passed: dict[str, tuple[Decision, ...]] = {}
        shared = ledger.shared() if rules.has_budgets else None
        states = list(ledger.states())
        for state in sorted(states, key=lambda state: rules.next_due(state) or never):  # as it does
            decisions = passed[state.member] = rules.advance(state, self._now, shared)
            shared = decisions[-1].shared if decisions else shared
        ledger.advance()
        for decisions in passed.values():
            for decision in decisions:
                self._note_fired(decision)
        return passed

    def _note_fired(self, decision: Decision) -> None:
        self._fired.update((decision.rules.file, rule) for rule in fired(decision))

    def _recorded(self, ledger: Ledger, placed: PlacedEvent) -> Receipt:
        event = placed.event
        try:
            receipt = ledger.record(event)
        except EventError as problem:
            refusal = Refusal(problem.code, problem.path, problem.reason)
            receipt = Receipt("refused", event.id, event.member, refusal=refusal)
        except PluginError as problem:
            refusal = Refusal("plugin_error", "", str(problem))
            receipt = Receipt("refused", event.id, event.member, refusal=refusal)
        self._last[event.member] = receipt
        for one in (receipt, *receipt.released):
            if one.decision is not None and one.status == "booked":
                self._note_fired(one.decision)
        return receipt

    def _must_be_booked(self, placed: PlacedEvent, receipt: Receipt) -> None:
        refusal = receipt.refusal
        if refusal is not None:
            got = f"`{refusal.code}`: {refusal.reason}"
            found = Difference(f"event `{receipt.event}`", "no refusal", got)
            self._fail(found, placed.span, (receipt,))

    def _expect(self, expected: Expected, seen: Seen) -> None:
        self._checked += 1
        found = difference(expected, seen)
        if found is None:
            return
        happened: tuple[Told, ...] = (*seen.passed, *seen.receipts)
        if not happened and expected.member in self._last:
            happened = (self._last[expected.member],)
        self._fail(found, expected.span, happened)

    def _fail(self, found: Difference, span: Span, happened: tuple[Told, ...]) -> None:
        message = f"{found.what}: expected {found.expected}, got {found.got}"
        diagnostic = Diagnostic("not_as_expected", message, self._scenario.file, span)
        why = found.why or self._teller.tell(happened, found.rules)
        self._failures.append(Failure(diagnostic, found.expected, found.got, why))


def fired(decision: Decision) -> Iterator[str]:
    """The rules that gave something in a decision."""
    for trace in decision.trace:
        if trace.outcome == "redeemed" or (trace.outcome == "gave" and _gave(trace)):
            yield trace.rule


def _gave(trace: Trace) -> bool:
    """Whether a rule gave points, or something that is none."""
    return not trace.given or any(one.points > 0 for one in trace.given)


def _by_member(receipt: Receipt) -> Iterator[Receipt]:
    """A receipt, and for themselves those among what it released that are other members'."""
    own = tuple(one for one in receipt.released if one.member == receipt.member)
    yield replace(receipt, released=own)
    yield from (one for one in receipt.released if one.member != receipt.member)
