// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func TestScheduleText(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		text string
		want record.Schedule
	}{
		{"plain/TERM@37ms/keepalive:8", record.Schedule{
			Situation: record.Plain, Signals: []record.SignalAt{{Signal: "SIGTERM", After: 37 * ms}},
			Window: 37 * ms, Loads: []string{"keepalive"}, Callers: 8,
		}},
		{"start/TERM@3ms", record.Schedule{
			Situation: record.AtStart, Signals: []record.SignalAt{{Signal: "SIGTERM", After: 3 * ms}},
		}},
		{"term_int/TERM@12.5ms+INT@1.3s/keepalive,new", record.Schedule{
			Situation: record.TermInt,
			Signals:   []record.SignalAt{{Signal: "SIGTERM", After: 12500 * time.Microsecond}, {Signal: "SIGINT", After: 1300 * ms}},
			Window:    12500 * time.Microsecond, Loads: []string{"keepalive", "new"},
		}},
		{"group/USR2@0s:group/h2", record.Schedule{
			Situation: record.Group, Signals: []record.SignalAt{{Signal: "SIGUSR2", Group: true}}, Loads: []string{"h2"},
		}},
	} {
		got, err := record.ParseSchedule(tt.text)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, %v; want %+v", tt.text, got, err, tt.want)
		}
		if text := tt.want.String(); text != tt.text {
			t.Errorf("printed %q, want %q", text, tt.text)
		}
	}
}

func TestScheduleTextWrong(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "want SITUATION"},
		{"plain", "want SITUATION"},
		{"plain/TERM@1s/a/b", "want SITUATION"},
		{"odd/TERM@1s", `no situation "odd"`},
		{"plain/", "want a signal"},
		{"plain/TERM", "want a signal"},
		{"plain/SIG@1s", "want a signal"},
		{"plain/term@1s", "want a signal"},
		{"plain/TERM@1", "missing unit"},
		{"plain/TERM@-1s", "negative"},
		{"plain/TERM@1s/", "no name of a load"},
		{"plain/TERM@1s/a,,b", "no name of a load"},
		{"plain/TERM@1s/a:0", "number of clients"},
		{"plain/TERM@1s/a:b", "number of clients"},
	} {
		if s, err := record.ParseSchedule(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %+v, error %v; want one with %q", tt.text, s, err, tt.want)
		}
	}
}

// What is read prints as something that reads the same.
func FuzzSchedule(f *testing.F) {
	f.Add("plain/TERM@37ms/keepalive:8")
	f.Add("term_int/TERM@12ms+INT@300ms/keepalive,new")
	f.Add("plain/SIGSIGTERM@1s")
	f.Add("group/SIGTERM@5µs:group")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := record.ParseSchedule(text)
		if err != nil {
			return
		}
		again, err := record.ParseSchedule(s.String())
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Errorf("%q: read %+v, printed %q, which reads %+v, %v", text, s, s, again, err)
		}
	})
}
