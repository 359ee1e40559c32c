"""What a tablet reads when the desk is put on its home screen."""

from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from studio.models import Business

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
