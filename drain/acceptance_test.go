// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// upstream is what others test of the end of a server, by the names of their tests,
// and where the same behaviour is tested here. Where ours differs on purpose the
// comment of our test says how and why, or the note here does. Only behaviour was
// taken over.
//
// Those of grpc-go are in adapter/quiescegrpc/acceptance_test.go, the closes of the
// Autobahn suite (7.*) in adapter/quiescews/acceptance_test.go.
var upstream = []struct {
	theirs string
	ours   []string
	note   string
}{
	// net/http, serve_test.go, of Go 1.26.
	{theirs: "TestServerShutdown", ours: []string{"TestStopFinishesOneAndRefusesTheNext"}},
	{
		theirs: "TestServerShutdownStateNew", ours: []string{"TestDrainClosesIdle"},
		note: "silent connections are closed after one second, not five",
	},
	{theirs: "TestServerShutdownThenServe", ours: []string{"TestEndBeforeListen", "TestDrainBeforeServe"}},
	{theirs: "TestServerConnState", ours: []string{"TestStatesOfConnections"}},
	{theirs: "TestServerConnStateNew", ours: []string{"TestNewIsReportedOnTheAcceptingGoroutine"}},
	{theirs: "TestServerKeepAlivesEnabled", ours: []string{"TestNoConnectionIsUsedTwiceOnceAdvised"}},
	{
		theirs: "TestServerKeepAlivesEnabledResultClose", ours: []string{"TestDrainTellsClients", "TestDrainTellsRequestInFlight"},
		note: "responses say Connection: close from advise on",
	},
	{
		theirs: "TestServerSetKeepAlivesEnabledClosesConns", ours: []string{"TestDrainClosesIdle"},
		note: "idle connections are closed, but a second later, so that no request crosses it",
	},
	{theirs: "TestServerGracefulClose", ours: []string{"TestUnreadBodyDoesNotCostTheAnswer"}},
	{theirs: "TestServerCloseDeadlock", ours: []string{"TestForceTwice"}},
	{theirs: "TestServerHijackGetsBackgroundByte", ours: []string{"TestHijackerGetsWhatHasArrived"}},
	{theirs: "TestServerHijackGetsFullBody", ours: []string{"TestHijackerGetsWhatHasArrived"}},
	{theirs: "TestServerHijackGetsBackgroundByte_big", ours: []string{"TestHijackerGetsWhatHasArrived"}},

	// golang.org/x/net/http2.
	{theirs: "TestServerGracefulShutdown", ours: []string{"TestStreamInFlightAmongGoAways"}},
	{theirs: "TestServer_Push_RejectAfterGoAway", ours: []string{"TestNothingIsPushedToWhoLeaves"}},
	{theirs: "TestTransportClosesConnAfterGoAwayLastStream", ours: []string{"TestClientLeavesWhenTold"}},
	{theirs: "TestTransportClosesConnAfterGoAwayNoStreams", ours: []string{"TestClientLeavesWhenTold"}},

	// k8s.io/apiserver.
	{
		theirs: "TestGracefulTerminationWithKeepListeningDuringGracefulTerminationDisabled",
		ours:   []string{"TestTerminationInOrder"},
	},
	{
		theirs: "TestGracefulTerminationWithKeepListeningDuringGracefulTerminationEnabled",
		ours:   []string{"TestTerminationInOrder", "TestLateRequestsAreAnswered"},
	},
	{theirs: "TestPreShutdownHooks", ours: []string{"TestAnnounceHooksUseTheServer"}},
	{theirs: "TestGracefulShutdownForActiveHTTP2Streams", ours: []string{"TestMinuteLongStreamsAreFinished"}},
	{theirs: "TestGOAWAYConcurrency", ours: []string{"TestGoAwaysAmongConcurrentRequests"}},
	{theirs: "TestClientReceivedGOAWAY", ours: []string{"TestGoAwayMovesTheNextRequest"}},
	{theirs: "TestWithRetryAfter", ours: []string{"TestLateRequestsAreAnswered", "TestExemptWorkIsNeverRefused"}},
	{theirs: "TestWithWatchTerminationDuringShutdown", ours: []string{"TestWatchesAreToldAndWaitedFor"}},

	// knative.dev/pkg, network/handlers/drain_test.go.
	{theirs: "TestDrainMechanics", ours: []string{"TestQuietPeriodOfRequests"}},
	{theirs: "TestDrainerKProbe", ours: []string{"TestProbesAreNotTraffic"}},
	{theirs: "TestServeKProbe", ours: []string{"TestProbesAreNotTraffic"}},
	{theirs: "TestIsKProbe", ours: []string{"TestProbesAreNotTraffic"}},
	{theirs: "TestIsHealthcheckRequest", ours: []string{"TestProbesAreNotTraffic"}},
	{theirs: "TestHealthCheckWithProbeType", ours: []string{"TestProbesAreNotTraffic"}},
	{
		theirs: "TestDefaultQuietPeriod", ours: []string{"TestQuiet"},
		note: "there is no default; zero is MinQuiet",
	},
	{theirs: "TestReset", ours: []string{"TestWaitForQuietIsGivenUp"}},
	{theirs: "TestResetWithActiveRequests", ours: []string{"TestRaceGivingUpQuietUnderTraffic"}},

	// traefik, pkg/server.
	{theirs: "TestShutdownHijacked", ours: []string{"TestHijackedGoesOnWhileNobodyComes"}},
	{theirs: "TestShutdownHTTP", ours: []string{"TestDrainFinishesRequest"}},
	{theirs: "TestShutdownTCP", ours: []string{"TestConnsServesUntilPeersHaveGone"}},
	{theirs: "TestShutdownUDPConn", ours: []string{"TestDatagramSessionsGoOn"}},
	{theirs: "TestKeepAliveMaxRequests", ours: []string{"TestHandlersLimitConnections"}},
	{theirs: "TestKeepAliveMaxTime", ours: []string{"TestHandlersLimitConnections"}},
	{theirs: "TestKeepAliveH2c", ours: []string{"TestGoAwayMovesTheNextRequest"}},

	// github.com/valyala/fasthttp, server_test.go.
	{theirs: "TestShutdownWithContextTimeoutThenShutdownAgain", ours: []string{"TestServedAgainAfterATimeout"}},
	{theirs: "TestShutdown", ours: []string{"TestDrainFinishesRequest"}},
	{
		theirs: "TestCloseOnShutdown", ours: []string{"TestDrainTellsRequestInFlight"},
		note: "there is no option for it: clients are always told",
	},
	{theirs: "TestShutdownReuse", ours: []string{"TestServedAgainAfterATimeout"}},
	{theirs: "TestShutdownDone", ours: []string{"TestHandleTellsLongPoll"}, note: "Done of a handle, not of the request"},
	{theirs: "TestShutdownErr", ours: []string{"TestHandleTellsLongPoll"}, note: "the same, through a context"},
	{theirs: "TestShutdownCloseIdleConns", ours: []string{"TestDrainClosesIdle"}, note: "after a second"},
	{
		theirs: "TestShutdownWithContext", ours: []string{"TestDrainOverrunNamesHolders"},
		note: "it fails as theirs does, and contexts end before",
	},
}

// No test in the table is one that was renamed or left out.
func TestUpstreamIsCovered(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				have[fn.Name.Name] = true
			}
		}
	}
	var seen []string
	for _, u := range upstream {
		if slices.Contains(seen, u.theirs) || len(u.ours) == 0 {
			t.Errorf("%s: twice, or without a test here", u.theirs)
		}
		seen = append(seen, u.theirs)
		for _, ours := range u.ours {
			if !have[ours] {
				t.Errorf("%s: there is no %s", u.theirs, ours)
			}
		}
	}
}
