// SPDX-License-Identifier: Apache-2.0

// Package nostop defines an analyzer that reports servers without any graceful stop.
//
// # Analyzer nostop
//
// nostop: report a server's main that serves until it is killed
//
// Without a handler, SIGTERM ends a Go program on the spot (see "Default behavior of
// signals in Go programs" in the documentation of os/signal): each deploy cuts off the
// requests that are being served, and nothing that main has deferred runs, so that
// databases are not closed and buffers are not written.
//
// Wrong:
//
//	func main() {
//		db := open()
//		defer db.Close()
//		log.Fatal(http.ListenAndServe(":8080", handler(db)))
//	}
//
// Right:
//
//	func main() {
//		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
//		defer stop()
//		db := open()
//		defer db.Close()
//		srv := &http.Server{Addr: ":8080", Handler: handler(db)}
//		failed := make(chan error, 1)
//		go func() { failed <- srv.ListenAndServe() }()
//		select {
//		case err := <-failed:
//			log.Print(err)
//			return
//		case <-ctx.Done():
//		}
//		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
//		defer cancel()
//		srv.Shutdown(ctx)
//	}
//
// It reports programs that have something to lose: main defers clean-up, a package of the
// program uses a database or a queue, or there are packages beside main at all. The
// server may be in a package of a command (cmd, cli), if nothing else knows it and there
// is a database or a clean-up; or it is a type of the program that can be closed, or is
// called a server, service or daemon, and that is run with context.Background() or, by the
// only one who knows it, with nothing; or main itself takes connections in an endless loop.
//
// In other packages of a program it reports the servers of net/http that only the function
// which starts them knows: ListenAndServe of the package, and a server in a variable that is
// given to nobody, on a socket of its own. Whoever handles the signals cannot shut them
// down. Not reported there are servers that are started in a loop, for a request or a
// listener from elsewhere, and those for figures, for a login and to look after the program.
//
// In any package of a program it reports a server that nobody stops, of a variable or a field
// that is only used to make it, to register services, and to serve, if the function that
// starts it starts another one that is stopped. Not reported are those whose listener somebody
// closes, or that have been given to others.
//
// A program that handles signals or stops servers, or imports a package that does, is not
// reported, but for those of its commands (of cobra or cli) that serve, defer clean-up or
// leave a Stop uncalled, and do neither themselves nor ask for the command's context, and
// for servers that only the function knows which then waits for the signal, and ends. Nor
// are programs that serve files or figures only, or that their path calls an example or a
// tool.
//
// To switch it off for one line: //quiesce:ignore nostop reason
package nostop
