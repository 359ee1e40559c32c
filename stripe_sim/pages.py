"""What pages and controls share: addresses, forms, the frame of a page and its policy."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from stripe_sim.account import Account
from stripe_sim.errors import Json, invalid
from stripe_sim.faults import Faults

ASSETS = Path(__file__).with_name("assets")
OWN = "style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'"
POLICY = f"default-src 'none'; {OWN}; base-uri 'none'; frame-ancestors 'none'"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Page:
    content: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """A request for a page or a control."""

    account: Account
    faults: Faults
    ids: dict[str, str]
    query: str
    body: str
    content_type: str

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.query) + ([] if self._is_json else parse_qsl(self.body)))

    @property
    def order(self) -> Json:
        """What a control is told, as JSON or as a form."""
        if not self._is_json:
            return dict(self.form)
        told = json.loads(self.body or "{}")
        if not isinstance(told, dict):
            raise invalid("A JSON object is expected.")
        return told

    @property
    def _is_json(self) -> bool:
        return "json" in self.content_type


View = Callable[[Visit], Page | Json]
_VIEWS: list[tuple[str, re.Pattern[str], View]] = []


def view(address: str) -> Callable[[View], View]:
    """Register a page or a control at "POST /_sim/readers/{reader}"."""
    method, _, path = address.partition(" ")
    pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[\\w.-]+)", path) + "$")

    def register(handler: View) -> View:
        _VIEWS.append((method, pattern, handler))
        return handler

    return register


def find_page(method: str, path: str) -> tuple[View, dict[str, str]] | None:
    for known, pattern, handler in _VIEWS:
        if known == method and (match := pattern.match(path)):
            return handler, match.groupdict()
    return None


def redirect(url: str) -> Page:
    """303: go there with a GET."""
    return Page("", 303, {"Location": url})


def frame(title: str, content: str, *, status: int = 200, leads_to: tuple[str, ...] = (), script: str = "") -> Page:
    """A whole page. `leads_to`: addresses outside that its forms may end at (browsers check redirects too)."""
    origins = sorted({f"{url.scheme}://{url.netloc}" for url in map(urlsplit, leads_to) if url.netloc})
    policy = f"{POLICY}; form-action " + " ".join(["'self'", *origins])
    tag = f'<script src="/_sim/assets/{script}" defer></script>' if script else ""
    document = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="/_sim/assets/icon.svg">
<link rel="stylesheet" href="/_sim/assets/stripe_sim.css">
{tag}
</head>
<body>
<p class="banner">Test payments: no real card, no real money.</p>
<main>
{content}
</main>
</body>
</html>
"""
    headers = {"Content-Type": HTML, "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return Page(document, status, headers)


def dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"


@view("GET /_sim/assets/{name}")
def asset(visit: Visit) -> Page:
    kinds = {"stripe_sim.css": "text/css", "reader.js": "text/javascript", "icon.svg": "image/svg+xml"}
    name = visit.ids["name"]
    if name not in kinds:
        return Page("Not found", 404, {"Content-Type": "text/plain"})
    return Page((ASSETS / name).read_text(), headers={"Content-Type": f"{kinds[name]}; charset=utf-8"})
