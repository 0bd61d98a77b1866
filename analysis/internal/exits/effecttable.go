// SPDX-License-Identifier: Apache-2.0

package exits

// What is seen when a clean-up does not run.
const (
	fileStays    = "the file stays behind"
	dirStays     = "the directory stays behind"
	notWritten   = "the file is not written"
	notFlushed   = "what is buffered is lost"
	profileCut   = "the profile is cut off"
	traceCut     = "the trace is cut off"
	childLives   = "the child process lives on"
	requestsCut  = "requests in flight are cut off"
	spansLost    = "what is not sent yet is lost"
	terminalRaw  = "the terminal stays as it is"
	mountStays   = "the mount stays"
	lockStays    = "others wait until the lock expires"
	entryStays   = "the entry stays until it expires"
	socketStays  = "the socket file stays behind"
	databaseOpen = "the database is not closed cleanly"
	notTold      = "another host is not told"
)

// effects has what functions do outside the process, by their full names without a
// major version. An empty loss says that there is nothing to lose, whatever the code
// of the function looks like.
var effects = map[string]string{
	"os.Remove":                     fileStays,
	"os.RemoveAll":                  fileStays,
	"os.Rename":                     notWritten,
	"os.WriteFile":                  notWritten,
	"syscall.Unlink":                fileStays,
	"syscall.Rmdir":                 dirStays,
	"golang.org/x/sys/unix.Unlink":  fileStays,
	"golang.org/x/sys/unix.Rmdir":   dirStays,
	"syscall.Unmount":               mountStays,
	"golang.org/x/sys/unix.Unmount": mountStays,

	"runtime/pprof.StopCPUProfile":     profileCut,
	"runtime/pprof.WriteHeapProfile":   notWritten,
	"(*runtime/pprof.Profile).WriteTo": notWritten,
	"runtime/trace.Stop":               traceCut,

	"(*os/exec.Cmd).Wait":   childLives,
	"(*os.Process).Wait":    childLives,
	"(*os.Process).Kill":    childLives,
	"(*os.Process).Signal":  childLives,
	"syscall.Kill":          childLives,
	"(*os/exec.Cmd).Run":    "the command does not run",
	"(*os/exec.Cmd).Output": "the command does not run",

	"net/http.Get":                notTold,
	"net/http.Post":               notTold,
	"net/http.PostForm":           notTold,
	"(*net/http.Client).Do":       notTold,
	"(*net/http.Client).Get":      notTold,
	"(*net/http.Client).Post":     notTold,
	"(*net/http.Client).PostForm": notTold,
	"net/smtp.SendMail":           notTold,

	"(*net/http.Server).Shutdown":                     requestsCut,
	"(*google.golang.org/grpc.Server).GracefulStop":   requestsCut,
	"k8s.io/klog.Flush":                               notFlushed,
	"github.com/golang/glog.Flush":                    notFlushed,
	"github.com/getsentry/sentry-go.Flush":            spansLost,
	"(*bufio.Writer).Flush":                           notFlushed,
	"(*text/tabwriter.Writer).Flush":                  notFlushed,
	"(*encoding/csv.Writer).Flush":                    notFlushed,
	"(*compress/gzip.Writer).Close":                   notFlushed,
	"(*compress/zlib.Writer).Close":                   notFlushed,
	"(*compress/flate.Writer).Close":                  notFlushed,
	"(*archive/zip.Writer).Close":                     notFlushed,
	"(*archive/tar.Writer).Close":                     notFlushed,
	"(*github.com/segmentio/kafka-go.Writer).Close":   spansLost,
	"(github.com/IBM/sarama.AsyncProducer).Close":     spansLost,
	"(github.com/Shopify/sarama.AsyncProducer).Close": spansLost,
	"(*github.com/nsqio/go-nsq.Producer).Stop":        spansLost,
	"(*cloud.google.com/go/pubsub.Topic).Stop":        spansLost,
	"(*cloud.google.com/go/logging.Client).Close":     spansLost,

	"gopkg.in/DataDog/dd-trace-go.v1/ddtrace/tracer.Stop":              spansLost,
	"github.com/DataDog/dd-trace-go/v2/ddtrace/tracer.Stop":            spansLost,
	"(*github.com/newrelic/go-agent/v3/newrelic.Application).Shutdown": spansLost,

	"github.com/hashicorp/go-plugin.CleanupClients":   childLives,
	"(*github.com/hashicorp/go-plugin.Client).Kill":   childLives,
	"(*github.com/hashicorp/mdns.Server).Shutdown":    entryStays,
	"(*github.com/grandcat/zeroconf.Server).Shutdown": entryStays,
	"(*github.com/chzyer/readline.Instance).Close":    terminalRaw,

	"(*github.com/nats-io/nats.go.Conn).Drain":        spansLost,
	"(*github.com/dgraph-io/badger.DB).Close":         databaseOpen,
	"(*github.com/cockroachdb/pebble.DB).Close":       databaseOpen,
	"(*github.com/blevesearch/bleve.indexImpl).Close": databaseOpen,

	"golang.org/x/term.Restore":                        terminalRaw,
	"golang.org/x/crypto/ssh/terminal.Restore":         terminalRaw,
	"github.com/moby/term.RestoreTerminal":             terminalRaw,
	"(github.com/gdamore/tcell.Screen).Fini":           terminalRaw,
	"github.com/nsf/termbox-go.Close":                  terminalRaw,
	"github.com/gizak/termui.Close":                    terminalRaw,
	"github.com/eiannone/keyboard.Close":               terminalRaw,
	"(*github.com/peterh/liner.State).Close":           terminalRaw,
	"(github.com/nightlyone/lockfile.Lockfile).Unlock": "the lock file stays behind",

	"(*github.com/go-redsync/redsync.Mutex).Unlock":              lockStays,
	"(*github.com/go-redsync/redsync.Mutex).UnlockContext":       lockStays,
	"(*github.com/bsm/redislock.Lock).Release":                   lockStays,
	"(*go.etcd.io/etcd/client/v3/concurrency.Mutex).Unlock":      lockStays,
	"(*go.etcd.io/etcd/client/v3/concurrency.Session).Close":     lockStays,
	"(*go.etcd.io/etcd/client/v3/concurrency.Election).Resign":   lockStays,
	"(*github.com/hashicorp/consul/api.Lock).Unlock":             lockStays,
	"(*github.com/hashicorp/consul/api.Agent).ServiceDeregister": entryStays,

	// The kernel, or the other end, does what these would do.
	"(*go.uber.org/zap.Logger).Sync":                         "", // but see buffersLogs
	"(*go.uber.org/zap.SugaredLogger).Sync":                  "",
	"(*os.File).Close":                                       "",
	"(*os.File).Sync":                                        "",
	"(*database/sql.DB).Close":                               "",
	"(*database/sql.Conn).Close":                             "",
	"(*database/sql.Rows).Close":                             "",
	"(*database/sql.Stmt).Close":                             "",
	"(*database/sql.Tx).Rollback":                            "",
	"(*net/http.Server).Close":                               "",
	"(*net/http/httptest.Server).Close":                      "",
	"(*net.TCPListener).Close":                               "",
	"(net.Listener).Close":                                   "",
	"(net.Conn).Close":                                       "",
	"(*google.golang.org/grpc.Server).Stop":                  "",
	"(*google.golang.org/grpc.ClientConn).Close":             "",
	"(*go.etcd.io/bbolt.DB).Close":                           "",
	"(*github.com/boltdb/bolt.DB).Close":                     "",
	"(*go.mongodb.org/mongo-driver/mongo.Client).Disconnect": "",
	"(net/http.Flusher).Flush":                               "",
	"(*io.PipeWriter).Close":                                 "",
	"(*mime/multipart.Writer).Close":                         "",
	"(*sync.Mutex).Unlock":                                   "",
	"(*sync.RWMutex).Unlock":                                 "",
	"(*sync.WaitGroup).Wait":                                 "",
	"os/signal.Stop":                                         "",
	"(*time.Ticker).Stop":                                    "",
	"(*time.Timer).Stop":                                     "",
	"log.Print":                                              "",
	"log.Printf":                                             "",
	"log.Println":                                            "",
}
