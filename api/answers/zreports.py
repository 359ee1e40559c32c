"""X and Z of a drawer, its movements and corrections; a corrected Z says so and stays as it is (R8)."""

from collections.abc import Sequence
from typing import Annotated, TypedDict

from api.answers.values import Moment, Person, Uuid, moment, person, person_or_none
from pos import zpaper
from pos.models import BankDeposit, DrawerCorrection, DrawerMovement, ZReport
from pos.zcontents import Contents
from studio.models import Staff


class MovementAnswer(TypedDict):
    """Cash that moved without a sale, in cents; `number` is of the slip that is signed."""

    id: Uuid
    drawer_session: Uuid
    number: int
    kind: Annotated[str, DrawerMovement.Kind]
    amount_cents: int
    reason: str
    note: str
    therapist: Person | None
    made_at: Moment
    made_by: Person
    approver: Person | None


class TipsOwedAnswer(TypedDict):
    """What a therapist may be paid in tips here."""

    therapist: Person
    owed_cents: int


class CorrectionAnswer(TypedDict):
    """What turned out about a closed drawer: so much more, or less, than was written down."""

    id: Uuid
    drawer_session: Uuid
    about: Annotated[str, DrawerCorrection.About]
    amount_cents: int
    why: str
    made_at: Moment
    made_by: Person
    approver: Person | None


class DepositAnswer(TypedDict):
    """Cash that was brought from the safe to the bank."""

    id: Uuid
    amount_cents: int
    slip: str
    made_at: Moment
    made_by: Person


class PaperRow(TypedDict):
    """A line as it is printed: words, and on the right an amount in cents or a text."""

    label: str
    amount_cents: int | None
    text: str
    is_sum: bool


class PaperSection(TypedDict):
    """Some lines under a title."""

    title: str
    rows: list[PaperRow]


class ZAnswer(TypedDict):
    """An X (without number) or Z: all figures, and the same as it is printed."""

    number: int | None
    grand_total_cents: int | None
    chain_number: int | None
    chain_hash: str
    contents: Contents
    corrections: list[CorrectionAnswer]
    sections: list[PaperSection]


def movement_answer(movement: DrawerMovement) -> MovementAnswer:
    return {
        "id": str(movement.pk),
        "drawer_session": str(movement.session_id),
        "number": movement.number,
        "kind": movement.kind,
        "amount_cents": movement.amount_cents,
        "reason": movement.reason,
        "note": movement.note,
        "therapist": person_or_none(movement.therapist),
        "made_at": moment(movement.made_at),
        "made_by": person(movement.made_by),
        "approver": person_or_none(movement.approver),
    }


def tips_owed_answer(therapist: Staff, owed_cents: int) -> TipsOwedAnswer:
    return {"therapist": person(therapist), "owed_cents": owed_cents}


def correction_answer(correction: DrawerCorrection) -> CorrectionAnswer:
    return {
        "id": str(correction.pk),
        "drawer_session": str(correction.session_id),
        "about": correction.about,
        "amount_cents": correction.amount_cents,
        "why": correction.why,
        "made_at": moment(correction.made_at),
        "made_by": person(correction.made_by),
        "approver": person_or_none(correction.approver),
    }


def deposit_answer(deposit: BankDeposit) -> DepositAnswer:
    return {
        "id": str(deposit.pk),
        "amount_cents": deposit.amount_cents,
        "slip": deposit.slip,
        "made_at": moment(deposit.made_at),
        "made_by": person(deposit.made_by),
    }


def x_answer(told: Contents) -> ZAnswer:
    return {
        "number": None,
        "grand_total_cents": None,
        "chain_number": None,
        "chain_hash": "",
        "contents": told,
        "corrections": [],
        "sections": _sections(told, ()),
    }


def z_answer(z: ZReport, told: Contents, corrections: Sequence[DrawerCorrection]) -> ZAnswer:
    return {
        "number": z.number,
        "grand_total_cents": z.grand_total_cents,
        "chain_number": z.chain_number,
        "chain_hash": z.chain_hash,
        "contents": told,
        "corrections": [correction_answer(one) for one in corrections],
        "sections": _sections(told, corrections),
    }


def _sections(told: Contents, corrections: Sequence[DrawerCorrection]) -> list[PaperSection]:
    return [
        {
            "title": section.title,
            "rows": [
                {"label": row.label, "amount_cents": row.amount_cents, "text": row.text, "is_sum": row.is_sum}
                for row in section.rows
            ],
        }
        for section in zpaper.sections(told, corrections=corrections)
    ]
