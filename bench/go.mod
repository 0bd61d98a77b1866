module github.com/go-quiesce/quiesce/bench

go 1.26
