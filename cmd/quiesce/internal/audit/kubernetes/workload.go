// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"path"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/shell"
)

// A workload is what makes pods, whatever its type.
type workload struct {
	doc        *manifest.Document
	cluster    *cluster
	meta       *metav1.ObjectMeta
	pod        *corev1.PodSpec
	labels     map[string]string // of its pods
	notes      map[string]string // annotations of its pods
	at         []any             // where the pod's spec is
	containers []container       // those that run all the time
	services   []*corev1.Service

	// replicas is how many pods there are at least; sure is whether the manifests say so.
	replicas int32
	sure     bool
}

// A container is one that runs as long as its pod: no init container, unless it is a
// sidecar.
type container struct {
	*corev1.Container
	w       *workload
	at      []any
	sidecar bool          // an init container that goes on
	idle    bool          // it only waits for somebody to use it, or for its end
	plan    *quiesce.Plan // nil if it is not known
}

// newWorkload returns nil for an object that makes no pods.
func newWorkload(d *manifest.Document, c *cluster) *workload {
	w := &workload{doc: d, cluster: c, replicas: 1, sure: true}
	template := func(m *metav1.ObjectMeta, t *corev1.PodTemplateSpec, at ...any) {
		w.meta, w.pod, w.labels, w.notes, w.at = m, &t.Spec, t.Labels, t.Annotations, append(at, "template", "spec")
	}
	switch o := d.Object.(type) {
	case *appsv1.Deployment:
		template(&o.ObjectMeta, &o.Spec.Template, "spec")
		w.count(o.Spec.Replicas)
	case *appsv1.StatefulSet:
		template(&o.ObjectMeta, &o.Spec.Template, "spec")
		w.count(o.Spec.Replicas)
	case *appsv1.ReplicaSet:
		template(&o.ObjectMeta, &o.Spec.Template, "spec")
		w.count(o.Spec.Replicas)
	case *corev1.ReplicationController:
		if o.Spec.Template == nil {
			return nil
		}
		template(&o.ObjectMeta, o.Spec.Template, "spec")
		w.count(o.Spec.Replicas)
	case *appsv1.DaemonSet:
		template(&o.ObjectMeta, &o.Spec.Template, "spec")
		w.sure = false // as many as there are nodes
	case *batchv1.Job:
		template(&o.ObjectMeta, &o.Spec.Template, "spec")
	case *batchv1.CronJob:
		template(&o.ObjectMeta, &o.Spec.JobTemplate.Spec.Template, "spec", "jobTemplate", "spec")
	case *corev1.Pod:
		w.meta, w.pod, w.labels, w.notes, w.at = &o.ObjectMeta, &o.Spec, o.Labels, o.Annotations, []any{"spec"}
	default:
		return nil
	}
	w.addContainers()
	return w
}

func (w *workload) count(replicas *int32) {
	w.sure = replicas != nil
	if replicas != nil {
		w.replicas = *replicas
	}
}

func (w *workload) addContainers() {
	for i := range w.pod.Containers {
		w.addContainer(container{Container: &w.pod.Containers[i], at: w.in("containers", i)})
	}
	for i := range w.pod.InitContainers {
		k := &w.pod.InitContainers[i]
		if k.RestartPolicy != nil && *k.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			w.addContainer(container{Container: k, at: w.in("initContainers", i), sidecar: true})
		}
	}
}

func (w *workload) addContainer(k container) {
	words, _ := k.words()
	k.w, k.idle = w, shell.Idles(words)
	w.containers = append(w.containers, k)
}

// in is a path in the pod's spec.
func (w *workload) in(path ...any) []any { return slices.Concat(w.at, path) }

// in is a path in the container.
func (k *container) in(path ...any) []any { return slices.Concat(k.at, path) }

// names are those by which a user may name the container.
func (k *container) names() []string {
	names := []string{k.Name, k.w.meta.Name, manifest.ImageName(k.Image)}
	for _, word := range slices.Concat(k.Command, k.Args) {
		if !strings.HasPrefix(word, "-") {
			names = append(names, path.Base(word))
			break
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}

// environment is what a server needs to know to make its plan as it will in this
// container.
func (k *container) environment() []string {
	env := inCluster()
	if grace := k.variable(quiesce.GraceVariable); grace != "" {
		env = append(env, quiesce.GraceVariable+"="+grace)
	}
	return env
}

// variable returns the value of a variable that is written out.
func (k *container) variable(name string) string {
	for _, e := range k.Env {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

// runs reports whether the workload is to run until it is stopped, which jobs are not.
func (w *workload) runs() bool {
	switch w.doc.Object.(type) {
	case *batchv1.Job, *batchv1.CronJob:
		return false
	}
	return w.pod.RestartPolicy == "" || w.pod.RestartPolicy == corev1.RestartPolicyAlways
}

// scaled returns what an autoscaler scales, as kind/name, and to how many at least.
func scaled(o any) (ref string, least *int32, ok bool) {
	switch o := o.(type) {
	case *autoscalingv1.HorizontalPodAutoscaler:
		return o.Spec.ScaleTargetRef.Kind + "/" + o.Spec.ScaleTargetRef.Name, o.Spec.MinReplicas, true
	case *autoscalingv2.HorizontalPodAutoscaler:
		return o.Spec.ScaleTargetRef.Kind + "/" + o.Spec.ScaleTargetRef.Name, o.Spec.MinReplicas, true
	}
	return "", nil, false
}

// scale takes the number of replicas from an autoscaler, if there is one.
func (w *workload) scale(scales map[string]*int32) {
	least, ok := scales[w.meta.Namespace+"/"+w.doc.Type+"/"+w.meta.Name]
	if !ok {
		return
	}
	w.replicas, w.sure = 1, true
	if least != nil {
		w.replicas = *least
	}
}

// namespaceOf returns the namespace of an object.
func namespaceOf(d *manifest.Document) string {
	if o, ok := d.Object.(metav1.Object); ok {
		return o.GetNamespace()
	}
	return ""
}
