"""Memberships: joined, paused, changed, cancelled, shared; each with a dry run that shows the exact effect (R40)."""

import datetime as dt
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.memberships import (
    CardPageAnswer,
    EffectAnswer,
    MembershipAnswer,
    MembershipPage,
    MembershipsAnswer,
    TermsAnswer,
    card_page_answer,
    effect_answer,
    membership_answer,
    membership_row,
    terms_answer,
)
from api.endpoint import Endpoint, run
from api.filters import Filters
from api.membership_filters import MembershipFilters
from api.pages import page_of
from api.schema import described
from api.serializers.memberships import Cancelling, Changing, Freezing, Join, Waiving
from api.serializers.sales import DryRun, Nothing
from memberships import cancelling, changes, consents, freezes, household, joining, telling
from memberships.asking import Asker
from memberships.cancelling import Cancelled
from memberships.consents import Agreed
from memberships.models import Cancellation, Membership
from payments import hosted
from payments.models import HostedPage
from pos import refunds
from pos.models import Client
from studio.models import Right
from studio.refusal import BadInput

SHOWN_AFTER_THE_END = dt.timedelta(days=365)
MOST = 20
"""Memberships of one client; the list is cut there."""
AROUND = ("client", "plan", "location")


class MembershipEndpoint(Endpoint):
    """What the addresses of memberships share."""

    @property
    def dry(self) -> bool:
        """Whether to show the effect only."""
        return bool(self.request.query_params and self.query(DryRun)["dry_run"])

    @property
    def asker(self) -> Asker:
        return Asker.at(self.desk)

    @property
    def today(self) -> dt.date:
        return self.desk.location.business_date(self.now)

    def membership(self, membership_id: uuid.UUID) -> Membership:
        """The membership, of whichever location; 404 without one."""
        found = Membership.objects.select_related(*AROUND).filter(pk=membership_id).first()
        if found is None:
            raise Http404
        return found

    def changed(self, membership_id: uuid.UUID, unit: Callable[[], list[str]], *, offer: int = 0) -> Response:
        """What the unit did, or would do, in sentences, with the membership after it."""
        self.require(Right.SELL)
        self.membership(membership_id)

        def whole() -> EffectAnswer:
            sentences = unit()
            return effect_answer(self.membership(membership_id), sentences, now=self.now, offer_freeze_months=offer)

        return Response(run(whole, dry=self.dry))


class PlanTerms(Endpoint):
    @described(name="get_plan_terms", answers={200: TermsAnswer})
    def get(self, request: Request, code: str) -> Response:
        """What a client agrees to who joins the plan, or changes to it, now."""
        self.require(Right.SELL)
        today = self.desk.location.business_date(self.now)
        return Response(terms_answer(joining.plan_on_sale(code), on=today))


class ClientMemberships(Endpoint):
    @described(name="list_client_memberships", answers={200: MembershipsAnswer})
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        """The client's memberships, newest first; without those that ended more than a year ago."""
        self.require(Right.CLIENTS)
        if not Client.objects.filter(pk=client_id).exists():
            raise Http404
        since = self.desk.location.business_date(self.now) - SHOWN_AFTER_THE_END
        mine = Membership.objects.filter(client=client_id).exclude(status=Membership.Status.ENDED, ends_on__lt=since)
        found = mine.select_related(*AROUND).order_by("-joined_at", "-pk")[:MOST]
        return Response({"results": [membership_answer(row, now=self.now) for row in found]})


class MembershipList(Endpoint, GenericAPIView[Membership]):
    queryset = Membership.objects.select_related(*AROUND)
    filter_backends = [Filters]
    filterset_class = MembershipFilters

    @described(name="list_memberships", answers={200: MembershipPage}, cursor=MembershipPage)
    def get(self, request: Request) -> Response:
        """The memberships of all locations, newest first."""
        self.require(Right.CLIENTS)
        found = self.filter_queryset(self.get_queryset())
        rows, following, previous = page_of(found, "-joined_at", "-id", request=request)
        results = [membership_row(row) for row in rows]
        return Response({"next": following, "previous": previous, "results": results})


