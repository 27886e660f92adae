"""``python -m skdigits``: the command line."""

from skdigits.cli import main

if __name__ == "__main__":
    main()
