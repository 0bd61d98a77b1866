// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// h2spec finds as much in order through package drain as with net/http alone,
// which passes 140 of 145 with Go 1.26, and one more over TLS.
func TestOutsideH2spec(t *testing.T) {
	path := program(t, "h2spec", os.Getenv("QUIESCE_H2SPEC"))
	folder := certificate(t)
	configs := []config{{bare: true}, {}, {bare: true, tls: folder}, {tls: folder}}
	verdicts := make([]verdict, len(configs))
	var runs sync.WaitGroup
	for i := range configs {
		configs[i].addr = freeAddr(t)
		c := configs[i]
		defer c.start(t).stop()
		report := filepath.Join(t.TempDir(), "report.xml")
		runs.Go(func() { verdicts[i] = judge(path, c, report) }) // most of it waits
	}
	runs.Wait()
	for i, v := range verdicts {
		t.Logf("tls=%t bare=%t: %v", configs[i].tls != "", configs[i].bare, v)
		if v.err != nil {
			t.Fatal(v.err)
		}
	}
	for i := range verdicts {
		verdicts[i].settle(path, configs[i], filepath.Join(t.TempDir(), "report.xml"))
	}
	for i := 0; i < len(configs); i += 2 {
		bare, ours := verdicts[i], verdicts[i+1]
		if bare.passed == 0 || ours.passed < bare.passed {
			t.Errorf("tls=%t: %d passed, want %d as with net/http", configs[i].tls != "", ours.passed, bare.passed)
		}
		for _, name := range ours.failed {
			if !slices.Contains(bare.failed, name) {
				t.Errorf("tls=%t: failed, but not with net/http: %s", configs[i].tls != "", name)
			}
		}
	}
}

// A verdict is what h2spec says about a server.
type verdict struct {
	tests, passed int
	failed        []string
	err           error
}

func (v verdict) String() string {
	return fmt.Sprintf("%d of %d passed; failed:\n%s", v.passed, v.tests, strings.Join(v.failed, "\n"))
}

// settle repeats the one case that chance decides, of net/http alone too: of 60
// runs it failed in 9 with net/http, and in 5 with package drain. A server that
// never passes it has failed it.
func (v *verdict) settle(path string, c config, report string) {
	const section, chance = "http2/5.1", "http2/5.1: closed: Sends a HEADERS frame"
	at := slices.Index(v.failed, chance)
	for n := 0; n < 10 && at >= 0; n++ {
		again := judge(path, c, report, section)
		if again.err == nil && again.tests > 0 && !slices.Contains(again.failed, chance) {
			v.failed = slices.Delete(v.failed, at, at+1)
			v.passed++
			return
		}
	}
}

// judge runs h2spec, which bounds itself. Its exit code says no more than that
// some test failed; the report says which.
func judge(path string, c config, report string, sections ...string) verdict {
	host, port, _ := net.SplitHostPort(c.addr)
	args := []string{"-h", host, "-p", port, "-j", report}
	if c.tls != "" {
		args = append(args, "-t", "-k")
	}
	out, runErr := exec.Command(path, append(args, sections...)...).CombinedOutput()
	data, err := os.ReadFile(report)
	if err != nil {
		return verdict{err: fmt.Errorf("h2spec: %w, %v\n%s", err, runErr, out)}
	}
	return parseReport(data)
}

// parseReport reads a report in JUnit's format.
func parseReport(data []byte) verdict {
	var report struct {
		Suites []struct {
			Package string `xml:"package,attr"`
			Cases   []struct {
				Class   string    `xml:"classname,attr"`
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(data, &report); err != nil {
		return verdict{err: fmt.Errorf("h2spec's report: %w\n%s", err, data)}
	}
	var v verdict
	for _, s := range report.Suites {
		for _, c := range s.Cases {
			v.tests++
			if c.Failure == nil && c.Error == nil {
				v.passed++
			} else {
				v.failed = append(v.failed, s.Package+": "+c.Class)
			}
		}
	}
	return v
}
