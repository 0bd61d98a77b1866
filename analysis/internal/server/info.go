// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"
	"go/types"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A Site is a call that serves or stops a server.
type Site struct {
	At     inspector.Cursor
	Call   *ast.CallExpr
	Op     Op
	Closed bool         // serves, and returns http.ErrServerClosed after a stop
	Drains bool         // serves, and returns when a graceful stop is over
	Server types.Object // stands for the server; nil: not known
	Ctx    ast.Expr     // bounds the call; nil: none does
	// Endless says that a function of the program stops the server, without any bound.
	Endless bool
	// Wrapped says that a function of the program makes the call, and Stopped that the
	// same function, or its package, also stops the server it serves.
	Wrapped, Stopped bool
}

// Info has the sites of a package.
type Info struct {
	Sites []Site
	// ProgramSignals says that the package, or another of the same owner that it imports,
	// handles the signals that stop a program, or imports a package that does.
	// ProgramStops is about the stop of a server.
	ProgramSignals, ProgramStops bool
	// Listens has the imported packages that serve, or open sockets for it. Signals has
	// those that handle the signals that stop a program themselves.
	Listens, Signals map[*types.Package]bool
	// Serves says that the package, or another of the program that it imports, serves what
	// the program is for.
	Serves bool
	// State says that a package of the program's module keeps a database, or a queue.
	State bool

	name  string // the package's
	ids   *identities
	decls map[types.Object]*ast.FuncDecl
}

// A Func is a fact about a function: what a call of it does.
type Func struct {
	Op      Op
	Closed  bool
	Drains  bool
	Endless bool
	Stopped bool
	Ctx     int // the parameter that bounds a shutdown, from 1
	Server  int // the parameter that is the server, from 1; 0 is the receiver, -1 neither
}

// AFact makes it a fact.
func (*Func) AFact() {}

func (f *Func) String() string { return "serves or stops" }

// A Package is a fact about a package: that it has functions with facts, or servers, for
// others, that it keeps state, that it listens, that it or another of the program that it
// imports serves, that it handles signals itself. Signals and
// Stops say that it, or another of its owner that it imports, handles signals and stops
// servers; NearSignals and NearStops that a package of another owner does that one of these
// imports.
type Package struct {
	Funcs, State, Listens, Serves          bool
	OwnSignals                             bool
	Signals, Stops, NearSignals, NearStops bool
}

// AFact makes it a fact.
func (*Package) AFact() {}

func (p *Package) String() string { return "servers" }

// Analyzer finds the calls that serve and stop servers. Its result is an *[Info].
var Analyzer = &analysis.Analyzer{
	Name:       "quiesceservers",
	Doc:        "find the calls that serve and stop servers, and the functions that make them",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	Run:        run,
	ResultType: reflect.TypeFor[*Info](),
	FactTypes:  []analysis.Fact{(*Func)(nil), (*Package)(nil)},
}

func run(pass *analysis.Pass) (any, error) {
	info := &Info{name: pass.Pkg.Name(), Listens: map[*types.Package]bool{}, Signals: map[*types.Package]bool{}}
	var own Package
	servers := imports(pass, info, &own) || servesByName(pass, pass.ResultOf[inspect.Analyzer].(*inspector.Inspector))
	info.State = own.State
	info.ProgramSignals, info.ProgramStops = own.Signals || own.NearSignals, own.Stops || own.NearStops
	if servers {
		c := &collector{pass: pass, info: info, in: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)}
		c.collect()
		own.Funcs = info.hasFuncs(pass) || exposes(pass.Pkg)
	}
	own.Stops = own.Stops || info.stops()
	own.Listens = info.serves() || listens(pass)
	own.Serves = own.Serves || info.servesMainly()
	info.Serves = own.Serves
	if own != (Package{}) {
		pass.ExportPackageFact(&own)
	}
	return info, nil
}

// stores are packages with which a program keeps state, or hands it on.
var stores = map[string]bool{
	"database/sql": true, "go.etcd.io/bbolt": true, "github.com/boltdb/bolt": true, "gorm.io/gorm": true,
	"github.com/jinzhu/gorm": true, "github.com/jmoiron/sqlx": true, "github.com/dgraph-io/badger": true,
	"github.com/syndtr/goleveldb/leveldb": true, "github.com/cockroachdb/pebble": true,
	"github.com/jackc/pgx": true, "github.com/jackc/pgx/pgxpool": true, "xorm.io/xorm": true,
	"go.mongodb.org/mongo-driver/mongo": true, "github.com/segmentio/kafka-go": true,
	"github.com/redis/go-redis": true, "github.com/go-redis/redis": true, "github.com/uptrace/bun": true,
	"github.com/IBM/sarama": true, "github.com/Shopify/sarama": true, "github.com/rabbitmq/amqp091-go": true,
}

