// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// The files in a report directory. A run that has begun and not ended cleanly
// leaves "running"; a report that is complete leaves "report.json", and "clean"
// beside it if the stop was clean.
const (
	runningFile = "running"
	reportFile  = "report.json"
	cleanFile   = "clean"
)

// Previous says how the run before this one ended; see [WithReportDir].
type Previous struct {
	Clean  bool    // it stopped cleanly
	Report *Report // its report; nil if it died before it could write one
}

// Previous returns how the run before this one ended, or nil if there was none,
// there is no report directory, or Run has not been called. A process that was
// killed leaves Clean false and no Report.
func (a *App) Previous() *Previous { return a.previous.Load() }

// openReportDir reads what the last run left and says that this one runs.
func (a *App) openReportDir() {
	dir := a.cfg.reportDir
	if dir == "" {
		return
	}
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		var previous *Previous
		previous, err = readPrevious(dir)
		a.previous.Store(previous)
		// Each step is done whatever became of the others: on a full disk the
		// clean marker of the last run must go all the same.
		err = errors.Join(err,
			os.WriteFile(filepath.Join(dir, runningFile), fmt.Appendf(nil, "pid %d since %s\n", os.Getpid(), a.timeAt(a.startedAt.Load()).UTC()), 0o644),
			removeIfThere(filepath.Join(dir, cleanFile)),
			removeIfThere(filepath.Join(dir, reportFile)))
	}
	if err != nil {
		a.note("report directory: %v", err)
	}
}

func readPrevious(dir string) (*Previous, error) {
	data, err := os.ReadFile(filepath.Join(dir, reportFile))
	if os.IsNotExist(err) {
		if _, err := os.Stat(filepath.Join(dir, runningFile)); err == nil {
			return &Previous{}, nil
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := new(Report)
	if err := json.Unmarshal(data, r); err != nil {
		return &Previous{}, fmt.Errorf("%s: %w", reportFile, err)
	}
	_, err = os.Stat(filepath.Join(dir, cleanFile))
	return &Previous{Clean: err == nil, Report: r}, nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// note adds a line to the report's notes.
func (a *App) note(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.noteLocked(format, args...)
}

// wantsReport reports whether keepReport has anywhere to write to.
func (a *App) wantsReport() bool {
	return a.cfg.logger != nil || a.cfg.reportDir != "" || a.cfg.termLog.value != ""
}

// keepReport writes the report to the log, the report directory, the file of
// ReportVariable and the termination log. What cannot be written is said on standard error: nowhere
// else is left.
func (a *App) keepReport(r *Report) {
	if a.cfg.logger != nil {
		logReport(a.cfg.logger, r)
	}
	if dir := a.cfg.reportDir; dir != "" {
		if err := saveReport(dir, r); err != nil {
			fmt.Fprintf(os.Stderr, "quiesce: warning: report not kept: %v\n", err)
		}
	}
	if path := a.cfg.reportFile; path != "" {
		if err := writeReport(path, r); err != nil {
			fmt.Fprintf(os.Stderr, "quiesce: warning: %s: %v\n", ReportVariable, err)
		}
	}
	if path := a.cfg.termLog.value; path != "" {
		if err := writeTerminationLog(path, r); err != nil && !os.IsNotExist(err) {
			fmt.Fprintf(os.Stderr, "quiesce: warning: termination log: %v\n", err)
		}
	}
}

// saveReport keeps the report for the next run. On a full disk it leaves no clean
// marker.
func saveReport(dir string, r *Report) error {
	if err := writeReport(filepath.Join(dir, reportFile), r); err != nil {
		return err
	}
	if r.Clean {
		if err := writeSynced(filepath.Join(dir, cleanFile), nil); err != nil {
			return err
		}
	}
	return removeIfThere(filepath.Join(dir, runningFile))
}

// writeReport puts the report in its place whole or not at all: a full disk leaves
// no half of it.
func writeReport(path string, r *Report) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	temp := path + ".tmp"
	if err := writeSynced(temp, append(data, '\n')); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

func writeSynced(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			os.Remove(path)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// maxTerminationLog is what Kubernetes keeps of a termination message.
const maxTerminationLog = 4096

// writeTerminationLog writes the reason of the stop to a file that the kubelet
// has made; it makes none.
func writeTerminationLog(path string, r *Report) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	text := r.summary() + "\n" + r.causeText() + "\n"
	for _, line := range r.notOK() {
		text += line + "\n"
	}
	_, err = io.WriteString(f, text[:min(len(text), maxTerminationLog)])
	return err
}

// answerInquiries writes the state and the stacks of all goroutines. What is
// asked meanwhile is answered by one more: a full pipe must not pile them up.
func (a *App) answerInquiries(w io.Writer) {
	pprof.SetGoroutineLabels(a.ownLabels("inquiry"))
	for asked := int32(0); !a.inquiries.CompareAndSwap(asked, 0); {
		asked = a.inquiries.Load()
		fmt.Fprintf(w, "quiesce: app %q is %s\n", a.name, a.State())
		if r := a.Report(); r != nil {
			io.WriteString(w, r.Text())
		}
		pprof.Lookup("goroutine").WriteTo(w, 1)
	}
}
