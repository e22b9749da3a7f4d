"""Calls: a function of the language, a table, a plugin's function, or a word with a figure."""

from __future__ import annotations

import ast

from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.expr.context import Context, place
from loyalty_rules.expr.functions import BUILT_IN
from loyalty_rules.expr.kinds import called, fit, fits, plain
from loyalty_rules.expr.names import known, resolve
from loyalty_rules.expr.tokens import Token
from loyalty_rules.expr.tree import Fact, FunctionCall, TableCall, Tree


def call(context: Context, node: ast.Call) -> Tree | None:
    """The checked call."""
    token = context.token(node.func)
    assert token is not None, "only a name is ever called"
    name, scope = token.text, context.scope
    if name in BUILT_IN:
        function = BUILT_IN[name]
        return (
            function.check(context, node)
            if _counted(context, node, name, function.least, function.most, function.usage)
            else None
        )
    if name in scope.tables:
        return _table(context, node, name)
    if name in scope.functions:
        return _plugin(context, node, name)
    return _of_a_figure(context, node, token)


def _counted(
    context: Context, node: ast.Call, name: str, least: int, most: int | None, usage: str
) -> bool:
    got = len(node.args)
    if got >= least and (most is None or got <= most):
        return True
    due = f"{least}" if most == least else f"at least {least}"
    plural = "" if due == "1" else "s"
    message = f"`{name}` takes {due} argument{plural}, not {got}"
    context.wrong("wrong_arguments", message, context.parsed.place(node), f"write `{usage}`")
    return False


def _arguments(
    context: Context, node: ast.Call, name: str, kinds: tuple[Kind, ...], *, of_table: bool
) -> tuple[Tree, ...] | None:
    good: list[Tree] = []
    for argument, kind in zip(node.args, kinds, strict=True):
        token = context.token(argument)
        if of_table and token is not None and token.sort == "name":
            tree = resolve(context, token, table_argument=True)
        else:
            tree = context.check(argument)
        if tree is None:
            continue
        if of_table and kind.name == "number":
            tree = plain(context, tree)
        if not fits(tree, kind):
            message = (
                f"{context.quote(tree)} is {called(tree.kind)}, and `{name}` wants {called(kind)}"
            )
            help = f"keys and rows of `{name}` must be of one kind" if of_table else None
            context.wrong("wrong_kind", message, place(tree), help)
            continue
        if (met := fit(context, tree, kind)) is not None:
            good.append(met)
    return tuple(good) if len(good) == len(kinds) else None


def _table(context: Context, node: ast.Call, name: str) -> Tree | None:
    shape = context.scope.tables[name]
    usage = f"{name}({', '.join(key for key, _, _ in shape.keys)})"
    if not _counted(context, node, name, len(shape.keys), len(shape.keys), usage):
        return None
    kinds = tuple(kind for _, _, kind in shape.keys)
    arguments = _arguments(context, node, name, kinds, of_table=True)
    if arguments is None:
        return None
    start, end = context.parsed.place(node)
    return TableCall(name, arguments, shape.leaf, start=start, end=end)


def _plugin(context: Context, node: ast.Call, name: str) -> Tree | None:
    shape = context.scope.functions[name]
    usage = f"{name}({', '.join(kind.name for kind in shape.arguments)})"
    if not _counted(context, node, name, len(shape.arguments), len(shape.arguments), usage):
        return None
    arguments = _arguments(context, node, name, shape.arguments, of_table=False)
    if arguments is None:
        return None
    start, end = context.parsed.place(node)
    return FunctionCall(name, arguments, shape.result, start=start, end=end)


def _of_a_figure(context: Context, node: ast.Call, token: Token) -> Tree | None:
    """A word such as ``status.missing(spend)``, which a scope names with its figure; or a mistake."""
    scope, (start, end) = context.scope, context.parsed.place(node)
    figures = [context.token(argument) for argument in node.args]
    spelled = f"{token.text}({', '.join(figure.text if figure else '?' for figure in figures)})"
    found = scope.names.get(spelled)
    if found is not None and not found.row:
        return Fact(spelled, found.key, found.kind, start=start, end=end)
    where = (token.start, token.end)
    if token.text in scope.later:
        context.wrong("not_built_yet", scope.later[token.text], where)
    elif known(context, token.text):
        message = f"`{token.text}` is a value and cannot be called"
        context.wrong("wrong_arguments", message, where, f"write `{token.text}` alone")
    else:
        with_figures = [name for name in scope.names if name.endswith(")")]
        help = did_you_mean(token.text, [*BUILT_IN, *scope.tables, *scope.functions, *with_figures])
        context.wrong("unknown_name", f"unknown function `{token.text}`", where, help)
    return None
