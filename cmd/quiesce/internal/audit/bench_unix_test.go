// SPDX-License-Identifier: Apache-2.0

//go:build unix

package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// manifestText is a manifest of 2.5 kB, as charts make them.
const manifestText = `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-%[1]d
  namespace: team-%[2]d
  labels:
    app.kubernetes.io/name: service-%[1]d
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/managed-by: Helm
spec:
  replicas: 3
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: service-%[1]d
  template:
    metadata:
      labels:
        app.kubernetes.io/name: service-%[1]d
        app.kubernetes.io/part-of: shop
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: service-%[1]d
      terminationGracePeriodSeconds: 25
      securityContext:
        runAsNonRoot: true
        fsGroup: 2000
      containers:
      - name: service
        image: registry.example.org/team/service-%[1]d:1.4.2
        imagePullPolicy: IfNotPresent
        command: ["sh", "-c", "/service --port 8080"]
        ports:
        - name: http
          containerPort: 8080
          protocol: TCP
        - name: metrics
          containerPort: 9090
          protocol: TCP
        env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: service-%[1]d
              key: database-url
        - name: LOG_LEVEL
          value: info
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
          limits:
            memory: 256Mi
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop: ["ALL"]
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
          periodSeconds: 10
          failureThreshold: 3
        readinessProbe:
          httpGet:
            path: /healthz
            port: http
          periodSeconds: 5
          failureThreshold: 3
        volumeMounts:
        - name: config
          mountPath: /etc/service
        - name: tmp
          mountPath: /tmp
      volumes:
      - name: config
        configMap:
          name: service-%[1]d
      - name: tmp
        emptyDir: {}
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            app.kubernetes.io/name: service-%[1]d
`

// deployment is the i-th manifest.
func deployment(i int) []byte { return fmt.Appendf(nil, manifestText, i, i%20) }

// BenchmarkAudit audits n Deployments of 2.5 kB, each with four faults, in one file and in a
// file each. It reports the processor time, too, and the largest heap that was seen.
func BenchmarkAudit(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("file/%d", n), func(b *testing.B) { benchmark(b, writeManifests(b, n, n), n) })
		b.Run(fmt.Sprintf("files/%d", n), func(b *testing.B) { benchmark(b, writeManifests(b, n, 1), n) })
	}
}

// writeManifests writes n Deployments to files of so many, and returns their folder.
func writeManifests(tb testing.TB, n, each int) string {
	tb.Helper()
	dir := tb.TempDir()
	for i := 0; i < n; i += each {
		var data []byte
		for j := i; j < min(n, i+each); j++ {
			data = append(data, deployment(j)...)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.yaml", i)), data, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func benchmark(b *testing.B, dir string, n int) {
	b.ReportAllocs()
	var largest uint64
	before := cpu(b)
	for b.Loop() {
		r, err := Run(Options{Paths: []string{dir}})
		if err != nil || len(r.Findings) != 3*n {
			b.Fatalf("%d findings, %v", len(r.Findings), err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		largest = max(largest, m.HeapInuse)
	}
	b.ReportMetric(float64(cpu(b)-before)/1e6/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(largest)/1e6, "heap-MB")
}

// cpu is the processor time of this process.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestManyDocuments: one file of many is read in parts, and nothing is lost between them.
func TestManyDocuments(t *testing.T) {
	const n = 200
	r := run(t, Options{Paths: []string{writeManifests(t, n, n)}})
	rules := map[string]int{}
	lines := map[int]bool{}
	for _, f := range r.Findings {
		rules[f.Rule]++
		if f.Rule == "shell-as-pid1" {
			lines[f.Line] = true
		}
	}
	if len(r.Problems) > 0 || len(rules) != 3 || rules["shell-as-pid1"] != n || rules["readiness-is-liveness"] != n || len(lines) != n {
		t.Errorf("found %v, %d problems, shells in %d lines", rules, len(r.Problems), len(lines))
	}
	size := len(deployment(100))
	if size < 2300 || size > 2900 {
		t.Errorf("a Deployment has %d bytes, want about 2500", size)
	}
}
