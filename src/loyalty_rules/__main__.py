"""``python -m loyalty_rules``: the command line."""

from loyalty_rules.cli import main

if __name__ == "__main__":
    main(prog_name="loyalty-rules")
