"""``expect:`` of a step: every word of it with its place, held against what the rule set has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar, Sequence
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.testing.scenarios.coverage import giving
from loyalty_rules.testing.scenarios.effects import EFFECTS
from loyalty_rules.testing.scenarios.events import EventReader
from loyalty_rules.testing.scenarios.instants import Instants
from loyalty_rules.testing.scenarios.model import Expected, WantedQuote, Word
from loyalty_rules.testing.scenarios.model import Scalar as Value
from loyalty_rules.testing.scenarios.refusals import REFUSALS

REASONS: Final = (
    "condition_false",
    "missing",
    "holdout",
    "outside_during",
    "no_items",
    "no_tenders",
    "no_table_row",
    "exclusive_group",
    "outdone",
    "limit",
    "budget",
    "below_minimum",
    "nothing_to_multiply",
    "zero",
    "plugin_error",
    "nothing_left",
    "remainder",
    "proportional",
    "not_taken_back",
    "worth_more",
    "nothing_booked",
    "plan_unavailable",
    "not_open",
    "not_counted",
    "not_reached",
    "already_reached",
    "at_end",
    "no_target",
    "moved",
)
"""Why a rule does not give; ``not_asked`` beside them: the event is none that the rule is about."""

NOT_ASKED: Final = "not_asked"
_NAMED: Final = {"take": "reward", "binding": "reward", "points": "program"}
NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class ExpectReader:
    """Reads what is expected. ``members`` are those whom the scenario names."""

    rules: RuleSet
    members: tuple[str, ...]
    findings: Findings
    instants: Instants
    events: EventReader

    def read(self, node: Mapping, alone: str, at: datetime) -> Iterator[Expected]:
        """Everything that one ``expect`` asks for; ``alone`` is whom it speaks of without ``member:``, ``at``
        the instant of its step."""
        for key, value in node:
            if key.text == "member" and isinstance(value, Mapping):
                for name, inner in value:
                    if self._is_known(name, self.members, "member") and isinstance(inner, Mapping):
                        yield from self.read(inner, name.text, at)
                continue
            if not alone and not self.findings.is_wrong(value):
                help = "write `member: {NAME: {...}}` inside of `expect`"
                message = f"`{key.text}` does not say whose it is"
                self.findings.add("missing_key", key, message, help)
            elif key.text == "quote" and isinstance(value, Mapping):
                yield from self._quote(value, alone, at)
            elif (read := self._readers().get(key.text)) is not None:
                yield from read(cast(Word, key.text), value, alone)

    def _readers(self) -> dict[str, Callable[[Word, Node, str], Iterator[Expected]]]:
        return {
            "balance": self._points,
            "pending": self._points,
            "household": self._points,
            "level": self._levels,
            "gave": self._gave,
            "not_gave": self._not_gave,
            "refused": self._refused,
            "refund": self._one,
            "fee": self._one,
            "lots": self._lots,
            "effects": self._effects,
        }

    def _points(self, word: Word, node: Node, member: str) -> Iterator[Expected]:
        for name, value in _entries(node):
            if self._is_known(name, self._programs(), "program") and value.number is not None:
                yield Expected(word, member, name.text, value.number, value.span)

    def _levels(self, word: Word, node: Node, member: str) -> Iterator[Expected]:
        tables = {table.id: table for table in self.rules.plan.model.level_tables}
        for name, value in _entries(node):
            if not self._is_known(name, tables, "tiers program"):
                continue
            levels = [level.id for level in tables[name.text].levels]
            if self._is_known(value, levels, "level"):
                yield Expected(word, member, name.text, value.text, value.span)

    def _gave(self, word: Word, node: Node, member: str) -> Iterator[Expected]:
        for name, value in node if isinstance(node, Mapping) else ():
            if not self._is_known(name, self._givers(), "rule"):
                continue
            if isinstance(value, Scalar) and value.number is not None:
                yield Expected(word, member, name.text, value.number, value.span)
            elif isinstance(value, Mapping):
                known = [
                    (program.text, points.number)
                    for program, points in _entries(value)
                    if self._is_known(program, self._programs(), "program")
                ]
                yield Expected(word, member, name.text, dict(known), value.span)

    def _not_gave(self, word: Word, node: Node, member: str) -> Iterator[Expected]:
        for name, value in _entries(node):
            known = self._is_known(name, self._givers(), "rule")
            if known and self._is_known(value, (*REASONS, NOT_ASKED), "reason"):
                yield Expected(word, member, name.text, value.text, value.span)

    def _refused(self, word: Word, node: Node, member: str) -> Iterator[Expected]:
        if not isinstance(node, Scalar) or self.findings.is_wrong(node):
            return
        if self._is_known(node, REFUSALS, "refusal"):
            yield Expected(word, member, "", node.text, node.span)

    def _one(self, word: Word, node: Node, member: str) -> Iterator[Expected]:
        if isinstance(node, Scalar) and not self.findings.is_wrong(node):
            yield Expected(word, member, "", node.number, node.span)

    def _lots(self, word: Word, node: Node, member: str) -> Iterator[Expected]:
        wanted = list[dict[str, Value]]()
        programs = self._programs()
        for item in node if isinstance(node, Sequence) else ():
            if isinstance(item, Mapping):
                lot = {key.text: self._lot_value(key, value) for key, value in _entries(item)}
                program = item.get("program")
                if program is None and len(programs) > 1:
                    help = "write `program:` and its id"
                    message = "this lot does not say of which program it is"
                    self.findings.add("missing_key", item, message, help)
                elif isinstance(program, Scalar):
                    self._is_known(program, programs, "program")
                wanted.append({"program": programs[0] if programs else "", **lot})
        yield Expected(word, member, "", tuple(wanted), _first(node).span)

    def _lot_value(self, key: Scalar, value: Scalar) -> Value:
        if key.text == "expires":
            return NEVER if value.text == NEVER else self.instants.end(value, self.findings)
        if key.text in ("opened", "usable"):
            return self.instants.start(value, self.findings)
        return value.text if key.text == "program" else value.value

    def _effects(self, word: Word, node: Node, member: str) -> Iterator[Expected]:
        wanted = list[dict[str, Value]]()
        for item in node if isinstance(node, Sequence) else ():
            if not isinstance(item, Mapping):
                continue
            name = item.get("type")
            if not isinstance(name, Scalar):
                help = "write `type: lot_opened`, or another effect"
                self.findings.add("missing_key", item, "this effect says no `type`", help)
            elif self._is_known(name, EFFECTS, "effect"):
                wanted.append(self._effect(item, EFFECTS[name.text]))
        yield Expected(word, member, "", tuple(wanted), _first(node).span)

    def _quote(self, node: Mapping, member: str, at: datetime) -> Iterator[Expected]:
        """What is said of a quote for the cart that stands beside it."""
        cart = self.events.cart(node, member, at)
        rewards = [one.id for one in self.rules.plan.model.rewards]
        known = {"take": rewards, "binding": rewards, "points": self._programs()}
        for key, value in node:
            if key.text == "lines" or cart is None or self.findings.is_wrong(value):
                continue
            if isinstance(value, Mapping):
                if key.text not in known:  # the shape check has reported it
                    continue
                says: dict[str, Any] = {}
                for name, one in value:
                    if self._is_known(name, known[key.text], _NAMED[key.text]):
                        says[name.text] = _quoted(one)
                yield Expected("quote", member, key.text, WantedQuote(cart, says), value.span)
            elif isinstance(value, Scalar):
                wanted = WantedQuote(cart, value.value)
                yield Expected("quote", member, key.text, wanted, value.span)

    def _effect(self, node: Mapping, fields: MappingOf[str, bool]) -> dict[str, Value]:
        """What is said of one effect; ``fields`` are those that it has, and which of them are instants."""
        said = dict[str, Value]()
        for key, value in _entries(node):
            if self._is_known(key, {"type", *fields}, "field of an effect"):
                is_instant = fields.get(key.text) and value.text != "none"
                said[key.text] = (
                    self.instants.start(value, self.findings) if is_instant else value.value
                )
        return said

    def _programs(self) -> list[str]:
        return [account.id for account in self.rules.accounts]

    def _givers(self) -> set[str]:
        """What gives in any version of the rule set."""
        return {name for version in self.rules.versions for name in giving(version)}

    def _is_known(self, node: Scalar, names: Iterable[str], what: str) -> bool:
        names = list(names)
        if node.text in names:
            return True
        help = did_you_mean(node.text, names) if names else None
        self.findings.add("unknown_name", node, f"unknown {what} `{node.text}`", help)
        return False


def _quoted(node: Node) -> object:
    """A number, or a list of words."""
    if isinstance(node, Sequence):
        return tuple(item.text for item in node if isinstance(item, Scalar))
    return node.number if isinstance(node, Scalar) else None


def _entries(node: Node) -> Iterator[tuple[Scalar, Scalar]]:
    for key, value in node if isinstance(node, Mapping) else ():
        if isinstance(value, Scalar):
            yield key, value


def _first(node: Node) -> Node:
    """What a caret can point at: the first of a list that may go over many lines."""
    if isinstance(node, Sequence) and node.items:
        return _first(node.items[0])
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0][1]
    return node
