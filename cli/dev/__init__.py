"""`tocsin dev`: Postgres, the Temporal server, the API with its pages and a worker, in one terminal.

`home` holds paths and secrets, `postgres` and `temporal` know their servers, `supervisor` keeps
processes alive, `command` is the story from start to stop.
"""
