// SPDX-License-Identifier: Apache-2.0

// Package renovate tests the configuration of Renovate, as far as that goes without Renovate.
package renovate

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var top = filepath.Join("..", "..")

type config struct {
	EnabledManagers []string `json:"enabledManagers"`
	IgnorePaths     []string `json:"ignorePaths"`
	PackageRules    []rule   `json:"packageRules"`
}

type rule struct {
	GroupName         string   `json:"groupName"`
	MatchManagers     []string `json:"matchManagers"`
	MatchPackageNames []string `json:"matchPackageNames"`
	MatchFileNames    []string `json:"matchFileNames"`
}

func read(t *testing.T) config {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, ".github", "renovate.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c config
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryFileThatPinsIsCovered(t *testing.T) {
	c := read(t)
	if !slices.Equal(c.EnabledManagers, []string{"gomod", "dockerfile", "github-actions"}) {
		t.Errorf("the managers are %s", c.EnabledManagers)
	}
	// The recommended configuration leaves out folders such as test, where we have modules.
	if c.IgnorePaths == nil || len(c.IgnorePaths) > 0 {
		t.Errorf("what is ignored is %q, not nothing", c.IgnorePaths)
	}
}

// groupOf is the group of a Go module. The names that we write are exact, or end in /**.
func (c config) groupOf(module string) string {
	group := ""
	for _, r := range c.PackageRules {
		for _, name := range r.MatchPackageNames {
			prefix, isPrefix := strings.CutSuffix(name, "**")
			if slices.Contains(r.MatchManagers, "gomod") && len(r.MatchFileNames) == 0 && (name == module || isPrefix && strings.HasPrefix(module, prefix)) && r.GroupName != "" {
				group = r.GroupName
			}
		}
	}
	return group
}

// TestWhatMovesTogetherIsGrouped looks into each go.mod: what has the version of the pinned Kubernetes must be in its group.
func TestWhatMovesTogetherIsGrouped(t *testing.T) {
	c := read(t)
	version := regexp.MustCompile(`k8s\.io/kubernetes v1\.(\d+\.\d+)`).FindStringSubmatch(file(t, filepath.Join(top, "hack", "controlplane", "go.mod")))
	if version == nil {
		t.Fatal("hack/controlplane pins no Kubernetes")
	}
	follows := regexp.MustCompile(`(?m)^\s*(?:\S+ => )?(k8s\.io/\S+) v[01]\.` + regexp.QuoteMeta(version[1]) + `(?: |$)`)
	var modules []string
	for _, pattern := range []string{"go.mod", "hack/*/go.mod", "test/*/go.mod"} {
		names, err := filepath.Glob(filepath.Join(top, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			for _, match := range follows.FindAllStringSubmatch(file(t, name), -1) {
				modules = append(modules, match[1])
			}
		}
	}
	slices.Sort(modules)
	modules = append(slices.Compact(modules), "sigs.k8s.io/controller-runtime", "sigs.k8s.io/controller-tools", "go.etcd.io/etcd/server/v3")
	if len(modules) < 20 {
		t.Fatalf("only %s have the version of Kubernetes", modules)
	}
	for _, module := range modules {
		if group := c.groupOf(module); group != "kubernetes" {
			t.Errorf("%s is in the group %q, not kubernetes", module, group)
		}
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
