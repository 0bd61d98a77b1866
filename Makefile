# SPDX-License-Identifier: Apache-2.0
#
# Thin names for the scripts, which work without make.

.PHONY: check test bench demo gen fmt tidy

check:
	bash scripts/check.sh

test:
	bash scripts/test.sh

bench:
	bash scripts/bench.sh

demo:
	go run ./cmd/quiesce demo

gen:
	bash scripts/gen.sh

fmt:
	bash scripts/fmt.sh

tidy:
	bash scripts/tidy.sh
