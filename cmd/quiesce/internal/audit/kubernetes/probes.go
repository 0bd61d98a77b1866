// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// A probe is one of a container's, with its name in the manifest.
type probe struct {
	name  string
	probe *corev1.Probe
}

func (k *container) probes() []probe {
	all := []probe{{"livenessProbe", k.LivenessProbe}, {"readinessProbe", k.ReadinessProbe}, {"startupProbe", k.StartupProbe}}
	return slices.DeleteFunc(all, func(p probe) bool { return p.probe == nil })
}

// patience is how long a probe fails until it counts. Zero is the default of the API.
func patience(p *corev1.Probe) time.Duration {
	period, failures := cmp.Or(p.PeriodSeconds, 10), cmp.Or(p.FailureThreshold, 3)
	return seconds(int64(period) * int64(failures))
}

// readinessMissing: without readiness a pod gets requests before it can answer them, and
// nobody can be told that it no longer can. The readiness of another container is that
// of the pod, too, and may be enough.
func readinessMissing(w *workload, report manifest.Report) {
	if !w.runs() {
		return
	}
	other := slices.ContainsFunc(w.containers, func(k container) bool { return k.ReadinessProbe != nil })
	for _, k := range w.serving() {
		if k.ReadinessProbe != nil {
			continue
		}
		f := manifest.Finding{
			Doc: w.doc, Path: k.in("name"), Unsure: other,
			Message: fmt.Sprintf("%s: container %s serves and has no readinessProbe", w.doc.Name, k.Name),
		}
		if other {
			f.Message += "; that of another container may be enough"
		}
		report(f)
	}
}

// readinessIsLiveness: one endpoint cannot say both "send me nothing" and "do not kill me". With more
// patience for liveness, as the documentation of Kubernetes has it, the pod at least is not
// ready before it is killed.
func readinessIsLiveness(w *workload, report manifest.Report) {
	for i := range w.containers {
		k := &w.containers[i]
		if k.ReadinessProbe == nil || k.LivenessProbe == nil || asksReadiness(k.LivenessProbe) {
			continue
		}
		r, l := k.endpoint(k.ReadinessProbe), k.endpoint(k.LivenessProbe)
		if r == "" || r != l {
			continue
		}
		f := manifest.Finding{
			Doc: w.doc, Path: k.in("livenessProbe"),
			Message: fmt.Sprintf("%s: container %s: liveness asks %s, which is the endpoint of readiness", w.doc.Name, k.Name, l),
		}
		if ready, live := patience(k.ReadinessProbe), patience(k.LivenessProbe); live > ready {
			f.Unsure = true
			f.Message += fmt.Sprintf("; it is not ready after %v, and killed after %v", ready, live)
		}
		report(f)
	}
}

// endpoint says what a probe over HTTP or gRPC asks, "" for others: a port that accepts and a
// command say the same to both in most programs, and there is no other to ask.
func (k *container) endpoint(p *corev1.Probe) string {
	switch {
	case p.HTTPGet != nil:
		h := p.HTTPGet
		return fmt.Sprintf("%s of port %d", cmp.Or(h.Path, "/"), k.portNumber(h.Port))
	case p.GRPC != nil:
		service := ""
		if p.GRPC.Service != nil {
			service = *p.GRPC.Service
		}
		return fmt.Sprintf("the gRPC service %q of port %d", service, p.GRPC.Port)
	}
	return ""
}

// portNumber returns the number of a port that may be given by its name, 0 if no port has
// that name.
func (k *container) portNumber(p intstr.IntOrString) int32 {
	if p.Type == intstr.Int {
		return p.IntVal
	}
	for _, port := range k.Ports {
		if port.Name == p.StrVal {
			return port.ContainerPort
		}
	}
	return 0
}

// livenessOnReadiness: what turns false in a drain or without a dependency must not kill.
func livenessOnReadiness(w *workload, report manifest.Report) {
	for i := range w.containers {
		k := &w.containers[i]
		if k.LivenessProbe == nil || !asksReadiness(k.LivenessProbe) {
			continue
		}
		report(manifest.Finding{
			Doc: w.doc, Path: k.in("livenessProbe"),
			Message: fmt.Sprintf("%s: container %s: liveness asks %s, which says whether it is ready", w.doc.Name, k.Name, k.endpoint(k.LivenessProbe)),
		})
	}
}

