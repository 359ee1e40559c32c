"""Where a request came from: what tries are counted by."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Where the request came from, behind as many proxies as are trusted; an IPv6 network counts as one address."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    hops.append(request.META.get("REMOTE_ADDR", ""))
    # Each trusted proxy has appended the one before it; what stands further left anybody could have written.
    nearest_untrusted = max(len(hops) - 1 - settings.TRUSTED_PROXY_COUNT, 0)
    return _network(hops[nearest_untrusted])


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))  # a household owns that many addresses
    return str(parsed)
