# The front door. Every target does its own set-up and is quick when nothing is to be done.
#   make demo      build, run on a video, write a drawn video
#   make test      set up, format and lint checks, build, all tests
#   make format    put all files into the project's format
#   make bench     measure against the peers; figures land in build/bench
#   make install   into PREFIX (default /usr/local)
PRESET ?= release
PREFIX ?= /usr/local
BUILD := build/$(PRESET)
DATA ?= ../shared/data
CLIP := assets/demo/cafe.mp4
VIDEOS ?= $(CLIP) $(wildcard $(DATA)/video/one-by-one-person-detection.mp4)
MODEL ?= pose
CPP := $(shell git ls-files -co --exclude-standard 'src/*.cc' 'src/*.h' 'bench/*.cc' 'examples/*.cc' 2>/dev/null)

.PHONY: all build demo test format format-check page-check lint bench install setup-build setup-test setup-bench clean

all: build

setup-build setup-test setup-bench: setup-%:
	@tools/setup.sh $*

$(BUILD)/build.ninja: CMakeLists.txt CMakePresets.json $(wildcard cmake/*.cmake)
	cmake --preset $(PRESET) $(CMAKE_FLAGS)
	@touch $@

# Without the packages for tests only the program itself is built.
build: setup-build
	@tests=$$(dpkg-query -W libgtest-dev libbenchmark-dev >/dev/null 2>&1 && echo ON || echo OFF); \
	$(MAKE) --no-print-directory $(BUILD)/build.ninja CMAKE_FLAGS="-DTENJO_TESTS=$$tests -DTENJO_BENCH=$$tests"
	cmake --build --preset $(PRESET) --target tenjo_cli_program

demo: build
	@mkdir -p build/demo
	@for video in $(VIDEOS); do \
	  out=build/demo/$$(basename $$video .mp4); \
	  size=; [ "$$video" != $(CLIP) ] || size="--size 0x480"; \
	  $(BUILD)/tenjo run "$$video" --model $(MODEL) $$size --out $$out.jsonl --video $$out.mp4 || exit 1; \
	  echo "Drawn video: $$out.mp4, people: $$out.jsonl"; \
	done

test: setup-test format-check
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja CMAKE_FLAGS="-DTENJO_TESTS=ON -DTENJO_BENCH=ON"
	cmake --build --preset $(PRESET)
	@$(MAKE) --no-print-directory page-check
	tools/lint.sh $(BUILD)
	ctest --preset $(PRESET)

format: setup-test
	@clang-format -i $(CPP)
	@[ ! -d web/node_modules ] || (cd web && npm run --silent format)

format-check: setup-test
	@clang-format --dry-run -Werror $(CPP)

# The page's types, rules and format; the build has fetched the tools.
page-check:
	@cd web && npm run --silent check

lint: setup-test
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja CMAKE_FLAGS="-DTENJO_TESTS=ON -DTENJO_BENCH=ON"
	tools/lint.sh $(BUILD)

bench: setup-bench
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja CMAKE_FLAGS="-DTENJO_TESTS=ON -DTENJO_BENCH=ON"
	cmake --build --preset $(PRESET)
	bench/all.sh $(BUILD)

install: build
	cmake --build --preset $(PRESET)
	cmake --install $(BUILD) --prefix "$(PREFIX)"

clean:
	rm -rf $(BUILD) build/demo build/bench
