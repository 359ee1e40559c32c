import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from studio.audit import record
from studio.devices import find_device, new_pairing_code, pair
from studio.models import AuditRow, Business, Device, Grant, GroupRight, Level, Location, Qualification, Right, Staff
from studio.pins import pin_matches, set_pin

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"


@pytest.fixture
def olga():
    return Staff.objects.create_superuser("olga", password=PASSWORD, display_name="Olga")


@pytest.fixture
def office(client, olga):
    client.force_login(olga)
    return client


def trail() -> list[tuple]:
    return list(
        AuditRow.objects.order_by("at").values_list("actor__username", "action", "object_id", "before", "after")
    )


def grants_form(*rows: dict, existing: int = 0) -> dict:
    form = {"grants-TOTAL_FORMS": len(rows), "grants-INITIAL_FORMS": existing}
    return form | {f"grants-{n}-{field}": value for n, row in enumerate(rows) for field, value in row.items()}


def staff_form(staff: Staff, **changes: object) -> dict:
    kept = {"display_name": staff.display_name, "username": staff.username, "email": staff.email, "is_active": "on"}
    filled = {**kept, "new_pin": "", **grants_form(), **changes}
    return {name: value for name, value in filled.items() if value is not None}


def test_a_person_is_added_without_a_password_and_with_a_pin(office, soho):
    desk = Group.objects.get(name="desk")
    answer = office.post(
        reverse("admin:studio_staff_add"),
        {
            "display_name": "Ana",
            "username": "ana",
            "email": "",
            "new_pin": "481516",
            "usable_password": "false",
            **grants_form({"group": desk.pk, "location": soho.pk}),
        },
    )

    assert answer.status_code == 302, answer.context["errors"]
    ana = Staff.objects.get(username="ana")
    assert (ana.has_usable_password(), ana.is_staff, ana.is_superuser) == (False, False, False)
    assert pin_matches(ana, "481516")
    assert [str(grant) for grant in ana.grants.all()] == ["Ana is desk at SoHo"]
    assert trail() == [
        ("olga", "staff.added", str(ana.pk), {}, {"display_name": "Ana", "username": "ana"}),
        ("olga", "staff.pin_set", str(ana.pk), {}, {}),
        ("olga", "grant.added", str(ana.pk), {}, {"group": desk.pk, "location": soho.pk}),
    ]


def test_a_person_is_added_with_a_password_of_at_least_twelve_characters(office):
    form = {"display_name": "Bo", "username": "bo", "new_pin": "", "usable_password": "true", **grants_form()}

    short = office.post(reverse("admin:studio_staff_add"), form | {"password1": "short", "password2": "short"})
    assert short.status_code == 200
    assert not Staff.objects.filter(username="bo").exists()

    office.post(reverse("admin:studio_staff_add"), form | {"password1": PASSWORD, "password2": PASSWORD})
    assert Staff.objects.get(username="bo").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("pin", "sentence"), [("12ab56", "A PIN is 6 digits."), ("234567", "That PIN is too easy to guess")]
)
def test_a_bad_pin_is_refused_with_a_sentence_and_changes_nothing(pin, sentence, office, ana):
    set_pin(ana, "481516")
    answer = office.post(reverse("admin:studio_staff_change", args=[ana.pk]), staff_form(ana, new_pin=pin))

    assert sentence in answer.content.decode()
    assert pin not in answer.content.decode()
    ana.refresh_from_db()
    assert pin_matches(ana, "481516")
    assert trail() == []


def test_a_change_of_a_person_is_recorded_with_the_values_before_and_after(office, hire, soho):
    nora = hire("Nora")
    training = Qualification.objects.create(code="ashiatsu", name="Ashiatsu")
    changes = {"display_name": "Nora B.", "is_active": None, "is_staff": "on", "qualifications": [training.pk]}

    office.post(reverse("admin:studio_staff_change", args=[nora.pk]), staff_form(nora, **changes))

    before = {"display_name": "Nora", "is_active": True, "is_staff": False, "qualifications": []}
    after = {
        "display_name": "Nora B.",
        "is_active": False,
        "is_staff": True,
        "qualifications": [str(training.pk)],
    }
    assert trail() == [("olga", "staff.changed", str(nora.pk), before, after)]


def test_saving_without_a_change_records_nothing(office, hire):
    nora = hire("Nora")

    office.post(reverse("admin:studio_staff_change", args=[nora.pk]), staff_form(nora))

    assert trail() == []


