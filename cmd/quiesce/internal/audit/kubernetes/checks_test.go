// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// rulesOf audits a text and returns the rules that find something, with their messages.
func rulesOf(t *testing.T, text string, plan *quiesce.Plan) map[string]string {
	t.Helper()
	c := Kind{}.Read(&manifest.File{Path: "x.yaml", Data: []byte(text)}, false)
	for _, p := range c.Problems {
		t.Errorf("line %d: %s", p.Line, p.Text)
	}
	for _, n := range c.Notes {
		t.Errorf("line %d: %s", n.Line, n.Text)
	}
	w := &manifest.World{Problem: func(err error) { t.Error(err) }, Note: func(n manifest.Note) { t.Error(n) }}
	if plan != nil {
		w.Plans = []*manifest.Plan{{Path: "shop", Ask: func([]string) (*quiesce.Plan, error) { return plan, nil }}}
	}
	found := map[string]string{}
	Kind{}.Audit(c.Documents, w, func(f manifest.Finding) { found[f.Rule] += f.Message + "\n" })
	return found
}

// deployment is one that serves and has no fault, with parts that tests replace.
func deployment(replace ...string) string {
	text := `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  strategy: {}
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}, annotations: {}}
    spec:
      volumes: []
      containers:
      - name: shop
        image: example.org/shop
        command: []
        env: []
        volumeMounts: []
        ports: [{name: http, containerPort: 8080}]
        lifecycle: {preStop: {sleep: {seconds: 5}}}
        readinessProbe: {httpGet: {path: /readyz, port: http}}
        livenessProbe: {httpGet: {path: /livez, port: http}}
`
	return strings.NewReplacer(replace...).Replace(text)
}

const service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {selector: {app: shop}, ports: [{port: 80, targetPort: http}]}\n"

func budgetOf(spec string) string {
	return "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: shop}\nspec: {" + spec + ", selector: {matchLabels: {app: shop}}}\n"
}

const scaler = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: shop}\nspec: {maxReplicas: 9, minReplicas: 3, scaleTargetRef: {kind: Deployment, name: shop}}\n"

func planOf(delay, worst time.Duration) *quiesce.Plan {
	return &quiesce.Plan{Schema: 1, App: "shop", Escalation: "orchestrated", Grace: worst, ReadinessDelay: delay, WorstCase: worst}
}

// A checkTest is a manifest with a fault, or with what only looks like one.
type checkTest struct {
	name string
	text string
	plan *quiesce.Plan
	want string // rules, and words of their messages
}

// Parts of the Deployment that tests replace.
const (
	hook  = "lifecycle: {preStop: {sleep: {seconds: 5}}}"
	ready = "readinessProbe: {httpGet: {path: /readyz, port: http}}"
	live  = "livenessProbe: {httpGet: {path: /livez, port: http}}"
)

var (
	config = []string{"volumes: []", "volumes: [{name: c, configMap: {name: shop}}]", "volumeMounts: []", "volumeMounts: [{name: c, mountPath: /c, subPath: x}]"}
	claim  = []string{"strategy: {}", "strategy: {type: Recreate}", "volumes: []", "volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]"}
)

// env sets the grace period by the environment.
func env(v string) []string {
	return []string{"env: []", "env: [{name: QUIESCE_GRACE, value: " + v + "}]"}
}

func graceTests() []checkTest {
	return []checkTest{
		{"all right", deployment(), nil, ""},
		{"all right with a service", deployment() + service, nil, ""},
		{"hook uses all", deployment(hook, "lifecycle: {preStop: {sleep: {seconds: 30}}}"), nil, "grace-too-short: uses up terminationGracePeriodSeconds, 30 as it is not set,; nothing is left"},
		{"hook in a shell uses more", deployment(hook, `lifecycle: {preStop: {exec: {command: [sh, -c, "sleep 20; sleep 20"]}}}`), nil, "grace-too-short: is less than preStop sleep 40s = 40s"},
		{"plan fits", deployment(), planOf(30*time.Second, 25*time.Second), ""},
		{"plan does not fit", deployment(), planOf(30*time.Second, 26*time.Second), "grace-too-short: preStop sleep 5s + the plan of shop 26s = 31s"},
		{"grace from the environment", deployment(env("28s")...), nil, "grace-too-short: preStop sleep 5s + QUIESCE_GRACE 28s = 33s"},
		{"grace from the environment fits", deployment(env("20s")...), nil, ""},
		{"own grace of a probe", deployment(live, "livenessProbe: {httpGet: {path: /livez, port: http}, terminationGracePeriodSeconds: 4}"), nil, "grace-too-short: the livenessProbe's terminationGracePeriodSeconds 4 is less than preStop sleep 5s"},
		{"sidecar's grace", deployment("volumes: []", "initContainers: [{name: proxy, restartPolicy: Always, lifecycle: {preStop: {sleep: {seconds: 31}}}}]"), nil, "grace-too-short: container proxy"},
		{"init container", deployment("volumes: []", "initContainers: [{name: init, command: [sh, -c, /x]}]"), nil, ""},
	}
}

