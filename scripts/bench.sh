#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the benchmarks of the core and of bench/, and prints benchstat's tables.
#
#	bash scripts/bench.sh [regexp]    default: all benchmarks
#
# Benchmarks that are to be compared are sub-benchmarks named impl=NAME; each
# NAME becomes a column and its ratio to the first one is printed.
#
# Environment:
#	QUIESCE_BENCH_COUNT  runs of each benchmark (default 6, the least for which
#	                     benchstat gives an interval at 95 %)
#	QUIESCE_BENCH_TIME   go test's -benchtime (default 1s)
#	QUIESCE_BENCH_COL    benchstat's -col (default /impl)
#	QUIESCE_BENCH_OUT    keep the raw results in this file, for a comparison
#	                     of two revisions: benchstat old.txt new.txt

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

regexp=${1:-.}
install_missing
bin=$(tools_bin)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=${QUIESCE_BENCH_OUT:-$work/bench.txt}
: >"$out"

for dir in . bench; do
	has_packages "$dir" || continue
	in_module "$dir" go test -run '^$' -bench "$regexp" -benchmem -timeout 60m \
		-count "${QUIESCE_BENCH_COUNT:-6}" -benchtime "${QUIESCE_BENCH_TIME:-1s}" ./... </dev/null |
		{ grep -v -e '^?' -e '^PASS$' -e '^ok ' || true; } | tee -a "$out"
done
grep -q '^Benchmark' "$out" || die "no benchmark matches $regexp"
say
"$bin/benchstat" -col "${QUIESCE_BENCH_COL:-/impl}" "$out"
if [ $# -eq 0 ]; then
	say
	in_module bench go run ./cmd/ratios </dev/null
fi
