// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// rolloutEmptiesService: all old pods may go before a new one is ready.
func rolloutEmptiesService(w *workload, report manifest.Report) {
	d, ok := w.doc.Object.(*appsv1.Deployment)
	if !ok || d.Spec.Strategy.RollingUpdate == nil || d.Spec.Strategy.RollingUpdate.MaxUnavailable == nil || w.replicas == 0 || len(w.serving()) == 0 {
		return
	}
	limit := d.Spec.Strategy.RollingUpdate.MaxUnavailable
	n, err := intstr.GetScaledValueFromIntOrPercent(limit, int(w.replicas), false)
	all := limit.Type == intstr.String && limit.StrVal == "100%"
	if err != nil || n < int(w.replicas) || !w.sure && !all {
		return
	}
	report(manifest.Finding{
		Doc: w.doc, Path: []any{"spec", "strategy", "rollingUpdate", "maxUnavailable"},
		Message: fmt.Sprintf("%s: maxUnavailable %s lets a rollout stop all %s before a new one is ready", w.doc.Name, limit.String(), pods(w.replicas, w.sure)),
	})
}

func pods(n int32, sure bool) string {
	switch {
	case !sure:
		return "pods"
	case n == 1:
		return "pods, of which there is 1,"
	}
	return fmt.Sprintf("%d pods", n)
}

// recreateServed: Recreate stops all pods before it starts one.
func recreateServed(w *workload, report manifest.Report) {
	d, ok := w.doc.Object.(*appsv1.Deployment)
	if !ok || d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType || w.alone() || len(w.serving()) == 0 {
		return
	}
	report(manifest.Finding{
		Doc: w.doc, Path: []any{"spec", "strategy", "type"},
		Message: w.doc.Name + ": Recreate stops all pods before it starts a new one, and requests come for them",
	})
}

// alone reports whether two pods may not be able to run at the same time: they share a
// disk, or a port of their node.
func (w *workload) alone() bool {
	ports := slices.ContainsFunc(w.containers, func(k container) bool {
		return slices.ContainsFunc(k.Ports, func(p corev1.ContainerPort) bool { return p.HostPort != 0 })
	})
	disks := slices.ContainsFunc(w.pod.Volumes, func(v corev1.Volume) bool { return v.PersistentVolumeClaim != nil || v.HostPath != nil })
	return w.pod.HostNetwork || ports || disks
}

// replicas adds up the pods of a budget; sure is whether the manifests say all. A workload
// that is there twice, as in a base and its overlay, counts once.
func (b *budget) replicas() (n int32, sure bool) {
	sure = len(b.workloads) > 0
	seen := map[string]int32{}
	for _, w := range b.workloads {
		key := w.doc.Type + "/" + w.meta.Name
		if other, twice := seen[key]; twice {
			sure = sure && other == w.replicas
			continue
		}
		seen[key] = w.replicas
		n += w.replicas
		sure = sure && w.sure && w.runs()
	}
	return n, sure && n > 0
}

// pdbBlocksDrain: an eviction that is never allowed holds up the drain of a node for
// ever.
func pdbBlocksDrain(c *cluster, report manifest.Report) {
	for _, b := range c.budgets {
		n, sure := b.replicas()
		spec := b.pdb.Spec
		key, text := "", ""
		switch {
		case spec.MaxUnavailable != nil && isZero(spec.MaxUnavailable):
			key, text = "maxUnavailable", "maxUnavailable "+spec.MaxUnavailable.String()+" lets no pod be evicted"
		case spec.MinAvailable == nil:
			continue
		case isAll(spec.MinAvailable):
			key, text = "minAvailable", "minAvailable 100% lets no pod be evicted"
		case sure && scaledUp(spec.MinAvailable, n) >= int(n):
			key, text = "minAvailable", fmt.Sprintf("minAvailable %s of %s lets no pod be evicted", spec.MinAvailable.String(), replicaText(n))
		default:
			continue
		}
		report(manifest.Finding{Doc: b.doc, Path: []any{"spec", key}, Message: b.doc.Name + ": " + text + ": the drain of a node never ends"})
	}
}

func replicaText(n int32) string {
	if n == 1 {
		return "1 replica"
	}
	return fmt.Sprintf("%d replicas", n)
}

func isZero(v *intstr.IntOrString) bool {
	return v.Type == intstr.Int && v.IntVal == 0 || v.Type == intstr.String && v.StrVal == "0%"
}

func isAll(v *intstr.IntOrString) bool { return v.Type == intstr.String && v.StrVal == "100%" }

// scaledUp is how many of n a number or a share is; budgets round up. -1 is neither.
func scaledUp(v *intstr.IntOrString, n int32) int {
	scaled, err := intstr.GetScaledValueFromIntOrPercent(v, int(n), true)
	if err != nil {
		return -1
	}
	return scaled
}

// pdbEmptiesService: a budget that allows all pods to go at once is none.
func pdbEmptiesService(c *cluster, report manifest.Report) {
	for _, b := range c.budgets {
		n, sure := b.replicas()
		spec := b.pdb.Spec
		key, limit := "maxUnavailable", spec.MaxUnavailable
		switch {
		case limit != nil && (isAll(limit) || sure && n > 1 && limit.Type == intstr.Int && limit.IntVal >= n):
		case spec.MinAvailable != nil && isZero(spec.MinAvailable):
			key, limit = "minAvailable", spec.MinAvailable
		default:
			continue
		}
		if n == 1 && sure {
			continue // one pod has to go when its node does
		}
		report(manifest.Finding{
			Doc: b.doc, Path: []any{"spec", key},
			Message: fmt.Sprintf("%s: %s %s lets all pods be evicted at once", b.doc.Name, key, limit.String()),
		})
	}
}
