module github.com/go-quiesce/quiesce/analysis/golangci

go 1.26.0

require (
	github.com/go-quiesce/quiesce/analysis v0.0.0
	github.com/golangci/plugin-module-register v0.1.2
	golang.org/x/tools v0.52.0
)
