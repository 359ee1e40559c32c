"""How other books call our accounts: suggested, saved by the accountant, and checked before anything is exported."""

import datetime as dt
from collections.abc import Iterable, Mapping

from accounting.exports.formats import Writer, writers
from accounting.models import AccountName, Destination
from ledger.accounts import Account
from studio import audit
from studio.models import Location, Staff
from studio.refusal import BadInput, Refusal


class AccountsNotMapped(Refusal):
    """Accounts that the export uses have no name in the other books; `accounts` in the details has their codes."""

    code = "accounts_not_mapped"


class NoSuchFormat(BadInput):
    """There is no writer of that name."""

    def __init__(self, slug: str) -> None:
        super().__init__("format", f"“{slug[:40]}” is no format; there are {', '.join(writers())}.")


def writer_of(slug: str) -> Writer:
    """The writer of that slug, or BadInput."""
    found = writers().get(slug)
    if found is None:
        raise NoSuchFormat(slug)
    return found


def destination_of(slug: str) -> Destination:
    """The row of the destination that writer serves; made when it is asked for first."""
    writer_of(slug)
    destination, _ = Destination.objects.get_or_create(slug=slug)
    return destination


def names_of(destination: Destination) -> dict[Account, str]:
    """Account names in the other books that count: those saved, and where the writer owns its names the suggested."""
    writer = writer_of(destination.slug)
    suggested = {account: writer.suggested(account) for account in Account} if writer.owns_names else {}
    saved = AccountName.objects.filter(destination=destination).values_list("account", "name")
    return {**suggested, **{Account(account): name for account, name in saved}}


def unmapped(destination: Destination, used: Iterable[Account]) -> list[Account]:
    """Those of the accounts that have no name there, in the order of the chart."""
    names = names_of(destination)
    return sorted(account for account in set(used) if account not in names)


def must_be_mapped(destination: Destination, used: Iterable[Account]) -> None:
    """Nothing when every account has a name there; otherwise AccountsNotMapped."""
    if missing := unmapped(destination, used):
        codes = ", ".join(str(account.value) for account in missing)
        title = writer_of(destination.slug).title
        raise AccountsNotMapped(f"{title} has no account for {codes} yet.", accounts=[one.value for one in missing])


def trouble_with(destination: Destination, names: Mapping[Account, str]) -> dict[Account, str]:
    """Why names can not be used there, by account; `{location}` is tried with every location."""
    writer = writer_of(destination.slug)
    places = list(Location.objects.values_list("name", flat=True)) or [""]
    found = {}
    for account, name in names.items():
        tried = sorted({name.replace("{location}", place) for place in places})
        if sentence := next((why for one in tried if (why := writer.trouble_with(one))), ""):
            found[account] = sentence
    return found


def save_names(destination: Destination, names: Mapping[Account, str], *, by: Staff | None, now: dt.datetime) -> int:
    """Keep these names and forget those that are empty; how many changed. BadInput for the first that can not be."""
    given = {account: name for account, name in names.items() if name}
    for account, sentence in trouble_with(destination, given).items():
        raise BadInput(f"account_{account.value}", f"{account.title}: {sentence}")
    saved = AccountName.objects.filter(destination=destination).values_list("account", "name")
    before = {Account(account): name for account, name in saved}
    changed = {account: name for account, name in names.items() if before.get(account, "") != name}
    if changed:
        _write(destination, changed)
        audit.record(
            at=now,
            action="account_names_changed",
            actor=by,
            subject=destination,
            before={str(account.value): before.get(account, "") for account in changed},
            after={str(account.value): name for account, name in changed.items()},
        )
    return len(changed)


def _write(destination: Destination, changed: Mapping[Account, str]) -> None:
    gone = [account for account, name in changed.items() if not name]
    AccountName.objects.filter(destination=destination, account__in=gone).delete()
    for account, name in changed.items():
        if name:
            AccountName.objects.update_or_create(destination=destination, account=account, defaults={"name": name})
