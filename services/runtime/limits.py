"""Routes that anybody may post to take small bodies only."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from services.runtime.refusal import Refusal
from services.runtime.text import Text


class BodyTooLarge(Refusal):
    status = 413
    sentence = Text(
        fr="La demande est trop grande : {most} octets au plus, annoncés d'avance.",
        en="The request is too large: {most} bytes at most, announced beforehand.",
    )


def small_bodies(most: int) -> type[APIRoute]:
    """A route class for bodies of at most so many bytes; a longer one is not read.

    The announced length decides, as the server reads no further than that.
    """

    class SmallBodies(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def limited(request: Request) -> Response:
                length = request.headers.get("content-length", "")
                if not (length.isascii() and length.isdigit()) or int(length) > most:
                    raise BodyTooLarge(most=most)
                return await handle(request)

            return limited

    return SmallBodies
