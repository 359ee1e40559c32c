"""What a tablet reads when the desk is put on its home screen, and what it keeps to open without the server (R11)."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from studio.models import Business

KEPT = ("*.js", "*.css", "*.svg")
"""The files of the desk that a tablet keeps."""
PAPER, LINEN = "#faf7f2", "#f1ebe1"
ICONS = [
    {"src": "pos/app-icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
    {"src": "pos/app-icon-maskable.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "maskable"},
    {"src": "pos/app-icon-192.png", "sizes": "192x192", "type": "image/png", "purpose": "any"},
    {"src": "pos/app-icon-512.png", "sizes": "512x512", "type": "image/png", "purpose": "any"},
]


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """The desk as an app with the studio's name; colours by night come from the page's own `theme-color`."""
    studio = Business.objects.values_list("name", flat=True).first()
    desk = reverse("desk")
    facts = {
        "id": desk,
        "name": f"{studio} · Desk" if studio else "Footfall · Desk",
        "short_name": "Desk",
        "description": "Sell, take payment, give receipts.",
        "lang": "en",
        "start_url": desk,
        "scope": desk,
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": LINEN,
        "icons": [{**icon, "src": static(icon["src"])} for icon in ICONS],
        "shortcuts": [
            {"name": "Receipts", "url": f"{desk}#receipts"},
            {"name": "Drawer", "url": f"{desk}#drawer"},
        ],
    }
    answer = JsonResponse(facts, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: keeps the page and its files under a version that changes with any of them."""
    files = _files()
    context = {
        "version": _version(list(files.values())),
        "page": reverse("desk"),
        "files": sorted(static(name) for name in files),
    }
    answer = render(request, "pos/sw.js", context, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


def _files() -> dict[str, Path]:
    """The files to keep, by the name under which `static` knows them."""
    here = Path(__file__).parent / "static" / "pos"
    found = {f"pos/{file.name}": file for pattern in KEPT for file in here.glob(pattern)}
    palette = finders.find("studio/palette.css")
    return found | ({"studio/palette.css": Path(str(palette))} if palette else {})


def _version(files: list[Path]) -> str:
    pages = [settings.BASE_DIR / "templates" / "pos" / name for name in ("base.html", "desk.html", "sw.js")]
    digest = hashlib.sha256()
    for file in sorted([*files, *pages]):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
