"""The `tocsin` command and its subcommands."""

from typing import Any

import typer
from typer.core import TyperGroup

from cli import catalogue, demo, doctor, duty, foresight, incidents, processes, quiet, respond, rules, sources
from cli.errors import CommandError
from cli.render import complain


class _Tocsin(TyperGroup):
    """Turns the errors of commands into a line on stderr and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandError as error:
            complain(str(error))
            raise typer.Exit(error.status) from error


app = typer.Typer(
    cls=_Tocsin,
    help="Incident management and on-call: every incident is one durable Temporal workflow.",
    epilog="Exit status: 0 done, 1 refused by the product, 2 wrong usage, 3 the product cannot be reached.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they hold tokens
    context_settings={"help_option_names": ["-h", "--help"]},
)

_RUN, _INCIDENTS, _INTAKE, _TEAMS, _CATALOGUE, _TRY = (
    "Run",
    "Incidents",
    "Intake",
    "Who is told",
    "Catalogue as files",
    "Try and check",
)

for _panel, _commands in {
    _RUN: (processes.dev, processes.api, processes.worker, processes.secret_key),
    _INCIDENTS: (
        incidents.trigger,
        incidents.list_incidents,
        incidents.show,
        incidents.timeline,
        respond.ack,
        respond.mitigate,
        respond.resolve,
        respond.note,
        respond.snooze,
        respond.reassign,
        respond.unack,
        respond.severity,
        respond.page,
        respond.accept,
        respond.decline,
        respond.merge,
        respond.split,
    ),
    _INTAKE: (sources.sources,),
    _TEAMS: (duty.plan, duty.oncall, foresight.lint, foresight.replay, foresight.why),
    _CATALOGUE: (catalogue.export, catalogue.diff, catalogue.apply, catalogue.import_),
    _TRY: (demo.demo, doctor.doctor),
}.items():
    for _command in _commands:
        app.command(_command.__name__.removesuffix("_incidents").strip("_").replace("_", "-"), rich_help_panel=_panel)(
            _command
        )

app.add_typer(processes.db, name="db", rich_help_panel=_RUN)
app.add_typer(quiet.silence, name="silence", rich_help_panel=_INTAKE)
app.add_typer(quiet.maintenance, name="maintenance", rich_help_panel=_INTAKE)
app.add_typer(rules.rules, name="rules", rich_help_panel=_INTAKE)
