"""Rule sets on the disk: which YAML files of a folder are some."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SUFFIXES: Final = (".yaml", ".yml")

READ_MAX: Final = 5_000_000
"""More than any rule set may have, so that a larger file is refused without being held."""

_RULESET_KEY: Final = re.compile(
    rb"""(?:^|\r)(?:\xef\xbb\xbf)?(?:\{\s*)?["']?ruleset["']?[ \t]*:""", re.MULTILINE
)


def rule_sets_in(folder: Path, *, below: bool = True) -> list[Path]:
    """The files with a rule set in a folder, and (``below``) in the folders in it, by name; what is hidden is
    passed over. Errors: ``OSError`` where one cannot be read."""
    return sorted(
        path for path in files_in(folder, SUFFIXES, below=below) if _RULESET_KEY.search(read(path))
    )


def files_in(folder: Path, endings: tuple[str, ...], *, below: bool = True) -> Iterator[Path]:
    """The files of a folder that end so, but for hidden ones and those in hidden folders."""
    for path in folder.rglob("*") if below else folder.iterdir():
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.name.endswith(endings) and not hidden and path.is_file():
            yield path


def read(path: Path) -> bytes:
    """The bytes of a file, of a larger one than any rule set is the first of them."""
    with path.open("rb") as stream:
        return stream.read(READ_MAX)
