"""Rule set files that nobody means well with, as bytes by name; each is answered with diagnostics."""

from __future__ import annotations

from benchmarks.loading import rules_file, unlike_file

HEAD = 'ruleset: club\nversion: "1.0"\ncurrency: EUR\ntimezone: Europe/Berlin\n'
PROGRAMS = (
    "programs:\n  beans: {type: points, basis: {tax: included}, expiry: never, value: 0.01}\n"
)
RULE = """\
rules:
  - id: base
    event: purchase
    when: %s
    give: {type: points, program: beans, points: 1, per: 1.00}
"""
MANY = "  - {id: r%d, event: purchase, give: {type: bonus, program: beans, points: %s}}\n"

FILES: dict[str, bytes] = {
    "nothing": b"",
    "not YAML": b"%&*{[}]: -\n? - :\n",
    "not UTF-8": HEAD.encode() + b"title: \xff\xfe\n",
    "UTF-32": HEAD.encode("utf-32"),
    "a picture": bytes(range(256)) * 400,
    "a list": b"- ruleset: club\n- version: 1\n",
    "one word": b"hello\n",
    "tabs": HEAD.encode() + b"rules:\n\t- id: base\n\t  event: purchase\n",
    "equal keys": HEAD.encode() + b"ruleset: again\ntitle: a\ntitle: b\n",
    "a tag": HEAD.encode() + b'title: !!python/object/apply:os.system ["ls"]\n',
    "anchors": HEAD.encode() + b"title: &a x\nnote: *a\n",
    "brackets": (HEAD + "rules: ").encode() + b"[" * 100_000,
    "braces": (HEAD + "rules: ").encode() + b"{a: " * 100_000,
    "100 MB": b"rules:\n" + b"- x\n" * 25_000_000,
    "a long line": HEAD.encode() + b"title: " + b"x" * 900_000,
    "many keys": HEAD.encode() + b"".join(b"k%d: 1\n" % n for n in range(40_000)),
    "many mistakes": (HEAD + PROGRAMS + "rules:\n").encode()
    + "".join(MANY % (n, "0x1F") for n in range(5_000)).encode(),
    "many rules of one id": (HEAD + PROGRAMS + "rules:\n").encode()
    + (MANY % (1, "1")).encode() * 5_000,
    "unknown keys": HEAD.encode() + b"colour: red\nprogram: {}\n",
    "wrong types": b"ruleset: [1]\nversion: {a: 1}\ncurrency: 7\ntimezone: true\nrules: 5\nprograms: []\n",
    "defines in a ring": (
        HEAD + PROGRAMS + "define:\n" + "".join(f"  d{n}: d{(n + 1) % 900}\n" for n in range(900))
    ).encode(),
    "defines that double": (
        HEAD
        + PROGRAMS
        + "define:\n  d0: order.total > 1\n"
        + "".join(f"  d{n}: d{n - 1} and d{n - 1}\n" for n in range(1, 60))
        + RULE % "d59"
    ).encode(),
    "counters in a ring": (
        HEAD
        + PROGRAMS
        + "counters:\n"
        + "".join(
            f"  c{n}: {{event: purchase, when: 'within(c{(n + 1) % 400}, \"day\") > 1'}}\n"
            for n in range(400)
        )
    ).encode(),
    "a table of many rows": (
        HEAD
        + PROGRAMS
        + "tables:\n  t:\n    keys: {a: at_least}\n    rows:\n"
        + "".join(f"      {n}: {n}\n" for n in range(10_000))
    ).encode(),
    "huge numbers": (HEAD + PROGRAMS + "rules:\n" + MANY % (1, "9" * 5_000)).encode(),
    "a tiny share": (HEAD + PROGRAMS.replace("0.01", "0." + "0" * 60_000 + "1")).encode(),
    "a window without end": (
        HEAD + PROGRAMS + RULE % "'within(orders, \"last 99999999999 days\") > 1'"
    ).encode(),
    "the end of time": (
        HEAD + "effective: {from: 2199-12-31, through: 9999-12-31}\n" + PROGRAMS
    ).encode(),
}

MEGABYTE = 1_000_000
LIST_OF_RULES = HEAD + PROGRAMS + "rules:\n"


