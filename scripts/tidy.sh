#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs "go mod tidy" on every module.
#
#	bash scripts/tidy.sh [-check]    -check: change nothing, fail if it would
#
# The modules of this repository require each other at v0.0.0, which no proxy
# has. So each is tidied on a copy of its go.mod that replaces them by their
# folders; the replace lines are dropped before the copy goes back.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

add=() drop=()
while read -r dir; do
	path=$(awk '$1 == "module" { print $2; exit }' "$dir/go.mod")
	add+=("-replace=$path@v0.0.0=$root/$dir")
	drop+=("-dropreplace=$path@v0.0.0")
done < <(modules)

# tidy DIR leaves the tidied go.mod and go.sum of a module in $work.
tidy() {
	rm -f "$work"/go.*
	cp "$1/go.mod" "$work/go.mod"
	if [ -f "$1/go.sum" ]; then cp "$1/go.sum" "$work/go.sum"; fi
	go mod edit "${add[@]}" "$work/go.mod"
	(cd "$1" && GOWORK=off go mod tidy -modfile="$work/go.mod")
	go mod edit "${drop[@]}" "$work/go.mod"
}

# same FILE DIR: are the tidied file and the module's alike, or both absent?
same() {
	if [ ! -s "$work/$1" ]; then
		[ ! -s "$2/$1" ]
	else
		[ -f "$2/$1" ] && cmp -s "$work/$1" "$2/$1"
	fi
}

# put FILE DIR gives the module its tidied file.
put() {
	if [ -s "$work/$1" ]; then cp "$work/$1" "$2/$1"; else rm -f "$2/$1"; fi
}

status=0
while read -r dir; do
	tidy "$dir" </dev/null
	for file in go.mod go.sum; do
		same "$file" "$dir" && continue
		if [ "${1:-}" = -check ]; then
			say "$dir/$file is not tidy; bash scripts/tidy.sh mends it"
			diff -u "$dir/$file" "$work/$file" || true
			status=1
		else
			put "$file" "$dir"
			say "tidied $dir/$file"
		fi
	done
done < <(modules)
exit $status
