// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/crds"
	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// fieldPath matches inline code that is the path of a field, such as .spec.secretRef.name.
var fieldPath = regexp.MustCompile(`^\.(?:spec|status)(?:\.\w+(?:\[\])?)+$`)

// checkFields compares the fields of each kind with the page that explains it: each is there by its whole path, and no
// other is.
func checkFields(pages map[string]markdown.Page, kinds []crds.Kind) []problem {
	var problems []problem
	for _, kind := range kinds {
		name := "docs/spec/" + strings.ToLower(kind.Name) + ".md"
		page, ok := pages[name]
		if !ok {
			problems = append(problems, problem{name, 1, "the page is missing, which explains the fields of " + kind.Name})
			continue
		}
		problems = append(problems, compareFields(name, page, kind)...)
	}
	return problems
}

func compareFields(name string, page markdown.Page, kind crds.Kind) []problem {
	var problems []problem
	unmentioned := map[string]bool{}
	for _, field := range kind.Fields {
		unmentioned[field.Path] = true
	}
	for _, span := range page.Spans {
		known := strings.HasPrefix(span.Text, ".status.conditions[].") // Kubernetes documents these.
		for _, field := range kind.Fields {
			known = known || field.Path == span.Text
		}
		if fieldPath.MatchString(span.Text) && !known {
			problems = append(problems, problem{name, span.Line, fmt.Sprintf("%s has no field `%s`", kind.Name, span.Text)})
		}
		delete(unmentioned, span.Text)
	}
	for _, field := range kind.Fields {
		isMember := strings.Count(field.Path, ".") > 1 // Spec and status as such need no explanation.
		if isMember && unmentioned[field.Path] {
			problems = append(problems, problem{name, 1, fmt.Sprintf("the page lacks the field `%s`", field.Path)})
		}
	}
	return problems
}
