// SPDX-License-Identifier: Apache-2.0

package a

type machine struct{ quit chan struct{} }

func newMachine() *machine { return &machine{make(chan struct{})} }

func (m *machine) Run() { <-m.quit }

func (m *machine) Stop() {
	if m != nil {
		close(m.quit)
	}
}

// early takes the nil at the defer.
func early(reload func(func())) {
	var m *machine
	defer m.Stop()
	reload(func() {
		m.Stop()
		m = newMachine()
		go m.Run() // want `the deferred m.Stop at line \d+ does not stop this goroutine: m is nil there`
	})
}

// inTime looks at the variable at the end only.
func inTime(reload func(func())) {
	var m *machine
	defer func() { m.Stop() }()
	reload(func() {
		m.Stop()
		m = newMachine()
		go m.Run()
	})
}

// before has its machine when it gets to the defer.
func before(big bool) {
	var m *machine
	if big {
		m = newMachine()
	}
	defer m.Stop()
	if !big {
		m = newMachine()
	}
	go m.Run()
}

// given has it from elsewhere.
func given(set func(**machine)) {
	var m *machine
	set(&m)
	defer m.Stop()
	go m.Run()
}

// elsewhere has its defer in a goroutine that comes to it later.
func elsewhere(ready chan struct{}) {
	var m *machine
	go func() {
		<-ready
		defer m.Stop()
	}()
	m = newMachine()
	go m.Run()
	close(ready)
}
