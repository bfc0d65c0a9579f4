"""Whether a rule makes sense, as far as that can be said before an alert comes."""

from api.problems import Problem
from domain.intake.rule import Choice, ExpressionError
from domain.intake.signal import Action
from domain.intake.verdict import House
from domain.severity import DEFAULT_WORDS
from gateway.intake.expressions import check

_TEXTS = ("service_name", "severity", "title", "key", "action")


def require_sound(when: str, choice: Choice, house: House, prefix: str = "") -> None:
    """Refuse what can never work.

    Args:
        when: the condition.
        choice: what the rule sets; texts that begin with `=` are expressions.
        house: the catalogue.
        prefix: of the fields' names in the request.

    Raises:
        Problem: an expression is wrong, or there is no such service, severity or action.
    """
    _require_expression(f"{prefix}when", when)
    texts = {f"set.{name}": text for name in _TEXTS if (text := getattr(choice, name)) is not None}
    texts |= {f"set.labels.{name}": text for name, text in choice.labels.items()}
    for field, text in texts.items():
        if text.startswith("="):
            _require_expression(prefix + field, text[1:].strip())
        elif "\x00" in text:
            raise Problem.of_field(prefix + field, "must not hold the NUL character")
        else:
            _require_known(prefix + field, field, text, house)


def _require_expression(field: str, expression: str) -> None:
    if "\x00" in expression:
        raise Problem.of_field(field, "must not hold the NUL character")
    try:
        check(expression)
    except ExpressionError as error:
        raise Problem.of_field(field, str(error)) from error


def _require_known(field: str, what: str, text: str, house: House) -> None:
    match what:
        case "set.service_name" if text not in house.services:
            raise Problem.of_field(field, f"there is no service '{text}'")
        case "set.severity" if text.strip().lower() not in DEFAULT_WORDS:
            raise Problem.of_field(field, f"there is no severity '{text}': SEV1_CRITICAL, SEV2_HIGH …")
        case "set.action" if text not in set(Action):
            raise Problem.of_field(field, f"must be one of {', '.join(Action)}")
