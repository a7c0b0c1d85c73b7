// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"net/url"
	"strings"
)

// Operation is one of the things that a request can do.
type Operation string

// The operations.
const (
	OpGetJob   Operation = "get-job"
	OpListJobs Operation = "list-jobs"
	OpToken    Operation = "token"
	OpStartJob Operation = "start-job"
)

const tokenPath = "/oauth2/token"

// call is a request, understood.
type call struct {
	op        Operation // "" if there is no such thing
	jobID     string    // of OpGetJob
	corpus    string    // of OpStartJob
	allow     string    // the method that the path allows, if the request has another
	requestID string
	header    http.Header
	query     url.Values
	queryErr  error
	body      []byte
	tooLarge  bool // the body was more than is read
	fault     *Fault
}

// route finds out what a request is for. Paths are compared as sent: nothing is cleaned or
// redirected, so that a client that builds a wrong path is found out.
func (s *Server) route(r *http.Request) call {
	c, method := s.resource(r.URL.EscapedPath())
	if method != "" && r.Method != method {
		return call{allow: method}
	}
	return c
}

// resource returns what a path stands for and the one method that it takes.
func (s *Server) resource(path string) (c call, method string) {
	if path == tokenPath {
		return call{op: OpToken}, http.MethodPost
	}
	rest, ok := strings.CutPrefix(path, s.prefix+"/v2/")
	if !ok {
		return call{}, ""
	}
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "" {
			return call{}, ""
		}
		segments[i] = plain
	}
	switch {
	case len(segments) == 1 && segments[0] == "jobs":
		return call{op: OpListJobs}, http.MethodGet
	case len(segments) == 2 && segments[0] == "jobs":
		return call{op: OpGetJob, jobID: segments[1]}, http.MethodGet
	case len(segments) == 3 && segments[0] == "corpora" && segments[2] == "replace_filter_attributes":
		return call{op: OpStartJob, corpus: segments[1]}, http.MethodPost
	default:
		return call{}, ""
	}
}
