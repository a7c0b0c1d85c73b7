// SPDX-License-Identifier: Apache-2.0

// Command verifydocs checks what README.md and docs/ say against the tree: relative links and anchors, YAML blocks,
// blocks of Go, make targets, repository paths, tests that tables name, the table of the manager's flags, the names of
// conditions and their reasons, and the fields of each kind. Run it in the top folder of the project.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/crds"
	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// problem is something on a page that is not true.
type problem struct {
	page string
	line int
	text string
}

func (p problem) String() string { return fmt.Sprintf("%s:%d: %s", p.page, p.line, p.text) }

func main() {
	manager := flag.String("manager", "bin/manager", "`path` of the manager, which prints its flags")
	flag.Parse()
	if err := run(context.Background(), *manager); err != nil {
		fmt.Fprintln(os.Stderr, "verifydocs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, manager string) error {
	tree := os.DirFS(".")
	help, err := managerHelp(ctx, manager)
	if err != nil {
		return err
	}
	pages, problems, err := check(tree, help)
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d things in the documentation are not true", len(problems))
	}
	fmt.Printf("%d pages checked\n", pages)
	return nil
}

// managerHelp is what the manager prints with --help. Flag libraries differ in where they print it and in the
// exit code, so neither matters here.
func managerHelp(ctx context.Context, manager string) (string, error) {
	output, err := exec.CommandContext(ctx, manager, "--help").CombinedOutput()
	if exit := (&exec.ExitError{}); err != nil && !errors.As(err, &exit) {
		return "", fmt.Errorf("getting the flags of the manager: %w", err)
	}
	return string(output), nil
}

// check returns how many pages there are and every problem, in the order of pages and lines.
func check(tree fs.FS, help string) (int, []problem, error) {
	pages, err := markdown.ReadAll(tree)
	if err != nil {
		return 0, nil, err
	}
	makefile, err := fs.ReadFile(tree, "Makefile")
	if err != nil {
		return 0, nil, fmt.Errorf("read the make targets: %w", err)
	}
	targets := makeTargets(string(makefile))
	names, err := readNames(tree)
	if err != nil {
		return 0, nil, err
	}
	kinds, err := crds.Read(tree)
	if err != nil {
		return 0, nil, err
	}

	var problems []problem
	for name, page := range pages {
		problems = append(problems, checkLinks(tree, pages, name)...)
		problems = append(problems, checkYAML(name, page)...)
		problems = append(problems, checkGo(tree, name, page)...)
		problems = append(problems, checkCommands(targets, name, page)...)
		problems = append(problems, checkPaths(tree, name, page)...)
		problems = append(problems, checkTests(tree, name, page)...)
	}
	problems = append(problems, checkIndex(pages)...)
	problems = append(problems, checkFlags(pages, help)...)
	problems = append(problems, checkConditions(pages, names)...)
	problems = append(problems, checkFields(pages, kinds)...)
	slices.SortFunc(problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.page, b.page), cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text))
	})
	return len(pages), problems, nil
}