func drainTests() []checkTest {
	return []checkTest{
		{"no hook", deployment(hook, ""), nil, "no-drain-delay: is there a readiness delay in the program? --plan tells"},
		{"hook of nothing", deployment("seconds: 5", "seconds: 0"), nil, "no-drain-delay"},
		{"hook over HTTP", deployment(hook, "lifecycle: {preStop: {httpGet: {path: /drain, port: http}}}"), nil, ""},
		{"no hook, and a delay", deployment(hook, ""), planOf(30*time.Second, 30*time.Second), ""},
		{"no hook, and no delay", deployment(hook, ""), planOf(0, time.Second), "no-drain-delay: the plan of shop has no readiness delay"},
		{"no hook, with quiesce", deployment(append(env("20s"), hook, "")...), nil, ""},
		{"nobody serves", deployment(hook, "", ready, "", "name: http", "name: metrics", "port: http", "port: metrics"), nil, ""},
		{"service for another", deployment(hook, "", ready, "") + strings.ReplaceAll(service, "app: shop", "app: web"), nil, ""},
		{"service in another namespace", deployment(hook, "", ready, "") + strings.ReplaceAll(service, "{name: shop}", "{name: shop, namespace: x}"), nil, "no-drain-delay, readiness-missing"},
		{"headless, for peers", deployment(hook, "", ready, "") + strings.ReplaceAll(service, "{selector", "{publishNotReadyAddresses: true, selector"), nil, ""},
		{"headless, one pod to scrape", deployment("replicas: 2", "", hook, "", ready, "") + strings.ReplaceAll(service, "{selector", "{clusterIP: None, selector"), nil, ""},
		{"headless, several pods", deployment(hook, "") + strings.ReplaceAll(service, "{selector", "{clusterIP: None, selector"), nil, "no-drain-delay"},
		{"service by number", deployment(ready, "", "name: http, ", "", "port: http", "port: 8080") + strings.ReplaceAll(service, "targetPort: http", "targetPort: 9000"), nil, "readiness-missing"},
	}
}

