"""What was taken for a missed appointment."""

from typing import TypedDict

from api.answers.values import Uuid
from memberships.models import LotMove
from memberships.packages import left_of


class NoShowAnswer(TypedDict):
    """The session that was taken, and what is left."""

    client: Uuid
    name: str
    left: str


def no_show_answer(move: LotMove) -> NoShowAnswer:
    return {"client": str(move.used_by_id), "name": move.lot.name, "left": left_of(move.lot)}
