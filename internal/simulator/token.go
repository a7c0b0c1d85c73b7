// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"mime"
	"net/http"
	"net/url"
)

// issueToken responds to the client credentials grant of RFC 6749, section 4.4, with the client's
// credentials in the form and nowhere else.
func (s *Server) issueToken(c *call) response {
	form, problem := tokenForm(c)
	if problem != "" {
		return refuseToken(http.StatusBadRequest, "invalid_request", problem)
	}
	if form.Get("grant_type") != "client_credentials" {
		return refuseToken(http.StatusBadRequest, "unsupported_grant_type", "Only client_credentials is supported.")
	}
	value, lifetime, ok := s.directory.issue(form.Get("client_id"), form.Get("client_secret"), s.options.Now())
	if !ok {
		return refuseToken(http.StatusUnauthorized, "invalid_client", "The client is unknown or its secret is wrong.")
	}
	res := jsonResponse(http.StatusOK, map[string]any{
		"access_token": value,
		"token_type":   "Bearer",
		"expires_in":   int(lifetime.Seconds()),
	})
	res.header.Set("Cache-Control", "no-store")
	return res
}

// tokenForm reads the form, or says what is wrong with it.
func tokenForm(c *call) (form url.Values, problem string) {
	mediaType, _, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, "The content type has to be application/x-www-form-urlencoded."
	}
	form, err = url.ParseQuery(string(c.body))
	if err != nil {
		return nil, "The form is malformed."
	}
	for _, name := range []string{"grant_type", "client_id", "client_secret"} {
		if len(form[name]) != 1 || form.Get(name) == "" {
			return nil, "The form has to have one " + name + "."
		}
	}
	return form, ""
}

// refuseToken makes an error of RFC 6749, section 5.2.
func refuseToken(status int, code, description string) response {
	res := jsonResponse(status, map[string]any{"error": code, "error_description": description})
	res.header.Set("Cache-Control", "no-store")
	return res
}

// oauthCode is the error code that goes with a status.
func oauthCode(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "invalid_client"
	case status == http.StatusForbidden:
		return "access_denied"
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	case status >= http.StatusInternalServerError:
		return "server_error"
	default:
		return "invalid_request"
	}
}
