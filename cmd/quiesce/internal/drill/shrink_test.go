// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"slices"
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func TestSmallest(t *testing.T) {
	for _, tt := range []struct {
		name, from, want string
		fails            func(record.Schedule) bool
	}{
		{
			"anything fails", "plain/TERM@9ms/keepalive,new,h2", "plain/TERM@9ms/keepalive:1",
			func(record.Schedule) bool { return true },
		},
		{
			"nothing smaller fails", "hup/HUP@1ms+TERM@9ms/keepalive,new:8", "hup/HUP@1ms+TERM@9ms/keepalive,new:8",
			func(record.Schedule) bool { return false },
		},
		{
			"one load, some callers", "stop_cont/STOP@1ms+CONT@2ms+TERM@9ms+STOP@1ms+CONT@1ms/keepalive,new,h2", "plain/TERM@9ms/new:4",
			func(s record.Schedule) bool {
				return slices.Contains(s.Loads, "new") && (s.Callers == 0 || s.Callers >= 3)
			},
		},
		{
			"to the group", "group/TERM@9ms:group/new:2", "plain/TERM@9ms/new:1",
			func(record.Schedule) bool { return true },
		},
		{"at the start", "start/TERM@9ms", "start/TERM@9ms", func(record.Schedule) bool { return true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from := *replay(t, tt.from)
			got := smallest(from, "SIGTERM", tt.fails)
			if got.String() != tt.want || !got.Situation.Known() || got.Situation != record.AtStart && got.Window != got.Signals[0].After {
				t.Errorf("got %s with a window of %v, want %s", got, got.Window, tt.want)
			}
			if from.String() != tt.from {
				t.Errorf("what was given has become %s", from)
			}
		})
	}
}

func TestReplayLine(t *testing.T) {
	d := &drill{Config: usual()}
	d.Flags = []string{"--url", "http://127.0.0.1:{port}/a?b=c"}
	d.Setup.Command = []string{"./server", "it's", ""}
	s := *replay(t, "group/TERM@9ms:group/keepalive:8")
	s.Seed = 42
	want := `quiesce drill --seed 42 --replay group/TERM@9ms:group/keepalive:8 --url 'http://127.0.0.1:{port}/a?b=c' -- ./server 'it'\''s' ''`
	if got := d.replay(s); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
