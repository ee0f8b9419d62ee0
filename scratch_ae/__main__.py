"""`python -m scratch_ae`."""

from scratch_ae.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
