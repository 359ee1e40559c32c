import pytest
from django.contrib.auth.models import Group

from studio.models import Grant, GroupRight, Level, Right, Staff
from studio.rights import NotAllowed, can, install_roles, require

pytestmark = pytest.mark.django_db

A, P, D = Level.ALLOWED, Level.APPROVAL, Level.DENIED
MATRIX = {
    #                        desk, therapist, manager, accountant, owner
    Right.SELL:              (A, D, A, D, A),
    Right.SEE_SALES:         (A, D, A, A, A),
    Right.CLIENTS:           (A, D, A, D, A),
    Right.DISCOUNT:          (P, D, A, D, A),
    Right.REFUND:            (A, D, A, D, A),
    Right.REFUND_BEYOND:     (P, D, A, D, A),
    Right.VOID:              (P, D, A, D, A),
    Right.DRAWER:            (A, D, A, D, A),
    Right.DRAWER_DIFFERENCE: (P, D, A, D, A),
    Right.PAY_OUT:           (P, D, A, D, A),
    Right.NO_SALE:           (P, D, A, D, A),
    Right.CORRECT_DRAWER:    (P, D, A, D, A),
    Right.DEVICES:           (D, D, A, D, A),
    Right.SEE_BOOKS:         (D, D, D, A, A),
    Right.SEE_AUDIT:         (D, D, A, A, A),
    Right.MANAGE_PERIODS:    (D, D, D, D, A),
    Right.MEND_CARDS:        (D, D, D, D, A),
    Right.GIFT_CARDS:        (P, D, A, D, A),
    Right.REVEAL_CODES:      (A, D, A, D, A),
    Right.HEALTH:            (D, A, A, D, A),
    Right.CLIENT_DATA:       (D, D, D, D, A),
}  # fmt: skip
ROLES = ("desk", "therapist", "manager", "accountant", "owner")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_carries_exactly_its_rights(role, hire, soho):
    person = hire("Ana", **{role: soho})

    column = ROLES.index(role)
    assert {right: can(person, right, soho) for right in Right} == {r: row[column] for r, row in MATRIX.items()}


def test_a_role_at_one_location_says_nothing_about_another(hire, soho, uptown):
    ana = hire("Ana", manager=soho, desk=uptown)

    assert can(ana, Right.VOID, soho) == Level.ALLOWED
    assert can(ana, Right.VOID, uptown) == Level.APPROVAL


def test_a_role_without_a_location_holds_at_every_one(hire, soho, uptown):
    ana = hire("Ana", manager=None)

    assert {can(ana, Right.VOID, place) for place in (soho, uptown, None)} == {Level.ALLOWED}


def test_only_a_role_held_everywhere_answers_for_everywhere(hire, soho):
    ana = hire("Ana", owner=soho, accountant=None)

    assert can(ana, Right.SEE_BOOKS, None) == Level.ALLOWED
    assert can(ana, Right.MANAGE_PERIODS, None) == Level.DENIED


def test_the_best_of_several_roles_counts(hire, soho):
    ana = hire("Ana", desk=soho, therapist=soho, manager=None)

    assert can(ana, Right.VOID, soho) == Level.ALLOWED
    assert can(ana, Right.SELL, soho) == Level.ALLOWED


def test_a_right_denied_in_one_role_is_still_given_by_another(hire, soho):
    GroupRight.objects.create(group=Group.objects.get(name="therapist"), right=Right.SELL, level=Level.DENIED)
    ana = hire("Ana", therapist=soho, desk=soho)

    assert can(ana, Right.SELL, soho) == Level.ALLOWED


def test_somebody_elses_role_gives_nothing(hire, soho):
    hire("Olga", owner=soho)
    ana = hire("Ana")

    assert can(ana, Right.SELL, soho) == Level.DENIED


def test_a_deactivated_person_may_do_nothing_not_even_as_superuser(hire, soho):
    ana = hire("Ana", owner=None)
    root = Staff.objects.create_superuser("root", password=None, display_name="Root")
    assert can(root, Right.MANAGE_PERIODS, soho) == Level.ALLOWED

    Staff.objects.update(is_active=False)
    ana.refresh_from_db()
    root.refresh_from_db()

    assert {can(person, right, soho) for person in (ana, root) for right in Right} == {Level.DENIED}


def test_a_changed_grant_holds_at_the_next_question(ana, soho):
    assert can(ana, Right.SELL, soho) == Level.ALLOWED

    Grant.objects.filter(staff=ana).delete()

    assert can(ana, Right.SELL, soho) == Level.DENIED


def test_asking_for_a_right_is_one_query(ana, soho, django_assert_num_queries):
    with django_assert_num_queries(1):
        can(ana, Right.VOID, soho)


def test_requiring_a_right_passes_in_silence_or_says_who_may_not_do_what_where(ana, soho):
    assert require(ana, Right.SELL, soho) is None

    with pytest.raises(NotAllowed) as refused:
        require(ana, Right.SEE_BOOKS, soho)
    assert refused.value.code == "not_allowed"
    assert refused.value.sentence == "Ana may not see the books at SoHo."
    assert refused.value.details == {"right": "see_books", "level": "denied"}


def test_requiring_a_right_that_needs_approval_says_so(ana, soho):
    with pytest.raises(NotAllowed) as refused:
        require(ana, Right.VOID, soho)

    assert refused.value.sentence == "To void a sale, Ana needs the PIN of somebody who may at SoHo."
    assert refused.value.details == {"right": "void", "level": "approval"}


def rights_of(role: str) -> dict[str, str]:
    return dict(GroupRight.objects.filter(group__name=role).values_list("right", "level"))


def test_installing_the_roles_again_keeps_what_the_owner_has_set():
    GroupRight.objects.filter(group__name="desk", right=Right.REFUND).update(level=Level.DENIED)
    GroupRight.objects.create(group=Group.objects.get(name="therapist"), right=Right.SELL, level=Level.ALLOWED)
    before = {role: rights_of(role) for role in ROLES}

    install_roles()

    assert {role: rights_of(role) for role in ROLES} == before
    assert before["desk"]["refund"] == "denied"


def test_installing_the_roles_creates_a_right_that_is_missing():
    GroupRight.objects.filter(group__name="owner", right=Right.SEE_BOOKS).delete()
    Group.objects.filter(name="therapist").delete()

    install_roles()

    assert rights_of("owner") == dict.fromkeys(Right.values, "allowed")
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
