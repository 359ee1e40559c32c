"""Who asks for a change of a membership, and how: at the desk, on the client's own pages, by mail."""

from dataclasses import dataclass

from pos.asked import Desk
from studio.models import Device, Staff


@dataclass(frozen=True, slots=True)
class Asker:
    """Where a wish comes from; without staff it is the client's own, online."""

    how: str = "desk"
    staff: Staff | None = None
    device: Device | None = None

    @classmethod
    def at(cls, desk: Desk) -> "Asker":
        """Somebody at a desk."""
        return cls(staff=desk.staff, device=desk.device)


ONLINE = Asker(how="online")
