// SPDX-License-Identifier: Apache-2.0

package main // want `{"package":"q","takes":\["SIGHUP","SIGINT","SIGPIPE","SIGTERM","SIGUSR1"\]}`

import "github.com/go-quiesce/quiesce"

func main() { quiesce.New("q").Main() }
