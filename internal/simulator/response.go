// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// response is what is sent back, unless a fault interferes with the sending.
type response struct {
	status     int
	header     http.Header
	body       []byte
	startedJob string // ID of a job that the request started
}

// jsonResponse makes a JSON response.
func jsonResponse(status int, value any) response {
	body, err := json.Marshal(value)
	if err != nil {
		// Only Job.Extra can hold something that JSON cannot.
		status, body = http.StatusInternalServerError, fmt.Appendf(nil, `{"messages":[%q]}`, err.Error())
	}
	return response{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   body,
	}
}

// refuse makes an Error of the API.
func (c *call) refuse(status int, message string) response {
	return jsonResponse(status, map[string]any{"messages": []string{message}, "request_id": c.requestID})
}

// notFound makes a NotFoundError of the API.
func (c *call) notFound() response {
	return jsonResponse(http.StatusNotFound, map[string]any{
		"messages":   []string{fmt.Sprintf("Job with ID %s was not found.", c.jobID)},
		"request_id": c.requestID,
		"id":         c.jobID,
	})
}

// failure makes the error that fits a status: what the operation would say if it failed so.
func (c *call) failure(status int) response {
	switch {
	case c.op == OpToken:
		return refuseToken(status, oauthCode(status), "Simulated fault.")
	case c.op == OpGetJob && status == http.StatusNotFound:
		return c.notFound()
	default:
		return c.refuse(status, fmt.Sprintf("Simulated fault: %d %s.", status, http.StatusText(status)))
	}
}
