# Commands for people who work on ptnote: `just --list` explains them; `pip install rust-just` brings just.
# They use the environment of the test command in README.md if it is there, else the one that is active.

export PATH := justfile_directory() / ".venv-test/bin" + ":" + env("PATH")

# the gate before a commit: everything that takes no more than two minutes together
gate: lint types imports check fast

# style of the code
lint:
    ruff check .
    ruff format --check .

# types
types:
    mypy

# which part of the code may import which (the contract is in pyproject.toml)
imports:
    lint-imports --no-logo

# the rules of entries; without files, all entries, with suggestions only counted
check *FILES:
    ptnote check {{ FILES }}

# the tests of the code, without those that take long
fast *ARGS:
    pytest -q -n 2 -m "not slow" tests {{ ARGS }}

# all tests and all snippets, or what pytest is told
test *ARGS:
    pytest -n 2 {{ ARGS }}

# how much of the code the tests run: takes half as long again as `just test`
coverage *ARGS:
    pytest -n 2 --cov --cov-fail-under=90 {{ ARGS }}

# check and run one entry, by its id
entry ID:
    ptnote check --strict entries/*/{{ ID }}.yaml
    ptnote test {{ ID }}

# how long ptnote takes to start, beside what it cannot do without
bench:
    python benchmarks/startup.py

# what is generated from the code: the schema of an entry, the man pages
docs:
    python -m kb.content.schema > entries/entry.schema.json
    python tools/manpage.py

# add what the program says to the catalogue of translations, and name what is to be translated
texts:
    python tools/messages.py

# the pictures of README, from what the commands show
screens:
    python tools/screens.py

# the tables of Chinese characters, after `pip install -r tools/requirements.txt`
tables:
    python tools/derive_pinyin.py
    python tools/derive_traditional.py
    @echo "tools/derive_taiwan.py needs a file of OpenCC: see there"

# pin what is new in pyproject.toml, with hashes, after `pip install -r tools/requirements.txt`; with --upgrade, the newest versions of everything
constraints *ARGS:
    python tools/constraints.py {{ ARGS }} > constraints.new
    mv constraints.new constraints.txt
    python tools/hashes.py update

# the list of licenses, after `just constraints` and installing anew what it has changed
licenses:
    python tools/licenses.py

# put code into the project's style
format:
    ruff check --fix .
    ruff format .

# everything that CI runs
ci:
    bash .ci/run
