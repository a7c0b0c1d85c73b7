// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/go-logr/logr"
)

// serviceVariable matches what Kubernetes sets for a Service whose name begins with vectara-job-operator.
var serviceVariable = regexp.MustCompile(
	`^` + EnvPrefix + `([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)=` +
		// A name that ends in PORT may well be meant for the operator, but such a value cannot be.
		`|^` + EnvPrefix + `([A-Z0-9_]+_)?PORT=(tcp|udp|sctp)://`)

// unknownVariable is an environment variable with the prefix of the operator's, and the name that may be meant.
type unknownVariable struct{ name, nearest string }

// warnOfUnknownVariables logs which variables have no effect. The operator starts all the same, as it cannot know who set them.
func warnOfUnknownVariables(log logr.Logger, environ, known []string) {
	for _, variable := range unknownVariables(environ, known) {
		log.Info("Warning: ignoring an unknown environment variable", "variable", variable.name, "nearest", variable.nearest)
	}
}

// unknownVariables are those of an environment that begin with EnvPrefix and are not known.
func unknownVariables(environ, known []string) []unknownVariable {
	var unknown []unknownVariable
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, EnvPrefix) || slices.Contains(known, name) || serviceVariable.MatchString(variable) {
			continue
		}
		nearest := slices.MinFunc(known, func(a, b string) int { return cmp.Compare(editDistance(name, a), editDistance(name, b)) })
		unknown = append(unknown, unknownVariable{name, nearest})
	}
	slices.SortFunc(unknown, func(a, b unknownVariable) int { return strings.Compare(a.name, b.name) })
	return unknown
}

// editDistance is the Levenshtein distance: how many bytes to insert, delete or replace to make one string of another.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // of the matrix; only one is needed at a time
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
