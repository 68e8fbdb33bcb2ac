# Two commands: `make run` and `make test`. Every recipe is one line that calls a tool.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test setup packages lint types contracts check deep bench screenshots catalogues reference clean

run: setup
	@$(BIN)/openbureau demo

test: setup packages lint types contracts check

setup:
	@$(PYTHON) deploy/setup.py

packages:
	@$(PYTHON) deploy/test_packages.py

lint:
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && $(BIN)/djlint --quiet --lint core plugins

types:
	@MYPYPATH=core $(BIN)/mypy core/openbureau plugins/*/openbureau_*
	@MYPYPATH=core:tests/registers/example $(BIN)/mypy --explicit-package-bases tests plugins/*/tests

contracts:
	@$(BIN)/lint-imports

check:
	@$(BIN)/python -m pytest -n 2 --dist loadscope -m "not deep"

deep: setup
	@$(PYTHON) deploy/test_packages.py --deep
	@$(PYTHON) deploy/page_tools.py
	@$(BIN)/python -m pytest -m deep

bench: setup
	@$(BIN)/openbureau bench

screenshots: setup
	@OPENBUREAU_SCREENSHOTS=docs/use $(BIN)/python -m pytest -m browser tests/api tests/deadlines tests/registers tests/journeys tests/keyboard plugins tests/docs/test_pages_from_macros.py
	@OPENBUREAU_SCREENSHOTS=docs/face $(BIN)/python -m pytest -m deep tests/face/test_screenshots.py

catalogues:
	@$(BIN)/python deploy/catalogues.py

reference:
	@$(BIN)/python deploy/reference.py

clean:
	@rm -rf .venv var dist
