"""Gift-card codes: made, read however they were typed, kept so that a stolen table opens no card (R14).

A code is 15 random symbols of Crockford's base 32 (75 bit) and a check symbol over GF(32), which finds every single
wrong symbol and every swap of two before anything is looked up. At rest there are only its keyed HMAC, its last four
symbols and a sealed copy; the keys are in the settings and never in the database.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from studio.refusal import Refusal

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U."""
LENGTH = 16
_FOLDED = str.maketrans("OIL", "011")
_DROPPED = str.maketrans("", "", " -–—·.\u00a0\t\r\n")
_REDUCTION = 0b100101
"""x⁵ + x² + 1, which makes 2 a generator of the 31 units of GF(32)."""


class WrongCode(Refusal):
    """The code can not be one of ours: a symbol is wrong or two are swapped."""

    code = "wrong_code"


class SealBroken(Exception):
    """A sealed code that no key of the settings opens: a key was lost."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a code is kept: its HMAC, the id of the key, the sealed copy and the last four symbols."""

    code_mac: str
    code_key: str
    code_sealed: str
    last4: str


def new_code() -> str:
    """A fresh code, as it is kept: sixteen symbols without dashes, never digits only as other systems' codes are."""
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return new_code() if symbols.isdigit() else symbols + check_symbol(symbols)


def new_serial() -> str:
    """A public name for a card, 40 random bits: it says nothing of the code and pays nothing."""
    return "GC-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


def check_symbol(symbols: str) -> str:
    """The symbol that follows fifteen others: Σ 2ⁱ·sᵢ over GF(32), i from 1."""
    total, weight = 0, 1
    for symbol in symbols:
        weight = _times(weight, 2)
        total ^= _times(weight, ALPHABET.index(symbol))
    return ALPHABET[total]


def grouped(code: str) -> str:
    """The code as people read it: `7K4M-9XQP-2TRW-8HVC`; one of another system as it is."""
    if len(code) != LENGTH:
        return code
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def fold(text: str) -> str:
    """What was typed or scanned without spaces and dashes, in capitals, with O as 0 and I and L as 1."""
    return _plain(text).translate(_FOLDED)


def read(text: str) -> str | None:
    """The code that was typed or scanned; None when it has not the form of ours. WrongCode for a slip of the finger."""
    code = fold(text)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET) or code.isdigit():
        return None
    if not is_right(code):
        raise WrongCode("A character of this code is wrong. Check it and type it again.")
    return code


def is_right(code: str) -> bool:
    """Whether the sixteen symbols hold together."""
    return code[-1] == check_symbol(code[:-1])


def keep(code: str) -> Kept:
    """How a code of ours is kept, under the newest key."""
    return _keep("gc1:", code)


def keep_foreign(text: str) -> Kept:
    """How the code of another system is kept, under the newest key."""
    return _keep("old:", _plain(text))


def macs_of(text: str) -> list[str]:
    """Under which HMACs a card with this code is kept, one for each key of the settings; WrongCode for a slip."""
    code = read(text)
    named = f"gc1:{code}" if code is not None else f"old:{_plain(text)}"
    return [_mac(secret, named) for _, secret in _keys()]


def macs_like(text: str) -> list[str]:
    """Under which HMACs any text may be kept: the same steps for every code, so that an answer's time tells nothing."""
    named = (f"gc1:{fold(text)}", f"old:{_plain(text)}")
    return [_mac(secret, name) for _, secret in _keys() for name in named]


def open_sealed(sealed: str, key_id: str) -> str:
    """The code of a sealed copy; SealBroken when its key is gone. Whoever calls this leaves an audit row."""
    for known_id, secret in _keys():
        if known_id == key_id:
            try:
                return _sealer(secret).decrypt(sealed.encode()).decode()
            except InvalidToken as error:
                raise SealBroken(f"The copy sealed with key {key_id} does not open.") from error
    raise SealBroken(f"There is no key {key_id} in GIFT_CODE_KEYS.")


def _keep(prefix: str, code: str) -> Kept:
    key_id, secret = _keys()[0]
    sealed = _sealer(secret).encrypt(code.encode()).decode()
    return Kept(_mac(secret, prefix + code), key_id, sealed, code[-4:])


def _plain(text: str) -> str:
    return text.translate(_DROPPED).upper()


def _keys() -> list[tuple[str, str]]:
    """Id and secret of each key, the newest first."""
    pairs = (entry.partition(":") for entry in settings.GIFT_CODE_KEYS)
    return [(key_id, secret) for key_id, _, secret in pairs]


def _mac(secret: str, named: str) -> str:
    return hmac.new(secret.encode(), named.encode(), hashlib.sha256).hexdigest()


def _sealer(secret: str) -> Fernet:
    """Its key comes from the same secret by another road, so that neither gives the other away."""
    return Fernet(base64.urlsafe_b64encode(hmac.new(secret.encode(), b"seal", hashlib.sha256).digest()))


def _times(one: int, other: int) -> int:
    """The product of two elements of GF(32)."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        one <<= 1
        if one & 0b100000:
            one ^= _REDUCTION
        other >>= 1
    return product
