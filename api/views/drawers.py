"""Cash drawers and their sessions."""

import uuid

from django.db.models import Prefetch
from django.http import Http404
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.drawers import (
    DrawerAnswer,
    DrawerSessionAnswer,
    DrawerSessionPage,
    drawer_answer,
    drawer_session_answer,
)
from api.endpoint import Endpoint, created
from api.filters import DrawerSessionFilters, Filters
from api.pages import page_of
from api.schema import described
from api.serializers.drawers import Closing, Opening
from pos import drawer, drawer_close
from pos.models import Drawer, DrawerSession
from studio.models import Right

MOST = 200
"""No location has more drawers; the list is cut there."""
SESSIONS = DrawerSession.objects.select_related("drawer", "opened_by", "closed_by")


class DrawerList(Endpoint):
    @described(name="list_drawers", answers={200: list[DrawerAnswer]})
    def get(self, request: Request) -> Response:
        """The drawers of this location, and which are open."""
        self.require(Right.DRAWER)
        is_open = DrawerSession.objects.filter(status=DrawerSession.Status.OPEN)
        drawers = Drawer.objects.filter(location=self.desk.location).order_by("name", "pk")
        found = drawers.prefetch_related(Prefetch("sessions", is_open, to_attr="open_sessions"))[:MOST]
        return Response([drawer_answer(row, next(iter(row.open_sessions), None)) for row in found])


class DrawerSessionList(Endpoint, GenericAPIView[DrawerSession]):
    queryset = SESSIONS
    filter_backends = [Filters]
    filterset_class = DrawerSessionFilters

    @described(name="list_drawer_sessions", answers={200: DrawerSessionPage}, cursor=DrawerSessionPage)
    def get(self, request: Request) -> Response:
        """The drawer sessions of this location, newest first."""
        self.require(Right.DRAWER)
        here = self.filter_queryset(self.get_queryset().filter(location=self.desk.location))
        rows, following, previous = page_of(here, "-opened_at", "-id", request=request)
        results = [drawer_session_answer(row) for row in rows]
        return Response({"next": following, "previous": previous, "results": results})


class DrawerSessionEndpoint(Endpoint):
    """What the addresses of one drawer session share."""

    def session(self, session_id: uuid.UUID) -> DrawerSession:
        self.require(Right.DRAWER)
        found = SESSIONS.filter(pk=session_id, location=self.desk.location).first()
        if found is None:
            raise Http404
        return found


class DrawerSessionDetail(DrawerSessionEndpoint):
    @described(name="get_drawer_session", answers={200: DrawerSessionAnswer})
    def get(self, request: Request, session_id: uuid.UUID) -> Response:
        """The drawer session."""
        return Response(drawer_session_answer(self.session(session_id)))

    @described(name="open_drawer", request=Opening, answers={200: DrawerSessionAnswer, 201: DrawerSessionAnswer})
    def put(self, request: Request, session_id: uuid.UUID) -> Response:
        """Open a drawer with its counted float; the tablet makes the session's id."""
        opening = self.read(Opening)

        def unit() -> DrawerSession:
            return drawer.open_drawer(
                session_id=session_id,
                drawer_id=opening["drawer"],
                float_cents=opening["float_cents"],
                desk=self.desk,
                now=self.now,
            )

        session = units.work(unit)
        return created(drawer_session_answer(session), at=session.opened_at, now=self.now)


class DrawerClose(DrawerSessionEndpoint):
    @described(name="close_drawer", request=Closing, answers={200: DrawerSessionAnswer})
    def put(self, request: Request, session_id: uuid.UUID) -> Response:
        """Close by a blind count; parked sales are carried over by id, $5 off wants a note, $20 an approval."""
        closing = self.read(Closing)

        def unit() -> DrawerSession:
            self.session(session_id)
            return drawer_close.close_drawer(
                session_id=session_id,
                counted_cents=closing["counted_cents"],
                left_cents=closing.get("left_cents"),
                note=closing["note"],
                pieces=closing["pieces"],
                carry_over=frozenset(closing.get("carry_over", ())),
                approval_id=closing.get("approval"),
                desk=self.desk,
                now=self.now,
            )

        return Response(drawer_session_answer(units.work(unit)))
