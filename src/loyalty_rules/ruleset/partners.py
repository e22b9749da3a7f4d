"""Partners in a rule set: their names in conditions, who pays for what a rule gives, and at which rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.domain.funding import OPERATOR
from loyalty_rules.domain.vocabulary import EventKind, Field, Kind
from loyalty_rules.engine.model import LotAccount, Model, Partner, Rule
from loyalty_rules.expr.numbers import decimal_text
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.forms import read_share
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence

PARTNER: Final = "partner"
"""The type of program, and the field of events that says with whom they were."""


def with_partners(
    kinds: Mapping[str, EventKind], program_types: Mapping[str, str]
) -> dict[str, EventKind]:
    """Kinds of events whose ``partner`` is one of the rule set's, so that a condition on another is a
    mistake; as they were where no partner is declared."""
    partners = tuple(sorted(name for name, kind in program_types.items() if kind == PARTNER))
    if not partners:
        return dict(kinds)
    return {name: _with_choices(kind, partners) for name, kind in kinds.items()}


def _with_choices(kind: EventKind, partners: tuple[str, ...]) -> EventKind:
    fields = tuple(
        Field(one.name, Kind("text", partners), one.optional)
        if one.name == PARTNER and one.kind == Kind("text")
        else one
        for one in kind.fields
    )
    return replace(kind, fields=fields)


def read_funding(node: Node | None, context: Context) -> tuple[tuple[str, Fraction], ...]:
    """``funded_by``: who pays which share, by name."""
    if not isinstance(node, MappingNode):
        return ()
    known = sorted(name for name, kind in context.program_types.items() if kind == PARTNER)
    found: dict[str, Fraction] = {}
    is_whole = True
    for key, value in node.entries:
        if key.text != OPERATOR and key.text not in known:
            is_whole = False
            if key.text not in context.broken:
                help = did_you_mean(key.text, [*known, OPERATOR])
                if not known:
                    help = "declare a `type: partner` under `programs` first"
                message = f"unknown partner `{key.text}`"
                context.findings.add("unknown_partner", key, message, help)
        share = read_share(value.text) if isinstance(value, Scalar) else ""
        if isinstance(share, Fraction):
            found[key.text] = share
        else:
            is_whole = False  # the shape check has reported it
    total = sum(found.values(), Fraction(0))
    if is_whole and total != 1:
        message = f"the shares of those who pay sum to {decimal_text(total * 100)} %"
        help = "let them sum to 100 %; `operator` pays what no partner does"
        context.findings.add("funding_not_whole", node, message, help)
    return tuple(sorted((name, share) for name, share in found.items() if share))


def check_partners(model: Model, root: MappingNode, findings: Findings) -> None:
    """Who is to pay must have a rate, and a source belongs to one partner."""
    accounts = {account.id: account for account in model.accounts}
    taken: dict[str, str] = {}
    for partner in model.partners:
        place = _place(root, partner.id)
        if partner.id == OPERATOR:
            message = f"`{OPERATOR}` is who runs the program, and no partner"
            findings.add("reserved_name", _key(root, partner.id), message, "choose another id")
        _rates(partner, place, accounts, findings)
        for number, source in enumerate(partner.sources):
            if source in taken:
                message = f"`{source}` is a source of `{taken[source]}` already"
                help = "let each partner send its events by a credential of its own"
                findings.add("source_of_two", _source(place, number), message, help)
            taken.setdefault(source, partner.id)
    for rule, node in _written(model, root):
        _payers(model, rule, node, root, findings)


def _rates(
    partner: Partner,
    place: MappingNode | None,
    accounts: Mapping[str, LotAccount],
    findings: Findings,
) -> None:
    for key, rates in (
        ("pays_per_point_issued", partner.issues),
        ("is_paid_per_point_redeemed", partner.redeems),
    ):
        node = place.get(key) if place is not None else None
        for program, _ in rates:
            if program and program not in accounts and isinstance(node, MappingNode):
                written = next(one for one, _ in node.entries if one.text == program)
                help = (
                    did_you_mean(program, accounts)
                    if accounts
                    else "declare one under `programs` first"
                )
                message = f"unknown program `{program}`"
                findings.add("unknown_program", written, message, help)


def _payers(
    model: Model, rule: Rule, node: MappingNode, root: MappingNode, findings: Findings
) -> None:
    """Each partner who pays for points must say what he pays for one."""
    written = node.get("funded_by")
    if not isinstance(written, MappingNode):
        return
    programs = sorted({award.program for award in rule.awards if award.program})
    partners = {one.id: one for one in model.partners}
    for key, _ in written.entries:
        partner = partners.get(key.text)
        place = _place(root, key.text)
        if partner is None or (place and isinstance(place.get("pays_per_point_issued"), Scalar)):
            continue  # one price is that of every program
        rates = dict(partner.issues)
        for program in programs:
            if program not in rates:
                findings.add(
                    "partner_without_rate",
                    key,
                    f"`{partner.id}` is to pay for points of `{program}` and says no price",
                    f"write `pays_per_point_issued` at the partner `{partner.id}`",
                )
                break


def _written(model: Model, root: MappingNode) -> Iterator[tuple[Rule, MappingNode]]:
    """Each rule of the file with the map that it was read from."""
    by_id = {rule.id: rule for rule in model.rules}
    rules = root.get("rules")
    for node in rules.items if isinstance(rules, Sequence) else ():
        id = node.get("id") if isinstance(node, MappingNode) else None
        if isinstance(node, MappingNode) and isinstance(id, Scalar) and id.text in by_id:
            yield by_id[id.text], node


def _place(root: MappingNode, partner: str) -> MappingNode | None:
    programs = root.get("programs")
    node = programs.get(partner) if isinstance(programs, MappingNode) else None
    return node if isinstance(node, MappingNode) else None


def _key(root: MappingNode, partner: str) -> Node:
    programs = root.get("programs")
    key = programs.key(partner) if isinstance(programs, MappingNode) else None
    assert key is not None, "the partner was read under its id"
    return key


def _source(place: MappingNode | None, number: int) -> Node:
    sources = place.get("sources") if place is not None else None
    assert isinstance(sources, Sequence), "the source was read from a list"
    return sources.items[number]
