"""`python -m gapless` is the command `gapless`."""

from gapless.cli.app import main

if __name__ == "__main__":
    main()
