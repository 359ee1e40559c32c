"""Where the SDK's annotations and the stand-in's table of the surface differ, in what the stand-in uses.

`python -m tests.stripe_contract.sdk_delta` writes the list anew after an upgrade of either; read what changed before
checking it in. `+` is in the SDK only, `-` in the table only.
"""

import ast
import re
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

import stripe

from stripe_sim import server, surface  # noqa: F401 - the server knows every operation
from stripe_sim.account import KNOWN

CHECKED_IN = Path(__file__).with_name("sdk_delta.txt")
SDK = Path(stripe.__file__).parent
OBJECTS = {
    "balance": "_balance.py",
    "balance_transaction": "_balance_transaction.py",
    "charge": "_charge.py",
    "checkout.session": "checkout/_session.py",
    "customer": "_customer.py",
    "dispute": "_dispute.py",
    "event": "_event.py",
    "item": "_line_item.py",
    "payment_intent": "_payment_intent.py",
    "payment_method": "_payment_method.py",
    "payout": "_payout.py",
    "refund": "_refund.py",
    "setup_intent": "_setup_intent.py",
    "terminal.location": "terminal/_location.py",
    "terminal.reader": "terminal/_reader.py",
    "webhook_endpoint": "_webhook_endpoint.py",
}
OTHER_MEANS = {*surface.resolve(surface.TABLE["objects"]["payment_method"]["fields"]["type"])["enum"]} - {
    "card",
    "card_present",
}
PASSED_BY = {"last_response", "object", "OBJECT_NAME"} | OTHER_MEANS
REQUEST = re.compile(r'self\._request\(\s*"(\w+)",\s*"(/v1/[^"]+)"')
Classes = dict[str, ast.ClassDef]


def delta() -> list[str]:
    """Every difference, one a line, sorted."""
    return sorted({*_of_params(), *_of_objects()})


# Parameters ----------------------------------------------------------------------------------------------------------


def _of_params() -> Iterator[str]:
    methods = _methods()
    for name, operation in surface.OPERATIONS.items():
        kind = {"fields": operation.params}
        found = methods.get(re.sub(r"\{\w+\}", "{}", name))
        if found is None:
            yield f"- {name}"
        elif found[1]:
            classes = _classes(ast.parse(found[0].read_text()).body)
            yield from _compare(
                name, classes[found[1]], classes, kind, skip=operation.params.keys() - KNOWN.get(name, set())
            )


def _methods() -> dict[str, tuple[Path, str]]:
    """By "POST /v1/refunds/{}": the file and class of the parameters."""
    found = {}
    for path in SDK.rglob("_*_service.py"):
        text = path.read_text()
        for method in re.split(r"\n    def ", text)[1:]:
            if request := REQUEST.search(method):
                name = request[1].upper() + " " + re.sub(r"\{\w+\}", "{}", request[2])
                params = re.search(r'params:\s*(?:Optional\[)?\s*"(\w+)"', method)
                found[name] = (_params_file(text, params[1]), params[1]) if params else (path, "")
    return found


def _params_file(service: str, name: str) -> Path:
    imported = re.search(rf"from stripe\.(params\.[\w.]+) import \(?\s*{name}\b", service)
    assert imported, name
    return SDK / (imported[1].replace(".", "/") + ".py")


# Objects -------------------------------------------------------------------------------------------------------------


def _of_objects() -> Iterator[str]:
    for kind, file in OBJECTS.items():
        classes = _classes(ast.parse((SDK / file).read_text()).body)
        top = next(one for one in classes.values() if _is_object(one, kind))
        yield from _compare(kind, top, {}, surface.resolve("@" + kind))


def _is_object(found: ast.ClassDef, kind: str) -> bool:
    return any(isinstance(line, ast.AnnAssign) and f"Literal['{kind}']" in ast.unparse(line) for line in found.body)


# Comparison ----------------------------------------------------------------------------------------------------------


def _compare(
    where: str, found: ast.ClassDef, classes: Classes, kind: dict[str, Any], *, skip: Set[str] = frozenset()
) -> Iterator[str]:
    known = kind["fields"]
    theirs = dict(_fields(found, classes))
    for name in sorted((theirs.keys() ^ known.keys()) - PASSED_BY):
        yield f"{'+' if name in theirs else '-'} {where} {name}"
    for name in sorted((theirs.keys() & known.keys()) - PASSED_BY - skip):
        yield from _compare_field(f"{where} {name}", theirs[name], {**classes, **_classes(found.body)}, known[name])


def _compare_field(where: str, annotation: ast.expr, classes: Classes, kind: Any) -> Iterator[str]:
    ours, theirs = set(_enums(kind)), set(_literals(annotation))
    for value in sorted(ours ^ theirs if ours and theirs else ()):
        yield f"{'+' if value in theirs else '-'} {where} = {value!r}"
    inner = [classes[name] for name in _names(annotation) if name in classes]
    fields = {name: field for piece in _objects(kind) for name, field in piece["fields"].items()}
    for one in inner:
        if fields:
            yield from _compare(where, one, classes, {"fields": fields})


def _classes(body: list[ast.stmt]) -> Classes:
    return {line.name: line for line in body if isinstance(line, ast.ClassDef)}


def _fields(found: ast.ClassDef, classes: Classes) -> Iterator[tuple[str, ast.expr]]:
    for base in found.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            yield from _fields(classes[base.id], classes)
    for line in found.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and not line.target.id.startswith("_"):
            yield line.target.id, line.annotation


def _literals(annotation: ast.expr) -> Iterator[str]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
            yield from (str(part.value) for part in ast.walk(node.slice) if isinstance(part, ast.Constant))


def _names(annotation: ast.expr) -> Iterator[str]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"\w+", node.value)


def _enums(kind: Any) -> Iterator[str]:
    kind = surface.resolve(kind)
    if isinstance(kind, dict):
        yield from kind.get("enum", [])
        for piece in [*kind.get("any", []), *([kind["list"]] if "list" in kind else [])]:
            yield from _enums(piece)


def _objects(kind: Any) -> Iterator[dict[str, Any]]:
    kind = surface.resolve(kind)
    if isinstance(kind, dict):
        if "fields" in kind:
            yield kind
        for piece in [*kind.get("any", []), *([kind["list"]] if "list" in kind else [])]:
            yield from _objects(piece)


if __name__ == "__main__":
    CHECKED_IN.write_text("\n".join(delta()) + "\n")
