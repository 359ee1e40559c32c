"""The back office as one site: named after the studio, its pages grouped by what somebody wants to do."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from studio.audit import record
from studio.models import Business, GroupRight, Level, Right, Staff

TASKS = {
    "The day at the desk": [
        "pos.Sale",
        "pos.Receipt",
        "pos.Refund",
        "pos.Void",
        "pos.OfflineSale",
        "pos.DrawerSession",
        "pos.DrawerMovement",
        "pos.ZReport",
        "pos.DrawerCorrection",
        "pos.BankDeposit",
        "pos.Approval",
        "pos.Client",
    ],
    "What is sold": ["pos.Item", "pos.Tile", "memberships.Package", "pos.TaxRate"],
    "Members": [
        "memberships.Membership",
        "memberships.SessionLot",
        "memberships.Due",
        "memberships.BillingRun",
        "memberships.Consent",
        "memberships.Plan",
    ],
    "Client files": [
        "clientfile.Flag",
        "clientfile.AllergenMark",
        "clientfile.HealthRead",
        "clientfile.Acknowledgement",
    ],
    "Gift cards": [
        "giftcards.GiftCard",
        "giftcards.GiftOrder",
        "giftcards.Delivery",
        "giftcards.CardBatch",
        "giftcards.GiftBonus",
        "giftcards.CardLaw",
        "giftcards.UnclaimedLaw",
    ],
    "People and what they may do": ["studio.Staff", "auth.Group", "studio.Qualification"],
    "Places, tablets, readers": [
        "studio.Business",
        "studio.Location",
        "studio.Device",
        "pos.Drawer",
        "payments.Reader",
    ],
    "Cards and Stripe": [
        "payments.Charge",
        "payments.HostedPage",
        "payments.SavedCard",
        "payments.Customer",
        "payments.CardRefund",
        "payments.Dispute",
        "payments.Payout",
        "payments.BalanceTransaction",
        "payments.StripeEvent",
    ],
    "Books": ["ledger.Entry", "ledger.Link", "ledger.Period"],
    "Behind the scenes": ["studio.AuditRow", "jobs.OutboxMail", "jobs.Slot", "jobs.WorkerBeat"],
}
NAMES = {"auth.Group": "Roles", "memberships.SessionLot": "Sessions and credits"}


class Office(AdminSite):
    """Stock admin pages in our order and dress."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one door for all pages; who is in and may not see this one is told so."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The person's own password; that it was changed is written down."""
        answer = super().password_change(request, extra_context)
        if request.method == "POST" and answer.status_code == HTTPStatus.FOUND and isinstance(request.user, Staff):
            record(at=timezone.now(), action="staff.password_changed", actor=request.user, subject=request.user)
        return answer

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps: list[Any] = super().get_app_list(request, app_label)
        return apps if app_label else list(_by_task(apps))

    def each_context(self, request: HttpRequest) -> Any:
        business = Business.objects.only("name", "is_demo").first()
        return {
            **super().each_context(request),
            "business": business,
            "sees_trouble": self.has_permission(request) and _holds(request, Right.SEE_BOOKS),
            "sees_trail": self.has_permission(request) and _holds(request, Right.SEE_AUDIT),
        }


def _by_task(apps: list[Any]) -> Iterator[dict[str, Any]]:
    """The pages that the person may see, by task; what no task names stays with its app."""
    pages = {
        (key := f"{app['app_label']}.{page['object_name']}"): {
            **page,
            "name": NAMES.get(key, page["name"]),
            "app_label": app["app_label"],
        }
        for app in apps
        for page in app["models"]
    }
    for title, names in TASKS.items():
        if models := [pages.pop(name) for name in names if name in pages]:
            yield {"name": title, "app_label": "task", "app_url": reverse("admin:index"), "models": models}
    for app in apps:
        if models := [page for page in pages.values() if page["app_label"] == app["app_label"]]:
            yield {**app, "models": models}


def _holds(request: HttpRequest, right: Right) -> bool:
    """Whether the pages behind the right would open for the person, at some location at least."""
    if not request.user.is_authenticated:
        return False
    allowed = GroupRight.objects.filter(right=right, level=Level.ALLOWED)
    return request.user.is_superuser or allowed.filter(group__grants__staff=request.user).exists()
