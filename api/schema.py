"""The OpenAPI file is drawn from the code: strict requests from serializers, answers from their types."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    NotRequired,
    Required,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, force_instance, get_doc
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import BaseSerializer, ListSerializer

from api.auth import SESSION_HEADER, SignedOn, TabletAuthentication
from api.errors import MEDIA_TYPE, Problem
from api.report_keys import KeyAuthentication
from api.serializers.fields import Percent, Strict, WholeNumber, Yes

Json = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Any])
_BASIC = {str: "string", int: "integer", bool: "boolean"}
PROBLEMS = {
    "Invalid": "What was sent can not be meant; `errors` names the fields.",
    "Unknown": "`device_unknown`: pair the tablet; `signed_out`: sign on with a PIN; `key_unknown`: make another key.",
    "NotAllowed": "`not_allowed`: the person may not do this here; `csrf_failed`: reload the page.",
    "NotFound": "There is no such thing at this location.",
    "Refused": "An expected no: `code` is stable, `detail` a sentence for the cashier, more members say more.",
    "Busy": "The database is busy or away; try again after `Retry-After` seconds.",
    "Other": "Anything else that went wrong, such as 429 after too many wrong PINs, with `Retry-After`.",
}


def described(
    *,
    name: str,
    answers: Mapping[Any, Any],
    request: type[BaseSerializer[Any]] | None = None,
    query: type[BaseSerializer[Any]] | None = None,
    cursor: type[Any] | None = None,
    more: Sequence[OpenApiParameter] = (),
) -> Callable[[View], View]:
    """Tell the OpenAPI file what a view's method is called, what it reads and what it answers."""
    parameters: list[Any] = [query, *more] if query else [*more]
    if cursor:
        parameters.append(OpenApiParameter("cursor", str, description="From `next` or `previous` of another page."))
    responses = {status: OpenApiResponse(answer) for status, answer in answers.items()}
    return extend_schema(operation_id=name, request=request, responses=responses, parameters=parameters)


