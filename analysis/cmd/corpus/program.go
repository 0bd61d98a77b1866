// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/corpus"
)

// A program is a version of a module, with the packages in which there are sites.
type program struct {
	module, version string
	packages        []string // "./cmd"
	env             []string // what the go command needs beside its usual environment
}

// programs returns those of the sites, in their order.
func programs(sites []corpus.Site) []*program {
	var out []*program
	for _, s := range sites {
		i := slices.IndexFunc(out, func(p *program) bool { return p.module == s.Module && p.version == s.Version })
		if i < 0 {
			i = len(out)
			out = append(out, &program{module: s.Module, version: s.Version})
		}
		if pkg := "./" + path.Dir(s.File); !slices.Contains(out[i].packages, pkg) {
			out[i].packages = append(out[i].packages, pkg)
		}
	}
	return out
}

func (p *program) name() string { return p.module + "@" + p.version }

// vet returns what the checks find. If it fails, that is what they found nevertheless.
func (p *program) vet(ctx context.Context, f *flags) ([]corpus.Finding, error) {
	dir, err := p.copy(ctx, f.work)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"vet", "-vettool=" + self, "-json"}
	if f.checks != "" {
		for name := range strings.SplitSeq(f.checks, ",") {
			args = append(args, "-"+name)
		}
	}
	out, vetErr := p.goVet(ctx, dir, append(args, p.packages...))
	found, err := p.parse(dir, out)
	return found, errors.Join(vetErr, err)
}

// goVet runs go vet, and again where it says what the module lacks that can be mended.
func (p *program) goVet(ctx context.Context, dir string, args []string) (out []byte, err error) {
	for range maxMended {
		out, err = goCommand(ctx, dir, p.env, args...)
		if err == nil {
			return out, nil
		}
		again, mendErr := p.mend(ctx, dir, err.Error())
		if !again || mendErr != nil {
			return out, errors.Join(err, mendErr)
		}
	}
	return out, err
}

// maxMended is how often go vet is run at most: it names one missing pattern a package,
// and a placeholder may be of the wrong kind.
const maxMended = 6

// copy makes a copy of the module that the go command may write to, if there is none
// yet, and returns its folder.
func (p *program) copy(ctx context.Context, work string) (string, error) {
	dir := filepath.Join(work, strings.ReplaceAll(p.module, "/", "_")+"@"+p.version)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	out, err := goCommand(ctx, "", nil, "mod", "download", "-json", p.name())
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", err
	}
	partial := dir + ".partial"
	if err := errors.Join(os.RemoveAll(partial), os.MkdirAll(work, 0o755)); err != nil {
		return "", err
	}
	if err := os.CopyFS(partial, os.DirFS(module.Dir)); err != nil {
		return "", err
	}
	return dir, os.Rename(partial, dir)
}

// goCommand returns what the go command prints. The program's own go.mod decides what is
// built, and may be amended: a module of the proxy often lacks what its workspace had. A
// tree with vendored packages, which the proxy never gives, is built with those.
func goCommand(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	mode := "mod"
	if vendored(dir) {
		mode = "vendor"
	}
	cmd.Env = slices.Concat(os.Environ(), []string{"GOWORK=off", "GOFLAGS=-mod=" + mode}, env)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, err
}

func vendored(dir string) bool {
	packages, _ := filepath.Glob(filepath.Join(dir, "vendor", "*", "*"))
	return len(packages) > 0
}

// parse reads the objects that go vet prints, one a package.
func (p *program) parse(dir string, out []byte) ([]corpus.Finding, error) {
	var found []corpus.Finding
	var errs []error
	for in := json.NewDecoder(bytes.NewReader(out)); in.More(); {
		var unit map[string]map[string]json.RawMessage
		if err := in.Decode(&unit); err != nil {
			return found, err
		}
		for pkg, checks := range unit {
			for check, data := range checks {
				list, err := p.findings(dir, check, data)
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %s: %s", pkg, check, data))
				}
				found = append(found, list...)
			}
		}
	}
	return found, errors.Join(errs...)
}

func (p *program) findings(dir, check string, data []byte) ([]corpus.Finding, error) {
	var list []struct{ Posn, Message string }
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err // an object: the check has failed
	}
	var out []corpus.Finding
	for _, d := range list {
		parts := strings.Split(d.Posn, ":") // file:line:column
		if len(parts) < 3 {
			return nil, fmt.Errorf("no position: %q", d.Posn)
		}
		file, err := filepath.Rel(dir, strings.Join(parts[:len(parts)-2], ":"))
		if err != nil {
			return nil, err
		}
		line, err := strconv.Atoi(parts[len(parts)-2])
		if err != nil {
			return nil, err
		}
		out = append(out, corpus.Finding{
			Module: p.module, Version: p.version, File: filepath.ToSlash(file), Line: line, Check: check, Message: d.Message,
		})
	}
	return out, nil
}
