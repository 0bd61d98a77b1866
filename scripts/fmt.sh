#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Formats every Go file with the pinned gofumpt.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install_missing
bin=$(tools_bin)
"$bin/gofumpt" -l -w .
