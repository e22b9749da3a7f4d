"""``check``: the one way from a text to a tree."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from loyalty_rules.base.period import Window
from loyalty_rules.domain.vocabulary import NUMBER, TEXT, Kind
from loyalty_rules.expr.arithmetic import arithmetic, negative
from loyalty_rules.expr.calls import call
from loyalty_rules.expr.comparison import compare
from loyalty_rules.expr.context import Context
from loyalty_rules.expr.cost import COST_MAX, Measure, measure
from loyalty_rules.expr.forms import check_finite, linear
from loyalty_rules.expr.logic import logic, opposite, truth
from loyalty_rules.expr.names import resolve
from loyalty_rules.expr.parse import DEPTH_MAX, parse, too_deep
from loyalty_rules.expr.scope import Expect, LinearTerm, Problem, Scope
from loyalty_rules.expr.tree import Constant, Fact, FunctionCall, TableCall, Tree, Within, walk


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression that can run. ``facts``: keys it may read, a row's as ``item.sku``; ``figures``: every
    ``within`` by spelling and window; ``cost``: steps of one evaluation; ``terms`` only for LINEAR."""

    tree: Tree
    kind: Kind
    text: str
    cost: int
    terms: tuple[LinearTerm, ...] = ()
    facts: tuple[str, ...] = ()
    figures: tuple[tuple[str, Window], ...] = ()
    tables: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


def check(text: str, scope: Scope, expect: Expect) -> Checked | tuple[Problem, ...]:
    """The checked expression, or every mistake in it, in text order. Never raises, whatever the text.

    ``expect``: ``condition`` and ``filter`` want a truth, ``finite`` and ``linear`` the shapes of the
    language reference, ``value`` takes any kind.
    """
    parsed = parse(text)
    if parsed.tree is None:
        return _in_order(parsed.problems)
    context = Context(text, scope, expect, parsed, _visit, row=scope.row)
    tree = context.check(parsed.tree)
    terms: tuple[LinearTerm, ...] | None = ()
    if tree is not None:
        tree, terms = _shaped(context, tree)
    problems = (*parsed.problems, *context.problems)
    if tree is None or terms is None or problems:
        assert problems, "a wrong part was reported"
        return _in_order(problems)
    measured = measure(tree)
    if (bound := _unbounded(measured, len(text))) is not None:
        return (bound,)
    return _described(tree, text, measured.cost, terms)


def _in_order(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (problem.start, problem.end)))


def _visit(context: Context, node: ast.expr) -> Tree | None:
    match node:
        case ast.Name():
            return _word(context, node)
        case ast.BoolOp():
            return logic(context, node)
        case ast.UnaryOp(op=ast.Not()):
            return opposite(context, node)
        case ast.UnaryOp():
            return negative(context, node)
        case ast.BinOp():
            return arithmetic(context, node)
        case ast.Compare():
            return compare(context, node)
        case ast.Call():
            return call(context, node)
        case ast.List():
            message = "a list stands only after `in`"
            help = 'as in `event.store in ["a", "b"]`'
            context.wrong("not_allowed", message, context.parsed.place(node), help)
        case _:
            message = (
                f"{context.quote_place(context.parsed.place(node))} is not part of the language"
            )
            context.wrong("not_allowed", message, context.parsed.place(node))
    return None


def _word(context: Context, node: ast.Name) -> Tree | None:
    token = context.parsed.token(node)
    if token.sort == "name":
        return resolve(context, token)
    if token.value is None:
        return None
    kind = TEXT if token.sort == "text" else NUMBER
    return Constant(token.value, kind, start=token.start, end=token.end)


def _shaped(context: Context, tree: Tree) -> tuple[Tree | None, tuple[LinearTerm, ...] | None]:
    match context.expect:
        case "condition" | "filter":
            return truth(context, tree), ()
        case "finite":
            return (tree if check_finite(context, tree) else None), ()
        case "linear":
            return tree, linear(context, tree)
        case "value":
            return tree, ()


def _unbounded(measured: Measure, end: int) -> Problem | None:
    if measured.cost > COST_MAX:
        message = f"an expression takes more than {COST_MAX} steps for one event"
        help = "go over the lines less often: join filters with `and` and `or`"
        return Problem("expression_too_costly", message, 0, end, help)
    return too_deep(0, end) if measured.depth > DEPTH_MAX else None


def _described(tree: Tree, text: str, cost: int, terms: tuple[LinearTerm, ...]) -> Checked:
    facts, figures, tables, functions = (
        set[str](),
        set[tuple[str, Window]](),
        set[str](),
        set[str](),
    )
    for node in walk(tree):
        match node:
            case Fact():
                facts.add(f"{node.row}.{node.key}" if node.row else node.key)
            case Within():
                facts.add(node.key)
                figures.add((node.figure, node.window))
            case TableCall():
                tables.add(node.table)
            case FunctionCall():
                functions.add(node.function)
            case _:
                pass
    return Checked(
        tree,
        tree.kind,
        text,
        cost,
        terms,
        tuple(sorted(facts)),
        tuple(sorted(figures, key=lambda figure: (figure[0], str(figure[1])))),
        tuple(sorted(tables)),
        tuple(sorted(functions)),
    )
