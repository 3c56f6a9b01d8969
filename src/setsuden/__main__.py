"""``python -m setsuden`` is the command."""

from setsuden.cli.main import main

if __name__ == "__main__":
    main(prog_name="setsuden")