class MembershipDetail(MembershipEndpoint):
    @described(name="get_membership", answers={200: MembershipAnswer})
    def get(self, request: Request, membership_id: uuid.UUID) -> Response:
        """The membership with all that is planned and to be paid."""
        self.require(Right.CLIENTS)
        return Response(membership_answer(self.membership(membership_id), now=self.now))

    @described(name="join", request=Join, query=DryRun, answers={200: EffectAnswer, 201: EffectAnswer})
    def put(self, request: Request, membership_id: uuid.UUID) -> Response:
        """Prepare a membership that the client has agreed to; it begins when its first month is paid in a sale."""
        self.require(Right.SELL)
        wanted = self.read(Join)

        def unit() -> EffectAnswer:
            client = Client.objects.filter(pk=wanted["client"]).first()
            if client is None:
                raise BadInput("client", "This client is not known.")
            made = joining.join(
                membership_id=membership_id,
                client=client,
                plan=joining.plan_on_sale(wanted["plan"]),
                location=self.desk.location,
                agreed=self._agreed(wanted["text_hash"], wanted["signature"]),
                now=self.now,
            )
            return effect_answer(self.membership(made.pk), telling.of_joining(made), now=self.now)

        answer = run(unit, dry=self.dry)
        is_new = not self.dry and self.membership(membership_id).joined_at == self.now
        return Response(answer, status=201 if is_new else 200)

    def _agreed(self, text_hash: str, signature: str) -> Agreed:
        return Agreed(text_hash, device=self.desk.device, staff=self.desk.staff, signature=signature)


class MembershipCard(MembershipEndpoint):
    @described(name="open_card_page", request=Nothing, answers={200: CardPageAnswer, 202: CardPageAnswer})
    def post(self, request: Request, membership_id: uuid.UUID) -> Response:
        """A page at Stripe on which the client saves the card that pays from then on; 202 while it is being made."""
        self.require(Right.SELL)
        self.read(Nothing)
        membership = self.membership(membership_id)
        done = f"{settings.SITE_URL}{reverse('card_saved')}"

        def unit() -> HostedPage:
            return joining.card_page(membership, success_url=done, cancel_url=done, now=self.now)

        page = hosted.ask(units.work(unit), now=self.now)
        return Response(card_page_answer(page.url), status=200 if page.url else 202)


class MembershipFreeze(MembershipEndpoint):
    @described(name="freeze_membership", request=Freezing, query=DryRun, answers={200: EffectAnswer})
    def put(self, request: Request, membership_id: uuid.UUID) -> Response:
        """Pause it for whole months from the next renewal on, or at once for medical reasons; it goes on by itself."""
        wanted = self.read(Freezing)

        def unit() -> list[str]:
            made = freezes.freeze(
                membership_id=membership_id,
                months=wanted["months"],
                reason=wanted["reason"],
                asker=self.asker,
                now=self.now,
            )
            return telling.of_freeze(made)

        return self.changed(membership_id, unit)

    @described(name="undo_freeze", query=DryRun, answers={200: EffectAnswer})
    def delete(self, request: Request, membership_id: uuid.UUID) -> Response:
        """Take back a freeze that has not begun."""
        return self.changed(
            membership_id,
            lambda: telling.of_freeze(freezes.undo(membership_id=membership_id, asker=self.asker, now=self.now)),
        )


class MembershipChange(MembershipEndpoint):
    @described(name="change_plan", request=Changing, query=DryRun, answers={200: EffectAnswer})
    def put(self, request: Request, membership_id: uuid.UUID) -> Response:
        """Another plan: at once for the difference of the days left, or from the renewal on; the last word counts."""
        wanted = self.read(Changing)

        def unit() -> list[str]:
            plan = joining.plan_on_sale(wanted["plan"])
            text_hash = wanted["text_hash"] or (consents.hash_of(consents.text_for(plan)) if self.dry else "")
            agreed = Agreed(text_hash, device=self.desk.device, staff=self.desk.staff, signature=wanted["signature"])
            made = changes.change(
                membership_id=membership_id,
                plan=plan,
                when=wanted["when"],
                agreed=agreed,
                asker=self.asker,
                now=self.now,
            )
            return telling.of_change(made)

        return self.changed(membership_id, unit)

    @described(name="undo_change", query=DryRun, answers={200: EffectAnswer})
    def delete(self, request: Request, membership_id: uuid.UUID) -> Response:
        """Take back a change that has not begun."""
        return self.changed(
            membership_id,
            lambda: telling.of_change(changes.undo(membership_id=membership_id, asker=self.asker, now=self.now)),
        )


