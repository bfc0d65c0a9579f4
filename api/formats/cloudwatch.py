"""CloudWatch alarms: through SNS (whose message is JSON in a string), through EventBridge, or bare.

SNS's subscription messages are no alerts; who takes the request sees to them.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from api.formats.reading import (
    Body,
    Headers,
    at,
    each,
    first,
    headline,
    kept,
    labels,
    links,
    moment,
    objects,
    paragraphs,
    text,
)
from domain.alert import Link
from domain.intake.signal import Action, Signal

_CONFIRMATIONS = {"SubscriptionConfirmation", "UnsubscribeConfirmation"}
_ARN = re.compile(r"^arn:aws:cloudwatch:([a-z0-9-]{1,40}):\d*:alarm:(.+)$", re.S)


def _read(body: Body, headers: Headers) -> list[Signal]:
    kind = first(body.get("Type"), headers.get("x-amz-sns-message-type"))
    if kind in _CONFIRMATIONS or ("SubscribeURL" in body and "Token" in body):
        return []
    if "Message" not in body:
        return [_alarm(body, {})]
    message = _parsed(body["Message"])
    return [_alarm(message, body) if isinstance(message, Mapping) else _plain(body)]


def _parsed(message: Any) -> Any:
    """What SNS carries; the text itself when it is no JSON."""
    if not isinstance(message, str):
        return message
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None


def _alarm(alarm: Body, envelope: Body) -> Signal:
    """An alarm's change, in the words of SNS or of EventBridge."""
    detail = alarm.get("detail")
    own = _labels(alarm) | _topic(envelope)
    name = first(alarm.get("AlarmName"), at(detail, "alarmName"))
    arns = alarm.get("resources")
    arn = first(alarm.get("AlarmArn"), *(arns if isinstance(arns, list) else ()))
    state = first(alarm.get("NewStateValue"), at(detail, "state", "value"))
    reason = first(alarm.get("NewStateReason"), at(detail, "state", "reason"))
    said = first(alarm.get("AlarmDescription"), at(detail, "configuration", "description"))
    action = _action(state, text(envelope.get("Subject")))
    changed = moment(
        alarm.get("StateChangeTime"), at(detail, "state", "timestamp"), alarm.get("time"), envelope.get("Timestamp")
    )
    return Signal(
        action=action,
        title=first(name, envelope.get("Subject")) or headline(detail) or headline(alarm),
        description=paragraphs(said, reason, *_rule(alarm)),
        service_name=own.get("ServiceName") or None,
        fingerprint=first(arn, name) or None,
        labels=own,
        links=_console(arn),
        detected_at=changed,
        # SNS keeps no order. An OK does not tell when the alarm began; whatever changed before it is over with it.
        started_at=changed,
        starts_once=True,
        ended_at=changed if action is Action.RESOLVE else None,
        raw=kept(alarm),
    )


def _plain(envelope: Body) -> Signal:
    """A message that is no JSON: somebody's own text, told through a topic."""
    subject, message = text(envelope.get("Subject")), text(envelope.get("Message"))
    return Signal(
        action=_action("", subject),
        title=subject or message or headline(envelope),
        description=message,
        labels=_topic(envelope),
        detected_at=moment(envelope.get("Timestamp")),
        raw=kept(envelope),
    )


def _action(state: str, subject: str) -> Action:
    """OK is over. Missing data is a trigger: only who asked for that action of an alarm is told of it."""
    if state:
        return Action.RESOLVE if state == "OK" else Action.TRIGGER
    return Action.RESOLVE if subject.startswith("OK:") else Action.TRIGGER


def _labels(alarm: Body) -> dict[str, str]:
    trigger = alarm.get("Trigger")
    metrics = [at(one, "metricStat", "metric") for one in objects(at(alarm, "detail", "configuration", "metrics"))]
    metric = next((one for one in metrics if isinstance(one, Mapping)), {})
    named = {
        "region": first(alarm.get("Region"), alarm.get("region")),
        "account": first(alarm.get("AWSAccountId"), alarm.get("account")),
        "namespace": first(at(trigger, "Namespace"), metric.get("namespace")),
        "metric": first(at(trigger, "MetricName"), metric.get("name")),
    }
    dimensions = {
        first(one.get("name"), one.get("Name")): first(one.get("value"), one.get("Value"))
        for one in objects(at(trigger, "Dimensions"))
    }
    return labels(named) | labels(metric.get("dimensions")) | labels(dimensions)


def _topic(envelope: Body) -> dict[str, str]:
    topic = text(envelope.get("TopicArn")).rpartition(":")[2]
    return {"topic": topic} if topic else {}


def _rule(alarm: Body) -> list[str]:
    """Of a composite alarm: its rule, and which of its alarms are on."""
    rule = first(alarm.get("AlarmRule"), at(alarm, "detail", "configuration", "alarmRule"))
    lines = [f"Rule: {rule}"] if rule else []
    for child in objects(alarm.get("TriggeringChildren")):
        if name := text(child.get("Arn")).rpartition(":alarm:")[2]:
            lines.append(f"{name}: {text(at(child, 'State', 'Value')) or '?'}")
    return ["\n".join(lines)]


def _console(arn: str) -> tuple[Link, ...]:
    found = _ARN.match(arn[:1000])
    if found is None:
        return ()
    region, name = found[1], quote(found[2], safe="")
    host = f"{region}.console.aws.amazon.com"
    return links((f"https://{host}/cloudwatch/home?region={region}#alarmsV2:alarm/{name}", "CloudWatch"))


read = each(_read)
