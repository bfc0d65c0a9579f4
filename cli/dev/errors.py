"""The one error that ends `tocsin dev` with a sentence instead of a traceback."""


class StartError(Exception):
    """`tocsin dev` cannot start; the message says why and what to do about it."""
