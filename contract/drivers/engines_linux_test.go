// SPDX-License-Identifier: Apache-2.0

package drivers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// postgres starts a PostgreSQL server. It does not run as root.
func postgres(x *claim.Trial) engine {
	x.Helper()
	initdb, server := program(x, "initdb", "/usr/lib/postgresql/*/bin/initdb"), program(x, "postgres", "/usr/lib/postgresql/*/bin/postgres")
	as, data := unprivileged(x, "postgres"), dataDir(x, "postgres")
	run(x, append(as, initdb, "--no-sync", "--auth=trust", "--username=contract", data)...)
	port := freePort(x)
	startServer(x, "ready to accept connections", append(as, server, "-D", data, "-p", port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=8")...)
	return engine{
		driver: "pgx", version: "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)",
		source: fmt.Sprintf("postgres://contract@127.0.0.1:%s/postgres?sslmode=disable", port),
		slow:   "SELECT pg_sleep(600)",
		busy:   counts("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600)'"),
	}
}

// mariadb starts a MariaDB server.
func mariadb(x *claim.Trial) engine {
	x.Helper()
	install, server := program(x, "mariadb-install-db"), program(x, "mariadbd", "/usr/sbin/mariadbd")
	as, data := unprivileged(x, "mysql"), dataDir(x, "mysql")
	run(x, append(as, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")...)
	port := freePort(x)
	startServer(x, "ready for connections", append(as, server, "--no-defaults", "--datadir="+data, "--port="+port,
		"--bind-address=127.0.0.1", "--socket="+filepath.Join(data, "s"), "--pid-file="+filepath.Join(data, "pid"), "--skip-name-resolve",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=8M")...)
	return engine{
		driver: "mysql", version: "SELECT CONCAT('MariaDB ', SUBSTRING_INDEX(VERSION(), '-', 1))",
		source: fmt.Sprintf("root@tcp(127.0.0.1:%s)/mysql", port),
		slow:   "SELECT SLEEP(600)",
		busy:   counts("SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'SELECT SLEEP(600)'"),
	}
}

// program finds a program in PATH or at the first of the places that is there.
func program(x *claim.Trial, name string, places ...string) string {
	x.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range places {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[len(found)-1]
		}
	}
	x.CannotRun("%s is not installed", name)
	return ""
}

// unprivileged returns how a command is begun that must not run as root.
func unprivileged(x *claim.Trial, account string) []string {
	x.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	if _, err := user.Lookup(account); err != nil {
		x.CannotRun("it does not run as root, and there is no other account: %v", err)
	}
	return []string{"setpriv", "--reuid=" + account, "--regid=" + account, "--clear-groups", "--"}
}

// dataDir returns an empty folder that belongs to an account if we are root.
func dataDir(x *claim.Trial, account string) string {
	x.Helper()
	dir, err := os.MkdirTemp("", "contract")
	if err != nil {
		x.Fatal(err)
	}
	x.Cleanup(func() { os.RemoveAll(dir) })
	if os.Getuid() != 0 {
		return dir
	}
	u, err := user.Lookup(account)
	if err != nil {
		x.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		x.Fatal(err)
	}
	return dir
}

// startServer starts a server and waits until it says that it is ready. It is
// ended with the trial by SIGTERM, not killed: its children are in sessions of
// their own, and only it knows them.
func startServer(x *claim.Trial, ready string, args ...string) {
	x.Helper()
	p := quiescetest.Command{Args: args, Dir: os.TempDir()}.Start(x)
	x.Cleanup(func() {
		p.Signal(syscall.SIGTERM)
		p.Wait()
	})
	p.AwaitStderr(ready)
}

func run(x *claim.Trial, args ...string) {
	x.Helper()
	cmd := exec.CommandContext(x.Context(), args[0], args[1:]...)
	cmd.Dir = os.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		x.CannotRun("%s: %v: %s", args[len(args)-1], err, out)
	}
}

// freePort returns a port that was free a moment ago.
func freePort(x *claim.Trial) string {
	x.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		x.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
