"""Options that several commands share, and what they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.sdk.registry import Registry

Command = TypeVar("Command", bound=Callable[..., object])


def plugin_option(command: Command) -> Command:
    """``--plugin NAME``, as often as needed."""
    return click.option(
        "--plugin",
        "plugins",
        multiple=True,
        metavar="NAME",
        help="An installed plugin that the rules may use. Repeat it for several.",
    )(command)


def format_option(command: Command) -> Command:
    """``--format text|json``."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Text for people, or one JSON object for programs.",
    )(command)


def allowed(plugins: tuple[str, ...]) -> Registry:
    """Everything that ships with us and the plugins named by ``--plugin``.

    Errors: wrong use, when one of them is not installed or cannot be loaded.
    """
    try:
        return Registry.builtin().discover(allow=plugins)
    except PluginError as problem:
        raise click.UsageError(printable(str(problem))) from None
