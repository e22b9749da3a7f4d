"""Which names an expression may use, by the kinds of events that it is for and the place where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, Literal

from loyalty_rules.domain.kinds import DERIVED_KINDS
from loyalty_rules.domain.referrals import FRIEND_ORDER
from loyalty_rules.domain.vocabulary import (
    BOOLEAN,
    DAY,
    LIST,
    MONEY,
    NUMBER,
    TEXT,
    EventKind,
    Kind,
)
from loyalty_rules.engine.friends import friend_fields
from loyalty_rules.expr import Checked, FunctionShape, Name, Problem, Scope, Tree, check
from loyalty_rules.expr.tree import Constant, Logic
from loyalty_rules.ruleset.context import LEADING_MAX, Context, Lazy
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence
from loyalty_rules.ruleset.problems import report
from loyalty_rules.ruleset.thousands import warn_of_thousands

ITEM_KINDS: Final = ("goods", "shipping", "deposit", "gift_card", "fee", "donation", "service")
_ITEM: Final[Mapping[str, Kind]] = {
    "sku": TEXT,
    "category": TEXT,
    "kind": Kind("text", choices=ITEM_KINDS),
    "tags": LIST,
    "quantity": NUMBER,
    "price": MONEY,
    "amount": MONEY,
    "tax": MONEY,
    "discount": MONEY,
}
_TENDER: Final[Mapping[str, Kind]] = {
    "type": TEXT,
    "amount": MONEY,
    "fingerprint": TEXT,
    "redemption": TEXT,
}
_NUMERIC: Final = ("number", "money", "points")

_MADE_BY_FILTERS: Final = (
    "it counts what `items` and `tenders` choose; write `item.amount`, say, or `order.total`"
)
_NO_LEVELS: Final = "a level hangs on figures and on what is known of the member, not on levels"
_NO_LINES: Final = "a level hangs on the member, not on the lines of an order"
CLOCK: Final = "clock"
"""The kind of event that has no fields of its own: what is asked with it is asked of the member."""

_STAND_IN: Final = Constant(None, BOOLEAN)
"""Takes the place of a define with a mistake, so that one mistake gives one message."""

_MADE: Final = ("program", "level", "number", "previous")
"""Fields of an event that was made for another member, which say what rules ask by other words."""

Row = Literal["", "item", "tender"]
_ROWS: Final[tuple[Row, ...]] = ("item", "tender")


class _Names(Mapping[str, Name]):
    """Names of a scope, some of which are made only when they are used."""

    def __init__(self, known: Mapping[str, Name], asked: Mapping[str, Callable[[], Name]]) -> None:
        self._known = known
        self._asked = asked

    def __getitem__(self, name: str) -> Name:
        known = self._known.get(name)
        return self._asked[name]() if known is None else known

    def __iter__(self) -> Iterator[str]:
        yield from self._known
        yield from self._asked

    def __len__(self) -> int:
        return len(self._known) + len(self._asked)

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._asked


class Scopes:
    """Makes scopes for the places of one rule set; scopes of one shape are made once."""

    def __init__(self, context: Context, defines: Node | None) -> None:
        self._context = context
        self._made: dict[tuple[object, ...], Scope] = {}
        self._defines: dict[str, Node] = (
            {key.text: node for key, node in defines.entries}
            if isinstance(defines, MappingNode)
            else {}
        )
        self._used: set[str] = set()
        self._member: Scope | None = None

    def of(
        self,
        kinds: tuple[str, ...],
        row: Row = "",
        extra: tuple[tuple[str, Name], ...] = (),
        without_amounts: bool = False,
    ) -> Scope:
        """The scope of an expression for events of ``kinds``: a condition or figure (``row`` empty), a
        filter over items or over tenders. ``extra`` adds names; ``without_amounts`` leaves out ``amount``,
        ``quantity`` and ``.eligible``: a filter is what they are made by, so it cannot ask for them."""
        key = (kinds, row, extra, without_amounts or row != "")
        if key not in self._made:
            self._made[key] = self._with_defines(self._make(*key), kinds)
        return self._made[key]

    def of_member(self) -> Scope:
        """The scope of a condition about the member alone, to which a level may hang: his levels are not in
        it, for they would hang on each other."""
        if self._member is None:
            scope = self._make((CLOCK,), "", (), False)
            levels = {
                f"{program}.{word}"
                for program, declared in self._context.declared.items()
                if "level" in declared.words
                for word in declared.words
            }
            levels |= set(self._asked_names())
            scope = replace(
                scope,
                names={name: one for name, one in scope.names.items() if name not in levels},
                elsewhere={
                    **scope.elsewhere,
                    **dict.fromkeys(levels, _NO_LEVELS),
                    **dict.fromkeys(scope.item_names, _NO_LINES),
                },
                item_names={},
            )
            self._member = self._with_defines(scope, (CLOCK,))
        return self._member

    def check_unused_defines(self) -> None:
        """Check the defines that nothing uses."""
        for name in sorted(set(self._defines) - self._used):
            self.of(("purchase",)).defines[name]

    def _with_defines(self, scope: Scope, kinds: tuple[str, ...]) -> Scope:
        """The scope with the file's defines, each checked in it when an expression first uses it."""

        def build(name: str) -> object:
            return self._define(name, full, kinds)

        full = replace(
            scope, defines=Lazy(tuple(self._defines), build, self._cycle, self._too_deep)
        )
        return full

    def _define(self, name: str, scope: Scope, kinds: tuple[str, ...]) -> object:
        self._used.add(name)
        node = self._defines[name]
        nodes = node.items if isinstance(node, Sequence) else (node,)
        parts = [one for one in nodes if isinstance(one, Scalar)]
        if not parts or any(self._context.findings.is_wrong(one) for one in nodes):
            return _STAND_IN
        found = _check_all(parts, scope)
        for row in _ROWS if scope.row == "" else ():
            # a filter, which a condition may name within any_item(..) and its like
            if _speaks_of(row, parts, found):
                found = _check_all(parts, self.of(kinds, row))
        trees: list[Tree] = []
        for part, one in zip(parts, found, strict=True):
            trees.append(one.tree if isinstance(one, Checked) else _STAND_IN)
            if not isinstance(one, Checked):
                report(one, part, self._context)
            else:
                warn_of_thousands(part, self._context.setting.currency, self._context.findings)
        return trees[0] if len(trees) == 1 else Logic("and", tuple(trees))

    def _cycle(self, names: tuple[str, ...]) -> object:
        way = " -> ".join(f"`{name}`" for name in (*names, names[0]))
        message = f"`{names[0]}` is defined by itself: {way}"
        help = "a define may use only others that do not use it"
        self._context.findings.add("cycle", self._defines[names[0]], message, help)
        return _STAND_IN

    def _too_deep(self, name: str) -> Tree:
        message = f"more than {LEADING_MAX} defines lead from one to the next up to `{name}`"
        help = "write some of them out where they are used"
        self._context.findings.add("expression_too_deep", self._defines[name], message, help)
        return _STAND_IN

    def _make(
        self,
        kinds: tuple[str, ...],
        row: Row,
        extra: tuple[tuple[str, Name], ...],
        without_amounts: bool,
    ) -> Scope:
        context = self._context
        known = [context.kinds[kind] for kind in kinds if kind in context.kinds]
        names = {**self._event_names(known), **self._member_names(), **self._program_names()}
        elsewhere = dict(self._missing_event_names(known))
        elsewhere.update(_not_as_a_name(context))
        elsewhere.update(_opened(context.kinds.values()))
        order = self._order_names()
        if without_amounts:
            later = [name for name in order if not name.startswith("order.")]
            elsewhere.update(dict.fromkeys(later, _MADE_BY_FILTERS))
            order = {name: one for name, one in order.items() if name not in later}
        if known and all(kind.about == "order" for kind in known):
            names.update(order)
        else:
            elsewhere.update(dict.fromkeys(order, "only a purchase has an order"))
        item_names = self._item_names(known)
        rows = {"": {}, "item": item_names, "tender": _rows("tender", _TENDER)}[row]
        elsewhere.update(_rows_elsewhere(item_names, row))
        names.update(rows)
        names.update(self._friend_names(kinds == (FRIEND_ORDER,), elsewhere))
        names.update(dict(extra))
        return Scope(
            names=_Names(names, self._asked_names()),
            money_scale=context.setting.currency.scale,
            parse_window=context.window,
            parse_day=context.day,
            figures=context.figures,
            tables=context.tables,
            functions=self._functions(),
            row=row,
            item_names=item_names,
            elsewhere={name: why for name, why in elsewhere.items() if name not in names},
            later=self._later(),
        )

    def _event_names(self, kinds: Iterable[EventKind]) -> dict[str, Name]:
        kinds = list(kinds)
        names = {"event.day": Name("event.day", DAY, only_in_tables=True)}
        for kind in kinds:
            for one in kind.fields:
                if kind.name in DERIVED_KINDS and one.name in _MADE:
                    continue
                if all(_field(other, one.name) == one.kind for other in kinds):
                    key = f"event.{one.name}"
                    names[key] = Name(key, one.kind, linear=one.kind.name in _NUMERIC)
        return names

    def _missing_event_names(self, kinds: Iterable[EventKind]) -> Iterable[tuple[str, str]]:
        """Fields that only other kinds have, with the kinds that have them."""
        for name in sorted({one.name for kind in self._sent_kinds() for one in kind.fields}):
            having = sorted(
                kind.name for kind in self._sent_kinds() if _field(kind, name) is not None
            )
            yield (
                f"event.{name}",
                "only these events have it: " + ", ".join(f"`{k}`" for k in having),
            )

    def _sent_kinds(self) -> list[EventKind]:
        kinds = self._context.kinds.values()
        return [kind for kind in kinds if kind.name not in DERIVED_KINDS]

    def _member_names(self) -> dict[str, Name]:
        names = {
            "member.joined": Name("member.joined", DAY),
            "member.age": Name("member.age", NUMBER),
            "member.segments": Name("member.segments", LIST),
        }
        profile = self._context.kinds.get("profile")
        for one in profile.fields if profile else ():
            if one.name != "birthday":  # its calendar belongs to `during`
                key = f"member.{one.name}"
                names[key] = Name(key, one.kind)
        return names

    def _program_names(self) -> dict[str, Name]:
        return {
            f"{program}.{word}": Name(f"{program}.{word}", kind)
            for program, declared in self._context.declared.items()
            for word, kind in declared.words.items()
            if word != "eligible"
        }

    def _asked_names(self) -> dict[str, Callable[[], Name]]:
        """Words with a figure in brackets; the kind of a figure is found when one is used, for it may be that
        of a counter that is being built."""
        return {
            f"{program}.{word}({figure})": partial(self._asked_name, program, word, figure)
            for program, declared in self._context.declared.items()
            for word, figures in declared.asked.items()
            for figure in figures
            if figure in self._context.figures
        }

    def _asked_name(self, program: str, word: str, figure: str) -> Name:
        key = f"{program}.{word}({self._context.counter_of(figure)})"
        return Name(key, self._context.figures[figure])

    def _order_names(self) -> dict[str, Name]:
        names = {
            "order.total": Name("order.total", MONEY, source="order_total"),
            "order.number": Name("order.number", NUMBER),
            "amount": Name("amount", MONEY, source="amount"),
            "quantity": Name("quantity", NUMBER, source="quantity"),
        }
        for program, declared in self._context.declared.items():
            if "eligible" in declared.words:
                key = f"{program}.eligible"
                names[key] = Name(key, MONEY, source="eligible", program=program)
        return names

    def _friend_names(self, is_known: bool, elsewhere: dict[str, str]) -> dict[str, Name]:
        """What the rewards of a referral know of the friend, and of what the level below got."""
        told = friend_fields(self._context.kinds.get("profile"))
        names = {f"friend.{one.name}": Name(f"friend.{one.name}", one.kind) for one in told}
        names["previous"] = Name("event.previous", NUMBER, linear=True)
        if is_known:
            return names
        elsewhere.update(dict.fromkeys(names, "only the rewards of a `type: referral` know it"))
        return {}

    def _item_names(self, kinds: Iterable[EventKind]) -> dict[str, Name]:
        fields = dict(_ITEM)
        for kind in kinds:
            fields.update({one.name: one.kind for one in kind.item_fields})
        return _rows("item", fields)

    def _functions(self) -> dict[str, FunctionShape]:
        return {
            name: FunctionShape(name, function.arguments, function.result)
            for name, function in self._context.registry.functions.items()
        }

    def _later(self) -> dict[str, str]:
        return {
            f"{program}.{word}": f"`{program}.{word}` is not decided by this version yet"
            for program, declared in self._context.declared.items()
            for word in declared.later
        }


