"""Text in files that other programs open: without control characters, and never read as a formula (CWE-1236)."""

import unicodedata

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the last four are full-width
GUARD = "'"


def plain(text: str) -> str:
    """The text on one line, without control and invisible formatting characters."""
    on_one_line = " ".join(text.split())
    return "".join(letter for letter in on_one_line if unicodedata.category(letter) not in ("Cc", "Cf"))


def for_people(text: str) -> str:
    """The text for a cell that a spreadsheet shows: what would be read as a formula gets a leading `'`."""
    guard = GUARD if text.startswith(TRIGGERS) else ""
    safe = plain(text)
    return f"{guard or (GUARD if safe.startswith(TRIGGERS) else '')}{safe}"


def for_import(text: str, *, most: int) -> str:
    """The text for a field that another program reads, where a guard would become data: it begins with no trigger."""
    return plain(text).lstrip("".join(TRIGGERS) + " ")[:most].rstrip()


def in_ascii(text: str, *, most: int) -> str:
    """As `for_import`, without double quotes and folded to ASCII: "Café" becomes "Cafe", an emoji goes."""
    folded = unicodedata.normalize("NFKD", plain(text).replace("–", "-").replace("’", "'"))
    return for_import(folded.encode("ascii", "ignore").decode().replace('"', "'"), most=most)


def amount(cents: int) -> str:
    """The one way to write an amount: whole cents with a point, two places and no thousands mark, "-1234.50"."""
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{part:02}"
