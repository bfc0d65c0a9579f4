#!/bin/sh
# Creates Tocsin's namespace and search attributes, which the Temporal server does not do by itself.
# Doing it again changes nothing.
set -eu

patiently() { # a command, until it succeeds
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || exit 1
        sleep 1
    done
}

patiently temporal operator cluster health

temporal operator namespace describe --namespace default >/dev/null 2>&1 ||
    temporal operator namespace create --namespace default --retention 720h

# A new namespace takes a moment to be known everywhere.
patiently temporal operator search-attribute create --namespace default \
    --name IncidentStatus --type Keyword \
    --name IncidentSeverity --type Keyword \
    --name IncidentService --type Keyword \
    --name IncidentTeam --type Keyword