// asksReadiness reports whether the path of a probe is by its name that of readiness.
func asksReadiness(p *corev1.Probe) bool {
	if p.HTTPGet == nil {
		return false
	}
	path, _, _ := strings.Cut(strings.ToLower(p.HTTPGet.Path), "?")
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "ready", "readyz", "readiness", "isready", "is-ready", "is_ready":
			return true
		}
	}
	return false
}

// readinessTooSlow: the delay is over before anyone has seen that the pod is not ready.
func readinessTooSlow(w *workload, report manifest.Report) {
	for i := range w.containers {
		k := &w.containers[i]
		if k.plan == nil || k.plan.ReadinessDelay <= 0 || k.ReadinessProbe == nil {
			continue
		}
		p, delay := k.ReadinessProbe, k.plan.ReadinessDelay
		if patience(p) <= delay {
			continue
		}
		report(manifest.Finding{
			Doc: w.doc, Path: k.in("readinessProbe"),
			Message: fmt.Sprintf("%s: container %s: readiness fails after periodSeconds %d × failureThreshold %d = %v; the readiness delay of %s is %v",
				w.doc.Name, k.Name, cmp.Or(p.PeriodSeconds, 10), cmp.Or(p.FailureThreshold, 3), patience(p), k.plan.App, delay),
		})
	}
}

// livenessInDrain: a server that stops by itself is killed for it in the middle.
func livenessInDrain(w *workload, report manifest.Report) {
	for i := range w.containers {
		k := &w.containers[i]
		p := k.LivenessProbe
		if k.plan == nil || p == nil || asksReadiness(p) || !k.serves(probePort(p)) {
			continue
		}
		draining := k.plan.WorstCase - k.plan.ReadinessDelay
		if patience(p) >= draining {
			continue
		}
		report(manifest.Finding{
			Doc: w.doc, Path: k.in("livenessProbe"),
			Message: fmt.Sprintf("%s: container %s: liveness asks the port of the requests, which a stop closes, and kills after %v; the drain of %s can take %v",
				w.doc.Name, k.Name, patience(p), k.plan.App, draining.Round(time.Millisecond)),
		})
	}
}

// probePort returns the port of a probe, nil if it has none.
func probePort(p *corev1.Probe) *intstr.IntOrString {
	switch {
	case p.HTTPGet != nil:
		return &p.HTTPGet.Port
	case p.TCPSocket != nil:
		return &p.TCPSocket.Port
	case p.GRPC != nil:
		port := intstr.FromInt32(p.GRPC.Port)
		return &port
	}
	return nil
}

// probePortClosesFirst: a port that accepts is no answer to the question whether the
// server wants requests.
func probePortClosesFirst(w *workload, report manifest.Report) {
	for i := range w.containers {
		k := &w.containers[i]
		if k.plan == nil || k.plan.ReadinessDelay <= 0 || k.ReadinessProbe == nil || k.ReadinessProbe.TCPSocket == nil {
			continue
		}
		report(manifest.Finding{
			Doc: w.doc, Path: k.in("readinessProbe"),
			Message: fmt.Sprintf("%s: container %s: readiness asks whether port %s accepts, which it does until it is closed: the readiness delay %v of %s is not seen",
				w.doc.Name, k.Name, k.ReadinessProbe.TCPSocket.Port.String(), k.plan.ReadinessDelay, k.plan.App),
		})
	}
}

// probePortUnknown: the kubelet finds the number of a named port in the container's list.
func probePortUnknown(w *workload, report manifest.Report) {
	for i := range w.containers {
		k := &w.containers[i]
		for _, p := range k.probes() {
			port := probePort(p.probe)
			if port == nil || port.Type != intstr.String || k.portNumber(*port) != 0 {
				continue
			}
			report(manifest.Finding{
				Doc: w.doc, Path: k.in(p.name),
				Message: fmt.Sprintf("%s: container %s: the %s asks port %q, and no port of the container has that name", w.doc.Name, k.Name, p.name, port.StrVal),
			})
		}
		if hook := k.preStop(); hook != nil && hook.HTTPGet != nil {
			if port := hook.HTTPGet.Port; port.Type == intstr.String && k.portNumber(port) == 0 {
				report(manifest.Finding{
					Doc: w.doc, Path: k.in("lifecycle", "preStop"),
					Message: fmt.Sprintf("%s: container %s: preStop asks port %q, and no port of the container has that name", w.doc.Name, k.Name, port.StrVal),
				})
			}
		}
	}
}
