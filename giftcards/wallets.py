"""Gift cards in a phone's wallet: an Apple pass that is signed here, a Google link that is signed here (R18).

Both need the studio's own certificates (`WALLET_APPLE`, `WALLET_GOOGLE` in the settings); without them there is no
button and no address. A pass holds the code as a barcode, so whoever may see the card's page may have it.
"""

import base64
import hashlib
import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from django.conf import settings

from giftcards.faces import Face
from giftcards.models import GiftCard

GOOGLE_SAVES = "https://pay.google.com/gp/v/save/"
APPLES_TYPE = "application/vnd.apple.pkpass"
ICON_SIZES = {"icon.png": 29, "icon@2x.png": 58, "icon@3x.png": 87}
PALETTE = bytes.fromhex("2f6b5effffff")
GREEN, PAPER, INK = "rgb(47, 107, 94)", "rgb(255, 255, 255)", "rgb(227, 239, 234)"


class BadWallet(Exception):
    """The settings name certificates that are not there or do not fit; whoever runs the studio must mend it."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Which wallets a card can go to."""

    apple: bool
    google: bool


def ways() -> Ways:
    """Which wallets the studio has its certificates for."""
    return Ways(apple=bool(settings.WALLET_APPLE), google=bool(settings.WALLET_GOOGLE))


# Apple ---------------------------------------------------------------------------------------------------------------


def apple_pass(card: GiftCard, face: Face, *, url: str) -> bytes:
    """The signed pass as a file: what it says, a hash of each part, and Apple's kind of signature over the hashes."""
    parts = {"pass.json": _json(_pass(card, face, url=url)), **_icons()}
    manifest = _json({name: hashlib.sha1(body, usedforsecurity=False).hexdigest() for name, body in parts.items()})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, body in {**parts, "manifest.json": manifest, "signature": _signed(manifest)}.items():
            folder.writestr(name, body)
    return out.getvalue()


def _pass(card: GiftCard, face: Face, *, url: str) -> dict[str, Any]:
    named = settings.WALLET_APPLE
    return {
        "formatVersion": 1,
        "passTypeIdentifier": named["pass_type"],
        "teamIdentifier": named["team"],
        "serialNumber": card.serial,
        "organizationName": face.business.name,
        "description": f"Gift card of {face.business.name}",
        "logoText": face.business.name,
        "backgroundColor": GREEN,
        "foregroundColor": PAPER,
        "labelColor": INK,
        "barcodes": [{"format": "PKBarcodeFormatQR", "message": face.code, "messageEncoding": "iso-8859-1"}],
        "storeCard": {
            "primaryFields": [{"key": "worth", "label": "Gift card", "value": face.worth}],
            "secondaryFields": [{"key": "code", "label": "Code", "value": face.code}],
            "auxiliaryFields": _names(face),
            "backFields": [
                {"key": "left", "label": "What is left", "value": url},
                {"key": "terms", "label": "Terms", "value": f"{face.expires}. Treat it like cash."},
            ],
        },
    }


def _names(face: Face) -> list[dict[str, str]]:
    named = (("to", "For", face.to), ("by", "From", face.by))
    return [{"key": key, "label": label, "value": name} for key, label, name in named if name]


def _signed(manifest: bytes) -> bytes:
    """A detached PKCS #7 signature with the studio's certificate, and Apple's own beside it."""
    named = settings.WALLET_APPLE
    try:
        key = serialization.load_pem_private_key(_bytes(named["key"]), None)
        certificate = x509.load_pem_x509_certificate(_bytes(named["certificate"]))
        between = x509.load_pem_x509_certificate(_bytes(named["wwdr"]))
    except (KeyError, ValueError, OSError) as error:
        raise BadWallet(f"WALLET_APPLE: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadWallet("WALLET_APPLE: the key is neither RSA nor elliptic.")
    signing = pkcs7.PKCS7SignatureBuilder().set_data(manifest).add_signer(certificate, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return signing.add_certificate(between).sign(serialization.Encoding.DER, options)


def _icons() -> dict[str, bytes]:
    """The picture that Apple asks for, in its three sizes: two bars, the studio's mark."""
    return {name: _bars(size) for name, size in ICON_SIZES.items()}


def _bars(size: int) -> bytes:
    """White bars on green as a PNG of two colours, a byte for each dot."""
    rows = [bytes(_is_bar(row / size, column / size) for column in range(size)) for row in range(size)]
    header = struct.pack(">IIBBBBB", size, size, 8, 3, 0, 0, 0)
    dots = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = ((b"IHDR", header), (b"PLTE", PALETTE), (b"IDAT", dots), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _is_bar(down: float, across: float) -> bool:
    return 0.12 < across < 0.88 and (0.28 < down < 0.44 or 0.58 < down < 0.74)


# Google --------------------------------------------------------------------------------------------------------------


def google_address(card: GiftCard, face: Face, *, url: str) -> str:
    """The address that saves the card to Google Wallet: the card itself, signed with the studio's service account."""
    named = settings.WALLET_GOOGLE
    try:
        account = json.loads(_bytes(named["account"]))
        key = serialization.load_pem_private_key(account["private_key"].encode(), None)
        claims = _claims(card, face, url=url, issuer=named["issuer"], account=account["client_email"])
    except (KeyError, ValueError, OSError) as error:
        raise BadWallet(f"WALLET_GOOGLE: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadWallet("WALLET_GOOGLE: the key is not RSA.")
    told = f"{_encoded(_json({'alg': 'RS256', 'typ': 'JWT'}))}.{_encoded(_json(claims))}"
    return f"{GOOGLE_SAVES}{told}.{_encoded(key.sign(told.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _claims(card: GiftCard, face: Face, *, url: str, issuer: str, account: str) -> dict[str, Any]:
    return {
        "iss": account,
        "aud": "google",
        "typ": "savetowallet",
        "origins": [settings.SITE_URL],
        "payload": {
            "genericClasses": [{"id": f"{issuer}.gift_card"}],
            "genericObjects": [
                {
                    "id": f"{issuer}.{card.serial}",
                    "classId": f"{issuer}.gift_card",
                    "state": "ACTIVE",
                    "cardTitle": _said(face.business.name),
                    "header": _said(face.worth),
                    "subheader": _said("Gift card"),
                    "hexBackgroundColor": "#2f6b5e",
                    "barcode": {"type": "QR_CODE", "value": face.code, "alternateText": face.code},
                    "textModulesData": [{"id": "terms", "header": "Terms", "body": f"{face.expires}."}],
                    "linksModuleData": {"uris": [{"id": "left", "uri": url, "description": "What is left"}]},
                }
            ],
        },
    }


def _said(words: str) -> dict[str, Any]:
    return {"defaultValue": {"language": "en-US", "value": words}}


# Both ----------------------------------------------------------------------------------------------------------------


def _encoded(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _bytes(path: str) -> bytes:
    return Path(path).read_bytes()
