// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"time"

	"github.com/go-quiesce/quiesce"
)

// Quiesce puts the components under an app.
func Quiesce(g *Graph, h Hooks) Rig { return Of(App(g, component(h))) }

// QuiesceLimits is Quiesce with a limit for each component's Start and Stop.
func QuiesceLimits(g *Graph, h Hooks) Rig {
	return Of(App(g, component(h),
		quiesce.Limit(quiesce.PhaseStart, time.Minute), quiesce.Limit(quiesce.PhaseStop, time.Second)))
}

func component(h Hooks) quiesce.Component {
	return quiesce.Component{Start: h.Start, Run: h.Run, Stop: h.Stop}
}

// App returns an app in which every component of the graph is c.
func App(g *Graph, c quiesce.Component, opts ...quiesce.AddOption) *quiesce.App {
	app := quiesce.New("bench")
	handles := make([]*quiesce.Handle, g.Len())
	var needs []*quiesce.Handle
	for i, name := range g.names {
		if len(g.needs[i]) == 0 {
			handles[i] = app.Add(name, c, opts...)
			continue
		}
		needs = needs[:0]
		for _, j := range g.needs[i] {
			needs = append(needs, handles[j])
		}
		handles[i] = app.Add(name, c, append(opts[:len(opts):len(opts)], quiesce.Needs(needs...))...)
	}
	return app
}

// Of returns an app as a rig.
func Of(app *quiesce.App) Rig {
	ended := make(chan error, 1)
	return Rig{
		Start: func() {
			go func() { ended <- app.Run(context.Background()) }()
			<-app.Reached(quiesce.StateRunning)
		},
		Stop: func() {
			app.Shutdown(nil)
			must(<-ended)
		},
	}
}
