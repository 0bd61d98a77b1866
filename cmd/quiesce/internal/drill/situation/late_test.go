// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A client that was held up itself says nothing against the server, and still says
// what is for it.
func TestLateClients(t *testing.T) {
	lost := ending{outcome: load.NoResponse, err: errors.New("EOF")}
	fine := ending{outcome: load.OK, good: true, status: 200}
	tests := []struct {
		name string
		soon bool
		late time.Duration
		e    ending
		good bool
		want string // in the detail
	}{
		{"in time", true, lateMost, lost, false, "EOF"},
		{"early, as the play has ended", true, -time.Second, lost, false, "EOF"},
		{"late", true, lateMost + time.Millisecond, lost, true, "101ms late: EOF"},
		{"late, with nothing begun", false, time.Second, lost, false, "EOF"},
		{"late and answered", true, time.Second, fine, true, "status 200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Scene{}
			s.setDefaults()
			c := &client{play: &Play{scene: s}, form: &form{soon: tt.soon}, asked: true, late: tt.late}
			if f := c.fate(tt.e); f.Good != tt.good || !strings.Contains(f.Detail, tt.want) {
				t.Errorf("fate = %+v, want good = %v, %q", f, tt.good, tt.want)
			}
		})
	}
}
