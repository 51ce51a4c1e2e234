"""Routes and methods as labels for logs and telemetry, without anything that a client chose."""

from fastapi.routing import APIRoute
from starlette.routing import Route
from starlette.types import Scope

from services.runtime.http.methods import METHODS


def route_template(scope: Scope) -> str:
    """The template of the matched route, never the path: links carry who is asking."""
    route = scope.get("route")
    if isinstance(route, APIRoute):
        return route.path
    # A plain route leaves only its endpoint in the scope.
    endpoint = scope.get("endpoint")
    plain_routes = (route for route in scope["app"].routes if isinstance(route, Route))
    return next((route.path for route in plain_routes if route.endpoint is endpoint), "?")


def method_label(scope: Scope) -> str:
    """The method, or `_OTHER`: an invented method could be any text."""
    method: str = scope["method"]
    return method if method in METHODS else "_OTHER"