def test_a_role_moved_and_a_role_taken_away_are_recorded(office, hire, soho, uptown):
    nora = hire("Nora", desk=soho, manager=None)
    desk, manager = (Grant.objects.get(staff=nora, group__name=name) for name in ("desk", "manager"))
    rows = [
        {"id": desk.pk, "staff": nora.pk, "group": desk.group_id, "location": uptown.pk},
        {"id": manager.pk, "staff": nora.pk, "group": manager.group_id, "location": "", "DELETE": "on"},
    ]

    office.post(
        reverse("admin:studio_staff_change", args=[nora.pk]), staff_form(nora, **grants_form(*rows, existing=2))
    )

    assert [str(grant) for grant in nora.grants.all()] == ["Nora is desk at Uptown"]
    was, moved = ({"group": desk.group_id, "location": place.pk} for place in (soho, uptown))
    assert trail() == [
        ("olga", "grant.changed", str(nora.pk), was, moved),
        ("olga", "grant.removed", str(nora.pk), {"group": manager.group_id, "location": None}, {}),
    ]


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_role_can_not_be_given_twice_for_a_place(everywhere, office, hire, soho):
    nora = hire("Nora")
    row = {"staff": nora.pk, "group": Group.objects.get(name="desk").pk, "location": "" if everywhere else soho.pk}

    answer = office.post(
        reverse("admin:studio_staff_change", args=[nora.pk]), staff_form(nora, **grants_form(row, row))
    )

    assert "A role can be given only once for each place." in answer.content.decode()
    assert nora.grants.count() == 0


def test_setting_a_password_is_recorded_without_it(office, hire):
    nora = hire("Nora")
    page = reverse("admin:auth_user_password_change", args=[nora.pk])

    office.post(page, {"password1": "short", "password2": "short", "usable_password": "true", "set-password": ""})
    assert trail() == []
    office.post(page, {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true", "set-password": ""})

    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)
    assert trail() == [("olga", "staff.password_set", str(nora.pk), {}, {})]


def test_neither_pin_nor_its_hash_is_on_the_page_of_a_person(office, ana):
    set_pin(ana, "481516")

    page = office.get(reverse("admin:studio_staff_change", args=[ana.pk])).content.decode()

    assert 'name="new_pin"' in page
    assert "481516" not in page
    assert ana.pin_hash not in page


def test_a_right_is_denied_to_a_role_and_that_is_recorded(office):
    therapist = Group.objects.get(name="therapist")
    row = GroupRight.objects.create(group=therapist, right=Right.SELL, level=Level.ALLOWED)

    office.post(
        reverse("admin:auth_group_change", args=[therapist.pk]),
        {
            "name": "therapist",
            "rights-TOTAL_FORMS": 1,
            "rights-INITIAL_FORMS": 1,
            "rights-0-id": row.pk,
            "rights-0-group": therapist.pk,
            "rights-0-right": "sell",
            "rights-0-level": "denied",
        },
    )

    was, became = ({"right": "sell", "level": level} for level in ("allowed", "denied"))
    assert trail() == [("olga", "groupright.changed", str(therapist.pk), was, became)]


def shown_code(answer) -> str:
    return re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", answer.content.decode()).group()


def test_a_new_tablet_shows_its_pairing_code_once(office, olga, soho):
    answer = office.post(reverse("admin:studio_device_add"), {"name": "Front desk", "location": soho.pk}, follow=True)

    tablet, _ = pair(code=shown_code(answer), now=timezone.now())
    assert (tablet.name, tablet.location, tablet.created_by) == ("Front desk", soho, olga)
    assert not re.search("Pairing code of", office.get(reverse("admin:studio_device_changelist")).content.decode())
    assert [action for _, action, *_ in trail()] == ["device.added", "device.pairing_code"]


def test_a_known_tablet_gets_a_new_code_by_an_action(office, tablet):
    answer = office.post(
        reverse("admin:studio_device_changelist"),
        {"action": "give_pairing_code", "_selected_action": [tablet.pk]},
        follow=True,
    )

    assert pair(code=shown_code(answer), now=timezone.now())[0] == tablet
    assert trail() == [("olga", "device.pairing_code", str(tablet.pk), {}, {})]


def test_a_tablet_is_revoked_by_an_action(office, tablet):
    now = timezone.now()
    _, token = pair(code=new_pairing_code(tablet, now=now), now=now)

    office.post(
        reverse("admin:studio_device_changelist"), {"action": "shut_out", "_selected_action": [tablet.pk]}, follow=True
    )

    assert find_device(token, now=now) is None
    row = AuditRow.objects.get()
    assert (row.action, row.device, row.location) == ("device.revoked", tablet, tablet.location)


def test_a_change_of_a_location_is_recorded(office, soho):
    form = {
        "code": "SOHO",
        "name": "SoHo",
        "is_active": "on",
        "time_zone": "America/New_York",
        "day_cutoff": "03:00",
        "tax_rounding": "invoice",
        "cash_rounding": "none",
    }

    office.post(reverse("admin:studio_location_change", args=[soho.pk]), form)

    change = ({"day_cutoff": "00:00:00"}, {"day_cutoff": "03:00:00"})
    assert trail() == [("olga", "location.changed", str(soho.pk), *change)]


def test_there_is_no_second_business_to_add(office):
    assert office.get(reverse("admin:studio_business_add")).status_code == 200
    Business.objects.create(name="Barefoot & Co.")

    assert office.get(reverse("admin:studio_business_add")).status_code == 403


def every_page() -> list[str]:
    models = ["business", "location", "qualification", "staff", "device"]
    return [
        reverse("admin:index"),
        reverse("admin:auth_group_changelist"),
        reverse("admin:auth_group_add"),
        reverse("admin:studio_auditrow_changelist"),
        *[reverse(f"admin:studio_{model}_{page}") for model in models for page in ("changelist", "add")],
    ]


def test_every_page_opens_under_a_policy_without_inline_scripts_and_styles(office, hire, tablet, soho, now):
    hire("Ana", desk=soho)
    row = record(at=now, action="sale.void", after={"status": "void"})
    rows = [
        reverse("admin:studio_auditrow_change", args=[row.pk]),
        reverse("admin:studio_device_change", args=[tablet.pk]),
    ]
    for page in every_page() + rows:
        answer = office.get(page)
        html = answer.content.decode()

        assert answer.status_code == 200, page
        assert "Footfall" in html
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)(?![^>]*application/json)", html) == [], (
            page
        )


