// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"path/filepath"
	"strconv"
	"sync"
)

// builds are the binaries of one run of the catalogue. Linking one takes longer
// than most trials.
type builds struct {
	dir string

	mu   sync.Mutex
	made map[string]func() (bin string, err error) // guarded by mu
}

// once returns the binary of that key; build writes it.
func (b *builds) once(key string, build func(bin string) error) (bin string, err error) {
	b.mu.Lock()
	made := b.made[key]
	if made == nil {
		bin := filepath.Join(b.dir, strconv.Itoa(len(b.made)))
		made = sync.OnceValues(func() (string, error) { return bin, build(bin) })
		b.made[key] = made
	}
	b.mu.Unlock()
	return made()
}
