// SPDX-License-Identifier: Apache-2.0

package blockingcall

// A call is one that may block for long.
type call struct {
	instead string // what takes a context
	network bool   // it waits for another machine, which may never answer
}

// calls has them, by their full names. Those of a transaction are not there: it is
// rolled back when the context that it was begun with is done.
var calls = map[string]call{
	"net.Dial":    {"net.Dialer.DialContext", true},
	"net.DialTCP": {"net.Dialer.DialContext", true},

	"crypto/tls.Dial": {"tls.Dialer.DialContext", true},

	// They take no context, and set no time limit.
	"net/smtp.Dial":        {"smtp.NewClient and a connection with a deadline", true},
	"net/smtp.SendMail":    {"smtp.NewClient and a connection with a deadline", true},
	"net/rpc.Dial":         {"rpc.NewClient and net.Dialer.DialContext", true},
	"net/rpc.DialHTTP":     {"rpc.NewClient and net.Dialer.DialContext", true},
	"net/rpc.DialHTTPPath": {"rpc.NewClient and net.Dialer.DialContext", true},
	"net/rpc/jsonrpc.Dial": {"jsonrpc.NewClient and net.Dialer.DialContext", true},

	"golang.org/x/net/websocket.Dial":       {"websocket.Config.DialContext", true},
	"golang.org/x/net/websocket.DialConfig": {"websocket.Config.DialContext", true},

	"google.golang.org/grpc.Dial": {"grpc.DialContext", true},

	"net/http.Get":      {"http.NewRequestWithContext", true},
	"net/http.Head":     {"http.NewRequestWithContext", true},
	"net/http.Post":     {"http.NewRequestWithContext", true},
	"net/http.PostForm": {"http.NewRequestWithContext", true},

	"(*net/http.Client).Do":       {"http.NewRequestWithContext", true},
	"(*net/http.Client).Get":      {"http.NewRequestWithContext", true},
	"(*net/http.Client).Head":     {"http.NewRequestWithContext", true},
	"(*net/http.Client).Post":     {"http.NewRequestWithContext", true},
	"(*net/http.Client).PostForm": {"http.NewRequestWithContext", true},

	"(*database/sql.DB).Exec":     {"ExecContext", true},
	"(*database/sql.DB).Query":    {"QueryContext", true},
	"(*database/sql.DB).QueryRow": {"QueryRowContext", true},
	"(*database/sql.DB).Ping":     {"PingContext", true},
	"(*database/sql.DB).Begin":    {"BeginTx", true},
	"(*database/sql.DB).Prepare":  {"PrepareContext", true},

	"(*github.com/jmoiron/sqlx.DB).Select":    {"SelectContext", true},
	"(*github.com/jmoiron/sqlx.DB).Get":       {"GetContext", true},
	"(*github.com/jmoiron/sqlx.DB).Queryx":    {"QueryxContext", true},
	"(*github.com/jmoiron/sqlx.DB).MustExec":  {"MustExecContext", true},
	"(*github.com/jmoiron/sqlx.DB).NamedExec": {"NamedExecContext", true},
	"(*github.com/jmoiron/sqlx.DB).Beginx":    {"BeginTxx", true},
	"github.com/jmoiron/sqlx.Connect":         {"ConnectContext", true},

	"(*github.com/gomodule/redigo/redis.Pool).Get": {"GetContext", true},
	"github.com/gomodule/redigo/redis.Dial":        {"redis.DialContext", true},

	"os/exec.Command": {"exec.CommandContext", false},
}
