// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// subPathNeverReloads: the kubelet changes the files of a volume by a link to a folder; a
// mount of one path in it stays with the old folder.
func subPathNeverReloads(w *workload, report manifest.Report) {
	if !w.runs() || w.rolledOnChange() {
		return
	}
	sources := map[string]string{}
	for i := range w.pod.Volumes {
		if name := configOf(&w.pod.Volumes[i]); name != "" {
			sources[w.pod.Volumes[i].Name] = name
		}
	}
	for i := range w.containers {
		k := &w.containers[i]
		for j, m := range k.VolumeMounts {
			if sources[m.Name] == "" || m.SubPath == "" && m.SubPathExpr == "" {
				continue
			}
			report(manifest.Finding{
				Doc: w.doc, Path: k.in("volumeMounts", j),
				Message: fmt.Sprintf("%s: container %s: %s is mounted by subPath from %s: changes never get there", w.doc.Name, k.Name, m.MountPath, sources[m.Name]),
			})
		}
	}
}

// configOf names the configuration that a volume has, "" if it has none, or one that does
// not change.
func configOf(v *corev1.Volume) string {
	switch {
	case v.ConfigMap != nil && !hashed.MatchString(v.ConfigMap.Name):
		return "ConfigMap " + v.ConfigMap.Name
	case v.Secret != nil && !hashed.MatchString(v.Secret.SecretName):
		return "Secret " + v.Secret.SecretName
	case v.Projected != nil:
		return "the projected volume " + v.Name
	}
	return ""
}

// hashed matches the names that kustomize makes: a change makes another name, and so new
// pods. Its hashes have ten of these letters.
var hashed = regexp.MustCompile(`-[bcdfghkmt2456789]{10}$`)

// rolledOnChange reports whether a change of the configuration makes new pods, by a
// checksum in their annotations or by a controller that watches it.
func (w *workload) rolledOnChange() bool {
	for _, annotations := range []map[string]string{w.notes, w.meta.Annotations} {
		for key := range annotations {
			key = strings.ToLower(key)
			if strings.Contains(key, "checksum") || strings.Contains(key, "hash") || strings.Contains(key, "reloader.stakater.com") {
				return true
			}
		}
	}
	return false
}
