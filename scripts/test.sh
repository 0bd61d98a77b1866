#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs every test of every module with the race detector, then the model test
# at full size, then the core on 32 bits and sigmux on arm64. Needs Go and bash;
# what else is missing it installs (Debian, Ubuntu). The last line is the sum:
# "N passed, N failed, N skipped".
#
#	bash scripts/test.sh                    all modules
#	bash scripts/test.sh cmd/quiesce bench  only these ("." is the core)
#
# Environment:
#	QUIESCE_MODEL_SCHEDULES       schedules of the model test without the race
#	                              detector, half of them at GOMAXPROCS=1 and
#	                              half at 2 (default 100000; 0: not run)
#	QUIESCE_MODEL_RACE_SCHEDULES  the same with it (default 10000; 0: not run)
#	QUIESCE_MODEL_SEED            which programs it makes (default 1, the same in
#	                              every run; how they interleave is not)
#	QUIESCE_RACE=0                no race detector
#	QUIESCE_NO_INSTALL=1          install nothing

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

plain_schedules=${QUIESCE_MODEL_SCHEDULES:-100000}
race_schedules=${QUIESCE_MODEL_RACE_SCHEDULES:-10000}
unset QUIESCE_MODEL_SCHEDULES # the small default of the test in the normal run
export QUIESCE_MODEL_SEED=${QUIESCE_MODEL_SEED:-1}

# A program built with -race sleeps a second before it exits, each child process
# of a test too.
export GORACE=${GORACE:-atexit_sleep_ms=50}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
testsum=$work/testsum
totals=$work/totals

race=(-race)
if [ "${QUIESCE_RACE:-1}" = 0 ]; then race=(); fi

# run_tests LABEL DIR [-some] GO_TEST_ARGUMENT... runs tests and counts them.
# With -some it is a failure if there are none.
run_tests() {
	local label=$1 dir=$2 some=()
	shift 2
	if [ "$1" = -some ]; then
		some=(-some)
		shift
	fi
	say "== $label"
	if ! in_module "$dir" go test -count=1 -timeout 20m -json "$@" </dev/null |
		"$testsum" ${some[@]+"${some[@]}"} -totals "$totals" "$label"; then
		failed_run "$label"
	fi
}

# failed_run makes sure that a run that failed counts: the go command can fail
# before the first test.
failed_run() {
	local failed=0
	if [ -s "$totals" ]; then
		failed=$(tail -n 1 "$totals" | awk -F '\t' -v l="$1" '$1 == l { print $3 }')
	fi
	[ "${failed:-0}" -gt 0 ] || printf '%s\t0\t1\t0\n' "$1" >>"$totals"
}

# module_tests DIR: one module's tests, examples and fuzz seeds.
module_tests() {
	if ! has_packages "$1"; then
		say "== $(module_name "$1"): no packages"
		return
	fi
	run_tests "$(module_name "$1")" "$1" ${race[@]+"${race[@]}"} ./...
}

# model_test: the random schedules against the invariants, at full size.
model_test() {
	local procs
	if [ "$plain_schedules" -gt 0 ]; then
		for procs in 1 2; do
			GOMAXPROCS=$procs QUIESCE_MODEL_SCHEDULES=$((plain_schedules / 2)) \
				run_tests "model, GOMAXPROCS=$procs" . -some -timeout 15m -run '^TestModel' .
		done
	fi
	if [ "$race_schedules" -gt 0 ] && [ ${#race[@]} -gt 0 ]; then
		QUIESCE_MODEL_SCHEDULES=$race_schedules \
			run_tests "model, race" . -some -timeout 15m -race -run '^TestModel' .
	fi
}

# narrow_test: the core on 32 bits, where an int is narrower than a duration.
# Only amd64 runs it as it is. Mutants and policy are about the source, and the
# contract and the programs of others are about the machine as it is.
narrow_test() {
	if [ "$(go env GOHOSTOS)/$(go env GOHOSTARCH)" = linux/amd64 ]; then
		GOARCH=386 CGO_ENABLED=0 run_tests "core, 386" . -some -skip '^Test(Mutants|Policy|Contract|Outside)' ./...
	else
		say "== core, 386: not run, this machine is $(go env GOHOSTOS)/$(go env GOHOSTARCH)"
	fi
}

# arm64_test: sigmux on arm64, for the signal handler in assembly. An arm64
# machine has run it already; another one emulates the process, which is good
# enough for real signals. The few tests for which it is not skip.
arm64_test() {
	if [ "$(go env GOHOSTOS)/$(go env GOHOSTARCH)" = linux/arm64 ]; then
		say "== sigmux, arm64: not run again"
	elif command -v qemu-aarch64 >/dev/null; then
		GOOS=linux GOARCH=arm64 CGO_ENABLED=0 QUIESCE_EMULATOR=qemu-aarch64 \
			run_tests "sigmux, arm64" . -some -exec qemu-aarch64 ./sigmux/...
	else
		say "== sigmux, arm64: not run, there is no qemu-aarch64"
	fi
}

# sum prints the runs that failed and the total, and says whether all is well.
sum() {
	awk -F '\t' '
		{ passed += $2; failed += $3; skipped += $4 }
		$3 > 0 { print "FAILED " $1 ": " $3 }
		END {
			tail = skipped ? ", " skipped " skipped" : ""
			print passed + 0 " passed, " failed + 0 " failed" tail
			exit failed > 0
		}' "$totals"
}

install_missing test
if [ ${#race[@]} -gt 0 ]; then
	have_cc || die "the race detector needs a C compiler and none could be installed; QUIESCE_RACE=0 does without"
	export CGO_ENABLED=1
fi
in_module tools go build -o "$testsum" ./testsum
QUIESCE_H2SPEC=$(tools_bin)/h2spec
export QUIESCE_H2SPEC
touch "$totals"

targets=("$@")
if [ $# -eq 0 ]; then
	while read -r dir; do targets+=("$dir"); done < <(modules)
fi
for dir in "${targets[@]}"; do
	[ -f "$dir/go.mod" ] || die "no module in $dir"
	module_tests "$dir"
	if [ "$dir" = . ]; then
		model_test
		narrow_test
		arm64_test
	fi
done
sum
