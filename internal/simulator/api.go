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

// respond computes the proper response to a call.
func (s *Server) respond(c *call) response {
	switch {
	case c.allow != "":
		res := c.refuse(http.StatusMethodNotAllowed, "The method is not allowed here; use "+c.allow+".")
		res.header.Set("Allow", c.allow)
		return res
	case c.tooLarge:
		return c.refuse(http.StatusRequestEntityTooLarge, "The request body is too large.")
	case c.op == "":
		return c.refuse(http.StatusNotFound, "There is nothing at this path.")
	case c.op == OpToken:
		return s.issueToken(c)
	default:
		return s.respondAPI(c)
	}
}

// respondAPI checks the credentials and the rate limit of an API call, and responds.
func (s *Server) respondAPI(c *call) response {
	now := s.options.Now()
	caller := s.directory.identify(c.header, now)
	if caller == nil {
		return s.unauthorized(c)
	}
	if seconds, ok := caller.limiter.take(now); !ok {
		res := c.refuse(http.StatusTooManyRequests, "Too many requests.")
		res.header.Set("Retry-After", strconv.Itoa(seconds))
		return res
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

func (s *Server) unauthorized(c *call) response {
	if s.options.UnauthorizedBody == "" {
		return c.refuse(http.StatusUnauthorized, "The credentials are missing or not valid.")
	}
	return response{
		status: http.StatusUnauthorized,
		header: http.Header{"Content-Type": {s.options.UnauthorizedContentType}},
		body:   []byte(s.options.UnauthorizedBody),
	}
}

func (s *Server) getJob(c *call, access Access) response {
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
	return jsonResponse(http.StatusOK, job.fields(now))
}

func (c *call) forbidden() response {
	return c.refuse(http.StatusForbidden, "You do not have permission for this.")
}

// startJob starts a job that replaces filter attributes. What the body says is ignored.
func (s *Server) startJob(c *call, access Access) response {
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
	res := jsonResponse(http.StatusOK, map[string]any{"job_id": id})
	res.startedJob = id
	return res
}

// newJobID makes an ID as long and as mixed as the real ones, padding included.
func newJobID() string {
	random := make([]byte, 47)
	// It never fails: crypto/rand ends the process rather than give weak randomness.
	_, _ = rand.Read(random)
	return "job_" + base64.URLEncoding.EncodeToString(random)
}
