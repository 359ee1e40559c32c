"""Long lists in pages: one page of rows at a time, and a signed cursor, so that nobody can make one up."""

from typing import Any

from django.core import signing
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

PAGE_SIZE = 50


class Pages(CursorPagination):
    """Newest or alphabetically first, by the first of `ordering`; stable while rows are added."""

    page_size = PAGE_SIZE
    template = None

    def __init__(self, *ordering: str) -> None:
        self.ordering = ordering

    @property
    def _salt(self) -> str:
        return f"api.pages:{self.ordering[0]}"  # the place in one list is none in another

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The place in the list that the query names; 404 for one that we did not make."""
        text = request.query_params.get(self.cursor_query_param)
        if not text:
            return None
        try:
            offset, reverse, position = signing.loads(text, salt=self._salt)
        except (signing.BadSignature, ValueError) as error:
            raise NotFound("This page does not exist. Start again from the first.") from error
        return Cursor(offset=offset, reverse=reverse, position=position)

    def encode_cursor(self, cursor: Cursor) -> str:
        place = [cursor.offset, cursor.reverse, cursor.position]
        return str(
            replace_query_param(str(self.base_url), self.cursor_query_param, signing.dumps(place, salt=self._salt))
        )


def page_of(queryset: QuerySet[Any], *ordering: str, request: Request) -> tuple[list[Any], str | None, str | None]:
    """One page of the rows, and the addresses of the next and the previous page."""
    pages = Pages(*ordering)
    rows = pages.paginate_queryset(queryset, request) or []
    return list(rows), pages.get_next_link(), pages.get_previous_link()
