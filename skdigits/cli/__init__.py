"""The command line: a thin face on the library."""


def main():
    """Run the command ``skdigits``."""
    from skdigits.cli._app import app

    app()
