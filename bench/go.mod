module github.com/go-quiesce/quiesce/bench

go 1.26.0

require (
	github.com/go-kit/log v0.2.1
	github.com/go-quiesce/quiesce v0.0.0
	github.com/grafana/dskit v0.0.0-20260703122047-de1ec7541c44
	github.com/oklog/run v1.2.0
	go.uber.org/fx v1.24.0
	golang.org/x/sync v0.24.0
)

require (
	github.com/alitto/pond/v2 v2.7.1
	github.com/go-logfmt/logfmt v0.5.1 // indirect
	github.com/panjf2000/ants/v2 v2.12.1
	github.com/pkg/errors v0.9.1 // indirect
	github.com/sourcegraph/conc v0.3.0
	github.com/thejerf/suture/v4 v4.0.6
	go.uber.org/atomic v1.11.0 // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.uber.org/zap v1.27.0 // indirect
	golang.org/x/sys v0.45.0 // indirect
)
