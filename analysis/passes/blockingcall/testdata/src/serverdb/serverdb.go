// SPDX-License-Identifier: Apache-2.0

// Package serverdb has its data on other machines.
package serverdb

import (
	"context"
	"database/sql"
	"net"
	"net/http"
	"net/smtp"
	"time"

	"firebase.example/messaging"
	"github.com/go-ldap/ldap/v3"
	_ "github.com/lib/pq"
)

type store struct {
	stmt *sql.Stmt

	db     *sql.DB
	client *messaging.Client
	login  messaging.LoginClient
}

func (s *store) names() {
	s.db.Query("select")                              // want `s.db.Query has no time limit: a database that does not answer holds its caller; use QueryContext`
	s.db.QueryContext(context.Background(), "select") // want `s.db.QueryContext has no time limit: a database that does not answer holds its caller`
}

func (s *store) prepare() (err error) {
	s.stmt, err = s.db.Prepare("select") // want `s.db.Prepare has no time limit`
	return err
}

func (s *store) prepared(other *sql.Stmt) {
	s.stmt.Exec("a") // want `s.stmt.Exec has no time limit: a database that does not answer holds its caller; use ExecContext`
	other.Exec("a")
}

// It is done before there is anything to stop.
func (s *store) migrate() { s.db.Exec("create table") }

func (s *store) limited(ctx context.Context) { s.db.QueryContext(ctx, "select") }

func (s *store) send() {
	s.client.Send(context.Background(), "a") // want `s.client.Send may block for long, with a context that never ends`
	s.client.Name(context.Background())
	s.login.Login(context.TODO(), nil) // want `s.login.Login may block for long, with a context that never ends`
	s.login.Watch(context.TODO(), nil) // a stream
}

func (s *store) sendInTime(ctx context.Context) { s.client.Send(ctx, "a") }

func (s *store) Stop() {
	s.client.Close(context.Background()) // want `s.client.Close may block for long, and the stop waits for it`
}

func (s *store) other() { s.client.Close(context.Background()) }

func mail(address string) error {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	_, err = smtp.NewClient(conn, address) // want `smtp.NewClient has no time limit`
	return err
}

func mailInTime(address string) error {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	conn.SetDeadline(time.Now().Add(time.Minute))
	_, err = smtp.NewClient(conn, address)
	return err
}

func mailOver(conn net.Conn) { smtp.NewClient(conn, "") }

func bind(conn *ldap.Conn) {
	conn.Bind("a", "b") // want `conn.Bind has no time limit`
}

func bindInTime(conn *ldap.Conn) {
	conn.SetTimeout(time.Second)
	conn.Bind("a", "b")
}

func cancels(url string, done chan struct{}) {
	req, _ := http.NewRequest("GET", url, nil)
	req.Cancel = done
	http.DefaultClient.Do(req)
}
