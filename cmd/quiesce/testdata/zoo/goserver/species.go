// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"slices"
	"time"
)

// What the drill is told for each protocol.
const (
	overHTTP  = "http://127.0.0.1:{port}/"
	overBig   = "http://127.0.0.1:{port}/big"
	overH2C   = "h2c://127.0.0.1:{port}/"
	overGRPC  = "grpc://127.0.0.1:{port}"
	overWS    = "ws://127.0.0.1:{port}/ws"
	overSSE   = "sse://127.0.0.1:{port}/events"
	overLines = "tcp://127.0.0.1:{port}"

	readyURL = "http://127.0.0.1:{port}/readyz"
	liveURL  = "http://127.0.0.1:{port}/livez"
)

// A server serves for half as long again as it has promised: it cannot know when
// somebody saw that readiness was off.
const (
	delay     = 100 * time.Millisecond
	delayFlag = "--readiness-delay"
)

// delayed are the flags for a server that serves for a while after readiness is off.
var delayed = []string{"--ready", readyURL, "--live", liveURL, delayFlag, delay.String()}

// writing are the flags for acknowledged writes.
var writing = []string{"--write", "PUT http://127.0.0.1:{port}/items/{id}", "--read", "GET http://127.0.0.1:{port}/items/{id}"}

// seldom are the flags for answers that are large.
var seldom = []string{"--connections", "4", "--rate", "100"}

// only returns the flags for situations, in so many rounds. Every other round tries one
// until each was tried, and few of those that follow try one again.
func only(situations, rounds string) []string {
	return []string{"--situations", situations, "--rounds", rounds}
}

// lost are the checks that fail when HTTP/1.1 requests are lost.
var lost = []string{"requests-keepalive", "requests-new"}

// unclean are those that may fail too when requests are lost.
var unclean = []string{"refusals-clean"}

// anyLost are both, for what loses requests beside what it is about.
var anyLost = slices.Concat(lost, unclean)

func allSpecies() []species {
	all := []species{
		{Name: "correct", About: "correct", run: correct, URL: overHTTP},
		{Name: "correct-delay", About: "correct", run: correct, URL: overHTTP, Flags: delayed},
		{Name: "correct-writes", About: "correct", run: correct, URL: overHTTP, Flags: writing},
		{Name: "correct-all", About: "correct", run: correct, URL: overHTTP, Flags: only("all,-hup,-shell", "26")},
		{Name: "correct-big", About: "correct", run: correct, URL: overBig, Flags: append(only("slow_client,half_open,never_reads", "7"), seldom...)},
		{Name: "correct-by-hand", About: "correct", run: byHand(saysGoodbye, careful), URL: overHTTP, Flags: delayed},
		{Name: "correct-h2", About: "correct", run: correct, URL: overH2C},
		{Name: "correct-grpc", About: "correct", run: correctGRPC, URL: overGRPC},
		{Name: "correct-ws", About: "correct", run: correctStreams, URL: overWS},
		{Name: "correct-sse", About: "correct", run: correctStreams, URL: overSSE},
		{Name: "correct-tcp", About: "correct", run: correctLines, URL: overLines},
		{Name: "correct-rolling", About: "correct", run: correct, URL: overHTTP, Flags: append([]string{"--rolling"}, delayed...)},
		{Name: "correct-upgrade", About: "correct", run: correctUpgrade, URL: overHTTP, Flags: []string{"--upgrade", "USR2"}},
	}
	all = append(all, brokenStops()...)
	all = append(all, brokenExits()...)
	all = append(all, brokenLeftovers()...)
	all = append(all, brokenClients()...)
	return append(all, brokenProtocols()...)
}

// byHand makes a run of a life.
func byHand(wrap func(*life, http.Handler) http.Handler, live func(*life) int) func(*zoo) int {
	return func(z *zoo) int { return live(z.newLife(wrap)) }
}
