# make run | test | bench | fuzz | setup : each prepares what it needs first.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test bench fuzz

PORT ?= 8501
ADDRESS ?= localhost
SIZE ?= 1000000
INPUTS ?= 10000
PYTEST_ARGS ?=
BENCH_ARGS ?=

python := .venv/bin/python
# The first interpreter that is 3.11 and can make virtual environments; looked for only when a target needs it.
python311 = $(shell for p in python3.11 python3 python /usr/bin/python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
	&& command -v $$p && break; done)
need_python311 = @test -n "$(python311)" || { echo "FirstPaid needs Python 3.11 with its venv module and found none.\
 Debian, Ubuntu: apt-get install python3.11-venv; elsewhere: https://www.python.org/downloads/\
 / 需要带 venv 模块的 Python 3.11，本机没有找到，请先安装。" >&2; exit 1; }

help:
	@echo "make run     start FirstPaid on http://localhost:$(PORT) (sample data on the first start)  启动"
	@echo "make test    checks and tests  检查与测试"
	@echo "make bench   speed, measured against floors (SIZE=$(SIZE))  性能测量"
	@echo "make fuzz    damaged and random files into the import (INPUTS=$(INPUTS))  导入的随机破坏测试"
	@echo "make setup   only make .venv  仅准备环境"

setup:
	$(need_python311)
	@"$(python311)" scripts/setup.py runtime

setup-dev:
	$(need_python311)
	@"$(python311)" scripts/setup.py dev

run: setup
	@exec $(python) -m scripts.run --port $(PORT) --address $(ADDRESS)

test: setup-dev
	@"$(python311)" scripts/setup.py browser
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	$(python) -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

bench: setup-dev
	@exec $(python) -m tests.bench.bench --size $(SIZE) $(BENCH_ARGS)

fuzz: setup-dev
	FIRSTPAID_FUZZ=$(INPUTS) $(python) -m pytest -n auto tests/test_pipelines_imports_fuzz.py
