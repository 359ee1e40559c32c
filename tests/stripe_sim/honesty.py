"""Whether what the stand-in says could have been said by Stripe: every answer and event against the surface."""

import functools
from typing import Any

import jsonschema

from stripe_sim import surface

Json = dict[str, Any]


@functools.cache
def _validator(notation: str) -> jsonschema.Draft202012Validator:
    kind = surface.OPERATIONS[notation].answer if notation in surface.OPERATIONS else notation
    return jsonschema.Draft202012Validator({"$defs": surface.definitions(), **surface.json_schema(kind)})


def problems_of(what: str, body: Json) -> list[str]:
    """What is wrong with the answer to an operation, an error ("error") or an event ("event")."""
    if what == "error":
        return _check("@api_errors", body["error"], "error")
    if what == "event":
        thing = body["data"]["object"]
        return _check("@event", body, body["type"]) + _check(
            "@" + thing["object"], thing, f"{body['type']} data.object"
        )
    return _check(what, body, what)


def _check(notation: str, body: Json, where: str) -> list[str]:
    error = jsonschema.exceptions.best_match(_validator(notation).iter_errors(body))
    if error is None:
        return []
    return [f"{where}: {'.'.join(str(step) for step in error.absolute_path)}: {error.message[:150]}"]


class Honesty:
    """Watches a stand-in; what it said wrong is found in `problems`."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __call__(self, what: str, body: Json) -> None:
        self.problems += problems_of(what, body)
