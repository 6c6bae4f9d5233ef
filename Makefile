# SPDX-License-Identifier: Apache-2.0
# The commands of the project. `make help` lists them.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)

.PHONY: help setup build web test check test-unit test-vectors test-web test-scenes test-e2e test-faults test-requests test-operating test-pages test-postgres fuzz bench tidy format demo install clean

help:            ## List the commands
	@grep -hE '^[a-z0-9-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

build: build/yukuai ## Build the program: build/yukuai

build/release/build.ninja: CMakeLists.txt CMakePresets.json
	@tools/setup/setup build unit
	@cmake --preset release >/dev/null

.PHONY: build/yukuai
build/yukuai: build/release/build.ninja
	@ninja -C build/release yukuai
	@ln -sfn release/bin/yukuai build/yukuai

build/asan/build.ninja: CMakeLists.txt CMakePresets.json
	@tools/setup/setup build unit
	@cmake --preset asan >/dev/null

web:             ## Build the pages: web/resident/dist
	@tools/setup/setup web
	@tools/toolchain/build-web

test: ## Every suite in its short form
	@tools/setup/setup build unit web test
	@tools/run-suites check test-unit test-vectors test-scenes test-web test-e2e test-pages test-faults test-requests test-operating

check:           ## Layers, names, headers, licences, words, formatting
	@tools/setup/setup build unit test
	@tools/check/check

test-unit: build/asan/build.ninja ## Unit tests and corpus replays under ASan and UBSan
	@ninja -C build/asan
	@ctest --test-dir build/asan --output-on-failure -j $(JOBS) -L unit

test-postgres: build/asan/build.ninja ## Every test that has a database, on a real PostgreSQL at two isolation levels
	@tools/setup/setup postgres
	@ninja -C build/asan
	@tools/postgres/test

test-vectors: build/release/build.ninja ## Every other value of every byte of the code's vectors, 20,000 signatures: in the optimised build
	@ninja -C build/release formats_code_test crypto_sm2_test
	@build/release/bin/formats_code_test --gtest_brief=1
	@build/release/bin/crypto_sm2_test --gtest_brief=1

test-scenes: build ## The trials of every scene
	@for scene in scenes/*/; do build/yukuai scene check "$$scene" && build/yukuai scene test "$$scene" || exit 1; done

test-web: web    ## Unit tests of the page's libraries, the API document's lint
	@tools/toolchain/test-web

test-e2e: build web ## One ride in a real browser, from enrolment to the charge
	@tools/setup/setup test
	@tests/e2e/run

test-faults: build web ## kill -9 at every named boundary of the path
	@tools/setup/setup test
	@tests/faults/run

test-operating: build web ## docs/operating.md, executed in an empty folder
	@tests/operating/run

test-requests: build ## Bad requests get their documented answers
	@tools/setup/setup test
	@tests/requests/run

test-pages: build web ## Every page in a real Chromium: pictures in build/pictures, and what axe finds
	@tools/setup/setup test
	@tests/browser/run

fuzz:            ## 60 s on every fuzz target, then line coverage of each parser
	@tools/setup/setup build unit fuzz
	@tests/fuzz/run

bench: build     ## Measure beside the anchors: BENCH=verify
	@build/yukuai bench $(or $(BENCH),verify)

tidy: build/release/build.ninja ## clang-tidy over the sources
	@tools/setup/setup tidy
	@run-clang-tidy-16 -quiet -p build/release -j $(JOBS) '/src/.*(?<!_test)(?<!_fuzz)\.cc$$'

format:          ## Format the C++ sources in place
	@tools/setup/setup test
	@git ls-files 'src/*.h' 'src/*.cc' 'include/*.h' 'tests/*.cc' | xargs clang-format-16 -i

demo: build web  ## A city on this machine: server, two gates, page
	@tools/demo

install: build web ## Program to /usr/bin; scenes, profiles, pages to /usr/share/yukuai (DESTDIR= before both)
	@install -D -m 755 build/release/bin/yukuai $(DESTDIR)/usr/bin/yukuai
	@install -d $(DESTDIR)/usr/share/yukuai/web/resident
	@cp -r scenes profiles $(DESTDIR)/usr/share/yukuai/
	@rm -rf $(DESTDIR)/usr/share/yukuai/web/resident/dist
	@cp -r web/resident/dist $(DESTDIR)/usr/share/yukuai/web/resident/

clean:           ## Remove what was built
	@rm -rf build web/resident/dist