def _filled(head: str, line: str) -> bytes:
    """``head`` and ``line`` with rising numbers for its ``%(n)d``, up to a megabyte and 150,000 values."""
    lines, size = [head], len(head.encode())
    values_each = max(1, line.count(":") * 2 + line.count("- "))
    for number in range(149_000 // values_each):
        written = line % {"n": number}
        size += len(written.encode())
        if size > MEGABYTE:
            break
        lines.append(written)
    return "".join(lines).encode()


_GIVE = "give: {type: bonus, program: beans, points: 1}"
_RULE_OF = "  - {id: r%(n)d, event: purchase, " + _GIVE
BIG_FILES: dict[str, bytes] = {
    "unlike conditions": unlike_file(2_000).encode(),
    "as many rules as there may be": rules_file(2_000).encode(),
    "one mistake in many rules": rules_file(1_999).encode() + b"  - {id: last}\n",
    "equal ids": _filled(LIST_OF_RULES, "  - {id: r1, event: purchase, " + _GIVE + "}\n"),
    "unknown names": _filled(LIST_OF_RULES, _RULE_OF + ", when: order.totl%(n)d > 1}\n"),
    "unknown programs": _filled(
        LIST_OF_RULES,
        "  - {id: r%(n)d, event: purchase, give: {type: bonus, program: bens%(n)d, points: 1}}\n",
    ),
    "unknown events": _filled(
        LIST_OF_RULES, "  - {id: r%(n)d, event: purchse%(n)d, " + _GIVE + "}\n"
    ),
    "unknown groups": _filled(LIST_OF_RULES, _RULE_OF + ", group: g%(n)d}\n"),
    "unknown keys": _filled(HEAD, "k%(n)d: 1\n"),
    "unknown keys of rules": _filled(
        LIST_OF_RULES,
        "  - {id: r%(n)d, evnt: purchase, giv: {type: bonus, program: beans, points: 1}}\n",
    ),
    "wrong conditions": _filled(LIST_OF_RULES, _RULE_OF + ", when: 'order.total >'}\n"),
    "wrong numbers": _filled(LIST_OF_RULES, _RULE_OF.replace("points: 1", "points: 0x1F") + "}\n"),
    "comments in conditions": _filled(
        LIST_OF_RULES,
        "  - id: r%(n)d\n    event: purchase\n    when: order.totl > 1 # and order.total < %(n)d\n    "
        + _GIVE
        + "\n",
    ),
    "aliases": _filled(HEAD + "title: &a x\nrules:\n", "- *a\n"),
    "many anchors": _filled(HEAD + "rules:\n", "- &a%(n)d x\n"),
    "brackets in brackets": _filled(HEAD + "rules:\n", "- " + "[" * 90 + "]" * 90 + "\n"),
    "open brackets": _filled(HEAD + "rules:\n", "- " + "[" * 90 + "\n"),
    "CR LF and tabs": _filled(
        HEAD.replace("\n", "\r\n") + "rules:\r\n", "\t- id: r%(n)d\r\n\t  event: purchase\r\n"
    ),
    "a tab at the end": _filled(LIST_OF_RULES, _RULE_OF + "}\n") + b"groups:\n\tg: {}\n",
    "tabs in braces": _filled(HEAD + "rules:\n", "  - {id: r%(n)d,\n\tevent: purchase}\n"),
    "nearly too many values": (HEAD + "rules: [" + "1," * 149_900 + "]\n").encode(),
    "nearly too many maps": (HEAD + "rules: [" + "{}," * 149_900 + "]\n").encode(),
    "too many values": (HEAD + "rules: [" + "1," * 499_000 + "]\n").encode(),
    "control characters": _filled(HEAD, "k%(n)d: \x01\n"),
    "control characters on one line": (HEAD + "title: " + "x\x01" * 480_000).encode(),
    "characters that turn the direction": _filled(HEAD, "k%(n)d: \u202e\n"),
    "no-break spaces": _filled(HEAD, "k%(n)d: a\u00a0b\n"),
    "one key for all": _filled(HEAD, "title: a\n"),
    "keys without a value": _filled(HEAD, "k%(n)d:\n"),
    "texts that do not end": _filled(HEAD, 'k%(n)d: "a" b\n'),
    "empty groups": _filled(HEAD + PROGRAMS + "groups:\n", "  g%(n)d: {choose: best}\n"),
    "too many programs": _filled(
        HEAD + "programs:\n",
        "  p%(n)d: {type: points, basis: {tax: included}, expiry: never, value: 0.01}\n",
    ),
    "too many counters": _filled(
        HEAD + PROGRAMS + "counters:\n",
        "  c%(n)d: {event: purchase, when: 'order.total > %(n)d'}\n",
    ),
    "too many defines": _filled(HEAD + PROGRAMS + "define:\n", "  d%(n)d: order.total > %(n)d\n"),
    "a thousand counters and a mistake in each": (
        HEAD
        + PROGRAMS
        + "counters:\n"
        + "".join(f"  c{n}: {{event: purchase, when: 'order.totl > {n}'}}\n" for n in range(1_000))
    ).encode(),
    "a hundred programs and unknown ones": (
        HEAD
        + "programs:\n"
        + "".join(
            f"  {'p' * 30}{n}: {{type: points, basis: {{tax: included}}, expiry: never, value: 0.01}}\n"
            for n in range(100)
        )
        + "rules:\n"
        + "".join(
            f"  - {{id: r{n}, event: purchase, give: {{type: bonus, program: {'p' * 29}{n}, points: 1}}}}\n"
            for n in range(5_000)
        )
    ).encode(),
}
"""Files of a megabyte, or of as many values as are read, that hold one mistake again and again."""

EXPRESSIONS = [
    "order.totl > 1",
    "order.total == 'a'",
    "order.total = 1",
    "open('/etc/passwd')",
    "().__class__.__bases__",
    "order.total ** 9999999 > 1",
    "1 << 99999999 > 1",
    "9" * 3_000 + " > 1",
    "1e999999999 > 1",
    "(" * 1_500 + "1" + ")" * 1_500,
    "not " * 900 + "true",
    "f'{order.total}' == 'a'",
    "'{0.__class__}'.format(1) == 'a'",
    "order.total > 1 \u200b and true",
    "оrder.total > 1",
    "order.total \u202e> 1",
    "order.total > 1\u00a0",
    "1 < " * 900 + "1",
    " or ".join(["any_item(item.amount > 1)"] * 90),
    "lambda: 1",
    "[x for x in y]",
    "order.total > 1; import os",
    "order.total if true else 1",
    "within(within(orders, 'day'), 'day') > 1",
    "1 / 0 > 1",
    "event.coupons[0] == 'a'",
    "\x00",
    "\ud800".encode("utf-8", "replace").decode(),
]
EXPRESSION_FILES = {
    f"expression {number}": (
        HEAD + PROGRAMS + RULE % ("'" + text.replace("'", "''") + "'")
    ).encode()
    for number, text in enumerate(EXPRESSIONS)
}
HOSTILE_FILES = FILES | EXPRESSION_FILES | BIG_FILES
ACCEPTED = {"a table of many rows", "expression 17", "as many rules as there may be"}
