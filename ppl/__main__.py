"""`python -m ppl` is `ppl`."""

from ppl.cli import main

if __name__ == "__main__":
    main()