func unversionedPath(path string) string { return strings.TrimSuffix(unversioned(path+"."), ".") }

func (info *Info) stops() bool {
	for _, s := range info.Sites {
		if s.Op.Stops() {
			return true
		}
	}
	return false
}

func (info *Info) serves() bool {
	for _, s := range info.Sites {
		if s.Op == Serve || s.Op == ServeGlobal {
			return true
		}
	}
	return false
}

// servesMainly reports whether a package serves what is not there for figures only, or to
// be called back by a browser.
func (info *Info) servesMainly() bool {
	for _, s := range info.Sites {
		if (s.Op == Serve || s.Op == ServeGlobal) && !info.Aside(s.At) && !info.Callback(s.At) {
			return true
		}
	}
	return false
}

func (info *Info) hasFuncs(pass *analysis.Pass) bool {
	for o := range info.decls {
		if o.Exported() && pass.ImportObjectFact(o, new(Func)) {
			return true
		}
	}
	return false
}

// Stopped reports whether the package stops the server of a site.
func (info *Info) Stopped(s Site) bool {
	return s.Stopped || s.Server != nil && info.stoppedObject(s.Server)
}

func (info *Info) stoppedObject(server types.Object) bool {
	for _, other := range info.Sites {
		if other.Op.Stops() && other.Server == server {
			return true
		}
	}
	return false
}

// Decl returns the declaration of a function of the package, nil if it has none here.
func (info *Info) Decl(fn types.Object) *ast.FuncDecl { return info.decls[fn] }

// Callee returns the declaration of the function that a call names, if it is in the
// package.
func (info *Info) Callee(ti *types.Info, call *ast.CallExpr) *ast.FuncDecl {
	fn, ok := typeutil.Callee(ti, call).(*types.Func)
	if !ok {
		return nil
	}
	return info.decls[fn.Origin()]
}

// A collector fills in an Info.
type collector struct {
	pass *analysis.Pass
	info *Info
	in   *inspector.Inspector
}

// rounds is how deep wrappers of wrappers in one package are followed.
const rounds = 3

func (c *collector) collect() {
	c.info.decls = map[types.Object]*ast.FuncDecl{}
	for n := range c.in.PreorderSeq((*ast.FuncDecl)(nil)) {
		if fn := n.(*ast.FuncDecl); fn.Body != nil {
			c.info.decls[c.pass.TypesInfo.Defs[fn.Name]] = fn
		}
	}
	c.info.ids = newIdentities(c.pass.Pkg, c.pass.TypesInfo, c.in)
	for range rounds {
		before := len(c.info.Sites)
		c.sites()
		c.summarize()
		if len(c.info.Sites) == before {
			break
		}
	}
}

func (c *collector) sites() {
	c.info.Sites = c.info.Sites[:0]
	for cur := range c.in.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if code.IsTest(c.pass.Fset, call.Pos()) {
			continue
		}
		if s, ok := c.site(call); ok {
			s.At, s.Call = cur, call
			c.info.Sites = append(c.info.Sites, s)
		}
	}
}

func (c *collector) site(call *ast.CallExpr) (Site, bool) {
	if k, ok := lookup(c.pass.TypesInfo, call); ok {
		s := Site{Op: k.op, Closed: k.closed, Drains: k.drains}
		if k.ctx && len(call.Args) > 0 {
			s.Ctx = call.Args[0]
		}
		s.Server = c.server(call, k.server)
		return s, true
	}
	fn, ok := typeutil.Callee(c.pass.TypesInfo, call).(*types.Func)
	if !ok {
		return Site{}, false
	}
	var fact Func
	if !c.pass.ImportObjectFact(fn.Origin(), &fact) {
		k, ok := named(c.pass, c.info.Listens, call)
		return Site{Op: k.op, Server: c.server(call, 0)}, ok && OfProgram(c.pass)
	}
	s := Site{Op: fact.Op, Closed: fact.Closed, Drains: fact.Drains, Endless: fact.Endless, Stopped: fact.Stopped, Wrapped: true}
	if fact.Ctx > 0 && fact.Ctx <= len(call.Args) {
		s.Ctx = call.Args[fact.Ctx-1]
	}
	if fact.Server >= 0 {
		s.Server = c.server(call, fact.Server)
	}
	return s, true
}

// server returns what stands for the server of a call: a parameter from 1, or the
// receiver.
func (c *collector) server(call *ast.CallExpr, param int) types.Object {
	ids := c.info.ids
	var o types.Object
	switch sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); {
	case param > 0 && param <= len(call.Args):
		o = ids.object(call.Args[param-1])
	case param == 0 && ok:
		if s := c.pass.TypesInfo.Selections[sel]; s != nil {
			if o = Embedded(s); o == nil {
				o = ids.object(sel.X)
			}
		}
	}
	if o == nil {
		return nil
	}
	return ids.find(o)
}
