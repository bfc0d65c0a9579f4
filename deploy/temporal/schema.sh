#!/bin/sh
# Creates Temporal's two databases and brings their schemas up to date; doing it again changes nothing.
# The password comes as SQL_PASSWORD.
set -eu

tool() { temporal-sql-tool --plugin postgres12_pgx --ep temporal-postgres -p 5432 -u temporal "$@"; }

bring_up() { # database, schema
    tool --db "$1" create
    tool --db "$1" setup-schema -v 0.0
    tool --db "$1" update-schema --schema-name "postgresql/v12/$2"
}

bring_up temporal temporal
bring_up temporal_visibility visibility
