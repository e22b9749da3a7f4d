"""``rules`` and ``groups``: what fires when, and what stands in whose way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from loyalty_rules.base.changes import changed
from loyalty_rules.base.diagnostics import Span
from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.engine.model import Formula, Group, Rule
from loyalty_rules.ruleset.clock import read_every
from loyalty_rules.ruleset.during import read_during
from loyalty_rules.ruleset.events import has_lines, read_event_names
from loyalty_rules.ruleset.gives import Gives
from loyalty_rules.ruleset.head import title_of
from loyalty_rules.ruleset.holdouts import read_holdout
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence
from loyalty_rules.ruleset.partners import read_funding

Choose = Literal["all", "highest_priority", "best", "worst"]
CHOICES: Final[tuple[Choose, ...]] = ("all", "highest_priority", "best", "worst")


class RuleReader:
    """Reads rules and groups of one rule set."""

    def __init__(self, gives: Gives) -> None:
        self._gives = gives
        self._context = gives.context
        self._group_names: set[str] = set()

    def groups(self, node: Node | None) -> tuple[Group, ...]:
        """Every group, by id. A group's limit may speak of any purchase."""
        if not isinstance(node, MappingNode):
            return ()
        self._group_names = {key.text for key, _ in node.entries}
        return tuple(
            sorted(
                (
                    self._group(key, value)
                    for key, value in node.entries
                    if isinstance(value, MappingNode)
                ),
                key=lambda group: group.id,
            )
        )

    def rules(self, node: Node | None, taken: Mapping[str, Span]) -> tuple[Rule, ...]:
        """Every rule in canonical order: higher priority first, then by id; after `groups`. ``taken`` holds
        ids that programs use for rules of their own, with their places."""
        if not isinstance(node, Sequence):
            return ()
        nodes = [one for one in node.items if isinstance(one, MappingNode)]
        self._check_ids(nodes, taken)
        rules = list[Rule]()
        for one in nodes:
            if self._context.findings.is_full:
                break  # nothing more is told, and the rule set is refused anyway
            rules.append(self._rule(one))
        return canonical(rules)

    def _group(self, key: Scalar, node: MappingNode) -> Group:
        written = node.get("choose")
        choose = CHOICES[0]
        for word in CHOICES:
            if isinstance(written, Scalar) and written.text == word:
                choose = word
        caps = self._gives.limits
        limit, budget = node.get("limit"), node.get("budget")
        owner, kinds = f"group.{key.text}", ("purchase",)
        return Group(
            key.text,
            choose,
            () if limit is None else caps.read(limit, owner, kinds),
            node.span,
            () if budget is None else caps.budgets(budget, owner, kinds),
        )

    def _rule(self, node: MappingNode) -> Rule:
        name = _text(node, "id")
        kinds = read_event_names(node, self._context)
        every = read_every(node, kinds, self._context)
        span = (node.get("id") or node).span
        rule = self.rule_of(node, name, kinds, f"rule.{name}", span)
        payers = read_funding(node.get("funded_by"), self._context)
        left_out = read_holdout(node.get("holdout"), name, self._context)
        return changed(rule, every=every, funded_by=payers, holdout=left_out)

    def rule_of(
        self, node: MappingNode, name: str, kinds: tuple[str, ...], owner: str, span: Span
    ) -> Rule:
        """What a map gives to events of ``kinds``, and when; ``owner`` is whose the counters of its limits
        and budgets are."""
        groups = self._group_names
        scope = self._gives.scopes.of(kinds)
        when, give, during = node.get("when"), node.get("give"), node.get("during")
        limit, budget, priority = node.get("limit"), node.get("budget"), node.get("priority")
        return Rule(
            name,
            kinds,
            () if give is None else self._gives.awards(name, give, kinds),
            () if when is None else self._gives.expressions.conditions(when, scope),
            items=self._filter(node, "items", kinds),
            tenders=self._filter(node, "tenders", kinds),
            during=read_during(during, self._context.setting, self._context.findings)
            if isinstance(during, MappingNode)
            else None,
            group=self._group_of(node, groups),
            priority=priority.value
            if isinstance(priority, Scalar) and type(priority.value) is int
            else 0,
            limits=() if limit is None else self._gives.limits.read(limit, owner, kinds),
            title=title_of(node.get("title")),
            span=span,
            budgets=() if budget is None else self._gives.limits.budgets(budget, owner, kinds),
        )

    def _filter(
        self, node: MappingNode, key: Literal["items", "tenders"], kinds: tuple[str, ...]
    ) -> Formula | None:
        written, place = node.get(key), node.key(key)
        if written is None or place is None:
            return None
        if not has_lines(kinds, place, self._context):
            return None
        row: Literal["item", "tender"] = "item" if key == "items" else "tender"
        scope = self._gives.scopes.of(kinds, row)
        return self._gives.expressions.formula(written, scope, "filter")

    def _group_of(self, node: MappingNode, groups: set[str]) -> str | None:
        written = node.get("group")
        if not isinstance(written, Scalar) or self._context.findings.is_wrong(written):
            return None
        if written.text not in groups:
            help = did_you_mean(written.text, groups) if groups else "declare it under `groups`"
            message = f"unknown group `{written.text}`"
            self._context.findings.add("unknown_group", written, message, help)
        return written.text

    def _check_ids(self, nodes: Iterable[MappingNode], taken: Mapping[str, Span]) -> None:
        seen: dict[str, Span] = dict(taken)
        for node in nodes:
            written = node.get("id")
            if not isinstance(written, Scalar):
                continue
            if self._context.findings.is_full:
                return
            if written.text in seen:
                self._context.findings.add(
                    "duplicate_id",
                    written,
                    f"the id `{written.text}` stands twice",
                    "give each rule an id of its own; members see it in their statements",
                    related=((seen[written.text], "it stands here first"),),
                )
            seen.setdefault(written.text, written.span)


def canonical(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules in the one order that counts: higher priority first, then by id."""
    return tuple(sorted(rules, key=lambda rule: (-rule.priority, rule.id)))


def _text(node: MappingNode, key: str) -> str:
    written = node.get(key)
    return written.text if isinstance(written, Scalar) else ""
