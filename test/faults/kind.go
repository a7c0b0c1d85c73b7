// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"net/http"
	"slices"
	"strings"
)

// Kind is what a request is for.
type Kind string

// The kinds of requests to the API server, and to Vectara.
const (
	KindWatch  Kind = "watch"
	KindList   Kind = "list"
	KindStatus Kind = "status" // the write of a status
	KindEvent  Kind = "event"
	KindCreate Kind = "create"
	KindDelete Kind = "delete"
	KindServed Kind = "served" // which kinds the API server serves
	KindOther  Kind = "other"
	KindGet    Kind = "get"   // of a job
	KindToken  Kind = "token" // of OAuth
)

var (
	apiKinds     = []Kind{KindWatch, KindList, KindStatus, KindEvent, KindCreate, KindDelete, KindServed, KindOther}
	vectaraKinds = []Kind{KindGet, KindList, KindToken, KindOther}
)

func apiKind(r *http.Request) Kind {
	switch path := r.URL.Path; {
	case r.Method == http.MethodGet && r.URL.Query().Get("watch") != "":
		return KindWatch
	case r.Method == http.MethodPatch && strings.HasSuffix(path, "/status"):
		return KindStatus
	case strings.HasSuffix(path, "/events") || strings.Contains(path, "/events/"):
		return KindEvent
	case r.Method == http.MethodPost:
		return KindCreate
	case r.Method == http.MethodDelete:
		return KindDelete
	case r.Method == http.MethodGet && isCollection(path):
		return KindList
	case r.Method == http.MethodGet && strings.HasPrefix(path, "/api"):
		return KindServed
	default:
		return KindOther
	}
}

// isCollection reports whether a path is that of the objects of a kind.
func isCollection(path string) bool {
	return slices.ContainsFunc([]string{"/vectarajobs", "/vectarajobdiscoveries", "/secrets"}, func(plural string) bool {
		return strings.HasSuffix(path, plural)
	})
}

func vectaraKind(r *http.Request) Kind {
	switch path := r.URL.Path; {
	case path == "/oauth2/token":
		return KindToken
	case path == "/v2/jobs":
		return KindList
	case strings.HasPrefix(path, "/v2/jobs/"):
		return KindGet
	default:
		return KindOther
	}
}
