"""`python -m pycli` is `ptnote`."""

from pycli.main import main

main()