class Schema(AutoSchema):
    """Adds to drf-spectacular: answers that are TypedDicts, and the problems that every address may answer."""

    def get_filter_backends(self) -> list[Any]:
        has_filters = self.method == "GET" and hasattr(self.view, "filterset_class")
        return list(getattr(self.view, "filter_backends", ())) if has_filters else []

    def _get_response_bodies(self, direction: Direction = "response") -> Json:
        bodies: Json = super()._get_response_bodies(direction)
        for status, name in self._problems():
            bodies.setdefault(status, self._problem(name))
        return bodies

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: Direction = "response"
    ) -> Json:
        if isinstance(serializer, OpenApiResponse) and _is_hint(serializer.response):
            schema = self._schema_of(serializer.response)
            serializer = OpenApiResponse(schema, description=serializer.description)
        return cast(Json, super()._get_response_for_code(serializer, status_code, media_types, direction))  # type: ignore[no-untyped-call]

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Json:
        schema: Json = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(force_instance(serializer), Strict):
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Json:
        schema: Json = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(field, ListSerializer) and (most := getattr(field, "max_length", None)):
            schema["maxItems"] = most
        return schema

    def _problems(self) -> list[tuple[str, str]]:
        """What can go wrong at any address: (status, name of the problem); `default` is whatever else does."""
        told = [("400", "Invalid")]
        if self.view.authentication_classes:
            told += [("401", "Unknown"), ("403", "NotAllowed")]
        if "{" in self.path:
            told.append(("404", "NotFound"))
        if self.method != "GET":
            told.append(("409", "Refused"))
        return [*told, ("503", "Busy"), ("default", "Other")]

    def _problem(self, name: str) -> Json:
        content = {MEDIA_TYPE: {"schema": self._schema_of(Problem)}}
        schema = {"description": PROBLEMS[name], "content": content}
        component = ResolvedComponent(name=name, type=ResolvedComponent.RESPONSE, schema=schema, object=name)
        self.registry.register_on_missing(component)
        return component.ref

    def _schema_of(self, hint: Any) -> Json:
        """The JSON schema of a type; a TypedDict becomes a component of its own."""
        origin, args = get_origin(hint), get_args(hint)
        if origin in (NotRequired, Required):
            return self._schema_of(args[0])
        if origin is Annotated:
            return _annotated(args[1])
        if origin in (Union, UnionType):
            return self._optional(args)
        if origin is list:
            return {"type": "array", "items": self._schema_of(args[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self._schema_of(args[1])}
        return self._component(hint) if is_typeddict(hint) else {"type": _BASIC[hint]}

    def _optional(self, args: tuple[Any, ...]) -> Json:
        inner = [arg for arg in args if arg is not NoneType]
        if len(inner) > 1:
            return {"type": [*(_BASIC[arg] for arg in inner), "null"]}
        schema = self._schema_of(inner[0])
        if isinstance(schema.get("type"), str) and "enum" not in schema:
            return {**schema, "type": [schema["type"], "null"]}
        return {"oneOf": [schema, {"type": "null"}]}

    def _component(self, shape: Any) -> Json:
        component = ResolvedComponent(
            name=shape.__name__.removesuffix("Answer"), type=ResolvedComponent.SCHEMA, object=shape
        )
        if component not in self.registry:
            self.registry.register(component)
            component.schema = self._object(shape)
        return component.ref

    def _object(self, shape: Any) -> Json:
        hints = get_type_hints(shape, include_extras=True)
        required = sorted(name for name, hint in hints.items() if get_origin(hint) is not NotRequired)
        return {
            "type": "object",
            "description": get_doc(shape),
            "properties": {name: self._schema_of(hint) for name, hint in hints.items()},
            "required": required,
        }


class TabletScheme(OpenApiAuthenticationExtension):
    """Programs send two headers, the desk page two cookies; an address for the tablet alone needs one of them."""

    target_class = TabletAuthentication
    name = ["deviceToken", "staffSession", "deviceCookie", "staffCookie"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        ways: list[dict[str, list[Any]]] = [{"deviceToken": []}, {"deviceCookie": []}]
        if any(issubclass(permission, SignedOn) for permission in auto_schema.view.permission_classes):
            ways[0]["staffSession"] = []
            ways[1]["staffCookie"] = []
        return ways

    def get_security_definition(self, auto_schema: Any) -> list[Json]:
        return [
            _key("header", "Authorization", "`Device ` and the token from pairing."),
            _key("header", SESSION_HEADER, "The token from signing on."),
            _key("cookie", "footfall_device", "With it, writing requests need the CSRF token in `X-CSRFToken`."),
            _key("cookie", "footfall_staff", "Set by signing on."),
        ]


class KeyScheme(OpenApiAuthenticationExtension):
    """Reports are read with a key of their own."""

    target_class = KeyAuthentication
    name = "reportKey"

    def get_security_definition(self, auto_schema: Any) -> Json:
        return {"type": "http", "scheme": "bearer", "description": "A key made under Reports, Keys for programs."}


class WholeNumberField(OpenApiSerializerFieldExtension):
    """A number, or its digits as text."""

    target_class = WholeNumber
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Json:
        low, high = self.target.min_value, self.target.max_value
        digits = len(str(high - 1)) - 1  # so many nines are within the bounds
        sign, first = ("-?", "[0-9]") if low < 0 else ("", "[0-9]") if low == 0 else ("", "[1-9]")
        pattern = f"^{sign}{first}[0-9]{{0,{max(digits - 1, 0)}}}$"
        number = {"type": "integer", "minimum": low, "maximum": high}
        return {"oneOf": [number, {"type": "string", "pattern": pattern}]}


class PercentField(OpenApiSerializerFieldExtension):
    """A number, or the same as text."""

    target_class = Percent

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Json:
        number = {"type": "number", "exclusiveMinimum": 0, "maximum": 100, "multipleOf": 0.01}
        return {"oneOf": [number, {"type": "string", "pattern": r"^[1-9][0-9]?(\.[0-9]{1,2})?$"}]}


class YesField(OpenApiSerializerFieldExtension):
    """True is the only thing to say."""

    target_class = Yes

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Json:
        return {"type": "boolean", "const": True}


def _key(place: str, name: str, description: str) -> Json:
    return {"type": "apiKey", "in": place, "name": name, "description": description}


def _is_hint(answer: Any) -> bool:
    return is_typeddict(answer) or get_origin(answer) is list


def _annotated(meaning: Any) -> Json:
    """A string with a format, or one of the choices of an enum."""
    if isinstance(meaning, type) and issubclass(meaning, Enum):
        return {"type": "string", "enum": [choice.value for choice in meaning]}
    return {"type": "string", "format": meaning}


def without_marks(result: Any, **_: Any) -> Any:
    """The finished file without the marks by which drf-spectacular tells enums apart."""
    if isinstance(result, dict):
        return {key: without_marks(value) for key, value in result.items() if key != "x-spec-enum-id"}
    return [without_marks(value) for value in result] if isinstance(result, list) else result
