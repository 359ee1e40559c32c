"""What the accountant's layer keeps for itself."""

from accounting.models.closings import Closing, ClosingBalance, ClosingMove
from accounting.models.exports import AccountName, Destination, ExportBatch, ExportChunk, ExportFile, ExportItem
from accounting.models.mails import ReportMail, ReportRecipient, ReportSending, ReportToken

__all__ = [
    "AccountName",
    "Closing",
    "ClosingBalance",
    "ClosingMove",
    "Destination",
    "ExportBatch",
    "ExportChunk",
    "ExportFile",
    "ExportItem",
    "ReportMail",
    "ReportRecipient",
    "ReportSending",
    "ReportToken",
]
