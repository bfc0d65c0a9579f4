"""Refusals as callers see them."""

import httpx


def require_problem(answer: httpx.Response, status: int, field: str | None = None) -> None:
    """The answer is a problem of this status, and names the field."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]
    if field is not None:
        assert any(error["field"].split(".")[0] == field.split(".")[0] for error in body["errors"]), body
        if "." in field:
            assert any(error["field"] == field for error in body["errors"]), body
