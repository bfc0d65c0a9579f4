"""The `tocsin` command: `app` holds its commands together, each other module is about one group of them."""


def main() -> None:
    """Entry point of `tocsin`."""
    # Here, so that whoever imports a part of this package does not load all of the command line.
    from cli.app import app

    app()
