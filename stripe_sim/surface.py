"""Stripe's surface as a table: which operations there are, what they take, what they answer."""

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from stripe_sim.errors import ApiError, Json, invalid

Type = Any  # the notation that surface_from.py explains

TABLE: Json = json.loads(Path(__file__).with_name("surface.json").read_text())
UNSET: list[str] = [""]  # {"enum": [""]} means "an empty string takes the value away"


@dataclass(frozen=True)
class Operation:
    """One entry of the surface, `name` being "POST /v1/refunds/{refund}"."""

    name: str
    pattern: re.Pattern[str]
    params: dict[str, Type]
    required: list[str]
    removed: list[str]
    answer: Type


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\.")) + "$")


def _operation(name: str, entry: Json) -> Operation:
    pattern = _pattern(name.partition(" ")[2])
    return Operation(name, pattern, entry["params"], entry["required"], entry.get("removed", []), entry["answer"])


OPERATIONS = {name: _operation(name, entry) for name, entry in TABLE["operations"].items()}
# Fixed addresses first: /v1/payment_intents/search is not an intent called "search".
_IN_ORDER = sorted(OPERATIONS.values(), key=lambda operation: operation.name.count("{"))


def find(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation behind an address and the ids in it."""
    for operation in _IN_ORDER:
        if operation.name.startswith(f"{method} ") and (match := operation.pattern.match(path)):
            return operation, match.groupdict()
    return None


def resolve(kind: Type) -> Type:
    """The notation without a leading reference; "?" is dropped, so ask `is_nullable` before."""
    while isinstance(kind, str) and kind.startswith("@"):
        name = kind[1:].removesuffix("?")
        kind = TABLE["shared"][name] if name.startswith("#") else TABLE["objects"][name]
    if isinstance(kind, str):
        return kind.removesuffix("?")
    return resolve(kind["null"]) if "null" in kind else kind


def is_nullable(kind: Type) -> bool:
    return kind.endswith("?") if isinstance(kind, str) else "null" in kind


# Input ---------------------------------------------------------------------------------------------------------------


def parse_form(text: str) -> Json:
    """`a[b][0]=x` as {"a": {"b": {"0": "x"}}}."""
    tree: Json = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = key.replace("]", "").split("[")
        node = tree
        for name, following in zip([head, *rest], rest, strict=False):
            name = name or str(len(node))
            node = node.setdefault(name, {})
            if not isinstance(node, dict):
                raise invalid(f"Invalid {following}", param=key)
        last = rest[-1] if rest else head
        node[last or str(len(node))] = value
    return tree


def coerce(operation: Operation, raw: Json) -> Json:
    """The parameters with their types, or Stripe's refusal: unknown, missing, of the wrong type."""
    for name in raw:
        if name in operation.removed:
            raise invalid(
                f"The parameter `{name}` is no longer supported. Use `allowed_payment_method_types` instead.",
                param=name,
                code=f"{name}_no_longer_supported",
            )
    return _fields({"fields": operation.params, "required": operation.required}, raw, "")


def _fields(kind: Json, raw: Json, where: str) -> Json:
    known = kind["fields"]
    for name in raw:
        if name not in known:
            raise invalid(
                f"Received unknown parameter: {_at(where, name)}", param=_at(where, name), code="parameter_unknown"
            )
    for name in kind.get("required", []):
        if name not in raw:
            raise invalid(
                f"Missing required param: {_at(where, name)}.", param=_at(where, name), code="parameter_missing"
            )
    return {name: _value(known[name], value, _at(where, name)) for name, value in raw.items()}


def _at(where: str, name: str) -> str:
    return f"{where}[{name}]" if where else name


def _value(kind: Type, raw: Any, where: str) -> Any:
    kind = resolve(kind)
    if isinstance(kind, str):
        return _scalar(kind, raw, where)
    if "any" in kind:
        return _any_of(kind["any"], raw, where)
    if "enum" in kind:
        if raw not in kind["enum"]:
            raise invalid(f"Invalid {where}: must be one of {', '.join(kind['enum'])}", param=where)
        return raw
    if not isinstance(raw, dict):
        shape, code = ("array", "parameter_invalid_array") if "list" in kind else ("object", "parameter_invalid_object")
        raise invalid(f"Invalid {shape}", param=where, code=code)
    if "list" in kind:
        return [_value(kind["list"], item, _at(where, name)) for name, item in raw.items()]
    if "map" in kind:
        # An empty value in a map (metadata) takes its key away.
        return {name: item if item == "" else _value(kind["map"], item, _at(where, name)) for name, item in raw.items()}
    return _fields(kind, raw, where)


def _any_of(choices: list[Type], raw: Any, where: str) -> Any:
    """An empty string unsets; a scalar goes to the scalars, a tree to the objects; the last refusal is the one told."""
    if raw == "" and {"enum": UNSET} in [resolve(choice) for choice in choices]:
        return None
    refusal: ApiError | None = None
    for choice in choices:
        if resolve(choice) == {"enum": UNSET}:
            continue
        try:
            return _value(choice, raw, where)
        except ApiError as error:
            refusal = error if refusal is None or isinstance(raw, dict) else refusal
    raise refusal or invalid(f"Invalid {where}", param=where)


def _scalar(kind: str, raw: Any, where: str) -> Any:
    base, _, limit = kind.partition(":")
    if base == "any":
        return raw
    if not isinstance(raw, str):
        raise invalid(f"Invalid {base}: {where} must not be nested", param=where, code=f"parameter_invalid_{base}")
    if base == "string":
        return _string(raw, where, int(limit or 5000))
    if raw == "":
        raise _empty(where)
    if base == "boolean" and raw in ("true", "false"):
        return raw == "true"
    if base == "integer" and re.fullmatch(r"[+-]?\d{1,18}", raw):
        return int(raw)
    if base == "number" and re.fullmatch(r"[+-]?\d+(\.\d+)?", raw):
        return float(raw)
    raise invalid(f"Invalid {base}: {raw}", param=where, code=f"parameter_invalid_{base}")


def _string(raw: str, where: str, limit: int) -> str:
    if raw == "":
        raise _empty(where)
    if len(raw) > limit:
        message = f"Invalid string: {raw[:10]}...; must be at most {limit} characters"
        raise invalid(message, param=where, code="parameter_invalid_string_too_long")
    return raw


def _empty(where: str) -> ApiError:
    message = f"You passed an empty string for '{where}'. We assume empty values are an attempt to unset a parameter; "
    return invalid(f"{message}however '{where}' cannot be unset.", param=where, code="parameter_invalid_empty")


# Output --------------------------------------------------------------------------------------------------------------


@functools.cache
def _template(kind: str) -> str:
    fields = resolve("@" + kind)["fields"]
    blank: Json = {}
    for name, field in fields.items():
        plain = resolve(field)
        if name == "metadata":
            blank[name] = {}
        elif is_nullable(field):
            blank[name] = None
        elif name == "livemode":
            blank[name] = False
        elif name == "object":
            blank[name] = plain["enum"][0]
    return json.dumps(blank)


def blank(kind: str) -> Json:
    """A new object of this kind: every nullable field null, test mode, no metadata."""
    template: Json = json.loads(_template(kind))
    return template


def has(kind: str, field: str) -> bool:
    return field in resolve("@" + kind)["fields"]


def expandable(kind: str, field: str) -> bool:
    """Whether this field of this kind of object may hold an id in whose place the object can be asked for."""
    notation = str(resolve("@" + kind)["fields"].get(field, ""))
    return "any" in notation or "@" in notation


def json_schema(kind: Type) -> Json:
    """The notation as JSON Schema, strict: a field the surface does not name is wrong."""
    if isinstance(kind, str):
        return _named_schema(kind)
    if "null" in kind:
        return {"anyOf": [json_schema(kind["null"]), {"type": "null"}]}
    if "any" in kind:
        return {"anyOf": [json_schema(choice) for choice in kind["any"]]}
    if "enum" in kind:
        return {"enum": kind["enum"]}
    if "list" in kind:
        return {"type": "array", "items": json_schema(kind["list"])}
    if "map" in kind:
        return {"type": "object", "additionalProperties": json_schema(kind["map"])}
    properties = {name: json_schema(field) for name, field in kind["fields"].items()}
    return {
        "type": "object",
        "properties": properties,
        "required": kind.get("required", []),
        "additionalProperties": False,
    }


def _named_schema(kind: str) -> Json:
    name = kind.removesuffix("?").partition(":")[0]
    schema: Json = (
        {} if name == "any" else {"$ref": "#/$defs/" + _plain(name[1:])} if name.startswith("@") else {"type": name}
    )
    return {"anyOf": [schema, {"type": "null"}]} if kind.endswith("?") else schema


@functools.cache
def definitions() -> Json:
    """Every object and shared piece as JSON Schema, for `$defs`."""
    return {_plain(name): json_schema(kind) for part in ("shared", "objects") for name, kind in TABLE[part].items()}


def _plain(name: str) -> str:
    return name.replace("#", "shared-")
