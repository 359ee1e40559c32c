"""Members who do anything in any order for three years: no cent of what they paid is lost, and the books stay whole."""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise

from django.db import connection, transaction
from django.db.models import F, Model, QuerySet, Sum
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs.leases import claim
from jobs.models import OutboxMail
from ledger.accounts import Account
from ledger.journal import balance
from memberships import cancelling, changes, consents, dues, freezes, joining, noshows, transfers
from memberships.asking import Asker
from memberships.consents import Agreed
from memberships.expiry import ExpireSessions
from memberships.models import Due, Freeze, LotMove, Membership, Plan, SessionLot
from memberships.renewals import DuesToCharge
from memberships.scheduled import ChangeMemberships
from pos.asked import AskedCover, AskedLine
from pos.basket import Basket
from pos.models import Client, RefundLine, RefundTender, Sale, SaleLine, Tender
from studio.ids import new_id
from studio.refusal import BadInput, Refusal
from tests.books import books_are_clean
from tests.builders import NOW, TestDesk, build_studio
from tests.memberships import builders
from tests.soak import examples

ASKER = Asker()
MONEY_FOR_CREDITS = ("membership", "dues", "plan_upgrade")
END = NOW + dt.timedelta(days=3 * 365)
pick = st.integers(0, 10**6)
"""Which of those there are; taken modulo their number, so that every draw fits."""


