"""Policies that tests climb by."""

from domain.channels import ChannelName
from domain.policy import Policy, Step
from domain.target import Manager, OnCall

SMS = ChannelName.SMS
HOUR = 3600
SLOW = Policy(
    name="slow",
    steps=(
        Step(after_seconds=0, targets=(OnCall(channel=SMS),)),
        Step(after_seconds=HOUR, targets=(Manager(channel=SMS),)),
    ),
    max_rounds=1,
)
"""The second rung is an hour away, or a second in the fastest drill."""
