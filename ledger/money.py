"""Arithmetic on cents: the one place that rounds and the one place that splits. No floats."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def half_up(exact: Fraction) -> int:
    """The nearest whole number, halves away from zero, so that a refund is the exact negative of its sale."""
    rounded = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return rounded if exact >= 0 else -rounded


def at_rate(cents: int, rate: Decimal | Fraction) -> int:
    """That rate of an amount, in cents, half up: `at_rate(1305, Decimal("0.0725")) == 95` (T03)."""
    return half_up(cents * _exact(rate))


def tax_included(gross_cents: int, rate: Decimal | Fraction) -> int:
    """The tax that is contained in a gross amount, in cents; the net is the gross less this."""
    exact = _exact(rate)
    return half_up(gross_cents * exact / (1 + exact))


def share_out(total_cents: int, weights: Sequence[int]) -> list[int]:
    """Split a total by weight so that the parts add up to it again, in cents.

    Largest remainder, ties to the first. When every weight is zero the first takes all. A negative total gives the
    mirror image of the positive one. ValueError for a negative weight, or for a total that nobody takes.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError(f"A weight is negative: {weights}")
    if not weights and total_cents:
        raise ValueError(f"{total_cents} cents are to be shared out among nobody")
    if total_cents < 0:
        return [-share for share in share_out(-total_cents, weights)]
    whole = sum(weights)
    if not whole:
        return [total_cents if index == 0 else 0 for index in range(len(weights))]
    shares = [total_cents * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: -(total_cents * weights[index] % whole))
    for index in by_remainder[: total_cents - sum(shares)]:
        shares[index] += 1
    return shares


def cumulative_share(total_cents: int, k: int, n: int) -> int:
    """What k of n equal units come to, in cents; the k-th alone is f(k) − f(k−1), and f(n) is the whole total."""
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"{k} of {n} units")
    share = abs(total_cents) * k // n
    return share if total_cents >= 0 else -share


def nickel(cents: int) -> int:
    """The nearest five cents: endings 1, 2, 6, 7 go down, 3, 4, 8, 9 up, and the same mirrored (T08)."""
    return 5 * half_up(Fraction(cents, 5))


def dollars(cents: int) -> str:
    """An amount of cents as people read it: `1,234.56`, `-0.05`."""
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}.{part:02}"


def _exact(rate: Decimal | Fraction) -> Fraction:
    if not isinstance(rate, Decimal | Fraction):  # a float would pass through Fraction and carry its error along
        raise TypeError(f"A rate is a Decimal or a Fraction, not {rate!r}")
    return Fraction(rate)
