"""The page on which the accountant says how other books call our accounts."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounting.export_pages import sees_all, show
from accounting.exports.formats import Writer, writers
from accounting.exports.mapping import destination_of, save_names, trouble_with
from accounting.exports.text import plain
from accounting.models import AccountName, Destination
from accounting.visitors import for_books, staff_of
from ledger.accounts import Account
from ledger.models import Posting
from studio.models import Location

SETTINGS = {"xero": ("tax_rate_name",), "sage-intacct": ("journal_code",)}
"""What else a destination is told, by slug."""


@for_books
@require_http_methods(["GET", "HEAD", "POST"])
def names(request: HttpRequest, places: list[Location], slug: str) -> HttpResponse:
    """The names to read, to try (what would fail stands beside it) and to save; they hold for all locations."""
    if not sees_all(places):
        raise PermissionDenied
    if slug not in writers():
        raise Http404
    destination = destination_of(slug)
    given = {account: request.POST.get(f"account_{account.value}", "").strip()[:200] for account in Account}
    if request.method != "POST":
        return _page(request, destination, _shown(destination), {})
    trouble = trouble_with(destination, {account: name for account, name in given.items() if name})
    if trouble or "try" in request.POST:
        if not trouble:
            messages.success(request, "Every name here could be used; nothing was saved.")
        return _page(request, destination, given, trouble)
    return _save(request, destination, given)


def _save(request: HttpRequest, destination: Destination, given: dict[Account, str]) -> HttpResponse:
    with transaction.atomic(durable=True):
        count = save_names(destination, given, by=staff_of(request), now=timezone.now())
        for name in SETTINGS.get(destination.slug, ()):
            field = _field(name)
            said = plain(request.POST.get(name, ""))[: field.max_length]
            setattr(destination, name, said or getattr(destination, name))
            destination.save(update_fields=[name])
    messages.success(request, f"{count} account name{'' if count == 1 else 's'} changed.")
    return redirect("export_names", slug=destination.slug)


def _shown(destination: Destination) -> dict[Account, str]:
    """The saved names; where nothing was saved yet the suggested ones, which count only once they are saved."""
    saved = AccountName.objects.filter(destination=destination).values_list("account", "name")
    found = {Account(account): name for account, name in saved}
    writer = writers()[destination.slug]
    suggested = {account: writer.suggested(account) for account in Account}
    return {**suggested, **found} if writer.owns_names or not found else found


def _page(
    request: HttpRequest, destination: Destination, given: dict[Account, str], trouble: dict[Account, str]
) -> HttpResponse:
    writer = writers()[destination.slug]
    used = set(Posting.objects.values_list("account", flat=True).distinct())
    return show(
        request,
        "names",
        writer=writer,
        writers=list(writers().values()),
        rows=[_row(writer, account, given, trouble, is_used=account in used) for account in Account],
        is_new=not writer.owns_names and not destination.account_names.exists(),
        fails=len(trouble),
        settings=[
            {"field": _field(name), "value": getattr(destination, name)} for name in SETTINGS.get(destination.slug, ())
        ],
    )


def _field(name: str) -> "CharField[str, str]":
    field = Destination._meta.get_field(name)
    if not isinstance(field, CharField):
        raise TypeError(name)
    return field


def _row(
    writer: Writer, account: Account, given: dict[Account, str], trouble: dict[Account, str], *, is_used: bool
) -> dict[str, Any]:
    return {
        "account": account,
        "name": given.get(account, ""),
        "suggested": writer.suggested(account),
        "trouble": trouble.get(account, ""),
        "is_used": is_used,
    }
