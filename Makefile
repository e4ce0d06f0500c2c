# The front door: make build, make test, make check, make demo. Everything lands under build/, demo/ and codes/.
SHELL := /bin/bash
JOBS ?= $(shell nproc)

COMMAND := build/release/focus-detr

# The floors that read untrusted files or count memory themselves also run under the sanitizers. LibTorch is not
# instrumented, hence no leak check: its registries live until the process ends.
SANITIZED_FLOORS := base io images data scenes ops losses http rpc serve capi
SANITIZED_TESTS := $(foreach floor,$(SANITIZED_FLOORS),$(if $(wildcard tests/$(floor)/*_test.cpp),focus_test_$(floor)))

# $(call run_tests,BUILD,OPTIONS): the tests that CTest's options choose; also says what was skipped, which CTest keeps to itself.
# They run beside one another, two a core, as many wait for a process or a clock: OpenMP's threads that wait must not spin
# (docs/performance.md).
space := $(subst ,, )
run_tests = OMP_WAIT_POLICY=passive ctest --test-dir $(1) -j$$((2 * $(JOBS))) --output-on-failure --no-tests=error $(2) && \
  awk '/^\[  PASSED  \]/ {passed += $$4} /^skipped:/ {++skipped[$$0]} \
       END {print passed " cases passed"; for (why in skipped) print skipped[why] " " why}' $(1)/Testing/Temporary/LastTest.log

BENCHMARKS := $(basename $(notdir $(wildcard bench/*_bench.cpp)))

# Readers of untrusted files, each fuzzed for its share of the time.
FUZZ_SECONDS ?= 600
FUZZED := safetensors_header pickle weights coco yolo voc kitti labelme kserve http grpc

.PHONY: help build test check test-conditions test-rounds test-release test-page test-install test-docs test-node test-threads test-sanitized fuzz test-faults test-debian13 soak demo demo-train codes-data codes-model docs bench format lint clean

help:
	@echo "make build    install what is missing, build $(COMMAND)"
	@echo "make test     the release build and its tests, the documentation's commands, the server's page in a browser"
	@echo "make check    what takes longer: ASan and UBSan, ThreadSanitizer, an installed tree with its examples, the benchmarks'"
	@echo "              build, long tests, more rounds of what is random; a change has to pass both (.ci/run)"
	@echo "make test-conditions  the tests once more in AVX2's arithmetic, as a user, on busy cores, at every instruction set"
	@echo "make test-debian13  as root: build and test on a Debian 13 in a folder; FLAVOUR=--cuda: compile against LibTorch with CUDA"
	@echo "make soak     for a night: kill trainings, watch their memory, load a server"
	@echo "make test-node  build without OpenCV, oneDNN and Gloo, as on a GPU node, and test that"
	@echo "make fuzz     feed the readers of files what a fuzzer invents, for FUZZ_SECONDS=$(FUZZ_SECONDS) in all"
	@echo "make demo     find the codes in drawn images, or in yours: make demo IMAGE=photo.jpg"
	@echo "make demo-train  draw a data set, train on it for a few minutes, measure it, detect on unseen images"
	@echo "make codes-model  draw codes in photographs, train the small detector on them (some 13 core-hours), measure it"
	@echo "make docs     write docs/options.md, the reference of all options"
	@echo "make bench    build and run the benchmarks"
	@echo "make format   format all sources;  make lint   check formatting, run clang-tidy"
	@echo "make clean    remove build/, demo/ and codes/"

build:
	@scripts/install-deps
	@cmake --preset release --log-level=WARNING
	cmake --build build/release -j$(JOBS) --target focus-detr

# What every change and every newcomer runs: all that guards behaviour. Nothing beyond belongs here that takes more than
# seconds; repetition at random does few rounds here (tests/support/rounds.h) and more in `make check`.
# Everything is built first: what follows runs beside one another.
test: build
	cmake --build build/release -j$(JOBS) --target tests
	@$(MAKE) --no-print-directory -j3 --output-sync=target --assume-old=build test-release test-docs test-page

# The rest of what a change has to pass, on two cores within 20 minutes. What takes longer is a target of its own below.
check: export FOCUS_DETR_ROUNDS ?= 5
check: test-rounds test-install test-sanitized test-threads

# Exports are compared with ONNX Runtime where it can be had.
test-release: build
	cmake --build build/release -j$(JOBS) --target tests
	-@scripts/onnxruntime
	$(call run_tests,build/release,-LE long)

# The benchmarks build, the suites named ...Long run, and what is random is repeated.
test-rounds: export FOCUS_DETR_ROUNDS ?= 5
test-rounds: build
	cmake --build build/release -j$(JOBS)
	$(call run_tests,build/release,-L long)
	build/release/focus_test_http --gtest_filter='HttpLife.*'
	build/release/focus_test_cli --gtest_filter='ServeLife.*'

# The conditions that other machines have (as root: also as a user who owns nothing).
CONDITIONS ?= root avx2 user busy levels
test-conditions: build
	cmake --build build/release -j$(JOBS)
	scripts/test-conditions build/release $(CONDITIONS)

# The page of `serve` in a browser.
test-page: build
	scripts/test-page $(COMMAND)

test-sanitized: export ASAN_OPTIONS := detect_leaks=0:detect_stack_use_after_return=1
test-sanitized: export UBSAN_OPTIONS := print_stacktrace=1
test-sanitized:
	@scripts/install-deps
	@cmake --preset asan --log-level=WARNING
	cmake --build build/asan -j$(JOBS) --target $(SANITIZED_TESTS)
	$(call run_tests,build/asan,-R '$(subst $(space),|,$(SANITIZED_TESTS:%=^%[.]))')

# One detector in many threads, watched by ThreadSanitizer. LibTorch, OpenMP and OpenCV are not instrumented: what happens
# inside them is not judged.
test-threads: export TSAN_OPTIONS := suppressions=$(CURDIR)/scripts/tsan-suppressions
test-threads:
	@scripts/install-deps
	@cmake --preset tsan --log-level=WARNING
	cmake --build build/tsan -j$(JOBS) --target focus_test_capi focus_test_http focus_test_rpc focus_test_serve
	build/tsan/focus_test_capi
	build/tsan/focus_test_http
	build/tsan/focus_test_rpc --gtest_filter=-GrpcClient*
	# gRPC's own client is not instrumented: it is tried elsewhere.
	build/tsan/focus_test_serve --gtest_filter=-Malformed*:GrpcServer*

# A fresh prefix: the examples, pkg-config, Python's torch, the Debian package.
test-install: build
	cmake --build build/release -j$(JOBS) --target focus_detr
	scripts/test-install build/release

# The documents' lines and links, and every command that they show.
test-docs: build
	scripts/check-docs
	scripts/test-docs $(COMMAND)

# A build as on a GPU node, without OpenCV, oneDNN and Gloo: its tests, and the same numbers on a packed data set.
test-node: build
	@cmake --preset node --log-level=WARNING -DFOCUS_DETR_CUDA=OFF
	cmake --build build/node -j$(JOBS)
	$(call run_tests,build/node)
	scripts/test-node $(COMMAND) build/node/focus-detr

# What can happen to a training, made to happen (docs/reliability.md).
test-faults: build
	scripts/fault-test $(COMMAND)

# The same on Debian 13, in a folder (as root); FLAVOUR=--cuda: compiled and linked against LibTorch with CUDA (docs/gpu.md).
DEBIAN13 ?= $(CURDIR)/build/debian13$(FLAVOUR)
test-debian13:
	scripts/test-debian13 $(DEBIAN13) $(FLAVOUR)

# For a night: kills, memory over many epochs, two hosts (as root), a server under load.
SOAK_KILLS ?= 100
SOAK_SECONDS ?= 600
soak: demo
	scripts/kill-test $(COMMAND) $(SOAK_KILLS)
	scripts/kill-test $(COMMAND) 20 2
	scripts/memory-test $(COMMAND) 200
	scripts/two-hosts-test $(COMMAND)
	scripts/fault-test $(COMMAND)
	cmake --build build/release -j$(JOBS) --target focus_test_cli
	FOCUS_DETR_ROUNDS=35 build/release/focus_test_cli --gtest_filter=ServeLife.EndsOnSignalsAtAnyMoment
	scripts/load-test $(CODES_MODEL) $$(ls demo/codes/images/test/* | head -1) 416x416 $(SOAK_SECONDS)

# What is found new is kept in build/fuzz/found and tried first the next time. LibTorch is not instrumented: no leak check.
fuzz: export ASAN_OPTIONS := detect_leaks=0
fuzz: export UBSAN_OPTIONS := print_stacktrace=1
fuzz:
	@scripts/install-deps && scripts/install-deps clang libclang-rt-dev libomp-dev
	@cmake --preset fuzz --log-level=WARNING
	cmake --build build/fuzz -j$(JOBS) --target $(FUZZED:%=fuzz_%)
	@set -e; for what in $(FUZZED); do echo "== $$what"; mkdir -p build/fuzz/found/$$what; \
	  build/fuzz/fuzz_$$what -max_total_time=$$(($(FUZZ_SECONDS) / $(words $(FUZZED)))) -timeout=20 -rss_limit_mb=4096 \
	    -max_len=65536 -print_final_stats=1 -verbosity=0 -artifact_prefix=build/fuzz/ \
	    build/fuzz/found/$$what tests/fuzz/corpus/$$what; done

# The bundled detector of codes (docs/codes.md) on images drawn for it, or on yours: make demo IMAGE=photo.jpg
CODES_MODEL := models/codes.safetensors
CODES_SCENES := --scene codes --empty-share 0.12 --min-size 20

demo: build
ifndef IMAGE
	test -d demo/codes || $(COMMAND) dataset synth $(CODES_SCENES) --out demo/codes --train 0 --val 0 --test 12 --seed 5
endif
	$(COMMAND) detect --model $(CODES_MODEL) $(or $(IMAGE),demo/codes/images/test) --threshold 0.3 --out demo/found --json demo/found.json
	@echo "demo: what was found is drawn in demo/found and listed in demo/found.json"

# Learning from nothing, in minutes.
demo-train: build
	test -d demo/scenes || $(COMMAND) dataset synth --out demo/scenes --train 1600 --val 60 --test 100 --seed 7 \
	  --classes 3 --min-size 110 --max-objects 3 --max-clutter 2 --min-visible 0.7
	$(COMMAND) train --config configs/demo.yaml --data demo/scenes --out demo/run --resume
	$(COMMAND) eval --model demo/run/best.safetensors --data demo/scenes --split test
	$(COMMAND) detect --model demo/run/best.safetensors demo/scenes/images/test --out demo/detections
	@echo "demo-train: images with their detections are in demo/detections"

# Makes the detector of codes again. One thread, so that the same seed gives the same file; a run that was stopped is
# continued by the same command.

codes-data: build
	test -d codes/scenes || $(COMMAND) dataset synth $(CODES_SCENES) --out codes/scenes --train 20000 --val 300 --test 1000 --seed 11
	test -d codes/more || $(COMMAND) dataset synth $(CODES_SCENES) --out codes/more --train 18000 --val 300 --test 0 --seed 21
	test -d codes/last || $(COMMAND) dataset synth $(CODES_SCENES) --out codes/last --train 20000 --val 300 --test 0 --seed 31
	test -d codes/next || $(COMMAND) dataset synth $(CODES_SCENES) --out codes/next --train 24000 --val 300 --test 0 --seed 41
	test -d codes/wider || $(COMMAND) dataset synth $(CODES_SCENES) --out codes/wider --train 26000 --val 300 --test 0 --seed 51
	test -d codes/held-out || $(COMMAND) dataset synth $(CODES_SCENES) --style held-out --out codes/held-out \
	  --train 0 --val 0 --test 1000 --seed 12

codes-model: codes-data
	$(COMMAND) train --config configs/codes.yaml --data codes/scenes --out codes/run --resume train.threads=1 train.epochs=4
	$(COMMAND) train --config configs/codes.yaml --data codes/more --init codes/run/last.safetensors --out codes/run-more --resume \
	  train.threads=1 train.epochs=2 train.optimizer.lr=6e-4
	$(COMMAND) train --config configs/codes.yaml --data codes/last --init codes/run-more/last.safetensors --out codes/run-last --resume \
	  train.threads=1 train.epochs=2 train.optimizer.lr=6e-4
	$(COMMAND) train --config configs/codes.yaml --data codes/next --init codes/run-last/last.safetensors --out codes/run-next --resume \
	  train.threads=1 train.epochs=2 train.optimizer.lr=6e-4
	$(COMMAND) train --config configs/codes.yaml --data codes/wider --init codes/run-next/last.safetensors --out codes/run-wider --resume \
	  train.threads=1 train.epochs=2 train.optimizer.lr=6e-4
	$(COMMAND) eval --model codes/run-wider/last.safetensors --data codes/scenes --split test --json codes/test.json
	$(COMMAND) eval --model codes/run-wider/last.safetensors --data codes/held-out --split test --json codes/held-out.json
	cp codes/run-wider/last.safetensors codes/codes.safetensors
	@echo "codes-model: the model is codes/codes.safetensors; its measures are codes/test.json and codes/held-out.json"

docs: build
	$(COMMAND) options --markdown > build/options.md
	mv build/options.md docs/options.md

bench: build
	cmake --build build/release -j$(JOBS) --target $(BENCHMARKS)
	@set -e; for name in $(BENCHMARKS); do echo "== $$name"; build/release/$$name; done

format:
	@scripts/install-deps clang-format
	git ls-files -co --exclude-standard '*.h' '*.cpp' '*.cu' '*.cuh' | xargs clang-format -i

lint:
	@scripts/install-deps && scripts/install-deps clang-format clang-tidy cppcheck
	@cmake -S . -B build/lint-flags -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON --log-level=WARNING
	BUILD=build/lint-flags JOBS=$(JOBS) scripts/lint $(FILES)

clean:
	rm -rf build demo codes
