# The front door. Every target does its own set-up and is quick when nothing is to be done.
#   make demo      build, run on a video, write a drawn video
#   make test      set up, format and lint checks, build, all tests
#   make format    put all C++ files into the project's format
#   make bench     measure against the peers; figures land in build/bench
#   make install   into PREFIX (default /usr/local)
PRESET ?= release
PREFIX ?= /usr/local
BUILD := build/$(PRESET)
DATA ?= ../shared/data
VIDEO ?= $(DATA)/video/one-by-one-person-detection.mp4
MODEL ?= $(DATA)/omz/human-pose-estimation-0001/human-pose-estimation-0001.xml
CPP := $(shell git ls-files -co --exclude-standard 'src/*.cc' 'src/*.h' 'bench/*.cc' 'examples/*.cc' 2>/dev/null)

.PHONY: all build demo test format format-check lint bench install setup-build setup-test setup-bench clean

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
	@if [ ! -e "$(VIDEO)" ] || [ ! -e "$(MODEL)" ]; then \
	  echo "make demo needs a video and a pose network, which do not come with the project yet."; \
	  echo "Give them: make demo VIDEO=film.mp4 MODEL=human-pose-estimation-0001.xml"; \
	  echo "(Open Model Zoo's human-pose-estimation-0001 in OpenVINO IR, or an .onnx that describes itself.)"; \
	  exit 1; fi
	@mkdir -p build/demo
	$(BUILD)/tenjo run "$(VIDEO)" --model "$(MODEL)" \
	  --out build/demo/people.jsonl --video build/demo/people.mp4
	@echo "Drawn video: build/demo/people.mp4, people: build/demo/people.jsonl"

test: setup-test format-check
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja CMAKE_FLAGS="-DTENJO_TESTS=ON -DTENJO_BENCH=ON"
	cmake --build --preset $(PRESET)
	tools/lint.sh $(BUILD)
	ctest --preset $(PRESET)

format: setup-test
	@clang-format -i $(CPP)

format-check: setup-test
	@clang-format --dry-run -Werror $(CPP)

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
