// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"sync"

	"github.com/go-kit/log"
	"github.com/grafana/dskit/modules"
	"github.com/grafana/dskit/services"
	"github.com/oklog/run"
	"go.uber.org/fx"
)

// Fx gives each component's hooks to an fx application. Fx calls them one after
// the other, so the graph makes no difference. It has no Run.
func Fx(g *Graph, h Hooks) Rig {
	app := fx.New(fx.NopLogger, fx.Invoke(func(lc fx.Lifecycle) {
		for range g.names {
			lc.Append(fx.Hook{OnStart: h.Start, OnStop: h.Stop})
		}
	}))
	ctx := context.Background()
	return Rig{
		Start: func() { must(app.Start(ctx)) },
		Stop:  func() { must(app.Stop(ctx)) },
	}
}

// Dskit makes a dskit service of each component and, if the graph has needs,
// wraps it in a module that waits for its direct neighbours. The modules are
// wired by hand: modules.Manager takes time exponential in the number of levels
// to build the same.
func Dskit(g *Graph, h Hooks) Rig {
	all := make([]services.Service, g.Len())
	for i := range all {
		all[i] = services.NewBasicService(h.Start, h.Run, func(error) error { return h.Stop(context.Background()) })
		if h.Run == nil {
			all[i] = services.NewIdleService(h.Start, func(error) error { return h.Stop(context.Background()) })
		}
	}
	if len(g.levels) > 1 {
		all = dskitModules(g, all)
	}
	manager, err := services.NewManager(all...)
	must(err)
	ctx := context.Background()
	return Rig{
		Start: func() { must(services.StartManagerAndAwaitHealthy(ctx, manager)) },
		Stop:  func() { must(services.StopManagerAndAwaitStopped(ctx, manager)) },
	}
}

func dskitModules(g *Graph, plain []services.Service) []services.Service {
	wrapped := make([]services.Service, len(plain))
	users := g.users()
	pick := func(from []int) func(string) map[string]services.Service {
		return func(string) map[string]services.Service {
			m := make(map[string]services.Service, len(from))
			for _, j := range from {
				m[g.names[j]] = wrapped[j]
			}
			return m
		}
	}
	for i, s := range plain {
		wrapped[i] = modules.NewModuleService(g.names[i], log.NewNopLogger(), s, pick(g.needs[i]), pick(users[i]))
	}
	return wrapped
}

var errStop = errors.New("stop")

// Oklog makes an actor of each component: its Start, the wait for the
// interrupt, its Stop. Oklog's group knows no order and no readiness: all
// actors run side by side, so the graph makes no difference.
func Oklog(g *Graph, h Hooks) Rig {
	var group run.Group
	var started sync.WaitGroup
	for range g.names {
		interrupted := make(chan struct{})
		started.Add(1)
		group.Add(func() error {
			err := h.Start(context.Background())
			started.Done()
			<-interrupted
			return errors.Join(err, h.Stop(context.Background()))
		}, func(error) { close(interrupted) })
	}
	stop := make(chan struct{})
	group.Add(func() error { <-stop; return errStop }, func(error) {})
	ended := make(chan error, 1)
	return Rig{
		Start: func() {
			go func() { ended <- group.Run() }()
			started.Wait()
		},
		Stop: func() {
			close(stop)
			if err := <-ended; err != errStop {
				panic(err)
			}
		},
	}
}
