"""Requests, answers and the error shapes of both products."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
#: msgspec refuses lone surrogates, so texts carry this private-use stand-in until they are bytes.
SURROGATE = "\uf8f0"
_SURROGATE_UTF8 = SURROGATE.encode()
_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """JSON bytes; the stand-in becomes an escaped lone surrogate."""
    data = _encoder.encode(value)
    return data.replace(_SURROGATE_UTF8, b"\\ud800") if _SURROGATE_UTF8 in data else data


def raw(value: Any) -> msgspec.Raw:
    """A value encoded once and embedded many times."""
    return msgspec.Raw(encode(value))


@dataclass
class Request:
    """One request, already cut loose from the web server."""

    method: str
    path: str
    params: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: Set by faults that change how the page is made.
    flags: set[str] = field(default_factory=set)
    #: The same as ``METHOD /normalized/endpoint``.
    endpoint: str = ""
    api_version: str = "2"
    gateway: bool = False

    def param(self, name: str, default: str | None = None) -> str | None:
        """The first value of a query parameter."""
        values = self.params.get(name)
        return values[0] if values else default

    def listed(self, name: str) -> list[str]:
        """A repeatable or comma separated query parameter."""
        return [part for value in self.params.get(name, []) for part in value.split(",") if part]

    def number(self, name: str, default: int) -> int:
        """A whole-number query parameter."""
        text = self.param(name)
        try:
            return default if text in {None, ""} else int(str(text))
        except ValueError:
            raise ApiError(404, [f'For input string: "{text}"']) from None

    def json(self) -> dict[str, Any]:
        """The JSON object of the body."""
        if "application/json" not in self.headers.get("content-type", ""):
            raise ApiError(415, ["Unsupported Media Type"])
        try:
            value = json.loads(self.body)
        except ValueError:
            raise ApiError(400, ["There was an error parsing JSON."]) from None
        if not isinstance(value, dict):
            raise ApiError(400, ["Invalid request payload. Refer to the REST API documentation."])
        return value


@dataclass
class Response:
    """One answer; ``action`` tells the web server to misbehave while sending it."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    #: '' or one of reset, reset_body, truncate, drip_headers, drip_body.
    action: str = ""
    #: Seconds before each byte that drips.
    pause: float = 0.0
    delay: float = 0.0

    def json(self) -> Any:
        """The body as Python data, None when it is empty."""
        return json.loads(self.body) if self.body else None


class ApiError(Exception):
    """An error answer in Jira's usual collection shape, or in a given one."""

    def __init__(
        self,
        status: int,
        messages: list[str] | None = None,
        *,
        payload: Any = None,
        headers: dict[str, str] | None = None,
        html: str | None = None,
        warnings: bool = False,
    ) -> None:
        """Prepare the answer."""
        super().__init__(status, messages)
        shape: Any = payload
        if payload is None:
            shape = {"errorMessages": messages or []}
            shape.update({"warningMessages": []} if warnings else {"errors": {}})
        body = html.encode() if html is not None else encode(shape)
        self.response = Response(
            status, body, HTML if html is not None else JSON, dict(headers or {})
        )


def whole(value: Any, default: int) -> int:
    """A whole number of a request body; null or nothing is the default."""
    if value is None or value == "":
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ApiError(
            400, ["Invalid request payload. Refer to the REST API documentation."]
        ) from None


def ok(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status, encode(value))
