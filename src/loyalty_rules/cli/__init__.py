"""The command line ``loyalty-rules``."""

from __future__ import annotations

import click

from loyalty_rules.cli.advance_command import advance_command
from loyalty_rules.cli.check_command import check_command
from loyalty_rules.cli.codes_command import codes_command
from loyalty_rules.cli.command_line import CommandLine
from loyalty_rules.cli.db_command import db_commands
from loyalty_rules.cli.draw_command import draw_command
from loyalty_rules.cli.explain_command import explain_command
from loyalty_rules.cli.holdout_command import holdout_command
from loyalty_rules.cli.import_command import import_command
from loyalty_rules.cli.ledger_command import ledger_commands
from loyalty_rules.cli.member_command import member_command
from loyalty_rules.cli.quote_command import quote_command
from loyalty_rules.cli.report_command import report_command
from loyalty_rules.cli.run_command import run_command
from loyalty_rules.cli.settle_command import settle_command
from loyalty_rules.cli.test_command import test_command


@click.group(cls=CommandLine)
@click.version_option(package_name="loyalty-rules", prog_name="loyalty-rules")
def main() -> None:
    """Check loyalty rules, decide events with them, and explain the decisions.

    \b
    Example:
      loyalty-rules check rules/
      loyalty-rules run rules/coffee-club year.jsonl --as-of 2025-12-31

    Exit: 0 done, 1 problems found, 2 wrong use, 130 stopped by Ctrl-C.
    """


for _command in (
    check_command,
    run_command,
    explain_command,
    import_command,
    member_command,
    advance_command,
    quote_command,
    report_command,
    settle_command,
    holdout_command,
    draw_command,
    codes_command,
    test_command,
):
    main.add_command(_command)
main.add_command(ledger_commands)
main.add_command(db_commands)

__all__ = ["main"]
