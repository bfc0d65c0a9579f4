"""How a provider's failure reaches the workflow's retry policy."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from providers.protocols import ProviderError, Refused


@contextmanager
def as_application_error() -> Iterator[None]:
    """Translate: `Refused` is final, any other `ProviderError` is tried again."""
    try:
        yield
    except Refused as error:
        raise ApplicationError(str(error), type="Refused", non_retryable=True) from error
    except ProviderError as error:
        raise ApplicationError(str(error), type=type(error).__name__) from error
