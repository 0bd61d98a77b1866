// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis/passes/blockedsend"
	"github.com/go-quiesce/quiesce/analysis/passes/blockingcall"
	"github.com/go-quiesce/quiesce/analysis/passes/cancelledctx"
	"github.com/go-quiesce/quiesce/analysis/passes/deferexit"
	"github.com/go-quiesce/quiesce/analysis/passes/doubleclose"
	"github.com/go-quiesce/quiesce/analysis/passes/errgroupwait"
	"github.com/go-quiesce/quiesce/analysis/passes/exitdefer"
	"github.com/go-quiesce/quiesce/analysis/passes/exitgoroutine"
	"github.com/go-quiesce/quiesce/analysis/passes/exitlibrary"
	"github.com/go-quiesce/quiesce/analysis/passes/goroutinestop"
	"github.com/go-quiesce/quiesce/analysis/passes/goroutinewait"
	"github.com/go-quiesce/quiesce/analysis/passes/hijack"
	"github.com/go-quiesce/quiesce/analysis/passes/killself"
	"github.com/go-quiesce/quiesce/analysis/passes/lostcancel"
	"github.com/go-quiesce/quiesce/analysis/passes/nostop"
	"github.com/go-quiesce/quiesce/analysis/passes/pkglisten"
	"github.com/go-quiesce/quiesce/analysis/passes/rawsignal"
	"github.com/go-quiesce/quiesce/analysis/passes/secondsignal"
	"github.com/go-quiesce/quiesce/analysis/passes/selectbreak"
	"github.com/go-quiesce/quiesce/analysis/passes/sendclosed"
	"github.com/go-quiesce/quiesce/analysis/passes/serveerror"
	"github.com/go-quiesce/quiesce/analysis/passes/serverclosed"
	"github.com/go-quiesce/quiesce/analysis/passes/shutdownbound"
	"github.com/go-quiesce/quiesce/analysis/passes/shutdownwait"
	"github.com/go-quiesce/quiesce/analysis/passes/signalbuffer"
	"github.com/go-quiesce/quiesce/analysis/passes/signalclose"
	"github.com/go-quiesce/quiesce/analysis/passes/signalignore"
	"github.com/go-quiesce/quiesce/analysis/passes/signalinit"
	"github.com/go-quiesce/quiesce/analysis/passes/signalloop"
	"github.com/go-quiesce/quiesce/analysis/passes/signalstop"
	"github.com/go-quiesce/quiesce/analysis/passes/signalunread"
	"github.com/go-quiesce/quiesce/analysis/passes/sigterm"
	"github.com/go-quiesce/quiesce/analysis/passes/stoplock"
	"github.com/go-quiesce/quiesce/analysis/passes/tickerloop"
	"github.com/go-quiesce/quiesce/analysis/passes/tickerstop"
	"github.com/go-quiesce/quiesce/analysis/passes/timeafter"
	"github.com/go-quiesce/quiesce/analysis/passes/uncatchable"
	"github.com/go-quiesce/quiesce/analysis/passes/unlockunheld"
	"github.com/go-quiesce/quiesce/analysis/passes/wgadd"
)

// checks returns the analyzers of all checks but ignore, by name.
func checks() []*analysis.Analyzer {
	return []*analysis.Analyzer{
		blockedsend.Analyzer,
		blockingcall.Analyzer,
		cancelledctx.Analyzer,
		deferexit.Analyzer,
		doubleclose.Analyzer,
		errgroupwait.Analyzer,
		exitdefer.Analyzer,
		exitgoroutine.Analyzer,
		exitlibrary.Analyzer,
		goroutinestop.Analyzer,
		goroutinewait.Analyzer,
		hijack.Analyzer,
		killself.Analyzer,
		lostcancel.Analyzer,
		nostop.Analyzer,
		pkglisten.Analyzer,
		rawsignal.Analyzer,
		secondsignal.Analyzer,
		selectbreak.Analyzer,
		sendclosed.Analyzer,
		serveerror.Analyzer,
		serverclosed.Analyzer,
		shutdownbound.Analyzer,
		shutdownwait.Analyzer,
		signalbuffer.Analyzer,
		signalclose.Analyzer,
		signalignore.Analyzer,
		signalinit.Analyzer,
		signalloop.Analyzer,
		signalstop.Analyzer,
		signalunread.Analyzer,
		sigterm.Analyzer,
		stoplock.Analyzer,
		tickerloop.Analyzer,
		tickerstop.Analyzer,
		timeafter.Analyzer,
		uncatchable.Analyzer,
		unlockunheld.Analyzer,
		wgadd.Analyzer,
	}
}