@pytest.mark.parametrize("model", ["staff", "device", "location", "business", "qualification", "auditrow"])
def test_nothing_is_deleted_in_the_back_office(model, office, tablet, ana, now):
    Business.objects.create(name="Barefoot & Co.")
    Qualification.objects.create(code="ashiatsu", name="Ashiatsu")
    record(at=now, action="sale.void")
    models = {"staff": Staff, "device": Device, "location": Location, "business": Business, "auditrow": AuditRow}
    row = models.get(model, Qualification).objects.first()

    assert office.post(reverse(f"admin:studio_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


def test_the_audit_trail_can_be_filtered_and_searched_but_not_written(office, ana, now):
    row = record(at=now, action="sale.void", actor=ana, reason="Rang up twice")
    record(at=now - dt.timedelta(days=40), action="device.revoked")
    listed = reverse("admin:studio_auditrow_changelist")

    assert office.get(listed, {"action": "sale.void"}).context["cl"].result_count == 1
    assert office.get(listed, {"q": "twice"}).context["cl"].result_count == 1
    assert office.get(listed, {"at__month": "3", "at__year": "2026"}).context["cl"].result_count == 1
    assert office.get(reverse("admin:studio_auditrow_add")).status_code == 403
    assert office.post(reverse("admin:studio_auditrow_change", args=[row.pk]), {"reason": "x"}).status_code == 403


def test_who_is_no_superuser_can_not_make_himself_one_even_with_every_permission(client):
    nora = Staff.objects.create_user("nora", password=PASSWORD, display_name="Nora", is_staff=True)
    nora.user_permissions.set(Permission.objects.all())
    client.force_login(nora)
    group = Group.objects.get(name="owner")
    before = Staff.objects.filter(pk=nora.pk).values().get()
    pages = [
        reverse("admin:studio_staff_change", args=[nora.pk]),
        reverse("admin:auth_user_password_change", args=[nora.pk]),
        reverse("admin:studio_staff_add"),
        reverse("admin:auth_group_change", args=[group.pk]),
    ]
    row = {"group": group.pk, "location": ""}

    answers = [client.post(page, staff_form(nora, is_superuser="on", **grants_form(row))).status_code for page in pages]

    assert answers == [403, 403, 403, 403]
    assert Staff.objects.filter(pk=nora.pk).values().get() == before
    assert nora.grants.count() == 0


@pytest.mark.parametrize(
    ("is_staff", "is_active", "enters"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_only_active_people_of_the_back_office_sign_in_to_it(is_staff, is_active, enters, client):
    Staff.objects.create_user("nora", password=PASSWORD, display_name="Nora", is_staff=is_staff, is_active=is_active)

    client.post(reverse("account_login"), {"login": "nora", "password": PASSWORD})

    assert (client.get(reverse("admin:index")).status_code == 200) is enters


def test_who_has_a_pin_but_no_password_does_not_sign_in_to_the_back_office(client):
    nora = Staff.objects.create_user("nora", display_name="Nora", is_staff=True)
    set_pin(nora, "481516")

    for guess in ("481516", nora.pin_hash, nora.password, ""):
        client.post(reverse("account_login"), {"login": "nora", "password": guess})

    assert client.get(reverse("admin:index")).status_code == 302