def _check_all(parts: Iterable[Scalar], scope: Scope) -> list[Checked | tuple[Problem, ...]]:
    """The parts of a define, of which all must be true."""
    return [check(part.text, scope, "filter" if scope.row else "condition") for part in parts]


def _speaks_of(
    row: Row, parts: Iterable[Scalar], found: Iterable[Checked | tuple[Problem, ...]]
) -> bool:
    """Whether a define is a filter over ``row``: as a condition it fails at a field of it, or at the name
    of another such filter."""
    return any(
        part.text.startswith(f"{row}.", problem.start) or f"filter over `{row}.`" in problem.message
        for part, one in zip(parts, found, strict=True)
        if not isinstance(one, Checked)
        for problem in one
    )


def _field(kind: EventKind, name: str) -> Kind | None:
    return next((one.kind for one in kind.fields if one.name == name), None)


def _rows(row: Literal["item", "tender"], fields: Mapping[str, Kind]) -> dict[str, Name]:
    return {f"{row}.{name}": Name(name, kind, row=row) for name, kind in fields.items()}


def _rows_elsewhere(item_names: Mapping[str, Name], row: Row) -> dict[str, str]:
    found = {}
    if row != "item":
        found.update(
            dict.fromkeys(
                item_names,
                "`item.` stands in `items`; elsewhere write any_item(..), amount_of(..) or sum_of(..)",
            )
        )
    if row != "tender":
        found.update({f"tender.{name}": "`tender.` stands only in `tenders`" for name in _TENDER})
    return found


def _opened(kinds: Iterable[EventKind]) -> dict[str, str]:
    """Fields of what opens a challenge, which only challenges know that are opened by it."""
    why = (
        "only a challenge knows it, in what it counts and gives, of an event that its `opens` names"
    )
    return {f"opened.{one.name}": why for kind in kinds for one in kind.fields}


def _not_as_a_name(context: Context) -> dict[str, str]:
    """What exists, but is not a value by itself."""
    found = {
        name: f'ask for it within a window, such as within({name}, "last 90 days")'
        for name in context.figures
        if "." not in name
    }
    found["member.birthday"] = "write `during: {birthday: day}`"
    return found
