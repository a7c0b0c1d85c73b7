// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
)

// corpusKeyPattern is the API's, its bound on the length included.
var corpusKeyPattern = regexp.MustCompile(`^[a-zA-Z0-9_=-]{1,50}$`)

// answer computes the proper answer to a call.
func (s *Server) answer(c *call) answer {
	switch {
	case c.allow != "":
		a := c.refuse(http.StatusMethodNotAllowed, "The method is not allowed here; use "+c.allow+".")
		a.header.Set("Allow", c.allow)
		return a
	case c.tooLarge:
		return c.refuse(http.StatusRequestEntityTooLarge, "The request body is too large.")
	case c.op == "":
		return c.refuse(http.StatusNotFound, "There is nothing at this path.")
	case c.op == OpToken:
		return s.issueToken(c)
	default:
		return s.answerAPI(c)
	}
}

// answerAPI lets through whom it knows and who has budget left.
func (s *Server) answerAPI(c *call) answer {
	now := s.options.Now()
	caller := s.directory.identify(c.header, now)
	if caller == nil {
		return s.unauthorized(c)
	}
	if seconds, ok := caller.budget.take(now); !ok {
		a := c.refuse(http.StatusTooManyRequests, "Too many requests.")
		a.header.Set("Retry-After", strconv.Itoa(seconds))
		return a
	}
	switch c.op {
	case OpGetJob:
		return s.getJob(c, caller.access)
	case OpListJobs:
		return s.listJobs(c, caller.access)
	default:
		return s.startJob(c, caller.access)
	}
}

func (s *Server) unauthorized(c *call) answer {
	if s.options.UnauthorizedBody == "" {
		return c.refuse(http.StatusUnauthorized, "The credentials are missing or not valid.")
	}
	return answer{
		status: http.StatusUnauthorized,
		header: http.Header{"Content-Type": {s.options.UnauthorizedContentType}},
		body:   []byte(s.options.UnauthorizedBody),
	}
}

func (s *Server) getJob(c *call, access Access) answer {
	if access.Denied {
		return c.forbidden()
	}
	job, ok := s.store.get(c.jobID)
	if !ok {
		return c.notFound()
	}
	if !access.allows(job.CorpusKeys) {
		return c.forbidden()
	}
	now := s.options.Now()
	if job.begun.IsZero() {
		s.store.begin(c.jobID, now)
	}
	return respond(http.StatusOK, job.fields(now))
}

func (c *call) forbidden() answer {
	return c.refuse(http.StatusForbidden, "You do not have permission for this.")
}

// startJob starts a job that replaces filter attributes. What the body asks for is ignored.
func (s *Server) startJob(c *call, access Access) answer {
	switch {
	case !corpusKeyPattern.MatchString(c.corpus):
		return c.refuse(http.StatusBadRequest, "The corpus key is not valid.")
	case !json.Valid(c.body):
		return c.refuse(http.StatusBadRequest, "The request body is not JSON.")
	case !access.allows([]string{c.corpus}):
		return c.forbidden()
	}
	id := newJobID()
	s.AddJob(Job{
		ID:                id,
		Type:              "replace_filter_attributes",
		CorpusKeys:        []string{c.corpus},
		CreatedByUsername: access.Username,
		Steps:             s.options.StartedSteps,
	})
	a := respond(http.StatusOK, map[string]any{"job_id": id})
	a.startedJob = id
	return a
}

// newJobID makes an ID as long and as mixed as the real ones, padding included.
func newJobID() string {
	random := make([]byte, 47)
	// It never fails: crypto/rand ends the process rather than give weak randomness.
	_, _ = rand.Read(random)
	return "job_" + base64.URLEncoding.EncodeToString(random)
}
