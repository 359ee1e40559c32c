"""Regenerate `surface.json` from an OpenAPI file of Stripe's: `python -m stripe_sim.surface_from FILE`.

The table keeps facts only (names, types, required, nullable, enums) in a short notation: `"string"`, `"string:22"` (at
most 22 characters), `"integer"`, `"number"`, `"boolean"`, `"any"`, `"@name"` (an object or a shared piece), a trailing
`?` (nullable), `{"enum": []}`, `{"list": T}`, `{"map": T}`, `{"any": [T]}`, `{"null": T}`, `{"fields": {}}`.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("surface.json")
VERSION = "2026-10-28.endive"
Json = dict[str, Any]
Type = Any  # a piece of the notation: a str or a dict, as it comes from JSON

LONGEST = 5000  # Stripe's own limit for any string; not worth a note
SHARED_FROM = 160  # characters of a repeated piece from which sharing it makes the table shorter

# What 2026-10-28.endive changed against the 2026-08-26.dahlia file.
REMOVED_INPUTS = {
    "POST /v1/payment_intents": ["payment_method_types"],
    "POST /v1/payment_intents/{intent}": ["payment_method_types"],
    "POST /v1/payment_intents/{intent}/confirm": ["payment_method_types"],
    "POST /v1/setup_intents": ["payment_method_types"],
    "POST /v1/setup_intents/{intent}": ["payment_method_types"],
    "POST /v1/checkout/sessions": ["payment_method_types"],
}
ALLOWED = "allowed_payment_method_types"
# Checkout's new list has the values of the one it replaces; unlike that of intents it never takes card_present.
RENAMED_INPUTS = {"POST /v1/checkout/sessions": ("payment_method_types", ALLOWED)}
TAKES_CARD_PRESENT = [
    "POST /v1/payment_intents",
    "POST /v1/payment_intents/{intent}",
    "POST /v1/payment_intents/{intent}/confirm",
    "POST /v1/setup_intents",
    "POST /v1/setup_intents/{intent}",
]
SHOWS_CARD_PRESENT = ["payment_intent", "setup_intent"]
GAINED_OUTPUTS: dict[str, dict[str, Type]] = {
    "payment_intent": {"payment_record": "string?"},
    "charge": {"authorization_code": "string?"},
    "dispute": {
        "intended_submission_method": {
            "null": {"enum": ["manual", "prefer_manual", "prefer_smart_disputes", "smart_disputes"]}
        }
    },
}


def short(schema: dict[str, Any]) -> Type:
    """One OpenAPI schema in the table's notation."""
    kind = _without_null(schema)
    if not schema.get("nullable"):
        return kind
    return f"{kind}?" if isinstance(kind, str) else {"null": kind}


def _without_null(schema: dict[str, Any]) -> Type:
    if "$ref" in schema:
        return "@" + schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        choices = [short(choice) for choice in schema["anyOf"]]
        distinct = [choice for n, choice in enumerate(choices) if choice not in choices[:n]]
        return distinct[0] if len(distinct) == 1 else {"any": distinct}
    if "enum" in schema:
        return {"enum": schema["enum"]}
    if schema.get("type") == "array":
        return {"list": short(schema["items"])}
    if schema.get("type") == "object":
        return _object(schema)
    limit = schema.get("maxLength", LONGEST)
    return schema.get("type", "any") + (f":{limit}" if limit < LONGEST else "")


def _object(schema: dict[str, Any]) -> Type:
    if not schema.get("properties"):
        values = schema.get("additionalProperties")
        return {"map": short(values) if isinstance(values, dict) else "any"}
    fields = {name: short(field) for name, field in schema["properties"].items()}
    return {"fields": fields, "required": schema["required"]} if schema.get("required") else {"fields": fields}