func probeTests() []checkTest {
	return []checkTest{
		{"no readiness", deployment(ready, ""), nil, "readiness-missing"},
		{"no readiness of a sidecar", deployment("volumes: []", "initContainers: [{name: proxy, restartPolicy: Always, ports: [{containerPort: 9000}]}]"), nil, ""},
		{
			"no readiness of a sidecar that is sent requests", deployment("volumes: []", "initContainers: [{name: proxy, restartPolicy: Always, ports: [{containerPort: 9000}]}]") + strings.ReplaceAll(service, "targetPort: http", "targetPort: 9000"), nil,
			"no-drain-delay, readiness-missing: container proxy serves",
		},
		{"no readiness of what idles", deployment(ready, "", hook, "", live, "", "command: []", "command: [/bin/sleep, infinity]") + service, nil, ""},
		{"no readiness of a job", strings.NewReplacer("apps/v1", "batch/v1", "Deployment", "Job", "  replicas: 2\n", "", "  strategy: {}\n", "").Replace(deployment(ready, "", hook, "")) + service, nil, ""},
		{"same endpoint by number", deployment("path: /livez, port: http", "path: /readyz/, port: 8080", "path: /readyz,", "path: /readyz/,"), nil, "liveness-on-readiness: /readyz/ of port 8080"},
		{"same endpoint", deployment("path: /livez, port: http", "path: /healthz, port: 8080", "path: /readyz,", "path: /healthz,"), nil, "readiness-is-liveness: /healthz of port 8080"},
		{"same endpoint with more patience", deployment("path: /livez, port: http}", "path: /healthz, port: 8080}, failureThreshold: 9", "path: /readyz,", "path: /healthz,"), nil, "readiness-is-liveness: it is not ready after 30s, and killed after 1m30s"},
		{"same path of another port", deployment("path: /livez, port: http", "path: /healthz, port: 8081", "path: /readyz,", "path: /healthz,"), nil, ""},
		{"same gRPC service", deployment("httpGet: {path: /livez, port: http}", "grpc: {port: 1}", "httpGet: {path: /readyz, port: http}", "grpc: {port: 1}"), nil, "readiness-is-liveness"},
		{"two gRPC services", deployment("httpGet: {path: /livez, port: http}", "grpc: {port: 1, service: live}", "httpGet: {path: /readyz, port: http}", "grpc: {port: 1}"), nil, ""},
		{"same command", deployment("httpGet: {path: /livez, port: http}", "exec: {command: [pg_isready]}", "httpGet: {path: /readyz, port: http}", "exec: {command: [pg_isready]}"), nil, ""},
		{"liveness asks readiness", deployment("/livez", "/actuator/health/readiness"), nil, "liveness-on-readiness"},
		{"a word with ready in it", deployment("/livez", "/already"), nil, ""},
		{"readiness slower than the delay", deployment(), planOf(29*time.Second, 10*time.Second), "readiness-too-slow: periodSeconds 10 × failureThreshold 3 = 30s; the readiness delay of shop is 29s"},
		{"liveness in the drain", deployment(hook, "", "livenessProbe: {", "livenessProbe: {periodSeconds: 1, failureThreshold: 2, ", "readinessProbe: {", "readinessProbe: {periodSeconds: 1, "), planOf(5*time.Second, 25*time.Second), "liveness-in-drain: kills after 2s; the drain of shop can take 20s"},
		{"liveness on another port", deployment(hook, "", "path: /livez, port: http", "path: /livez, port: 9000", "livenessProbe: {", "livenessProbe: {periodSeconds: 1, failureThreshold: 2, ", "readinessProbe: {", "readinessProbe: {periodSeconds: 1, "), planOf(5*time.Second, 25*time.Second), ""},
		{"readiness over TCP", deployment("httpGet: {path: /readyz, port: http}", "tcpSocket: {port: http}"), planOf(30*time.Second, 20*time.Second), "probe-port-closes-first: port http accepts"},
		{"readiness over TCP, no delay", deployment("httpGet: {path: /readyz, port: http}", "tcpSocket: {port: http}"), planOf(0, 20*time.Second), ""},
		{"unknown port", deployment("/livez, port: http", "/livez, port: admin"), nil, `probe-port-unknown: the livenessProbe asks port "admin"`},
		{"unknown port of a hook", deployment(hook, "lifecycle: {preStop: {httpGet: {path: /drain, port: admin}}}"), nil, "probe-port-unknown: preStop"},
	}
}

func processTests() []checkTest {
	return []checkTest{
		{"hook without a shell", deployment("image: example.org/shop", "image: gcr.io/distroless/static", hook, "lifecycle: {preStop: {exec: {command: [/bin/sleep, '5']}}}"), nil, "prestop-no-shell: runs sleep"},
		{"hook with its own program", deployment("image: example.org/shop", "image: gcr.io/distroless/static", hook, "lifecycle: {preStop: {exec: {command: [/shop, drain]}}}"), nil, ""},
		{"shell of an unknown image", deployment("command: []", "command: [sh, -c, /shop]"), nil, "shell-as-pid1: unless it is one that replaces itself"},
		{"shell of Alpine", deployment("command: []", "command: [sh, -c, /shop]", "example.org/shop", "alpine"), nil, ""},
		{"list in the shell of Alpine", deployment("command: []", "command: [sh, -c, cd / && /shop]", "example.org/shop", "alpine"), nil, "shell-as-pid1: ash"},
		{"bash", deployment("command: []", "command: [bash, -c, cd / && /shop]"), nil, ""},
		{"exec", deployment("command: []", "command: [sh, -c, exec /shop]"), nil, ""},
		{"args only", deployment("command: []", "args: [sh, -c, /shop | tee log]"), nil, "shell-as-pid1"},
		{"idle", deployment("command: []", "command: [sh, -c, sleep infinity]"), nil, ""},
		{"no init", deployment("command: []", "command: [sh, -c, 'helper & exec /shop']"), nil, "no-init"},
		{"shared processes", deployment("command: []", "command: [sh, -c, 'helper & exec /shop']", "volumes: []", "shareProcessNamespace: true"), nil, ""},
		{"signal that a plan has not", deployment("lifecycle: {", "lifecycle: {stopSignal: SIGQUIT, "), planOf(30*time.Second, 20*time.Second), "stop-signal-unhandled: shop stops at"},
		{"signal of another program", deployment("lifecycle: {", "lifecycle: {stopSignal: SIGQUIT, "), nil, ""},
		{"killed at once", deployment("volumes: []", "terminationGracePeriodSeconds: 0"), nil, "grace-zero"},
		{"killed at once, and idle", deployment("volumes: []", "terminationGracePeriodSeconds: 0", hook, "", ready, "", live, "", "command: []", "command: [sh, -c, sleep infinity]"), nil, ""},
		{"agent of a node that is killed at once", strings.NewReplacer("Deployment", "DaemonSet", "  replicas: 2\n", "", "  strategy: {}\n", "").Replace(deployment("volumes: []", "terminationGracePeriodSeconds: 0\n      hostNetwork: true")), nil, "grace-zero: an agent of a node may want that"},
		{"kill", deployment("lifecycle: {", "lifecycle: {stopSignal: SIGKILL, "), nil, "stop-signal-unhandled: no program can handle SIGKILL"},
	}
}

