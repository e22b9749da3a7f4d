"""What a ledger says about money: settlement between partners, and figures of a program. It only reads."""

from loyalty_rules.reports.report import Parameters, Report, report
from loyalty_rules.reports.settlement import Settlement, settle

__all__ = ["Parameters", "Report", "Settlement", "report", "settle"]
