// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"slices"
	"strings"
)

// A Dialect is what /bin/sh of an image is.
type Dialect int

// What an image can have. Unknown is for images of which the name does not tell.
const (
	Unknown Dialect = iota
	None            // no shell at all
	Dash            // Debian, Ubuntu
	Bash            // Fedora, RHEL and their kin
	Ash             // busybox, Alpine
)

// String returns the name of the shell with where it is from.
func (d Dialect) String() string {
	return [...]string{"sh", "no shell", "dash, the sh of Debian and Ubuntu", "bash", "ash, the sh of Alpine and busybox"}[d]
}

// noShell are the images, without registry, that have no shell, and ways in which
// tags say so. The official ones are from the Dockerfiles of those projects.
var noShell = []string{
	"pause", "coredns/coredns", "coredns", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy",
	"kube-state-metrics/kube-state-metrics", "metrics-server/metrics-server", "otel/opentelemetry-collector",
	"otel/opentelemetry-collector-contrib", "hashicorp/http-echo", "scratch",
}

// chainguardWithShell are the images of Chainguard that have a shell without "-dev".
var chainguardWithShell = []string{"wolfi-base", "chainguard-base", "busybox", "bash", "git", "min-toolkit-debug"}

// debian are the official images that are Debian unless their tag says otherwise.
var debian = []string{
	"debian", "ubuntu", "golang", "node", "python", "ruby", "perl", "php", "rust", "gcc", "openjdk", "postgres", "redis", "nginx", "httpd",
	"memcached", "mongo", "mariadb", "rabbitmq", "haproxy", "buildpack-deps", "tomcat", "wordpress", "drupal", "ghost", "cassandra", "influxdb",
}

// rpm are the distributions of which sh is bash.
var rpm = []string{
	"fedora", "centos", "rockylinux", "almalinux", "amazonlinux", "oraclelinux", "ubi8", "ubi9", "ubi10", "ubi-minimal", "ubi8-minimal",
	"ubi9-minimal", "opensuse", "leap", "tumbleweed", "archlinux", "mysql",
}

// debianTags are parts of tags that say that it is Debian or Ubuntu.
var debianTags = []string{"bookworm", "bullseye", "buster", "trixie", "forky", "slim", "jammy", "noble", "focal", "debian", "ubuntu"}

// Of returns what /bin/sh of an image is, as far as its name says it. The name may be
// that of FROM or of a manifest.
func Of(image string) Dialect {
	name, tag := split(image)
	last := name[strings.LastIndexByte(name, '/')+1:]
	path := withoutRegistry(name)
	switch {
	case strings.HasPrefix(name, "cgr.dev/chainguard/"):
		return chainguard(last, tag)
	case strings.Contains(name, "distroless") || strings.Contains(tag, "distroless"):
		if strings.Contains(tag, "debug") {
			return Ash // its busybox
		}
		return None
	case slices.Contains(noShell, path), tag == "scratch", strings.HasSuffix(tag, "-scratch"):
		return None
	case last == "alpine" || last == "busybox" || hasPart(tag, "alpine") || hasPart(tag, "busybox"):
		return Ash
	case slices.Contains(rpm, last) && !hasAnyPart(tag, debianTags):
		return Bash
	case official(name) && slices.Contains(debian, last), hasAnyPart(tag, debianTags):
		return Dash
	}
	return Unknown
}

func chainguard(name, tag string) Dialect {
	if strings.HasSuffix(tag, "-dev") || tag == "dev" || slices.Contains(chainguardWithShell, name) {
		return Ash
	}
	return None
}

// split returns an image's name and tag, in small letters, without its digest.
func split(image string) (name, tag string) {
	image, _, _ = strings.Cut(strings.ToLower(image), "@")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		return image[:i], image[i+1:]
	}
	return image, ""
}

// withoutRegistry cuts off the first part if it is the name of a host.
func withoutRegistry(name string) string {
	first, rest, ok := strings.Cut(name, "/")
	if !ok || !strings.ContainsAny(first, ".:") {
		return name
	}
	return rest
}

// official reports whether an image is one of Docker's official ones.
func official(name string) bool {
	for _, registry := range []string{"docker.io/", "index.docker.io/", "public.ecr.aws/docker/", "mirror.gcr.io/"} {
		name = strings.TrimPrefix(name, registry)
	}
	return !strings.Contains(strings.TrimPrefix(name, "library/"), "/")
}

// hasPart reports whether a tag has a part, between dashes, that begins with one of
// these: "3.12-alpine3.20".
func hasPart(tag, part string) bool {
	return slices.ContainsFunc(strings.Split(tag, "-"), func(p string) bool { return strings.HasPrefix(p, part) })
}

func hasAnyPart(tag string, parts []string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return hasPart(tag, p) })
}
