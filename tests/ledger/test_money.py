from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.money import at_rate, cumulative_share, dollars, half_up, nickel, share_out, tax_included

cents = st.integers(min_value=-(10**12), max_value=10**12)
some_weights = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=12)
rates = st.decimals(min_value=0, max_value=1, places=6)


def test_tax_per_line_and_per_document_differ_as_the_policy_says():
    rate = Decimal("0.0725")

    assert [at_rate(435, rate)] * 3 == [32, 32, 32]
    assert at_rate(3 * 435, rate) == 95
    assert share_out(95, [435, 435, 435]) == [32, 32, 31]


def test_tax_of_one_line_splits_over_state_city_and_district():
    state, city, district = Decimal("0.04"), Decimal("0.045"), Decimal("0.00375")

    assert at_rate(3499, state + city + district) == 311
    assert share_out(311, [4000, 4500, 375]) == [140, 158, 13]


def test_a_ticket_discount_splits_by_line():
    assert at_rate(15500, Decimal("0.15")) == 2325
    assert share_out(2325, [12000, 3500]) == [1800, 525]


@given(exact=st.fractions())
@example(exact=Fraction(1, 2))
@example(exact=Fraction(-1, 2))
def test_half_up_is_the_floor_of_x_and_a_half_mirrored(exact):
    expected = floor(abs(exact) + Fraction(1, 2))

    assert half_up(exact) == (expected if exact >= 0 else -expected)


@given(amount=cents, rate=rates)
def test_a_rate_is_exact_before_it_is_rounded(amount, rate):
    exact = Fraction(amount) * Fraction(rate)

    assert abs(at_rate(amount, rate) - exact) <= Fraction(1, 2)
    assert at_rate(amount, rate) == at_rate(amount, Fraction(rate)) == -at_rate(-amount, rate)


def test_the_third_decimal_goes_up_from_five():
    assert [at_rate(100, Decimal(rate)) for rate in ("0.0649", "0.065", "0.0651")] == [6, 7, 7]
    assert at_rate(-100, Decimal("0.065")) == -7


@pytest.mark.parametrize("work", [at_rate, tax_included])
def test_a_float_is_never_a_rate(work):
    with pytest.raises(TypeError):
        work(100, 0.0725)


@given(gross=cents, rate=rates)
def test_included_tax_is_the_tax_of_its_own_net_within_a_cent(gross, rate):
    tax = tax_included(gross, rate)

    assert abs(at_rate(gross - tax, rate) - tax) <= 1
    assert tax == -tax_included(-gross, rate)


def test_included_tax_is_taken_out_of_the_gross():
    assert tax_included(10725, Decimal("0.0725")) == 725
    assert tax_included(1000, Decimal(0)) == 0


@given(total=cents, weights=some_weights)
def test_shares_add_up_to_the_total_again(total, weights):
    assert sum(share_out(total, weights)) == total


@given(total=cents, weights=some_weights)
def test_a_share_has_the_sign_of_its_total_and_is_less_than_a_cent_off(total, weights):
    shares = share_out(total, weights)

    assert all(share * total >= 0 for share in shares)
    if sum(weights):
        exact = [Fraction(total * weight, sum(weights)) for weight in weights]
        assert all(abs(share - part) < 1 for share, part in zip(shares, exact, strict=True))


@given(total=cents, weights=some_weights)
def test_shares_of_a_negative_total_are_the_mirror_image(total, weights):
    assert share_out(-total, weights) == [-share for share in share_out(total, weights)]


@given(total=cents, count=st.integers(min_value=1, max_value=30))
def test_ties_go_to_the_first(total, count):
    assert share_out(total, [7] * count) == sorted(share_out(total, [7] * count), key=abs, reverse=True)


def test_without_weight_the_first_takes_all():
    assert share_out(100, [0, 0, 0]) == [100, 0, 0]
    assert share_out(-100, [0, 0]) == [-100, 0]
    assert share_out(0, [0, 0]) == [0, 0]
    assert share_out(0, []) == []


def test_a_line_without_weight_gets_nothing_of_a_discount_that_others_can_take():
    assert share_out(1, [0, 5, 5]) == [0, 1, 0]


@pytest.mark.parametrize("weights", [[], [3, -1]])
def test_nobody_and_less_than_nothing_take_no_share(weights):
    with pytest.raises(ValueError):  # noqa: PT011 - both messages carry the numbers
        share_out(100, weights)


@given(total=cents, n=st.integers(min_value=1, max_value=60))
def test_units_given_back_one_by_one_come_to_the_whole(total, n):
    steps = [cumulative_share(total, k, n) - cumulative_share(total, k - 1, n) for k in range(1, n + 1)]

    assert sum(steps) == cumulative_share(total, n, n) == total
    assert max(steps) - min(steps) <= 1
    assert all(step * total >= 0 for step in steps)
    assert [cumulative_share(-total, k, n) for k in range(n + 1)] == [
        -cumulative_share(total, k, n) for k in range(n + 1)
    ]


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 2), (0, 0)])
def test_no_more_units_come_back_than_there_were(k, n):
    with pytest.raises(ValueError, match="units"):
        cumulative_share(100, k, n)


def test_the_nickel_rounds_symmetrically():
    assert [nickel(ending) for ending in range(5820, 5831)] == [
        5820, 5820, 5820, 5825, 5825, 5825, 5825, 5825, 5830, 5830, 5830,
    ]  # fmt: skip


@given(amount=cents)
def test_a_nickel_is_never_more_than_two_cents_away(amount):
    assert nickel(amount) % 5 == 0
    assert abs(nickel(amount) - amount) <= 2
    assert nickel(-amount) == -nickel(amount)


@given(amount=cents)
def test_dollars_read_back_as_the_same_cents(amount):
    assert Decimal(dollars(amount).replace(",", "")) * 100 == amount


def test_dollars_are_written_as_people_read_them():
    assert [dollars(amount) for amount in (0, 5, -5, 123456, -100000000)] == [
        "0.00", "0.05", "-0.05", "1,234.56", "-1,000,000.00",
    ]  # fmt: skip
