// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"regexp"
	"strings"
)

// A call is one that may block for long.
type call struct {
	instead string // what takes a context
	network bool   // it waits for another machine, which may never answer

	database bool // it waits for a database, whose pool or lock may be taken
}

// calls has them, by their full names without a major version. Those of a transaction are
// not there: it is rolled back when the context that it was begun with is done. Nor are those
// of a statement, which may be one of it.
var calls = map[string]call{
	"net.Dial":    {"net.Dialer.DialContext", true, false},
	"net.DialTCP": {"net.Dialer.DialContext", true, false},

	"(*net.Dialer).Dial":        {"DialContext", true, false},
	"crypto/tls.DialWithDialer": {"tls.Dialer.DialContext", true, false},
	"net.LookupHost":            {"net.Resolver.LookupHost", true, false},
	"net.LookupIP":              {"net.Resolver.LookupIPAddr", true, false},
	"net.LookupAddr":            {"net.Resolver.LookupAddr", true, false},
	"net.LookupCNAME":           {"net.Resolver.LookupCNAME", true, false},
	"net.LookupMX":              {"net.Resolver.LookupMX", true, false},
	"net.LookupNS":              {"net.Resolver.LookupNS", true, false},
	"net.LookupSRV":             {"net.Resolver.LookupSRV", true, false},
	"net.LookupTXT":             {"net.Resolver.LookupTXT", true, false},

	"golang.org/x/crypto/ssh.Dial": {"ssh.ClientConfig.Timeout", true, false},

	"(*github.com/go-ldap/ldap.Conn).Bind": {"SetTimeout of the connection", true, false},
	"(*gopkg.in/ldap.Conn).Bind":           {"SetTimeout of the connection", true, false},

	"(*github.com/gorilla/websocket.Dialer).Dial":      {"DialContext", true, false},
	"(github.com/eclipse/paho.mqtt.golang.Token).Wait": {"WaitTimeout", true, false},

	"crypto/tls.Dial": {"tls.Dialer.DialContext", true, false},

	// They take no context, and set no time limit.
	"net/smtp.Dial":        {"smtp.NewClient and a connection with a deadline", true, false},
	"net/smtp.SendMail":    {"smtp.NewClient and a connection with a deadline", true, false},
	"net/smtp.NewClient":   {"SetDeadline of its connection", true, false},
	"net/textproto.Dial":   {"textproto.NewConn and net.Dialer.DialContext", true, false},
	"net/rpc.Dial":         {"rpc.NewClient and net.Dialer.DialContext", true, false},
	"net/rpc.DialHTTP":     {"rpc.NewClient and net.Dialer.DialContext", true, false},
	"net/rpc.DialHTTPPath": {"rpc.NewClient and net.Dialer.DialContext", true, false},
	"net/rpc/jsonrpc.Dial": {"jsonrpc.NewClient and net.Dialer.DialContext", true, false},

	"golang.org/x/net/websocket.Dial":       {"websocket.Config.DialContext", true, false},
	"golang.org/x/net/websocket.DialConfig": {"websocket.Config.DialContext", true, false},

	"google.golang.org/grpc.Dial": {"grpc.DialContext", true, false},

	"net/http.Get":      {"http.NewRequestWithContext", true, false},
	"net/http.Head":     {"http.NewRequestWithContext", true, false},
	"net/http.Post":     {"http.NewRequestWithContext", true, false},
	"net/http.PostForm": {"http.NewRequestWithContext", true, false},

	"(*net/http.Client).Do":       {"http.NewRequestWithContext", true, false},
	"(*net/http.Client).Get":      {"http.NewRequestWithContext", true, false},
	"(*net/http.Client).Head":     {"http.NewRequestWithContext", true, false},
	"(*net/http.Client).Post":     {"http.NewRequestWithContext", true, false},
	"(*net/http.Client).PostForm": {"http.NewRequestWithContext", true, false},

	"(*database/sql.DB).Exec":     {"ExecContext", true, true},
	"(*database/sql.DB).Query":    {"QueryContext", true, true},
	"(*database/sql.DB).QueryRow": {"QueryRowContext", true, true},
	"(*database/sql.DB).Ping":     {"PingContext", true, true},
	"(*database/sql.DB).Begin":    {"BeginTx", true, true},
	"(*database/sql.DB).Prepare":  {"PrepareContext", true, true},

	"(*database/sql.Stmt).Exec":     {"ExecContext", true, true},
	"(*database/sql.Stmt).Query":    {"QueryContext", true, true},
	"(*database/sql.Stmt).QueryRow": {"QueryRowContext", true, true},

	"(*github.com/jmoiron/sqlx.DB).Select":     {"SelectContext", true, true},
	"(*github.com/jmoiron/sqlx.DB).Get":        {"GetContext", true, true},
	"(*github.com/jmoiron/sqlx.DB).Queryx":     {"QueryxContext", true, true},
	"(*github.com/jmoiron/sqlx.DB).MustExec":   {"MustExecContext", true, true},
	"(*github.com/jmoiron/sqlx.DB).NamedExec":  {"NamedExecContext", true, true},
	"(*github.com/jmoiron/sqlx.DB).NamedQuery": {"NamedQueryContext", true, true},
	"(*github.com/jmoiron/sqlx.DB).QueryRowx":  {"QueryRowxContext", true, true},
	"(*github.com/jmoiron/sqlx.DB).Beginx":     {"BeginTxx", true, true},
	"github.com/jmoiron/sqlx.Connect":          {"ConnectContext", true, true},

	"(*github.com/gomodule/redigo/redis.Pool).Get": {"GetContext", true, false},
	"github.com/gomodule/redigo/redis.Dial":        {"redis.DialContext", true, false},

	"os/exec.Command": {"exec.CommandContext", false, false},
}

// major is the major version in an import path, as modules and gopkg.in write it.
var major = regexp.MustCompile(`(/v[0-9]+|\.v[0-9]+)([./])`)

// unversioned is the full name of a function without the major version of its module.
func unversioned(name string) string {
	if !strings.Contains(name, "/") || !strings.ContainsAny(name, "0123456789") {
		return name
	}
	return major.ReplaceAllString(name, "$2")
}
