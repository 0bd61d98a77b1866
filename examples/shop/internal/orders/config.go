// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"encoding/json"
	"flag"
	"io"
	"net"
	"time"
)

// A Config is the shop's command line.
type Config struct {
	Addr      string        // of the service; port 0 is any free one
	Admin     string        // of the probes; likewise
	DB        string        // the SQLite file
	Broker    string        // URL; "" only logs
	ReportDir string        // "" keeps no report
	Grace     time.Duration // grace period; 0: what suits the surroundings
	Delay     time.Duration // readiness delay; negative: what suits the surroundings
}

// Flags defines the command line and returns what it will be parsed into.
func Flags(fs *flag.FlagSet) *Config {
	c := new(Config)
	fs.StringVar(&c.Addr, "addr", "127.0.0.1:8080", "serve the API on this `address`")
	fs.StringVar(&c.Admin, "admin", "127.0.0.1:9090", "serve the probes on this `address`")
	fs.StringVar(&c.DB, "db", "shop.db", "keep the orders in this SQLite `file`")
	fs.StringVar(&c.Broker, "broker", "", "publish orders to this `URL`; none: log them")
	fs.StringVar(&c.ReportDir, "report-dir", "", "keep the report of the last stop in this `folder`")
	fs.DurationVar(&c.Grace, "grace", 0, "grace period; 0: what suits the surroundings")
	fs.DurationVar(&c.Delay, "delay", -1, "readiness delay; negative: what suits the surroundings")
	return c
}

// Ready writes the line that says where the service is to be found.
func Ready(w io.Writer, addr, admin net.Addr) error {
	return json.NewEncoder(w).Encode(struct {
		Addr  string `json:"addr"`
		Admin string `json:"admin"`
	}{addr.String(), admin.String()})
}
