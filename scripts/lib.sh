# SPDX-License-Identifier: Apache-2.0
#
# What the other scripts share. Sourced, not run: it sets the shell's options
# and goes to the root of the repository.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

# The checkout may belong to another user (containers, CI), where stamping the
# revision makes the build fail.
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"
unset GOWORK

say() { printf '%s\n' "$*"; }
warn() { printf 'quiesce: warning: %s\n' "$*" >&2; }
die() {
	printf 'quiesce: error: %s\n' "$*" >&2
	exit 1
}

PATH=$PATH:/usr/sbin:/sbin # where Debian keeps servers, and other users than root do not look

if ! command -v go >/dev/null && [ -x /usr/local/go/bin/go ]; then
	PATH=$PATH:/usr/local/go/bin
fi
command -v go >/dev/null || die "go is not on the PATH; https://go.dev/dl has it"

# modules prints the folder of each module, the core (".") first.
modules() {
	find . -name go.mod -not -path '*/testdata/*' -not -path './.*/*' |
		sed -e 's|/go\.mod$||' -e 's|^\./||' | LC_ALL=C sort
}

# module_name prints how we call the module in a folder.
module_name() {
	if [ "$1" = . ]; then say core; else say "$1"; fi
}

# in_module DIR COMMAND... runs the command there. tools is not in go.work: the
# versions of the tools must not move those that the code is built with.
in_module() {
	(
		cd "$1"
		if [ "$1" = tools ]; then export GOWORK=off; fi
		shift
		"$@"
	)
}

# has_packages DIR is false for a module that holds no Go code yet. It does not
# ask the go command, for which a broken module has no packages either.
has_packages() { [ -n "$(find "$1" -name '*.go' -not -path '*/testdata/*' -print -quit)" ]; }

# tools_bin prints a folder with the tools that tools/go.mod pins, built on the
# first call and again only if a pin or the Go release changes.
tools_bin() {
	local key bin
	key=$({ go version && cat tools/go.mod tools/go.sum; } | cksum | tr ' ' -)
	bin=$(dirname "$(go env GOCACHE)")/quiesce-tools/$key
	if [ ! -d "$bin" ]; then
		warn "building the pinned tools, once"
		in_module tools env GOBIN="$bin.$$" go install tool || die "could not build the pinned tools"
		mv "$bin.$$" "$bin" 2>/dev/null || rm -rf "$bin.$$" # another run was first
	fi
	say "$bin"
}

# have_cc: is there a C compiler with a C library? The race detector needs both.
have_cc() { printf '#include <stdlib.h>\n' | "$(go env CC)" -E - >/dev/null 2>&1; }

# have_roots: are there certificates to check the module proxy's with?
have_roots() {
	[ -n "${SSL_CERT_FILE:-}${SSL_CERT_DIR:-}" ] || [ -s /etc/ssl/certs/ca-certificates.crt ] ||
		[ -s /etc/pki/tls/certs/ca-bundle.crt ] || [ -s /etc/ssl/cert.pem ]
}

# apt_install PACKAGE... installs Debian packages, through sudo if not root.
# Servers are not started: RUNLEVEL=1 says that the machine is for maintenance.
apt_install() {
	local apt=(env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			warn "not root and no sudo: cannot install $*"
			return 1
		}
		apt=(sudo "${apt[@]}")
		[ -t 0 ] || apt=(sudo -n "${apt[@]:1}")
	fi
	say "installing $*"
	"${apt[@]}" update >/dev/null || warn "apt-get update: not all package lists could be read"
	"${apt[@]}" install -y --no-install-recommends "$@" >/dev/null
}

# install_missing installs what the scripts and tests use and this Linux machine
# lacks: certificates and, with the argument "test", a C compiler, ps, unshare,
# the database servers of contract/drivers, the clients and proxies of
# drain/outside, the servers that the drill is tried on, a browser for its page and,
# on amd64, what runs programs for arm64. Only what is missing; elsewhere than on
# Debian and its kin it says what to install.
# QUIESCE_NO_INSTALL=1 forbids it.
install_missing() {
	[ "$(go env GOOS)" = linux ] || return 0
	local missing=()
	have_roots || missing+=(ca-certificates)
	if [ "${1:-}" = test ]; then
		have_cc || missing+=(gcc libc6-dev)
		command -v ps >/dev/null || missing+=(procps)
		command -v unshare >/dev/null || missing+=(util-linux)
		[ "$(go env GOHOSTARCH)" != amd64 ] || command -v qemu-aarch64 >/dev/null || missing+=(qemu-user)
		ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing+=(postgresql)
		command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing+=(mariadb-server)
		local tool
		for tool in nginx haproxy redis-server nats-server memcached caddy wrk curl python3; do
			command -v "$tool" >/dev/null || [ -x "/usr/sbin/$tool" ] || missing+=("$tool")
		done
		command -v node >/dev/null || command -v nodejs >/dev/null || missing+=(nodejs)
		command -v h2load >/dev/null || missing+=(nghttp2-client)
		command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
	fi
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "${QUIESCE_NO_INSTALL:-}" = 1 ] || ! command -v apt-get >/dev/null; then
		warn "please install what Debian calls ${missing[*]}"
		return 0
	fi
	apt_install "${missing[@]}" && return
	local package
	for package in "${missing[@]}"; do # one that does not exist here must not keep the others away
		apt_install "$package" || warn "could not install $package"
	done
}
