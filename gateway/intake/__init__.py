"""Intake: from signals to what became of them, for every door, in the API and in the worker."""
