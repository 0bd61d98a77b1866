#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs "go generate" in every module. Generated files are committed.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

while read -r dir; do
	if has_packages "$dir"; then in_module "$dir" go generate ./... </dev/null; fi
done < <(modules)
