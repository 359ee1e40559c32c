"""The API's promise, held against every answer that a test sees."""

import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

Json = dict[str, Any]


@cache
def document() -> Json:
    """The OpenAPI file as the code draws it."""
    return SchemaGenerator().get_schema(request=None, public=True)


def operation_of(method: str, path: str) -> Json:
    """The documented operation behind a request."""
    for template, operations in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"{method} {path} is not in the OpenAPI file")


def hold_to_promise(method: str, path: str, *, status: int, content_type: str, body: Any) -> None:
    """Fail when an answer is not what the OpenAPI file says, down to members that it does not name."""
    responses = operation_of(method, path)["responses"]
    promised = _resolved(responses.get(str(status), responses["default"]))
    if "content" not in promised:
        assert body is None, f"{method} {path} {status} has a body"
        return
    assert content_type in promised["content"], f"{method} {path} {status} is {content_type}"
    schema = promised["content"][content_type]["schema"]
    errors = list(Draft202012Validator({**schema, "components": _closed()}).iter_errors(body))
    assert not errors, f"{method} {path} {status}: {errors[0].json_path} {errors[0].message}"


def _resolved(response: Json) -> Json:
    if "$ref" in response:
        return document()["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return response


@cache
def _closed() -> Json:
    """The components, with no room for members that are not written down; a problem may carry more."""
    schemas = document()["components"]["schemas"]
    closed = {
        name: {**schema, "additionalProperties": False} if "properties" in schema and name != "Problem" else schema
        for name, schema in schemas.items()
    }
    return {"schemas": closed}
