"""Gift cards in a wallet, signed with certificates that the test makes for itself (R18)."""

import base64
import datetime as dt
import hashlib
import io
import json
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from giftcards import life, links, wallets
from giftcards.models import GiftCard
from studio.models import AuditRow
from tests.builders import NOW, Studio
from tests.giftcards.cards import code_of, sells_card


@dataclass
class Papers:
    """A key with a certificate of somebody's own making."""

    key: rsa.RSAPrivateKey
    folder: Path
    name: str

    def written(self) -> tuple[str, str]:
        """Where its certificate and its key lie."""
        named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.name)])
        made = x509.CertificateBuilder().subject_name(named).issuer_name(named).public_key(self.key.public_key())
        dated = made.not_valid_before(NOW - dt.timedelta(days=1)).not_valid_after(NOW + dt.timedelta(days=9_000))
        certificate = dated.serial_number(x509.random_serial_number()).sign(self.key, hashes.SHA256())
        paths = (self.folder / f"{self.name}.pem", self.folder / f"{self.name}.key")
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(pem(self.key))
        return str(paths[0]), str(paths[1])


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def apple(settings: Settings, tmp_path: Path, key: rsa.RSAPrivateKey) -> str:
    """The settings of a studio with Apple's papers; where its certificate lies."""
    certificate, key_path = Papers(key, tmp_path, "studio").written()
    between, _ = Papers(key, tmp_path, "wwdr").written()
    settings.WALLET_APPLE = {
        "pass_type": "pass.example.studio",
        "team": "TEAM123456",
        "certificate": certificate,
        "key": key_path,
        "wwdr": between,
    }
    return certificate


@pytest.fixture
def google(settings: Settings, tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    account = tmp_path / "account.json"
    account.write_text(json.dumps({"client_email": "wallet@studio.example", "private_key": pem(key).decode()}))
    settings.WALLET_GOOGLE = {"issuer": "3388000000012345678", "account": str(account)}


@pytest.fixture
def card(studio: Studio) -> GiftCard:
    return sells_card(studio.desk, 80_00)


def opens(card: GiftCard, more: str = "") -> Any:
    path = links.card_address(card)
    return Browser().get(path[path.index("/g/") :] + more)


def is_signed(manifest: bytes, signature: bytes, certificate: str, folder: Path) -> bool:
    """Whether OpenSSL finds the signature good for these very bytes."""
    (folder / "manifest").write_bytes(manifest)
    (folder / "signature").write_bytes(signature)
    asked = ["openssl", "smime", "-verify", "-inform", "DER", "-in", str(folder / "signature"), "-noverify"]
    asked += ["-content", str(folder / "manifest"), "-certfile", certificate, "-out", "/dev/null"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def test_a_pass_says_what_the_card_is_and_every_part_is_hashed_and_signed(
    apple: str, card: GiftCard, tmp_path: Path
) -> None:
    answer = opens(card, ".pkpass")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.apple.pkpass")
    folder = zipfile.ZipFile(io.BytesIO(answer.content))
    parts = {name: folder.read(name) for name in folder.namelist()}
    told = json.loads(parts["pass.json"])
    assert (told["serialNumber"], told["passTypeIdentifier"]) == (card.serial, "pass.example.studio")
    assert [code["message"] for code in told["barcodes"]] == [code_of(card)]
    assert told["storeCard"]["primaryFields"][0]["value"] == "$80"
    hashed = json.loads(parts["manifest.json"])
    assert hashed == {
        name: hashlib.sha1(body, usedforsecurity=False).hexdigest()
        for name, body in parts.items()
        if name not in ("manifest.json", "signature")
    }
    assert {"icon.png", "icon@2x.png", "pass.json"} <= hashed.keys()
    assert is_signed(parts["manifest.json"], parts["signature"], apple, tmp_path)
    assert not is_signed(parts["manifest.json"] + b" ", parts["signature"], apple, tmp_path)
    assert AuditRow.objects.filter(action="gift_card_code_revealed", reason="wallet").exists()


def test_googles_link_holds_the_card_and_the_studios_signature(google: None, card: GiftCard, key: Any) -> None:
    answer = opens(card, "/google")

    assert answer.status_code == 302
    assert answer.url.startswith("https://pay.google.com/gp/v/save/")
    head, claims, signature = answer.url.removeprefix("https://pay.google.com/gp/v/save/").split(".")
    key.public_key().verify(decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        key.public_key().verify(decoded(signature), f"{head}.{claims}x".encode(), padding.PKCS1v15(), hashes.SHA256())
    told = json.loads(decoded(claims))
    assert (told["iss"], told["aud"], told["typ"]) == ("wallet@studio.example", "google", "savetowallet")
    [saved] = told["payload"]["genericObjects"]
    assert (saved["id"], saved["barcode"]["value"]) == (f"3388000000012345678.{card.serial}", code_of(card))
    assert saved["header"]["defaultValue"]["value"] == "$80"


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_without_certificates_there_is_no_button_and_no_address(card: GiftCard) -> None:
    assert "Wallet" not in opens(card).content.decode()
    assert [opens(card, more).status_code for more in (".pkpass", "/google")] == [404, 404]


def test_with_certificates_the_cards_page_has_the_buttons(apple: str, google: None, card: GiftCard) -> None:
    page = opens(card).content.decode()
    assert "Add to Apple Wallet" in page
    assert "Add to Google Wallet" in page


def test_a_blocked_card_goes_to_no_wallet(apple: str, google: None, card: GiftCard, studio: Studio) -> None:
    life.block(card, why="lost", desk=studio.desk.desk, now=NOW)
    assert [opens(card, more).status_code for more in (".pkpass", "/google")] == [404, 404]


def test_certificates_that_are_missing_are_told_to_whoever_runs_the_studio(settings: Settings, card: GiftCard) -> None:
    settings.WALLET_APPLE = {"pass_type": "p", "team": "t", "certificate": "/none", "key": "/none", "wwdr": "/none"}
    with pytest.raises(wallets.BadWallet, match="WALLET_APPLE"):
        opens(card, ".pkpass")
