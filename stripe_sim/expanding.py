"""`expand[]`: objects in the place of their ids."""

from typing import Any

from stripe_sim import surface
from stripe_sim.account import Account, render
from stripe_sim.errors import Json, invalid

DEEPEST = 4


def expand(account: Account, body: Json, paths: list[str]) -> Json:
    """A copy of the answer with these paths written out."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise invalid(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}", param="expand"
            )
        _expand(account, body, steps, path)
    return body


def _expand(account: Account, node: Any, steps: list[str], path: str) -> None:
    if isinstance(node, list):
        for item in node:
            _expand(account, item, steps, path)
        return
    if not steps or not isinstance(node, dict):
        return
    name, *rest = steps
    if node.get("object") == "list":
        if name != "data":
            raise _no_such_expansion(path)
    elif (kind := node.get("object")) and not surface.expandable(kind, name):
        raise _no_such_expansion(path)
    else:
        _write_out(account, node, name)
    _expand(account, node.get(name), rest, path)


def _write_out(account: Account, node: Json, name: str) -> None:
    value = node.get(name)
    if isinstance(value, str) and (found := account.store.by_id(value)):
        node[name] = render(found)
    elif node.get("object") == "checkout.session" and name == "line_items":
        items = account.store.all("item", _session=node["id"])
        url = f"/v1/checkout/sessions/{node['id']}/line_items"
        node[name] = {"object": "list", "url": url, "has_more": False, "data": [render(item) for item in items]}
    elif node.get("object") == "charge" and name == "refunds":
        refunds = account.store.all("refund", charge=node["id"])[::-1]
        url = f"/v1/charges/{node['id']}/refunds"
        node[name] = {"object": "list", "url": url, "has_more": False, "data": [render(refund) for refund in refunds]}


def _no_such_expansion(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")
