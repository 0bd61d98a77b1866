// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// serving returns the containers that get requests: those that a Service sends them to.
// If the manifests have no Service at all in that namespace, it is elsewhere, and
// those of a Deployment or StatefulSet that have a port are taken to serve, unless they are
// sidecars.
func (w *workload) serving() []*container {
	var out []*container
	for i := range w.containers {
		k := &w.containers[i]
		perhaps := w.perhapsServes() && !k.sidecar && slices.ContainsFunc(k.Ports, forRequests)
		if (len(w.services) > 0 && w.targets(k, i) || perhaps) && !k.idle {
			out = append(out, k)
		}
	}
	return out
}

// targets reports whether a Service sends requests to the i-th container. A port without a
// name that no container lists is the first one's.
func (w *workload) targets(k *container, i int) bool {
	for _, s := range w.services {
		if s.Spec.PublishNotReadyAddresses || s.Spec.ClusterIP == corev1.ClusterIPNone && w.single() {
			continue
		}
		for _, p := range s.Spec.Ports {
			target := targetOf(p)
			if forProbes(p.Name) {
				continue
			}
			if k.has(target) || i == 0 && target.Type == intstr.Int && !slices.ContainsFunc(w.containers, func(k container) bool { return k.has(target) }) {
				return true
			}
		}
	}
	return false
}

// single reports whether there is one pod, or one on each node. Behind a Service without an
// address of its own, that is how monitoring finds what it scrapes.
func (w *workload) single() bool {
	switch w.doc.Object.(type) {
	case *appsv1.DaemonSet:
		return true
	case *appsv1.Deployment:
		return w.replicas <= 1
	}
	return false
}

// targetOf returns the port of the pods to which one of a Service leads.
func targetOf(p corev1.ServicePort) intstr.IntOrString {
	if p.TargetPort == (intstr.IntOrString{}) {
		return intstr.FromInt32(p.Port)
	}
	return p.TargetPort
}

// has reports whether the container lists a port.
func (k *container) has(port intstr.IntOrString) bool {
	return slices.ContainsFunc(k.Ports, func(p corev1.ContainerPort) bool {
		if port.Type == intstr.String {
			return p.Name == port.StrVal
		}
		return p.ContainerPort == port.IntVal
	})
}

// perhapsServes reports whether the workload may be behind a Service that is not among
// the manifests.
func (w *workload) perhapsServes() bool {
	switch w.doc.Object.(type) {
	case *appsv1.Deployment, *appsv1.StatefulSet:
		return w.cluster.services[w.meta.Namespace] == 0
	}
	return false
}

// forRequests reports whether a port is for more than its operators.
func forRequests(p corev1.ContainerPort) bool { return !forProbes(p.Name) }

// forProbes reports whether the name of a port says that it is for metrics and probes.
func forProbes(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"metric", "prom", "health", "probe", "liveness", "readiness", "debug", "pprof", "admin", "telemetry"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// serves reports whether requests come to this port of the container.
func (k *container) serves(port *intstr.IntOrString) bool {
	if port == nil || !slices.Contains(k.w.serving(), k) {
		return false
	}
	number := k.portNumber(*port)
	if len(k.w.services) == 0 {
		return slices.ContainsFunc(k.Ports, func(p corev1.ContainerPort) bool { return forRequests(p) && p.ContainerPort == number })
	}
	for _, s := range k.w.services {
		for _, p := range s.Spec.Ports {
			if !forProbes(p.Name) && k.portNumber(targetOf(p)) == number {
				return true
			}
		}
	}
	return false
}

// noDrainDelay: requests come until everybody knows that the pod is going, which takes
// longer than to close a listener.
func noDrainDelay(w *workload, report manifest.Report) {
	if !w.runs() {
		return
	}
	for _, k := range w.serving() {
		if k.waits() {
			continue
		}
		f := manifest.Finding{Doc: w.doc, Path: k.in("name")}
		if k.plan != nil {
			f.Message = fmt.Sprintf("%s: container %s serves; it has no preStop hook, and the plan of %s has no readiness delay", w.doc.Name, k.Name, k.plan.App)
		} else {
			f.Unsure = true
			f.Message = fmt.Sprintf("%s: container %s serves and has no preStop hook; is there a readiness delay in the program? --plan tells", w.doc.Name, k.Name)
		}
		report(f)
	}
}

// waits reports whether something lets the requests run out before the program closes
// its listener. What a hook does that is more than sleep is not known; a program with a
// grace period of quiesce has a readiness delay in a pod.
func (k *container) waits() bool {
	hook := k.preStop()
	switch {
	case k.plan != nil && k.plan.ReadinessDelay > 0, k.plan == nil && k.variable("QUIESCE_GRACE") != "":
		return true
	case hook == nil:
		return false
	case hook.Sleep != nil:
		return hook.Sleep.Seconds > 0
	}
	return true
}
