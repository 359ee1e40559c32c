"""The check before a treatment: what a client's flags say about the lines of a sale, and a therapist's OK (R36).

Nothing here says why: a caution reads the same for every reason, and an OK names the line and the therapist only.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from clientfile import flags
from clientfile.flags import OpenFlag
from clientfile.models import Acknowledgement, AllergenMark
from pos.asked import Desk
from pos.basket import Basket
from pos.cautions import Caution, Swap, about, treatments_of
from pos.models import Item, Sale, SaleLine
from studio import audit, rights
from studio.models import Right, Staff
from studio.refusal import Refusal

STOPS = "therapist_check"
ASKS = "ask_therapist"
MOST_SWAPS = 4


class NotATherapist(Refusal):
    """Only somebody who treats clients can say that it is well."""

    code = "not_a_therapist"


class NothingToCheck(Refusal):
    """No line of the sale waits for a therapist."""

    code = "nothing_to_check"


class HealthCheck:
    """Asked by the checkout for each sale with a client."""

    def about(self, sale: Sale, lines: Sequence[SaleLine], *, on: dt.date) -> Sequence[Caution]:
        if sale.client_id is None:
            return []
        counting = [flag for flag in flags.set_on(sale.client_id) if flag.counts(on)]
        treatments = {line.pk: ids for line in lines if counting and (ids := treatments_of(line))}
        if not treatments:
            return []
        shelf = _Shelf(ids for ids in treatments.values())
        said = Acknowledgement.objects.filter(sale=sale, client=sale.client_id).select_related("therapist")
        oks = list(said)
        cautions = []
        for line in lines:
            touching = [flag for flag in counting if shelf.touches(flag, treatments.get(line.pk, frozenset()))]
            if touching:
                cautions.append(_caution(sale, line, touching, counting, oks, on=on))
        return cautions


class _Shelf:
    """The items that lines promise, with what they ask for and what they bring to the skin."""

    def __init__(self, promised: Iterable[frozenset[int]]) -> None:
        ids = frozenset[int]().union(*promised)
        self.items: Mapping[int, Item] = Item.objects.in_bulk(ids)
        self.allergens = set(AllergenMark.objects.filter(item__in=ids).values_list("item_id", "allergen"))

    def touches(self, flag: OpenFlag, ids: frozenset[int]) -> bool:
        """Whether the flag is about any of these items."""
        if flag.flag.allergen:
            return any((item_id, flag.flag.allergen) in self.allergens for item_id in ids)
        return any(_is_about(flag, self.items[item_id]) for item_id in ids)


def _is_about(flag: OpenFlag, item: Item) -> bool:
    """Treatments that ask for the training of the flag, or every treatment where it names none."""
    if item.kind != Item.Kind.TREATMENT:
        return False
    return flag.flag.training_id is None or item.required_qualification_id == flag.flag.training_id


def _caution(
    sale: Sale,
    line: SaleLine,
    touching: Sequence[OpenFlag],
    counting: Sequence[OpenFlag],
    oks: Sequence[Acknowledgement],
    *,
    on: dt.date,
) -> Caution:
    stopping = [flag for flag in touching if flag.blocks(on)]
    if not stopping:
        return Caution(ASKS, line.pk, f"Ask the therapist about {line.name}.", stops=False)
    settled_by = _who_said_yes(line, stopping, oks)
    swaps = () if settled_by else _swaps(sale, line, counting, on=on)
    words = f"{settled_by} said OK." if settled_by else "Therapist check needed."
    return Caution(STOPS, line.pk, words, stops=True, settled_by=settled_by, swaps=swaps)


def _who_said_yes(line: SaleLine, stopping: Sequence[OpenFlag], oks: Sequence[Acknowledgement]) -> Staff | None:
    """Who said yes to this line since the last of its flags was set; a flag set later asks anew."""
    since = max(flag.row.set_at for flag in stopping)
    fitting = (ok for ok in oks if (ok.kind, ok.name) == (line.kind, line.name) and ok.at >= since)
    return next((ok.therapist for ok in fitting), None)


def _swaps(sale: Sale, line: SaleLine, counting: Sequence[OpenFlag], *, on: dt.date) -> tuple[Swap, ...]:
    """Treatments of the same price about which no flag says anything; none for what is not a treatment itself."""
    if line.item is None or line.item.kind != Item.Kind.TREATMENT:
        return ()
    priced = Item.objects.filter(kind=Item.Kind.TREATMENT, is_available=True).priced(location=sale.location, on=on)
    same = [item for item in priced if item.pk != line.item_id and item.price_cents == line.unit_cents]  # type: ignore[attr-defined]  # annotated by priced()
    shelf = _Shelf([frozenset(item.pk for item in same)])
    free = [item for item in same if not any(shelf.touches(flag, frozenset({item.pk})) for flag in counting)]
    return tuple(Swap(item.code, item.name, line.unit_cents) for item in free[:MOST_SWAPS])


def acknowledge(basket: Basket, *, therapist: Staff, desk: Desk, now: dt.datetime) -> list[Acknowledgement]:
    """The therapist, whose PIN was verified, says OK to every line of the sale that waits for it."""
    rights.require(therapist, Right.HEALTH, desk.location)
    if not therapist.is_therapist:
        raise NotATherapist(f"{therapist} does not treat clients. Ask a therapist.")
    waiting = {one.line_id for one in about(basket, on=desk.location.business_date(now)) if one.is_open}
    if not waiting or basket.sale.client is None:
        raise NothingToCheck("Nothing on this sale waits for a therapist.")
    things = dict.fromkeys((line.kind, line.name) for line in basket.lines if line.pk in waiting)
    given = [
        Acknowledgement(
            sale=basket.sale,
            client=basket.sale.client,
            kind=kind,
            name=name,
            therapist=therapist,
            device=desk.device,
            at=now,
        )
        for kind, name in things
    ]
    Acknowledgement.objects.bulk_create(given)
    audit.record(
        at=now,
        action="therapist_ok",
        actor=desk.staff,
        approver=therapist,
        device=desk.device,
        location=desk.location,
        subject=basket.sale,
        after={"lines": [name for _, name in things]},
    )
    return given
