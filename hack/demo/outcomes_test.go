// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestCallOutcome(t *testing.T) {
	ended := account{shownJob: shownJob{reason: v1alpha1.ReasonJobCompleted}}
	open := account{shownJob: shownJob{reason: v1alpha1.ReasonJobNotFound}}
	late := func(a account) account {
		a.late = 1
		return a
	}
	for name, test := range map[string]struct {
		accounts []account
		want     bool
	}{
		"holds when no ended job is polled":                  {[]account{ended, open}, true},
		"holds when an open job is polled":                   {[]account{ended, late(open)}, true},
		"fails when an ended job is polled":                  {[]account{ended, late(ended)}, false},
		"fails when no job has ended, for it proves nothing": {[]account{open}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := allHold(callOutcomes(test.accounts)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestKeyOutcomes(t *testing.T) {
	const key = "k3y"
	base := func() simulator.Request {
		return simulator.Request{Path: "/v2/jobs/job_1", Header: http.Header{"X-Api-Key": {key}, "User-Agent": {"x"}}}
	}
	for name, test := range map[string]struct {
		mutate func(*simulator.Request)
		text   string
		want   bool
	}{
		"hold when the key is in its header only": {want: true},
		"fail when a request is without the key":  {mutate: func(r *simulator.Request) { r.Header.Del("X-Api-Key") }},
		"fail when a request has another key":     {mutate: func(r *simulator.Request) { r.Header.Set("X-Api-Key", "other") }},
		"fail when a request has the key twice":   {mutate: func(r *simulator.Request) { r.Header.Add("X-Api-Key", key) }},
		"fail when the key is in another header":  {mutate: func(r *simulator.Request) { r.Header.Set("User-Agent", "x "+key) }},
		"fail when the key is in the query":       {mutate: func(r *simulator.Request) { r.Query = "key=" + key }},
		"fail when the key is in the body":        {mutate: func(r *simulator.Request) { r.Body = []byte(key) }},
		"fail when the key is in a text":          {text: "the key is " + key},
		"fail when the key is encoded in a text":  {text: "a: " + base64.StdEncoding.EncodeToString([]byte(key))},
		"fail when there is no text to look into": {text: absent},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := base()
			if test.mutate != nil {
				test.mutate(&wrong)
			}
			text := "nothing of interest\n" + test.text
			if test.text == absent {
				text = ""
			}
			got := allHold(keyOutcomes(key, []simulator.Request{base(), wrong}, map[string]string{"the log": text}))
			if got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestKeyOutcomesFailWithoutRequests(t *testing.T) {
	if allHold(keyOutcomes("k3y", nil, nil)) {
		t.Error("nothing was sent, so nothing is proved")
	}
}

// absent stands for a text that is empty.
const absent = "absent"

func allHold(outcomes []outcome) bool {
	for _, v := range outcomes {
		if !v.ok {
			return false
		}
	}
	return true
}
