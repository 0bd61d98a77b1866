// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// A cluster is the objects of a run with what joins them.
type cluster struct {
	world     *manifest.World
	workloads []*workload
	budgets   []*budget
	services  map[string]int // by namespace, how many
}

// A budget is a PodDisruptionBudget with the workloads that it is for.
type budget struct {
	doc       *manifest.Document
	pdb       *policyv1.PodDisruptionBudget
	workloads []*workload
}

func newCluster(docs []*manifest.Document, world *manifest.World) *cluster {
	c := &cluster{world: world, services: map[string]int{}}
	for _, d := range docs {
		if w := newWorkload(d, c); w != nil {
			c.workloads = append(c.workloads, w)
		}
	}
	index := newIndex(c.workloads)
	scales := map[string]*int32{}
	for _, d := range docs {
		switch o := d.Object.(type) {
		case *corev1.Service:
			c.services[o.Namespace]++
			if len(o.Spec.Selector) > 0 {
				for _, w := range index.find(o.Namespace, &metav1.LabelSelector{MatchLabels: o.Spec.Selector}) {
					w.services = append(w.services, o)
				}
			}
		case *policyv1.PodDisruptionBudget:
			c.budgets = append(c.budgets, &budget{d, o, index.find(o.Namespace, o.Spec.Selector)})
		default:
			if ref, least, ok := scaled(o); ok {
				scales[namespaceOf(d)+"/"+ref] = least
			}
		}
	}
	for _, w := range c.workloads {
		w.scale(scales)
	}
	c.assignPlans()
	return c
}

// inCluster is what a server sees that runs in a pod, and does not see there though it may
// see it here; quiesce.Auto looks for these.
func inCluster() []string {
	return []string{"KUBERNETES_SERVICE_HOST=10.96.0.1", "NOTIFY_SOCKET=", "INVOCATION_ID="}
}

// assignPlans gives the containers their plans.
func (c *cluster) assignPlans() {
	if len(c.world.Plans) == 0 {
		return
	}
	var owners []*container
	var names [][]string
	for _, w := range c.workloads {
		for i := range w.containers {
			k := &w.containers[i]
			owners = append(owners, k)
			names = append(names, k.names())
		}
	}
	for i, p := range c.world.Assign(names, inCluster()...) {
		if p != nil {
			owners[i].plan = p.In(c.world, owners[i].environment()...)
		}
	}
}

// An index finds workloads by the labels of their pods without looking at all of them.
type index map[[3]string][]*workload // by namespace, label and value; without a label, all

func newIndex(workloads []*workload) index {
	in := index{}
	for _, w := range workloads {
		ns := w.meta.Namespace
		in[[3]string{ns}] = append(in[[3]string{ns}], w)
		for k, v := range w.labels {
			key := [3]string{ns, k, v}
			in[key] = append(in[key], w)
		}
	}
	return in
}

// find returns the workloads whose pods a selector selects.
func (in index) find(namespace string, s *metav1.LabelSelector) []*workload {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil
	}
	candidates := in[[3]string{namespace}]
	if s != nil {
		for k, v := range s.MatchLabels {
			if some := in[[3]string{namespace, k, v}]; len(some) < len(candidates) {
				candidates = some
			}
		}
	}
	var out []*workload
	for _, w := range candidates {
		if selector.Matches(labels.Set(w.labels)) {
			out = append(out, w)
		}
	}
	return out
}
