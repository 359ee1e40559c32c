"""What clients say of their health is kept under a key that is not in the database (threat 14)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from clientfile.models import Sealed


class SealBroken(Exception):
    """A row that no key of the settings opens: the key is gone, or the row is not as it was written."""


def seal(row: Sealed, contents: Mapping[str, Any]) -> None:
    """Put the contents into the row under the newest key, bound to its id; the caller saves it."""
    row.key_id, secret = _keys()[0]
    words = json.dumps({**contents, "row": str(row.pk)}, sort_keys=True)
    row.sealed = _sealer(secret).encrypt(words.encode()).decode()


def contents_of(row: Sealed) -> dict[str, Any]:
    """What stands in the row; SealBroken when its key is gone, or when it was moved here from another row."""
    secret = dict(_keys()).get(row.key_id)
    if secret is None:
        raise SealBroken(f"There is no key {row.key_id} in HEALTH_KEYS.")
    try:
        found: dict[str, Any] = json.loads(_sealer(secret).decrypt(row.sealed.encode()))
    except InvalidToken as error:
        raise SealBroken(f"{row} does not open with key {row.key_id}.") from error
    if found.pop("row") != str(row.pk):
        raise SealBroken(f"{row} has the contents of another one.")
    return found


def is_newest(row: Sealed) -> bool:
    """Whether the row is kept under the newest key already."""
    return row.key_id == _keys()[0][0]


def _keys() -> list[tuple[str, str]]:
    """Id and secret of each key, the newest first."""
    pairs = (entry.partition(":") for entry in settings.HEALTH_KEYS)
    return [(key_id, secret) for key_id, _, secret in pairs]


def _sealer(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hmac.new(secret.encode(), b"health", hashlib.sha256).digest()))
