"""Clients: finding, reading and keeping them."""

import uuid

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.clients import (
    ClientAnswer,
    ClientCardAnswer,
    ClientPage,
    LastVisitAnswer,
    client_answer,
    client_card_answer,
    last_visit_answer,
)
from api.answers.holdings import HoldingsAnswer, offer_answer
from api.answers.sale_rows import with_parts
from api.endpoint import Endpoint, created
from api.pages import page_of
from api.schema import described
from api.serializers.people import ClientFile, ClientSearch
from pos import clients, finding, holdings
from pos.models import Client, Sale
from studio.models import Right

RECENT = 10


class ClientList(Endpoint):
    @described(name="list_clients", query=ClientSearch, answers={200: ClientPage})
    def get(self, request: Request) -> Response:
        """Clients by name; with `search` those whom all its words fit, the best fifty, who was here last first."""
        self.require(Right.CLIENTS)
        typed = self.query(ClientSearch)["search"]
        rows, following, previous = finding.find(typed, at=self.desk.location), None, None
        if not typed.strip():
            rows, following, previous = page_of(finding.everybody(), "name", "id", request=request)
        return Response({"next": following, "previous": previous, "results": [client_answer(row) for row in rows]})


class ClientDetail(Endpoint):
    @described(name="get_client", answers={200: ClientAnswer})
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        """What is known of the client."""
        self.require(Right.CLIENTS)
        return Response(client_answer(_read(client_id)))

    @described(name="put_client", request=ClientFile, answers={200: ClientAnswer, 201: ClientAnswer})
    def put(self, request: Request, client_id: uuid.UUID) -> Response:
        """Create or change a client; the tablet makes the id."""
        fields = self.read(ClientFile)

        def unit() -> Client:
            clients.put_client(client_id=client_id, desk=self.desk, now=self.now, **fields)
            return _read(client_id)

        client = units.work(unit)
        return created(client_answer(client), at=client.created_at, now=self.now)


class ClientCard(Endpoint):
    @described(name="get_client_card", answers={200: ClientCardAnswer})
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        """The client with visits so far and the last sales, at every location."""
        self.require(Right.CLIENTS)
        client = _read(client_id)
        recent = with_parts(Sale.objects.filter(client=client).exclude(status=Sale.Status.ABANDONED))
        return Response(client_card_answer(client, clients.history_of(client), list(recent[:RECENT])))


class ClientLastVisit(Endpoint):
    @described(name="get_last_visit", answers={200: LastVisitAnswer})
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        """What the client had at the last visit, at any location, to sell it again."""
        self.require(Right.CLIENTS)
        return Response(last_visit_answer(clients.last_visit(_read(client_id))))


class ClientHoldings(Endpoint):
    @described(name="get_client_holdings", answers={200: HoldingsAnswer})
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        """What the client has left, in the order in which it should be used: sessions, credits, cards, store credit."""
        self.require(Right.CLIENTS)
        found = holdings.what_is_left(_read(client_id), location=self.desk.location, now=self.now)
        return Response({"results": [offer_answer(offer) for offer in found]})


def _read(client_id: uuid.UUID) -> Client:
    client = finding.as_told(Client.objects.filter(pk=client_id)).first()
    if client is None:
        raise Http404
    return client