class MembershipCancellation(MembershipEndpoint):
    @described(name="cancel_membership", request=Cancelling, query=DryRun, answers={200: EffectAnswer})
    def put(self, request: Request, membership_id: uuid.UUID) -> Response:
        """End it when what is paid is over; within the first days, unused, at once and with everything given back."""
        self.require(Right.SELL)
        wanted = self.read(Cancelling)
        offer = self._offer(self.membership(membership_id))

        def unit() -> tuple[EffectAnswer, Cancelled]:
            done = cancelling.cancel(
                membership_id=membership_id,
                why=Cancellation.Why(wanted["why"]),
                note=wanted["note"],
                asker=self.asker,
                now=self.now,
            )
            answer = effect_answer(
                self.membership(membership_id),
                telling.of_cancellation(done.cancellation),
                now=self.now,
                refunded_cents=done.cancellation.refunded_cents,
                offer_freeze_months=offer,
            )
            return answer, done

        answer, done = run(unit, dry=self.dry)
        if done.given is not None and not self.dry:
            refunds.send_back(done.given, now=self.now)
        return Response(answer)

    @described(name="undo_cancellation", query=DryRun, answers={200: EffectAnswer})
    def delete(self, request: Request, membership_id: uuid.UUID) -> Response:
        """Take the cancellation back before the end."""

        def unit() -> list[str]:
            undone = cancelling.undo(membership_id=membership_id, asker=self.asker, now=self.now)
            return telling.of_cancellation(undone)

        return self.changed(membership_id, unit)

    def _offer(self, membership: Membership) -> int:
        """For how many months a freeze can be offered instead; once, with the dry run."""
        if not self.dry or not cancelling.may_freeze_instead(membership, now=self.now):
            return 0
        return freezes.months_left(membership, on=self.today)


class ExitFeeWaiver(MembershipEndpoint):
    @described(name="waive_exit_fee", request=Waiving, query=DryRun, answers={200: EffectAnswer})
    def put(self, request: Request, membership_id: uuid.UUID) -> Response:
        """Waive the fee for leaving early; who may not do it alone needs somebody's approval."""
        approval_id = self.read(Waiving).get("approval")

        def unit() -> list[str]:
            waived = cancelling.waive_fee(
                membership_id=membership_id, desk=self.desk, now=self.now, approval_id=approval_id
            )
            return telling.of_cancellation(waived)

        return self.changed(membership_id, unit)


class MembershipHousehold(MembershipEndpoint):
    @described(name="add_to_household", request=Nothing, answers={200: MembershipAnswer})
    def put(self, request: Request, membership_id: uuid.UUID, client_id: uuid.UUID) -> Response:
        """Let somebody of the household use the member's credits; four at most."""
        self.require(Right.SELL)
        self.read(Nothing)
        member = Client.objects.filter(pk=client_id).first()
        if member is None:
            raise Http404

        def unit() -> MembershipAnswer:
            membership = self.membership(membership_id)
            household.add(owner=membership.client, member=member, asker=self.asker, now=self.now)
            return membership_answer(membership, now=self.now)

        return Response(units.work(unit))

    @described(name="remove_from_household", answers={200: MembershipAnswer})
    def delete(self, request: Request, membership_id: uuid.UUID, client_id: uuid.UUID) -> Response:
        """Take somebody off the household; off already is fine."""
        self.require(Right.SELL)

        def unit() -> MembershipAnswer:
            membership = self.membership(membership_id)
            household.remove(owner=membership.client, member_id=client_id, asker=self.asker, now=self.now)
            return membership_answer(membership, now=self.now)

        return Response(units.work(unit))
