"""What can be a report: `config/settings.py` lists them all, so that pages, files, mails and the API know the same."""

from collections.abc import Sequence
from functools import cache
from typing import ClassVar, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from accounting.asked import Asked
from accounting.tables import Table


class Report(Protocol):
    """A report of ACCOUNTING "Reports": what it is called, what it can be narrowed by, and its tables.

    `code` is its number there ("REP7"), `slug` its part of the address, `group` the heading it stands under,
    `meaning` what it answers, in a sentence; `filters` are names of `accounting.filters`.
    """

    code: ClassVar[str]
    slug: ClassVar[str]
    group: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    filters: ClassVar[tuple[str, ...]]

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """The figures, read through the alias of one snapshot; the same question has the same answer in it."""
        ...


@cache
def reports() -> dict[str, Report]:
    """Every report by its slug, in the order of the settings."""
    found: list[Report] = [import_string(path)() for path in settings.REPORTS]
    return {report.slug: report for report in found}
