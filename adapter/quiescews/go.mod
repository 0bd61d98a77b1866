module github.com/go-quiesce/quiesce/adapter/quiescews

go 1.26.0

require (
	github.com/coder/websocket v1.8.15
	github.com/go-quiesce/quiesce v0.0.0
)
