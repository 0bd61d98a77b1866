module github.com/go-quiesce/quiesce

go 1.26
