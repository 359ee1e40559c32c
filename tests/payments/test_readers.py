"""Setting up a card reader: at Stripe and at the desk of its location, once."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from payments.models import Reader
from payments.readers import address_of, register
from studio.models import AuditRow, Location
from studio.refusal import BadInput
from tests.api.till import till_of
from tests.builders import NOW, Studio
from tests.stripe_sim.stand_in import StandIn

CEDAR = "12 Cedar Street\nColumbus, OH 43215"


@pytest.fixture
def uptown(studio: Studio) -> Location:
    studio.location.address = CEDAR
    studio.location.save()
    return studio.location


def run(**options: str) -> str:
    out = StringIO()
    call_command(
        "register_reader", stdout=out, **{"location": "UPT", "code": "simulated-wpe", "label": "Front", **options}
    )
    return out.getvalue()


def test_a_reader_is_registered_at_stripe_and_offered_to_the_desk(
    uptown: Location, studio: Studio, stripe: StandIn
) -> None:
    made = register(uptown, code=" simulated-wpe ", label=" Front desk ", now=NOW)

    told = stripe.sdk.terminal.readers.retrieve(made.stripe_id)
    assert (made.label, told.label, made.location, made.is_active) == ("Front desk", "Front desk", uptown, True)
    place = stripe.sdk.terminal.locations.retrieve(str(told.location))
    assert place.address.to_dict() == {
        "line1": "12 Cedar Street",
        "line2": None,
        "city": "Columbus",
        "state": "OH",
        "postal_code": "43215",
        "country": "US",
    }
    offered = till_of(studio.desk_person, uptown).get("readers/").body
    assert [(one["id"], one["label"]) for one in offered] == [(made.pk, "Front desk")]
    row = AuditRow.objects.get(action="reader.registered")
    assert (row.object_id, row.location) == (str(made.pk), uptown)


def test_the_same_label_again_registers_nothing(uptown: Location, stripe: StandIn) -> None:
    first = register(uptown, code="simulated-wpe", label="Front", now=NOW)
    again = register(uptown, code="simulated-wpe", label="Front", now=NOW)
    other = register(uptown, code="simulated-s700", label="Back", now=NOW)

    assert again == first != other
    assert len(stripe.sdk.terminal.readers.list().data) == 2
    assert len(stripe.sdk.terminal.locations.list().data) == 1
    assert Reader.objects.count() == 2


def test_a_code_that_no_reader_shows_is_refused_and_nothing_is_stored(uptown: Location, stripe: StandIn) -> None:
    with pytest.raises(BadInput, match="code: Stripe did not take it"):
        register(uptown, code="quick-brown-fox", label="Front", now=NOW)

    assert Reader.objects.count() == 0


@pytest.mark.parametrize("label", ["", "   ", "x" * 61])
def test_a_reader_needs_a_name(uptown: Location, stripe: StandIn, label: str) -> None:
    with pytest.raises(BadInput, match="label: "):
        register(uptown, code="simulated-wpe", label=label, now=NOW)

    assert stripe.sdk.terminal.readers.list().data == []


@pytest.mark.parametrize(
    ("text", "line1", "city", "postal_code"),
    [
        (CEDAR, "12 Cedar Street", "Columbus", "43215"),
        ("12 Cedar Street, Columbus, OH 43215", "12 Cedar Street", "Columbus", "43215"),
        (
            " 12 Cedar Street,\r\n\r\n Suite 4\r\nColumbus , OH  43215-1234\r\nUSA\r\n",
            "12 Cedar Street, Suite 4",
            "Columbus",
            "43215-1234",
        ),
        ("1 Ó Street\nSt. Paul, OH 55101", "1 Ó Street", "St. Paul", "55101"),
    ],
)
def test_an_address_is_read_in_stripes_parts(text: str, line1: str, city: str, postal_code: str) -> None:
    read = address_of(Location(name="Uptown", address=text))

    parts = {"line1": line1, "city": city, "state": "OH", "postal_code": postal_code, "country": "US"}
    assert read == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12 Cedar Street",
        "Columbus, OH 43215",
        "12 Cedar Street\nColumbus OH 43215",
        "12 Cedar Street\nColumbus, Ohio 43215",
        "12 Cedar Street\nColumbus, OH 4321",
        "12 Cedar Street\n, OH 43215",
        "12 Cedar Street\n43215 Columbus, OH",
    ],
)
def test_an_address_that_can_not_be_read_is_refused_before_stripe_is_asked(
    studio: Studio, stripe: StandIn, text: str
) -> None:
    studio.location.address = text

    with pytest.raises(BadInput, match="address: The address of Uptown must be a street"):
        register(studio.location, code="simulated-wpe", label="Front", now=NOW)

    assert stripe.sdk.terminal.locations.list().data == []


def test_the_command_sets_up_a_reader_and_says_so_each_time(uptown: Location, stripe: StandIn) -> None:
    said = run()

    assert said == f"Front at Uptown: {Reader.objects.get().stripe_id}\n"
    assert run() == said


def test_the_command_says_what_is_wrong(uptown: Location, stripe: StandIn) -> None:
    with pytest.raises(CommandError, match="no location “DTN”; there are: UPT"):
        run(location="DTN")
    with pytest.raises(CommandError, match=r"Stripe did not take it: .*No reader has this code"):
        run(code="quick-brown-fox")
    stripe.tell("faults", kind="reset_before", path="/v1/terminal/readers", count=1)
    with pytest.raises(CommandError, match=r"Stripe gave no clear answer\. Run it again\."):
        run()

    assert run().startswith("Front at Uptown: tmr_")
    assert len(stripe.sdk.terminal.locations.list().data) == 1
