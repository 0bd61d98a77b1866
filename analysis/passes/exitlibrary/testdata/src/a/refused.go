package a

import "log"

type Options struct {
	Cert, Key, Kind string
}

// NewRefusing is innocent where it cannot know better.
func NewRefusing(o *Options) *Server {
	if (o.Cert == "") != (o.Key == "") {
		log.Fatal("need both a certificate and a key") // want `log.Fatal in NewRefusing ends the process of whoever calls it`
	}
	if o.Kind == "" {
		log.Fatal("this should never be an invalid kind")
	}
	if o.Key == "x" {
		log.Fatal("lost")
	}
	return &Server{}
}

// ReadOptions has a helper that refuses.
func ReadOptions(text string) (*Options, error) {
	return &Options{Kind: kindOf(text)}, nil
}

func kindOf(text string) string {
	switch text {
	case "tcp", "udp":
	default:
		log.Fatalf("invalid network %q", text) // want `log.Fatalf in kindOf ends the process of whoever calls ReadOptions, which expects an error`
	}
	return text
}

// Configure is a program's own, for its start, and so is its helper.
func Configure(o *Options) {
	if o.Kind == "" {
		log.Fatal("the kind must be set")
	}
	configureKind(o)
}

func configureKind(o *Options) {
	if o.Kind == "sctp" {
		log.Fatal("sctp is not supported")
	}
}

func refuseLater(o *Options) {
	go func() {
		if o.Kind == "" {
			log.Fatal("missing kind")
		}
	}()
}

// Apply is a method that refuses what it is given, as programs do at their start.
func (s *Server) Apply(o *Options) {
	if o.Kind == "" {
		log.Fatal("missing kind")
	}
}

type fataler interface{ Fatalf(string, ...any) }

type host struct{ logger fataler }

func (h *host) Fatalf(format string, args ...any) {
	h.logger.Fatalf(format, args...)
	log.Fatalf(format, args...)
}

// StartHost ends as the host's logger does.
func (h *host) StartHost(name string) {
	if err := load(name); err != nil {
		h.Fatalf("load: %v", err)
	}
}

// Forward ends a loop, as its page says.
func Forward(times int) error {
	if times > 2 {
		log.Fatalf("loop after %d times, see https://host.org/loop", times)
	}
	return nil
}
