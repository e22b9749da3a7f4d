"""``counters``: dated sums of what events add, built when they are first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.domain.vocabulary import NUMBER, Kind
from loyalty_rules.engine.model import Counter, Formula, Term
from loyalty_rules.ruleset.context import LEADING_MAX, Context
from loyalty_rules.ruleset.events import has_lines, read_event_names
from loyalty_rules.ruleset.expressions import Expressions
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar
from loyalty_rules.ruleset.scopes import Scopes

Measure = Literal["sum", "average", "highest", "latest", "distinct"]
MEASURE_WORDS: tuple[Measure, ...] = ("sum", "average", "highest", "latest", "distinct")


class CounterReader:
    """Reads the counters of one rule set."""

    def __init__(
        self, context: Context, expressions: Expressions, scopes: Scopes, node: Node | None
    ) -> None:
        self._context = context
        self._expressions = expressions
        self._scopes = scopes
        self._nodes = (
            {key.text: (key, value) for key, value in node.entries}
            if isinstance(node, MappingNode)
            else {}
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of counters, aliases of other figures not among them."""
        return tuple(
            name for name, (_, value) in self._nodes.items() if isinstance(value, MappingNode)
        )

    def aliases(self, figures: Mapping[str, Kind]) -> dict[str, str]:
        """Names that stand for a figure: ``status_points: beans.base``."""
        found = {}
        for name, (_, value) in self._nodes.items():
            if not isinstance(value, Scalar) or self._context.findings.is_wrong(value):
                continue
            if value.text in figures:
                found[name] = value.text
            else:
                self._no_figure(value, self._way(name), figures)
                self._context.broken.add(name)
        return found

    def _way(self, name: str) -> tuple[str, ...]:
        """Where a name leads from one counter to the next: up to what is no other name, or a name again."""
        way = [name]
        while way[-1] in self._nodes and way[-1] not in way[:-1]:
            _, value = self._nodes[way[-1]]
            if not isinstance(value, Scalar):
                break
            way.append(value.text)
        return tuple(way)

    def _no_figure(self, value: Scalar, way: tuple[str, ...], figures: Mapping[str, Kind]) -> None:
        """Report another name of what is no figure; of those that lead in a circle only the least one."""
        findings, (name, written, *_), end = self._context.findings, way, way[-1]
        if end in way[:-1]:
            if name == min(way[way.index(end) :]):
                shown = " -> ".join(f"`{one}`" for one in way)
                message = f"counter `{name}` is another name of itself: {shown}"
                help = f"let one of them name a figure, such as `{min(figures)}`"
                findings.add("cycle", value, message, help)
        elif written in self._nodes:
            if end not in figures and end not in self._nodes:
                return  # told where it is written
            help = f"write `{end}`" if end in figures else f"ask for `{end}` under its own name"
            message = f"`{written}` is a counter of this file, and no figure of a program"
            findings.add("unknown_figure", value, message, help)
        elif written.partition(".")[0] not in self._context.broken:
            help = did_you_mean(written, figures)
            findings.add("unknown_figure", value, f"unknown figure `{written}`", help)

    def build(self, name: str) -> Counter:
        """One counter; asks for the counters that its own figures read."""
        key, node = self._nodes[name]
        assert isinstance(node, MappingNode)
        kinds = read_event_names(node, self._context)
        scope = self._scopes.of(kinds)
        measure = self._measure(node)
        self._check_of(key, node, measure)
        adds, kind = self._adds(node, kinds)
        when, looked_at = node.get("when"), node.get("of")
        of = None
        if looked_at is not None:
            of = self._expressions.formula(looked_at, scope, "value")
            kind = NUMBER if measure == "distinct" else of.kind
        return Counter(
            name,
            kind,
            measure,
            events=kinds,
            when=() if when is None else self._expressions.conditions(when, scope),
            items=self._filter(node, "items", kinds),
            tenders=self._filter(node, "tenders", kinds),
            adds=adds,
            of=of,
        )

    def _check_of(self, key: Scalar, node: MappingNode, measure: Measure) -> None:
        """``of`` belongs to what tells values apart or keeps the last one, ``adds`` to what adds them up."""
        findings, of, adds = self._context.findings, node.key("of"), node.key("adds")
        if measure == "distinct" and of is None:
            message = f"`{key.text}` counts different values, but does not say of what"
            findings.add("distinct_without_of", key, message, "write `of: event.store`, say")
        if of is not None and measure not in ("distinct", "latest"):
            message = f"`of` names a value, and `measure: {measure}` needs a quantity"
            help = "write `adds` for a quantity, or `measure: distinct` or `latest` for a value"
            findings.add("of_not_here", of, message, help)
        elif adds is not None and of is not None:
            message = "`adds` has no part in a counter of values"
            findings.add(
                "of_not_here", adds, message, "leave `adds` out, or write another `measure`"
            )

    def cycle(self, names: tuple[str, ...]) -> Counter:
        """Report counters that read themselves by way of each other; what stands in for one of them."""
        key, _ = self._nodes[names[0]]
        way = " -> ".join(f"`{name}`" for name in (*names, names[0]))
        message = f"counter `{names[0]}` reads itself: {way}"
        help = "a counter may read only counters that do not read it"
        self._context.findings.add("cycle", key, message, help)
        return Counter(names[0], NUMBER)

    def too_deep(self, name: str) -> Counter:
        """Report counters that read one another beyond the bound; what stands in for the last of them."""
        key, _ = self._nodes[name]
        message = f"more than {LEADING_MAX} counters read one another up to `{name}`"
        help = "let counters read fewer others"
        self._context.findings.add("expression_too_deep", key, message, help)
        return Counter(name, NUMBER)

    def _filter(
        self, node: MappingNode, key: Literal["items", "tenders"], kinds: tuple[str, ...]
    ) -> Formula | None:
        written, place = node.get(key), node.key(key)
        if written is None or place is None or not has_lines(kinds, place, self._context):
            return None
        row: Literal["item", "tender"] = "item" if key == "items" else "tender"
        return self._expressions.formula(written, self._scopes.of(kinds, row), "filter")

    def _measure(self, node: MappingNode) -> Measure:
        written = node.get("measure")
        if not isinstance(written, Scalar):
            return "sum"
        for word in MEASURE_WORDS:
            if word == written.text:
                return word
        return "sum"

    def _adds(
        self, node: MappingNode, kinds: tuple[str, ...]
    ) -> tuple[tuple[Term, ...] | None, Kind]:
        written = node.get("adds")
        if written is None:
            return None, NUMBER
        return self._expressions.linear(written, self._scopes.of(kinds))
