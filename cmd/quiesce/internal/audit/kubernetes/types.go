// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
)

// A kindOf names the type of an object.
type kindOf struct{ apiVersion, kind string }

// types makes an empty object of each type that is looked at.
var types = map[kindOf]func() any{
	{"apps/v1", "Deployment"}:                     func() any { return new(appsv1.Deployment) },
	{"apps/v1", "StatefulSet"}:                    func() any { return new(appsv1.StatefulSet) },
	{"apps/v1", "DaemonSet"}:                      func() any { return new(appsv1.DaemonSet) },
	{"apps/v1", "ReplicaSet"}:                     func() any { return new(appsv1.ReplicaSet) },
	{"batch/v1", "Job"}:                           func() any { return new(batchv1.Job) },
	{"batch/v1", "CronJob"}:                       func() any { return new(batchv1.CronJob) },
	{"v1", "Pod"}:                                 func() any { return new(corev1.Pod) },
	{"v1", "ReplicationController"}:               func() any { return new(corev1.ReplicationController) },
	{"v1", "Service"}:                             func() any { return new(corev1.Service) },
	{"policy/v1", "PodDisruptionBudget"}:          func() any { return new(policyv1.PodDisruptionBudget) },
	{"autoscaling/v1", "HorizontalPodAutoscaler"}: func() any { return new(autoscalingv1.HorizontalPodAutoscaler) },
	{"autoscaling/v2", "HorizontalPodAutoscaler"}: func() any { return new(autoscalingv2.HorizontalPodAutoscaler) },
}

// removed are the versions that no cluster serves any more, with those that took their
// place.
var removed = map[string]string{
	"extensions/v1beta1": "apps/v1", "apps/v1beta1": "apps/v1", "apps/v1beta2": "apps/v1", "batch/v1beta1": "batch/v1",
	"policy/v1beta1": "policy/v1", "autoscaling/v2beta1": "autoscaling/v2", "autoscaling/v2beta2": "autoscaling/v2",
}

// replacement returns the type that took the place of one that is no longer served.
func replacement(k kindOf) (string, bool) {
	version, ok := removed[k.apiVersion]
	if !ok {
		return "", false
	}
	_, known := types[kindOf{version, k.kind}]
	return version, known
}

// meant returns the type that one may be meant for that there is not: in another version of
// its group, without a version, or with its kind in other letters. Other groups have
// kinds of the same names. Zero is none.
func meant(k kindOf) kindOf {
	for _, t := range typeList() {
		version := k.apiVersion == "" || k.apiVersion == "v1" || group(t.apiVersion) != "" && group(t.apiVersion) == group(k.apiVersion)
		if version && strings.EqualFold(t.kind, k.kind) {
			return t
		}
	}
	return kindOf{}
}

// typeList are the types in an order, the newest version of each first.
var typeList = sync.OnceValue(func() []kindOf {
	return slices.SortedFunc(maps.Keys(types), func(a, b kindOf) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(b.apiVersion, a.apiVersion))
	})
})

// group returns the part of a version before the slash, "" if there is none.
func group(apiVersion string) string {
	g, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return g
}

// listItem returns the kind of the items of a list: "" for one of any kind.
func listItem(k kindOf) (item kindOf, ok bool) {
	if k.kind == "List" && k.apiVersion == "v1" {
		return kindOf{}, true
	}
	item = kindOf{k.apiVersion, strings.TrimSuffix(k.kind, "List")}
	_, ok = types[item]
	return item, ok && item.kind != k.kind
}
