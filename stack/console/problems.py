"""Errors as problem details (RFC 9457), so that a client reads every refusal in one form."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818  # RFC 9457 calls it a problem, and most of them are refusals
    """A refusal or failure with its HTTP status; `detail` says what to do about it."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, dict(headers or {}), more

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the members of the problem; the type `about:blank` says that the status tells the kind."""
        title = HTTPStatus(self.status).phrase
        return {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        } | self.more


def not_found() -> Problem:
    """Return the one answer to what does not exist and to what is none of the client's business."""
    return Problem(404, "there is nothing here for this account")


def answer(problem: Problem, request_id: str) -> JSONResponse:
    """Return the response for a problem."""
    return JSONResponse(problem.body(request_id), problem.status, problem.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""

    def respond(request: Request, problem: Problem) -> JSONResponse:
        return answer(problem, getattr(request.state, "request_id", ""))

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> JSONResponse:
        return respond(request, error)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return respond(request, not_found())
        return respond(request, Problem(error.status_code, str(error.detail), error.headers))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        # Never the input itself: it may be a password.
        errors = [
            {"where": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in error.errors()
        ]
        first = errors[0] if errors else {"where": "request", "message": "is not valid"}
        request.state.invalid = True
        return respond(request, Problem(422, f"{first['where']}: {first['message']}", errors=errors))
