# Two commands: `make demo` sets up and runs the product, `make test` sets up and passes.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8000

.PHONY: demo test mutants lint format docs pictures catalogues bench bench-peers clean help

help:            ## show this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/gatelodge: pyproject.toml
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Gatelodge needs Python 3.11 or newer; set PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[server,postgres,mcp]' || \
		{ echo "Setting up failed. It needs PyPI, or a mirror that pip is configured for; then try again."; exit 1; }
	@touch $@

$(VENV)/.dev: pyproject.toml $(BIN)/gatelodge
	@echo "Installing what the tests and checks need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

$(VENV)/.mutation: pyproject.toml $(VENV)/.dev
	@echo "Installing what makes mutants ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group mutation
	@touch $@

demo: $(BIN)/gatelodge ## set up and run the server with demo people and clients on http://localhost:$(PORT)
	@$(BIN)/gatelodge demo --port $(PORT) --examples examples $(ARGS)

test: $(VENV)/.dev ## set up and run every test
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

mutants: $(VENV)/.mutation ## change the source in small ways and say which changes no test notices
	@$(BIN)/python -m tests.mutation $(ARGS)

lint: $(VENV)/.dev ## check style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright

format: $(VENV)/.dev ## put the code into the house style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(VENV)/.dev ## make the tables of the documentation anew
	@$(BIN)/python -m tests.docs.tables

pictures: $(VENV)/.dev ## draw the pictures of the documentation anew
	@$(BIN)/python -m tests.docs.pictures

catalogues: $(VENV)/.dev ## bring the translations of the pages up to date
	@$(BIN)/python -m tests.docs.catalogues $(ARGS)

bench: $(VENV)/.dev ## measure this server on one core
	@$(BIN)/python -m bench $(ARGS)

bench-peers: $(VENV)/.dev ## measure this server and its peers in one run
	@$(BIN)/python -m bench --peers $(ARGS)

clean:           ## remove everything that was set up
	rm -rf $(VENV) var .ruff_cache .hypothesis bench/results
