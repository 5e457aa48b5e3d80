"""`python -m pycli` is `ptnote`."""

from pycli.start import main

main()
