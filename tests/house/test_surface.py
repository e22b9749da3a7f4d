"""The public surface is what stands in surface.txt: every name with its signature.

After a wanted change: pytest --update-golden, then read the diff and write it into CHANGELOG.md.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import loyalty_rules as lr
from loyalty_rules import sdk
from loyalty_rules.base.records import Record, defaults_of, names_of

SURFACE = Path(__file__).with_name("surface.txt")


def describe(name: str, thing: object) -> Iterator[str]:
    """The lines that say what a public name is."""
    if isinstance(thing, type):
        bases = ", ".join(base.__name__ for base in thing.__bases__ if base is not object)
        made = dataclasses.is_dataclass(thing) or issubclass(thing, Exception | Record)
        yield f"class {name}({bases})" if bases else f"class {name}"
        if made:
            yield f"  made by {name}{signature(thing)}"
        for member, value in sorted(vars(thing).items()):
            if not member.startswith("_"):
                yield f"  {describe_member(member, value)}"
    elif inspect.isfunction(thing):
        yield f"def {name}{signature(thing)}"
    else:
        yield name


def describe_member(name: str, value: object) -> str:
    if isinstance(value, classmethod | staticmethod):
        return f"{type(value).__name__} {name}{signature(value.__func__)}"
    if callable(value):
        return f"def {name}{signature(value)}"
    return name


def signature(thing: Callable[..., object]) -> str:
    if isinstance(thing, type) and issubclass(thing, Record):
        return f"({', '.join(fields_of(thing))}) -> None"
    try:
        return re.sub(r" at 0x[0-9a-f]+", "", str(inspect.signature(thing)))  # a default's address
    except (TypeError, ValueError):
        return "(...)"


def fields_of(kind: type[Record]) -> Iterator[str]:
    """The fields of a record, annotated as they are written."""
    defaults = defaults_of(kind)
    for name in names_of(kind):
        told = next(notes(one)[name] for one in kind.__mro__ if name in notes(one))
        yield f"{name}: {told!r} = {defaults[name]!r}" if name in defaults else f"{name}: {told!r}"


def notes(kind: type) -> dict[str, str]:
    found: dict[str, str] = inspect.get_annotations(kind)
    return found


def surface() -> str:
    lines = []
    for module in (lr, sdk):
        lines.append(f"# {module.__name__}")
        for name in sorted(module.__all__):
            lines += describe(name, getattr(module, name))
        lines.append("")
    return "\n".join(lines)


def test_the_public_surface_is_the_one_that_was_promised(
    golden: Callable[[Path, str], None],
) -> None:
    golden(SURFACE, surface())


def test_every_public_name_says_what_it_is() -> None:
    silent = [
        name
        for module in (lr, sdk)
        for name in module.__all__
        if callable(getattr(module, name)) and not inspect.getdoc(getattr(module, name))
    ]
    assert silent == []


def test_every_effect_can_be_told_apart_by_whoever_reads_a_decision() -> None:
    """`Decision.effects` holds them, so their types stand beside it."""
    assert {effect.__name__ for effect in get_args(lr.Effect)} <= set(lr.__all__)
