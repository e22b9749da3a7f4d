"""What a ledger says about money: settlement between partners, and figures of a program. It only reads."""

from loyalty_rules.reports.settlement import Settlement, settle

__all__ = ["Settlement", "settle"]
