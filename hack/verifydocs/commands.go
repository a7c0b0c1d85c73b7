// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

var (
	targetLine = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):(?:[^=]|$)`)
	// In a block with prompts, the other lines are what the commands printed.
	prompt = regexp.MustCompile(`(?m)^\s*\$\s+`)
	// A call of make at the start of a command, after assignments such as KEEP=1.
	makeCall   = regexp.MustCompile(`(?:^|&&|\|\||[;|(])\s*(?:[A-Z_]+=\S*\s+)*make\s+([^#;&|)]*)`)
	targetName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
)

// makeTargets are the names of the targets in a Makefile.
func makeTargets(makefile string) map[string]bool {
	targets := map[string]bool{}
	for _, match := range targetLine.FindAllStringSubmatch(makefile, -1) {
		targets[match[1]] = true
	}
	return targets
}

// checkCommands finds mentions of make targets that do not exist, in shell blocks and in inline code.
func checkCommands(targets map[string]bool, name string, page markdown.Page) []problem {
	var problems []problem
	report := func(line int, command string) {
		for _, target := range calledTargets(command) {
			if !targets[target] {
				problems = append(problems, problem{name, line, fmt.Sprintf("there is no target for `make %s`", target)})
			}
		}
	}
	for _, fence := range page.Fences {
		if !fence.IsShell() {
			continue
		}
		session := prompt.MatchString(fence.Text)
		for i, line := range strings.Split(fence.Text, "\n") {
			if !session || prompt.MatchString(line) {
				report(fence.Line+1+i, strings.TrimSpace(prompt.ReplaceAllString(line, "")))
			}
		}
	}
	for _, span := range page.Spans {
		report(span.Line, span.Text)
	}
	return problems
}

// calledTargets are the targets that a command line makes; options, assignments and placeholders are none.
func calledTargets(command string) []string {
	var targets []string
	for _, call := range makeCall.FindAllStringSubmatch(command, -1) {
		for word := range strings.FieldsSeq(call[1]) {
			if targetName.MatchString(word) {
				targets = append(targets, word)
			}
		}
	}
	return targets
}
