"""Names: what a word means here, or why it means nothing here."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from loyalty_rules.base.suggest import choice, nearest
from loyalty_rules.domain.vocabulary import BOOLEAN
from loyalty_rules.expr.context import Context
from loyalty_rules.expr.cost import COST_MAX
from loyalty_rules.expr.scope import Name
from loyalty_rules.expr.tokens import Token
from loyalty_rules.expr.tree import (
    AmountOf,
    AnyItem,
    Constant,
    CountOf,
    Defined,
    Fact,
    SumOf,
    Tree,
    children,
    walk,
)
from loyalty_rules.expr.words import FUNCTIONS

_ITEMS_ONLY: Final = (
    "choose lines with `items`, or ask of them with any_item(...), amount_of(...), count_of(...)"
)


def resolve(context: Context, token: Token, *, table_argument: bool = False) -> Tree | None:
    """The fact, constant or define behind a name."""
    name, place = token.text, (token.start, token.end)
    if name in ("true", "false"):
        return Constant(name == "true", BOOLEAN, start=token.start, end=token.end)
    if name in context.scope.defines:
        return _defined(context, token)
    found = _find(context, name)
    if found is None:
        _explain(context, name, place)
        return None
    if found.row and found.row != context.row:
        help = _ITEMS_ONLY if found.row == "item" else "`tender.` stands only in `tenders`"
        context.wrong("name_not_here", f"`{name}` cannot stand here", place, help)
        return None
    if found.only_in_tables and not table_argument:
        message = f"`{name}` stands only as an argument of a table"
        help = "say when a rule is open with `during`"
        context.wrong("name_not_here", message, place, help)
        return None
    return Fact(name, found.key, found.kind, found.row, start=token.start, end=token.end)


def known(context: Context, name: str) -> bool:
    """Whether a name means a value somewhere in this scope."""
    return _find(context, name) is not None or name in context.scope.defines


def _find(context: Context, name: str) -> Name | None:
    if context.iterating and name in context.scope.item_names:
        return context.scope.item_names[name]
    return context.scope.names.get(name)


def _defined(context: Context, token: Token) -> Tree | None:
    body = tree_of(context.scope.defines[token.text])
    place = (token.start, token.end)
    row = next((fact.row for fact in _free_facts(body) if fact.row), "")
    if row and row != context.row:
        help = f"ask with any_item({token.text}), or choose lines with `items`"
        message = f"`{token.text}` is a filter over `{row}.`, which cannot stand here"
        context.wrong("name_not_here", message, place, help if row == "item" else None)
        return None
    if context.iterating and any(_iterates(node) for node in islice(walk(body), COST_MAX)):
        message = (
            f"`{token.text}` goes over the lines itself and cannot stand inside such a function"
        )
        context.wrong("name_not_here", message, place, "ask of the lines once")
        return None
    return Defined(token.text, body, body.kind, start=token.start, end=token.end)


def tree_of(define: object) -> Tree:
    """The tree of a ``define``, which a scope holds as a tree or as the result of its check."""
    tree = getattr(define, "tree", define)
    assert isinstance(tree, Tree), "a define in a scope is a checked tree"
    return tree


def _iterates(tree: Tree) -> bool:
    return isinstance(tree, (AnyItem, AmountOf, CountOf, SumOf))


def _free_facts(tree: Tree) -> list[Fact]:
    """Facts outside the functions that bring rows of their own."""
    found, waiting = list[Fact](), [tree]
    while waiting and len(found) < COST_MAX:
        node = waiting.pop()
        if isinstance(node, Fact):
            found.append(node)
        elif not _iterates(node):
            waiting.extend(children(node))
    return found


def _explain(context: Context, name: str, place: tuple[int, int]) -> None:
    """Say why a name has no value here: it stands elsewhere, it is called, or it does not exist."""
    scope = context.scope
    if name in scope.later:
        context.wrong("not_built_yet", scope.later[name], place)
    elif name in scope.elsewhere:
        context.wrong("name_not_here", f"`{name}` cannot stand here", place, scope.elsewhere[name])
    elif name in scope.item_names:
        context.wrong("name_not_here", f"`{name}` cannot stand here", place, _ITEMS_ONLY)
    elif name in scope.tables:
        arguments = ", ".join(key for key, _, _ in scope.tables[name].keys)
        context.wrong(
            "wrong_arguments", f"`{name}` is a table", place, f"write `{name}({arguments})`"
        )
    elif name in FUNCTIONS or name in scope.functions:
        context.wrong("wrong_arguments", f"`{name}` is a function", place, f"write `{name}(...)`")
    elif name in scope.figures:
        help = f'ask for its history, as in `within({name}, "last 90 days")`'
        context.wrong("name_not_here", f"`{name}` is a figure, not a value", place, help)
    else:
        context.wrong("unknown_name", f"unknown name `{name}`", place, _suggest(context, name))


_DECLARED: Final = {
    "item": "`purchase: {{item_fields: {{{}: {{type: text, optional: true}}}}}}` under `events`",
    "event": "`fields: {{{}: {{type: text, optional: true}}}}` of its kind under `events`",
    "member": "`profile: {{fields: {{{}: {{type: text, optional: true}}}}}}` under `events`",
}
"""Where a rule set declares more fields of what these words stand before."""

_OF_THE_CALENDAR: Final = frozenset(
    {"weekday", "hour", "time", "date", "month", "year", "timestamp"}
)
"""What people look for in an event and find in ``during``."""

_OF_A_PLACE: Final = frozenset({"shop", "branch", "location", "outlet", "site"})

_FACTOR: Final = re.compile(r"[xX]([1-9][0-9]*)")


def _field_help(context: Context, name: str, names: set[str]) -> str | None:
    """The help for a field that nobody knows: the near one of its own, or how it is declared."""
    head, dot, field = name.partition(".")
    if not dot or head not in _DECLARED:
        return None
    names = names | (set(context.scope.item_names) if head == "item" else set())
    same = sorted(one for one in names if one.partition(".")[2] == field)
    if head == "event" and field in _OF_THE_CALENDAR:
        return "say when with `during`, as in `during: {weekdays: [sat, sun]}`"
    if head == "event" and field in _OF_A_PLACE and "event.store" in names:
        return "did you mean `event.store`?"
    if same:
        return f"did you mean `{same[0]}`?"
    own = sorted(one for one in names if one.startswith(f"{head}."))
    near = nearest(field, [one.partition(".")[2] for one in own], 0.7)
    if near is not None:
        return f"did you mean `{head}.{near}`?"
    declared = _DECLARED[head].format(field)
    return f"{choice(own)}; a field of your own is declared: {declared}"


def _suggest(context: Context, name: str) -> str:
    scope = context.scope
    names = {*scope.names, *scope.defines, *(scope.item_names if context.iterating else ())}
    callable_names = {*scope.tables, *scope.functions, *FUNCTIONS}
    if (field := _field_help(context, name, names)) is not None:
        return field
    if factor := _FACTOR.fullmatch(name):
        return f"write {factor[1]}"
    near = nearest(name, names | callable_names)
    if near is not None:
        return f"did you mean `{near}`?"
    head = name.partition(".")[0] + "."
    siblings = sorted(known for known in names if known.startswith(head))
    if siblings:
        return choice(siblings)
    return choice(sorted({known.partition(".")[0] + "." * ("." in known) for known in names}))
