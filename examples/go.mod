module github.com/go-quiesce/quiesce/examples

go 1.26
