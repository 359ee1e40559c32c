"""The files of a report over the web; both come from the very question the page was asked."""

import tempfile
from collections.abc import Callable
from typing import IO

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounting import files
from accounting.answers import Answer, answer
from accounting.asking import read
from accounting.pages import report_of
from accounting.visitors import for_books
from studio.models import Location

IN_MEMORY = 2 * 1024 * 1024
"""A larger file waits on the disk until it is sent."""


def write(told: Answer, form: str) -> IO[bytes]:
    """The file, ready to be read from its beginning."""
    out: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    _WRITERS[form](told, out)
    out.seek(0)
    return out


def _as_csv(told: Answer, out: IO[bytes]) -> None:
    for line in files.write_csv(told):
        out.write(line.encode())


def _as_xlsx(told: Answer, out: IO[bytes]) -> None:
    files.write_xlsx(told, out)


_WRITERS: dict[str, Callable[[Answer, IO[bytes]], None]] = {files.CSV: _as_csv, files.XLSX: _as_xlsx}


@require_safe
@for_books
def file(request: HttpRequest, places: list[Location], slug: str, form: str) -> HttpResponseBase:
    """The report as a file to keep, whole: every row, and the sum of the page as its last line."""
    found = report_of(slug)
    now = timezone.now()
    question = read(request.GET, filters=found.filters, places=places, now=now)
    with answer(found, question, now=now) as told:
        out = write(told, form)
        name = files.name_of(told, form)
    return FileResponse(out, as_attachment=True, filename=name, content_type=files.TYPES[form])
