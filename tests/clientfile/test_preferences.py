"""How a client likes it: for every desk to see, and no health data (R37)."""

from typing import Any

import pytest

from clientfile.models import Preferences
from studio.models import AuditRow
from tests.api.till import Till
from tests.builders import Studio
from tests.clientfile.files import client

NOTHING: dict[str, Any] = {"pressure": None, "avoid": "", "oil": "", "therapist": None}


def test_preferences_are_kept_as_a_whole_and_the_same_again_changes_nothing(till: Till, studio: Studio) -> None:
    path = f"clients/{client().pk}/preferences"
    wanted = {"pressure": 4, "avoid": " left knee ", "oil": "almond", "therapist": studio.bo.pk}
    kept = {"pressure": 4, "avoid": "left knee", "oil": "almond", "therapist": {"id": studio.bo.pk, "name": "Bo"}}

    assert till.get(path).body == NOTHING
    assert till.put(path, wanted).body == till.put(path, wanted).body == till.get(path).body == kept
    assert [row.after for row in AuditRow.objects.filter(action="preferences_changed")] == [
        {"fields": ["pressure", "avoid", "oil", "therapist"]}
    ]
    assert till.put(path, {}).body == NOTHING


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"pressure": 0}, "pressure"),
        ({"pressure": 6}, "pressure"),
        ({"pressure": "deep"}, "pressure"),
        ({"avoid": "x" * 201}, "avoid"),
        ({"oil": "x" * 81}, "oil"),
        ({"therapist": 999_999}, "therapist"),
        ({"allergies": "nuts"}, "allergies"),
    ],
)
def test_preferences_that_make_no_sense_are_refused(till: Till, wanted: dict[str, Any], field: str) -> None:
    refused = till.put(f"clients/{client().pk}/preferences", wanted)

    assert (refused.status, list(refused.errors)) == (400, [field])
    assert not Preferences.objects.exists()


def test_only_therapists_are_proposed(till: Till, studio: Studio) -> None:
    refused = till.put(f"clients/{client().pk}/preferences", {"therapist": studio.desk_person.pk})

    assert refused.errors == {"therapist": "This therapist does not work here any more."}
