#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Everything that can be said about the code without running its tests: format,
# vet, staticcheck, the repository's own rules, tidy go.mod files. All checks
# run, then it exits 1 if one failed. The tools are those of tools/go.mod.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

failed=()

# check NAME COMMAND... prints the output only if the command fails.
check() {
	local name=$1 out start=$SECONDS
	shift
	if out=$("$@" 2>&1 </dev/null); then
		say "ok    $name ($((SECONDS - start))s)"
	else
		failed+=("$name")
		printf '%s\n' "$out"
		say "FAIL  $name"
	fi
}

formatted() {
	local files
	files=$("$bin/gofumpt" -l .) || { say "$files"; return 1; }
	[ -z "$files" ] || { printf 'not formatted: %s\n' $files; return 1; }
}

scripts_parse() {
	local f
	for f in scripts/*.sh .ci/run; do bash -n "$f" || return 1; done
}

install_missing
bin=$(tools_bin)
own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT

check "shell syntax" scripts_parse
check "gofumpt" formatted
check "build quiesce" in_module cmd/quiesce go build -o "$own/quiesce" .
while read -r dir; do
	has_packages "$dir" || continue
	name=$(module_name "$dir")
	check "vet $name" in_module "$dir" go vet ./...
	check "staticcheck $name" in_module "$dir" "$bin/staticcheck" ./...
	check "quiesce vet $name" in_module "$dir" "$own/quiesce" vet ./...
done < <(modules)
for os in windows darwin; do
	check "vet core for $os" env GOOS=$os CGO_ENABLED=0 go vet ./...
	check "build quiesce for $os" in_module cmd/quiesce env GOOS=$os CGO_ENABLED=0 go build -o /dev/null .
done
check "policy" go test -count=1 ./internal/policy
check "policy of this tree" go test -count=1 -run '^TestPolicy' .
check "tidy" bash scripts/tidy.sh -check

if [ ${#failed[@]} -gt 0 ]; then
	say "failed: ${#failed[@]} of the checks"
	exit 1
fi
say "all checks passed"
