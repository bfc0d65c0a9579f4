"""From what a monitoring tool says to what becomes of it: signals, sources, rules, quiet, correlation."""
