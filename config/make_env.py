"""`python -m config.make_env`: write .env from .env.example with fresh secrets, unless there is one already."""

import os
import re
import secrets
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
SECRETS = ("SECRET_KEY", "PIN_PEPPER", "DATABASE_PASSWORD", "DATABASE_OWNER_PASSWORD")
NUMBERED = ("GIFT_CODE_KEYS", "HEALTH_KEYS")
"""Keys that can be changed: the newest stands first, by its number."""


def filled(example: str) -> str:
    """The example with a random value of 256 bits for every secret that it leaves empty."""
    filled_in = re.sub(
        rf"^({'|'.join(SECRETS)})=$", lambda found: f"{found[1]}={secrets.token_hex(32)}", example, flags=re.MULTILINE
    )
    numbered = rf"^({'|'.join(NUMBERED)})=$"
    return re.sub(numbered, lambda found: f"{found[1]}=1:{secrets.token_hex(32)}", filled_in, flags=re.MULTILINE)


def make_env(*, folder: Path = HERE) -> bool:
    """Write `.env`, readable by its owner only; False when there is one, which is never touched."""
    text = filled((folder / ".env.example").read_text())
    try:
        file = os.open(folder / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with open(file, "w") as env:
        env.write(text)
    return True


if __name__ == "__main__":
    sys.stdout.write(
        "Made .env with fresh secrets.\n" if make_env() else "There is an .env already; it stays as it is.\n"
    )
