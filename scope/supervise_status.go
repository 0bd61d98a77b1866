// SPDX-License-Identifier: Apache-2.0

package scope

import "time"

// A ServiceState is what a [Supervisor] does with a service.
type ServiceState int

const (
	ServiceWaiting  ServiceState = iota // for its turn
	ServiceStarting                     // it runs, and is not ready yet
	ServiceReady                        // it runs
	ServiceStopping                     // it is to end, or what it has left running is
	ServiceBackoff                      // it has failed, and will be restarted
	ServiceEnded                        // it does not run, and there is no plan to restart it
)

// String returns the name: "waiting", "starting" and so on.
func (s ServiceState) String() string {
	return [...]string{"waiting", "starting", "ready", "stopping", "backoff", "ended"}[s]
}

// MarshalText returns the name.
func (s ServiceState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A ServiceStatus tells how a service is.
type ServiceStatus struct {
	Name      string       `json:"name"`                 // the service's
	State     ServiceState `json:"state"`                // as its name in JSON
	Since     time.Time    `json:"since,omitzero"`       // when it got into this state; zero before Run was called
	Restarts  int          `json:"restarts"`             // how often it was started again since Run was called
	Next      time.Time    `json:"next,omitzero"`        // when its backoff is over; zero if it has none
	LastError string       `json:"last_error,omitempty"` // what it has last ended with, if that was an error
}

// Status returns how the services are, in their order. It may be called at any time;
// when Run has returned it tells how they were left.
func (s *Supervisor) Status() []ServiceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]ServiceStatus(nil), s.status...)
}

// reset is the status before Run has begun.
func (s *Supervisor) reset() {
	s.status = make([]ServiceStatus, len(s.services))
	for i := range s.services {
		s.status[i].Name = s.services[i].Name
	}
}

// publish lets others see the status of service i, and tells the observer. err is what
// it has ended with.
func (s *Supervisor) publish(i int, now ServiceStatus, err error) {
	s.mu.Lock()
	s.status[i] = now
	s.mu.Unlock()
	if s.cfg.observe != nil {
		s.cfg.observe(now, err)
	}
}
