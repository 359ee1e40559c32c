import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from studio.devices import pair
from studio.models import AuditRow, Device

pytestmark = pytest.mark.django_db


def code_for(location: str, name: str) -> str:
    printed = io.StringIO()
    call_command("pair_device", location=location, name=name, stdout=printed)
    return printed.getvalue().strip()


def test_the_command_makes_the_device_and_prints_a_code_that_pairs_it(soho):
    code = code_for("SOHO", "Front desk")

    device, _ = pair(code=code, now=timezone.now())

    assert (device.name, device.location) == ("Front desk", soho)
    assert list(AuditRow.objects.values_list("action", "device")) == [("device.pairing_code", device.pk)]


def test_the_command_gives_a_known_device_a_new_code(tablet):
    code = code_for("SOHO", "Front desk")

    assert pair(code=code, now=timezone.now())[0] == tablet
    assert Device.objects.count() == 1


def test_the_command_names_the_locations_when_it_does_not_know_one(soho, uptown):
    with pytest.raises(CommandError, match=r"There is no location “NOPE”; there are: SOHO, UP\."):
        code_for("NOPE", "Front desk")
    assert Device.objects.count() == 0