class AnyMembership(RuleBasedStateMachine):
    """Two clients, three plans, one desk, and a house that does by itself what it does each hour."""

    def __init__(self) -> None:
        super().__init__()
        self.years = transaction.atomic()
        self.years._from_testcase = True  # as Django's own TestCase does: the worker's durable blocks may be within
        self.years.__enter__()
        self.now = NOW
        self.sold: list[Basket] = []
        self.given: list[uuid.UUID] = []
        self.missed: list[uuid.UUID] = []

    @initialize(cap=st.sampled_from(["convert", "stop", "forfeit"]), notice=st.sampled_from([0, 30]))
    def a_studio(self, cap: str, notice: int) -> None:
        self.studio = build_studio()
        terms = {"at_the_cap": cap, "notice_days": notice, "rollover_cap": 3, "freeze_fee_cents": 5_00}
        bound = {"minimum_months": 6, "exit_fee_cents": 100_00}
        self.plans = [
            builders.plan("basic", 70_01, **terms),
            builders.plan("plus", 99_99, **terms, **bound),
            builders.plan("double", 150_01, credits_per_cycle=2, **terms),
        ]
        builders.package("five", 449_99, 5, validity_months=12)
        builders.package("three", 300_01, 3, validity_months=12, refund_method="pro_rata")
        self.clients = [builders.client("Ada"), builders.client("Bo")]
        for client, plan in zip(self.clients, self.plans[:2], strict=True):
            self.joins(client, plan)

    # What they have

    def desk(self) -> TestDesk:
        """The manager's desk a second later: no two requests come at one moment."""
        self.now += dt.timedelta(seconds=1)
        return self.studio.managers_desk.at(self.now)

    def members(self) -> "QuerySet[Membership]":
        return (
            Membership.objects.select_related("client", "location").exclude(status="ended").order_by("joined_at", "pk")
        )

    def member(self, which: int) -> Membership:
        members = list(self.members())
        return members[which % len(members)]

    def client(self, which: int) -> Client:
        return self.clients[which % len(self.clients)]

    def lots(self) -> "QuerySet[SessionLot]":
        return SessionLot.objects.select_related("client").filter(status="open").order_by("opened_at", "pk")

    def lot(self, which: int) -> SessionLot:
        lots = list(self.lots())
        return lots[which % len(lots)]

    def plan(self, which: int) -> Plan:
        return self.plans[which % len(self.plans)]

    @contextmanager
    def unless_refused(self) -> Iterator[None]:
        """What is refused changes nothing."""
        self.now += dt.timedelta(seconds=1)
        with suppress(Refusal, BadInput), transaction.atomic():
            yield

    def sells(self, line: AskedLine, client: Client | None = None) -> None:
        """One line, paid at the other terminal."""
        desk = self.desk().rings_up(line, client_id=client.pk if client is not None else None)
        assert desk.last is not None
        if desk.last.due_cents:
            desk.tenders("external")
        self.sold.append(desk.completes())

    def joins(self, client: Client, plan: Plan) -> None:
        membership_id = new_id()
        with self.unless_refused():
            joining.join(
                membership_id=membership_id,
                client=client,
                plan=plan,
                location=self.studio.location,
                agreed=self.agreed(plan),
                now=self.now,
            )
            self.sells(AskedLine(kind="membership", item=plan.code, instrument=str(membership_id)), client)

    def agreed(self, plan: Plan) -> Agreed:
        return Agreed(consents.hash_of(consents.text_for(plan)))

    # Time

    @rule(days=st.sampled_from([1, 3, 10, 17, 28, 31, 60, 95]))
    def time_passes(self, days: int) -> None:
        """The house looks at its members once; what it missed it makes up for."""
        self.now = min(self.now + dt.timedelta(days=days), END)
        ChangeMemberships().run(now=self.now)
        self.the_dues_of_the_day_are_asked_for()
        ExpireSessions().run(now=self.now)

    def the_dues_of_the_day_are_asked_for(self) -> None:
        dues.make(now=self.now)
        asks = DuesToCharge()
        while rows := claim(asks.claimable(now=self.now), now=self.now, lease=asks.lease, limit=10):
            for row in rows:
                asks.work(row, now=self.now)

    # What members do

    @rule(who=pick, which=pick)
    def somebody_joins(self, who: int, which: int) -> None:
        self.joins(self.client(who), self.plan(which))

    @precondition(lambda self: Due.objects.filter(status="due").exists())
    @rule(which=pick)
    def somebody_pays_what_they_owe(self, which: int) -> None:
        owed = list(Due.objects.filter(status="due").order_by("starts_on", "pk"))
        with self.unless_refused():
            self.sells(AskedLine(kind="dues", instrument=owed[which % len(owed)].key))

    @rule(who=pick, dear=st.booleans(), kind=st.sampled_from(["credit", "credit", "session"]))
    def somebody_uses_a_credit_or_a_session(self, who: int, dear: bool, kind: str) -> None:
        treatment = "ashiatsu-60" if dear else "deep-tissue-60"
        line = AskedLine(kind="item", item=treatment, therapist_id=self.studio.ana.pk, cover=AskedCover(kind=kind))
        with self.unless_refused():
            self.sells(line, self.client(who))

    @rule(who=pick, code=st.sampled_from(["five", "three"]))
    def somebody_buys_a_package(self, who: int, code: str) -> None:
        with self.unless_refused():
            self.sells(builders.of_package(code), self.client(who))

    @precondition(lambda self: self.lots().exists())
    @rule(which=pick, to=pick, units=st.sampled_from([None, 1, 2]))
    def somebody_gives_sessions_away(self, which: int, to: int, units: int | None) -> None:
        made, lot = new_id(), self.lot(which)
        with self.unless_refused():
            transfers.give(
                transfer_id=made,
                lot_id=lot.pk,
                to=self.client(to).pk,
                units=units,
                desk=self.desk().desk,
                now=self.now,
            )
            self.given.append(made)

    @precondition(lambda self: self.given)
    @rule(which=pick)
    def the_giver_has_them_again(self, which: int) -> None:
        with self.unless_refused():
            transfers.undo(transfer_id=self.given[which % len(self.given)], desk=self.desk().desk, now=self.now)

    @precondition(lambda self: self.lots().exists())
    @rule(which=pick)
    def somebody_does_not_come(self, which: int) -> None:
        made, lot = new_id(), self.lot(which)
        with self.unless_refused():
            noshows.take(
                no_show_id=made,
                client=lot.client,
                reason="no_show",
                desk=self.desk().desk,
                now=self.now,
                lot_id=lot.pk,
            )
            self.missed.append(made)

    @precondition(lambda self: self.missed)
    @rule()
    def the_last_miss_is_waived(self) -> None:
        with self.unless_refused():
            noshows.waive(no_show_id=self.missed[-1], why="Snow", desk=self.desk().desk, now=self.now)

    @precondition(lambda self: self.members().exists())
    @rule(which=pick, months=st.integers(1, 4), reason=st.sampled_from(["", "", "medical"]))
    def somebody_freezes(self, which: int, months: int, reason: str) -> None:
        member = self.member(which)
        with self.unless_refused():
            freezes.freeze(membership_id=member.pk, months=months, reason=reason, asker=ASKER, now=self.now)

    @precondition(lambda self: self.members().exists())
    @rule(which=pick)
    def somebody_does_not_freeze_after_all(self, which: int) -> None:
        with self.unless_refused():
            freezes.undo(membership_id=self.member(which).pk, asker=ASKER, now=self.now)

    @precondition(lambda self: self.members().exists())
    @rule(which=pick, to=pick, when=st.sampled_from([changes.NOW, changes.AT_RENEWAL]))
    def somebody_changes_the_plan(self, which: int, to: int, when: str) -> None:
        member, plan = self.member(which), self.plan(to)
        with self.unless_refused():
            asked = changes.change(
                membership_id=member.pk, plan=plan, when=when, agreed=self.agreed(plan), asker=ASKER, now=self.now
            )
            if asked.proration_cents:
                self.sells(AskedLine(kind="plan_upgrade", instrument=asked.key))

    @precondition(lambda self: self.members().exists())
    @rule(which=pick)
    def somebody_keeps_the_plan(self, which: int) -> None:
        with self.unless_refused():
            changes.undo(membership_id=self.member(which).pk, asker=ASKER, now=self.now)

    @precondition(lambda self: self.members().exists())
    @rule(which=pick)
    def somebody_cancels(self, which: int) -> None:
        with self.unless_refused():
            done = cancelling.cancel(membership_id=self.member(which).pk, asker=ASKER, now=self.now).cancellation
            if done.fee_cents:
                self.sells(AskedLine(kind="exit_fee", instrument=done.key))

    @precondition(lambda self: self.members().exists())
    @rule(which=pick)
    def somebody_stays(self, which: int) -> None:
        with self.unless_refused():
            cancelling.undo(membership_id=self.member(which).pk, asker=ASKER, now=self.now)

    @precondition(lambda self: self.sold)
    @rule(which=pick)
    def a_sale_is_refunded(self, which: int) -> None:
        with self.unless_refused():
            self.desk().refunds(self.sold[-1 - which % min(len(self.sold), 4)], (0, 1))

    @precondition(lambda self: self.sold)
    @rule()
    def the_last_sale_is_voided(self) -> None:
        with self.unless_refused():
            self.desk().voids(self.sold[-1])

    # What holds after each step

    @invariant()
    def what_was_paid_is_used_left_given_back_or_store_credit(self) -> None:
        lines = SaleLine.objects.filter(kind__in=MONEY_FOR_CREDITS, sale__status__in=_SOLD)
        paid = _sum(lines, "net_cents") - _sum(RefundLine.objects.filter(line__in=lines), "net_cents")
        gone = -self.moved("credit", "converted", "forfeited", "no_show", "waived")
        left = self.moved("credit")
        assert paid == self.spent("credit") + gone + left
        assert left == -balance(Account.MEMBER_CREDITS)

    @invariant()
    def what_was_paid_for_packages_is_used_left_given_back_or_store_credit(self) -> None:
        lines = SaleLine.objects.filter(kind="package", sale__status__in=(*_SOLD, Sale.Status.VOIDED))
        assert self.moved("package", "opened") == _sum(lines, "net_cents")
        assert self.moved("package", "given", "received") == 0
        assert -self.moved("package", "used", "restored") == self.spent("session")
        assert self.moved("package") == -balance(Account.PACKAGES)

    @invariant()
    def every_lot_says_where_its_value_went(self) -> None:
        for lot in SessionLot.objects.annotate(rest=Sum("moves__value_cents"), count=Sum("moves__units")):
            assert (lot.value_cents, lot.units) == (lot.rest, lot.count)
        kinds = ("credit", "package")
        assert -sum(self.moved(kind, "converted") for kind in kinds) == -balance(Account.CLIENT_CREDIT)
        assert -sum(self.moved(kind, "no_show", "waived") for kind in kinds) == -balance(Account.NO_SHOW_FEES)

    def moved(self, kind: str, *what: str) -> int:
        """Cents that came to the lots of a kind in these ways, or in all."""
        moves = LotMove.objects.filter(lot__kind=kind)
        return _sum(moves.filter(kind__in=what) if what else moves, "value_cents")

    def spent(self, kind: str) -> int:
        """Cents of a kind that sales took and did not give back."""
        spent = Tender.objects.filter(kind=kind, sale__status__in=_SOLD)
        return _sum(spent, "amount_cents") - _sum(RefundTender.objects.filter(tender__in=spent), "amount_cents")

    @invariant()
    def who_is_frozen_has_a_freeze_that_runs_and_owes_nothing(self) -> None:
        running = Freeze.objects.exclude(began_at=None).filter(ended_at=None, undone_at=None)
        frozen = Membership.objects.filter(status="frozen").values_list("pk", flat=True)
        assert set(frozen) == set(running.values_list("membership", flat=True))

    @invariant()
    def nobody_owes_anything_after_the_end(self) -> None:
        assert not Due.objects.filter(membership__status="ended", status="due").exists()

    @invariant()
    def no_two_months_overlap(self) -> None:
        for membership in Membership.objects.all():
            months = list(membership.dues.filter(status__in=["paid", "due", "skipped"]).order_by("starts_on"))
            for first, second in pairwise(months):
                assert first.ends_on <= second.starts_on, (first, second)

    def teardown(self) -> None:
        try:
            OutboxMail.objects.filter(sent_at=None).update(sent_at=F("queued_at"))
            books_are_clean(now=self.now)
            connection.check_constraints()
        finally:
            transaction.set_rollback(True)
            self.years.__exit__(None, None, None)


_SOLD = (Sale.Status.COMPLETED, Sale.Status.PARTLY_REFUNDED, Sale.Status.REFUNDED)


def _sum(rows: "QuerySet[Model]", column: str) -> int:
    return rows.aggregate(total=Sum(column))["total"] or 0


def test_whatever_members_do_nothing_that_was_paid_is_lost(db: None) -> None:
    run_state_machine_as_test(AnyMembership, settings=examples(10, stateful_step_count=40))
