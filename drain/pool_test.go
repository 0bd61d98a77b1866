// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestPoolClosesAfterTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := errors.New("close failed")
		closes := 0
		p := NewPool(func() error { closes++; return failed })
		use, ok := p.Begin("import")
		if !ok {
			t.Fatal("Begin = false, want true")
		}
		done := make(chan error, 2)
		for range 2 {
			go func() { done <- p.Close(t.Context()) }()
		}
		synctest.Wait()
		if closes != 0 || p.Enter() {
			t.Errorf("%d closes with one in use, and more are let in", closes)
		}
		use.End()
		for range 2 {
			if err := <-done; err != failed {
				t.Errorf("Close = %v, want %v", err, failed)
			}
		}
		if closes != 1 {
			t.Errorf("closed %d times, want once", closes)
		}
	})
}

func TestPoolNamesWhoIsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := false
		p := NewPool(func() error { closed = true; return nil })
		use, _ := p.Begin("import")
		err := p.Close(after(t, time.Second))
		if want := "drain: 1 still in flight: import for 1s"; err == nil || err.Error() != want || closed {
			t.Errorf("Close = %v, closed: %v; want %s, false", err, closed, want)
		}
		use.End()
		if err := p.Close(t.Context()); err != nil || !closed {
			t.Errorf("Close = %v, closed: %v; want nil, true", err, closed)
		}
	})
}

func TestPoolForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan struct{})
		p := NewPool(func() error { close(closed); return nil })
		use, _ := p.Begin("import")
		p.Force()
		<-closed
		if p.Enter() {
			t.Error("Enter = true after Force, want false")
		}
		use.End()
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
	})
}

// A close that hangs, as some wait for their connections for ever, is not waited for
// beyond the context.
func TestPoolCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := NewPool(func() error { <-release; return nil })
		if err := p.Close(after(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close = %v, want the deadline", err)
		}
		close(release)
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("second Close = %v, want nil", err)
		}
	})
}

func TestPoolWithoutRelease(t *testing.T) {
	if err := NewPool(nil).Close(t.Context()); err != nil {
		t.Errorf("Close = %v, want nil", err)
	}
}

// DB.Close does not wait for queries, and fails the next one of work that has begun.
// Behind a Pool it does not come before the work is over.
func TestPoolOfDatabase(t *testing.T) {
	db := sql.OpenDB(fakeDB{})
	p := NewPool(db.Close)
	use, _ := p.Begin("two queries")
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Close(t.Context()) }()
	for p.Enter() { // until Close has begun
		p.Leave()
	}
	if err := db.PingContext(t.Context()); err != nil {
		t.Errorf("second query = %v, want nil", err)
	}
	use.End()
	if err := <-done; err != nil {
		t.Errorf("Close = %v, want nil", err)
	}
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("query after Close: no error")
	}
}

// A fakeDB connects to nothing.
type fakeDB struct{}

func (f fakeDB) Connect(context.Context) (driver.Conn, error) { return f, nil }
func (f fakeDB) Driver() driver.Driver                        { return nil }
func (f fakeDB) Prepare(string) (driver.Stmt, error)          { return nil, io.EOF }
func (f fakeDB) Begin() (driver.Tx, error)                    { return nil, io.EOF }
func (f fakeDB) Close() error                                 { return nil }