func rolloutTests() []checkTest {
	return []checkTest{
		{"rollout of half", deployment("strategy: {}", "strategy: {rollingUpdate: {maxUnavailable: 50%}}"), nil, ""},
		{"rollout of all", deployment("strategy: {}", "strategy: {rollingUpdate: {maxUnavailable: 2}}"), nil, "rollout-empties-service: all 2 pods"},
		{"rollout of more with a scaler", deployment("strategy: {}", "strategy: {rollingUpdate: {maxUnavailable: 2}}") + scaler, nil, ""},
		{"rollout of an unknown number", deployment("replicas: 2", "", "strategy: {}", "strategy: {rollingUpdate: {maxUnavailable: 1}}"), nil, ""},
		{"recreate", deployment("strategy: {}", "strategy: {type: Recreate}"), nil, "recreate-served"},
		{"recreate with a disk", deployment(claim...), nil, ""},
		{"budget of all", deployment() + budgetOf("minAvailable: 2"), nil, "pdb-blocks-drain: minAvailable 2 of 2 replicas"},
		{"budget of 51 %", deployment() + budgetOf("minAvailable: 51%"), nil, "pdb-blocks-drain"},
		{"budget of half", deployment() + budgetOf("minAvailable: 50%"), nil, ""},
		{"budget with a scaler", deployment() + scaler + budgetOf("minAvailable: 2"), nil, ""},
		{"budget twice", deployment() + "---\n" + deployment() + budgetOf("minAvailable: 2"), nil, "pdb-blocks-drain"},
		{"budget of nothing", budgetOf("maxUnavailable: 0%"), nil, "pdb-blocks-drain"},
		{"budget of an unknown number", deployment("replicas: 2", "") + budgetOf("minAvailable: 1"), nil, ""},
		{"budget lets all go", deployment() + budgetOf("maxUnavailable: 2"), nil, "pdb-empties-service"},
		{"budget of one pod", deployment("replicas: 2", "replicas: 1") + budgetOf("maxUnavailable: 1"), nil, ""},
	}
}

func otherTests() []checkTest {
	return []checkTest{
		{"subPath", deployment(config...), nil, "subpath-never-reloads: /c is mounted by subPath from ConfigMap shop"},
		{"subPath with a checksum", deployment(append(config, "annotations: {}", "annotations: {checksum/config: abc}")...), nil, ""},
		{"subPath of kustomize", deployment("volumes: []", "volumes: [{name: c, configMap: {name: shop-5t8c9f2g4k}}]", config[2], config[3]), nil, ""},
		{"job in a shell", strings.ReplaceAll("apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\nspec: {template: {spec: {containers: [{name: x, command: [sh, -c, /x]}]}}}\n", "x", "y"), nil, ""},
	}
}

// TestChecks has faults and what only looks like them.
func TestChecks(t *testing.T) {
	for _, tt := range slices.Concat(graceTests(), drainTests(), probeTests(), processTests(), rolloutTests(), otherTests()) {
		t.Run(tt.name, func(t *testing.T) {
			found := rulesOf(t, tt.text, tt.plan)
			rules, words, _ := strings.Cut(tt.want, ": ")
			var want []string
			if rules != "" {
				want = strings.Split(rules, ", ")
			}
			ok := len(found) == len(want)
			for _, rule := range want {
				ok = ok && strings.Contains(found[rule], words)
			}
			if !ok {
				t.Errorf("found %q, want %q", found, tt.want)
			}
		})
	}
}
