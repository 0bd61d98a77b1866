// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

func redis(t *testing.T, port, dir string) []string {
	return []string{
		program(t, "redis-server", "redis-server"),
		"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--dir", dir,
	}
}

// Redis closes its connections at once, with commands unread in them. What it has
// acknowledged is there.
func TestRedisTerm(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	ping, set := loadOverTCP(port, "ping", 16), loadOverTCP(port, "set", 8)
	ping.Kind, set.Kind = load.Lines("PING", "+PONG"), load.Lines("SET {id} {id}", "+OK")
	c := drill.Config{Loads: []drill.LoadConfig{ping, set}, Situations: overTCP}
	c.Setup.Command = redis(t, port, dir)
	c.Setup.Rounds = 12
	run := drilled(t, c, expectation{
		verdict: record.Fail,
		fails:   []string{"requests-tcp"},
		races:   everyFail(),
	})
	keys, acknowledged, unknown := redisKeys(t, redis(t, port, dir), port), answered(run, "set"), lost(run, "set")
	t.Logf("%d keys are there; %d were acknowledged, %d may be there", keys, acknowledged, unknown)
	if acknowledged == 0 || keys < acknowledged || keys > acknowledged+unknown {
		t.Errorf("%d keys, want the %d that were acknowledged, and at most the %d that were not answered", keys, acknowledged, unknown)
	}
}

// redisKeys starts the server once more and asks how many keys there are.
func redisKeys(t *testing.T, command []string, port string) int {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	deadline := time.Now().Add(10 * time.Second)
	for {
		n, err := redisSize(port)
		if err == nil {
			return n
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond) // it says nothing when it is ready
	}
}

func redisSize(port string) (int, error) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := fmt.Fprint(conn, "DBSIZE\r\n"); err != nil {
		return 0, err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, ":"))) // -LOADING until it has read its file
}

// Memcached ends its event loop, and with it whatever its threads have in hand.
func TestMemcachedTerm(t *testing.T) { memcached(t, "SIGTERM") }

// What it calls graceful is for what is in memory, not for clients.
func TestMemcachedGraceful(t *testing.T) { memcached(t, "SIGUSR1") }

func memcached(t *testing.T, signal string) {
	path, port := program(t, "memcached", "memcached"), freePort(t)
	l := loadOverTCP(port, "version", 16)
	l.Kind = load.Lines("version", "VERSION")
	c := drill.Config{Loads: []drill.LoadConfig{l}, Situations: overTCP}
	c.Setup.Command, c.Setup.Signal, c.Setup.Rounds = []string{path, "-l", "127.0.0.1", "-p", port}, signal, 20
	if os.Getuid() == 0 {
		c.Setup.Command = append(c.Setup.Command, "-u", "root")
	}
	drilled(t, c, expectation{
		verdict: record.Fail,
		fails:   []string{"requests-tcp"},
		races:   everyFail(),
	})
}

func nats(t *testing.T, signal string, connections int, kind kindNATS, more string) drill.Config {
	path, dir, port := program(t, "nats-server", "nats-server"), t.TempDir(), freePort(t)
	conf := write(t, dir, "nats.conf", fmt.Sprintf("listen: \"127.0.0.1:%s\"\n%s", port, more))
	l := loadOverTCP(port, "ping", connections)
	l.Kind = kind
	c := drill.Config{Loads: []drill.LoadConfig{l}}
	c.Setup.Command, c.Setup.Signal = []string{path, "-c", conf}, signal
	return c
}

// TERM ends it with a code that says failure, and its clients' requests with it.
func TestNATSTerm(t *testing.T) {
	c := nats(t, "SIGTERM", 16, kindNATS{}, "")
	c.Situations = overTCP
	drilled(t, c, expectation{
		verdict: record.Fail,
		fails:   []string{"exit-code"},
		races:   everyFail(),
	})
}

// lameDuck has the least duration that can be set.
const lameDuck = "lame_duck_duration: \"30s\"\nlame_duck_grace_period: \"100ms\"\n"

// The lame duck tells its clients, who leave, and sends those away that do not, one a
// second, with what they have asked last. It takes that time also if they have left, so
// that there may only be a few.
func TestNATSLameDuck(t *testing.T) {
	for name, want := range map[string]struct {
		kind  kindNATS
		races []string
	}{
		"heard":   {kindNATS{leaves: true}, nil},
		"unheard": {kindNATS{}, []string{"requests-tcp"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := nats(t, "SIGUSR2", 2, want.kind, lameDuck)
			c.Setup.Rounds = 6
			c.Loads[0].Rate = 4000 // some within the millisecond or two until its clients have left
			drilled(t, c, expectation{verdict: record.Pass, races: want.races})
		})
	}
}