def _operation(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    params: dict[str, Type] = {}
    required: list[str] = []
    for param in operation.get("parameters", []):
        if param["in"] == "query":
            params[param["name"]] = short(param["schema"])
            required += [param["name"]] if param.get("required") else []
    forms = operation.get("requestBody", {}).get("content", {})
    for form in forms.values():
        params |= {name: short(field) for name, field in form["schema"].get("properties", {}).items()}
        required += form["schema"].get("required", [])
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return {"params": params, "required": required, "answer": short(answer)}


def read(source: dict[str, Any]) -> dict[str, Any]:
    """The whole table, brought to the pinned version."""
    operations = {
        f"{method.upper()} {path}": _operation(path, operation)
        for path, methods in source["paths"].items()
        for method, operation in methods.items()
    }
    objects = {name: short(schema) for name, schema in source["components"]["schemas"].items()}
    _bring_to_endive(operations, objects)
    table = {"version": VERSION, "operations": operations, "objects": objects}
    return _share(table)


def _bring_to_endive(operations: dict[str, Any], objects: dict[str, Any]) -> None:
    for name, (old, new) in RENAMED_INPUTS.items():
        operations[name]["params"][new] = operations[name]["params"][old]
    for name, gone in REMOVED_INPUTS.items():
        operations[name]["removed"] = [param for param in gone if operations[name]["params"].pop(param, None)]
    for name in TAKES_CARD_PRESENT:
        _allow_card_present(operations[name]["params"][ALLOWED])
    for name in SHOWS_CARD_PRESENT:
        _allow_card_present(objects[name]["fields"][ALLOWED])
    for name, fields in GAINED_OUTPUTS.items():
        objects[name]["fields"] |= fields


def _allow_card_present(choices: Json) -> None:
    for listed in (choices, *choices.get("any", []), choices.get("null")):
        if isinstance(listed, dict) and "list" in listed:
            listed["list"]["enum"] = sorted({*listed["list"]["enum"], "card_present"})


def _share(table: dict[str, Any]) -> dict[str, Any]:
    """Write every long repeated piece once, under `shared`, and refer to it."""
    seen: Counter[str] = Counter()
    _count([table["operations"], table["objects"]], seen)
    names = {text: f"#{n}" for n, text in enumerate(text for text, times in seen.items() if times > 1)}
    shared = {name: _refer(json.loads(text), names, is_top=text) for text, name in names.items()}
    rest = {key: _refer(table[key], names) for key in ("operations", "objects")}
    return {"version": table["version"], "shared": shared, **rest}


def _dump(piece: Any) -> str:
    return json.dumps(piece, separators=(",", ":"), sort_keys=True)


def _is_type(piece: Any) -> bool:
    return isinstance(piece, dict) and bool(piece.keys() & {"enum", "list", "map", "any", "null", "fields"})


def _count(piece: Any, seen: Counter[str]) -> None:
    if _is_type(piece) and len(text := _dump(piece)) >= SHARED_FROM:
        seen[text] += 1
    for child in piece.values() if isinstance(piece, dict) else piece if isinstance(piece, list) else ():
        _count(child, seen)


def _refer(piece: Any, names: dict[str, str], is_top: str = "") -> Any:
    if _is_type(piece) and (text := _dump(piece)) in names and text != is_top:
        return "@" + names[text]
    if isinstance(piece, dict):
        return {key: _refer(child, names) for key, child in piece.items()}
    return [_refer(child, names) for child in piece] if isinstance(piece, list) else piece


def write(table: dict[str, Any]) -> str:
    """The table as JSON with one entry a line, so that a change shows as a change of lines."""
    parts = []
    for part in ("shared", "operations", "objects"):
        lines = ",\n".join(f"{json.dumps(name)}:{_dump(entry)}" for name, entry in sorted(table[part].items()))
        parts.append(f'"{part}":{{\n{lines}\n}}')
    return f'{{"version":"{table["version"]}",\n' + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    TABLE.write_text(write(read(json.loads(Path(sys.argv[1]).read_text()))))
