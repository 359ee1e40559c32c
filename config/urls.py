"""Where each address goes; the wiring panel of the web."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

handler400 = "studio.error_pages.bad_request"
handler500 = "api.errors.server_error"

urlpatterns = [
    path("", include("api.urls")),  # first: the tablets ask all day
    path("", RedirectView.as_view(pattern_name="gift_shop"), name="home"),
    path("", include("studio.urls")),
    path("", include("payments.urls")),
    path("", include("pos.urls")),
    path("", include("giftcards.urls")),
    path("", include("memberships.urls")),
    path("", include("accounting.urls")),
    path("admin/", admin.site.urls),
]
