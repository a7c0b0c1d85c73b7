// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// keyHeader is the header in which Vectara wants an API key.
const keyHeader = "X-Api-Key"

// outcome is that of one check.
type outcome struct {
	ok   bool
	text string
}

// demoKey is the made-up API key that the simulated Vectara knows.
func demoKey() string { return simulator.DemoScenario().APIKeys[0].Key }

// callOutcomes checks that a job which has ended is polled no more.
func callOutcomes(accounts []account) []outcome {
	ended, late := 0, 0
	for _, a := range accounts {
		if a.ends() {
			ended++
			late += a.late
		}
	}
	return []outcome{{
		ok:   ended > 0 && late == 0,
		text: fmt.Sprintf("a job that has ended is never polled again (%d jobs, %d later calls)", ended, late),
	}}
}

// keyOutcomes checks that the API key went to Vectara in the header where it belongs, and is in none of the texts. Texts
// are named by what they are.
func keyOutcomes(key string, requests []simulator.Request, texts map[string]string) []outcome {
	proper, stray := 0, 0
	for _, r := range requests {
		if slices.Equal(r.Header[keyHeader], []string{key}) {
			proper++
		}
		if strayKey(key, r) {
			stray++
		}
	}
	outcomes := []outcome{{
		ok:   len(requests) > 0 && proper == len(requests) && stray == 0,
		text: fmt.Sprintf("the API key went to Vectara, in the header for it (in %d of %d requests; elsewhere in %d)", proper, len(requests), stray),
	}}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		found := occurrences(key, texts[name])
		outcomes = append(outcomes, outcome{
			// Nothing is proved by a text that is not there.
			ok:   texts[name] != "" && found == 0,
			text: fmt.Sprintf("the API key is not in %s (%d times in %d lines)", name, found, strings.Count(texts[name], "\n")),
		})
	}
	return outcomes
}

// strayKey reports whether a request has the key where it does not belong.
func strayKey(key string, r simulator.Request) bool {
	elsewhere := []string{r.Path, r.Query, string(r.Body)}
	for name, values := range r.Header {
		if name != keyHeader {
			elsewhere = append(elsewhere, values...)
		}
	}
	return occurrences(key, strings.Join(elsewhere, "\n")) > 0
}

// occurrences is how often the key is in a text, as it is or as Secrets encode it.
func occurrences(key, text string) int {
	return strings.Count(text, key) + strings.Count(text, base64.StdEncoding.EncodeToString([]byte(key)))
}
