// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// maxTokenLength bounds an access token, in bytes: it has to fit into a request header.
const maxTokenLength = 16 << 10

// fetchToken requests an access token from the token endpoint.
func (s *Session) fetchToken(ctx context.Context, credentials Credentials) (accessToken, error) {
	requested := s.client.now()
	roundTrip := &tokenRoundTrip{session: s}
	config := clientcredentials.Config{
		ClientID:     credentials.ClientID,
		ClientSecret: credentials.ClientSecret,
		TokenURL:     s.client.tokenURL.String(),
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: roundTrip}))
	switch {
	case roundTrip.err != nil:
		return accessToken{}, roundTrip.err
	case err != nil:
		// The library's own error may quote the body, so it ends here.
		return accessToken{}, tokenProblem("the body holds no access token")
	case len(token.AccessToken) > maxTokenLength || !visibleASCII(token.AccessToken):
		return accessToken{}, tokenProblem("the access token does not fit into a header")
	}
	s.redactor.addToken(token.AccessToken)
	return newAccessToken(token.AccessToken, requested, roundTrip.life), nil
}

// tokenRoundTrip carries one token request. It stands between the OAuth library and the network so that the
// library sees nothing but a token: all else is an error of ours, with the limits of a round trip.
type tokenRoundTrip struct {
	session *Session
	life    time.Duration
	err     error
}

// RoundTrip implements http.RoundTripper.
func (t *tokenRoundTrip) RoundTrip(request *http.Request) (*http.Response, error) {
	got, err := t.session.roundTrip(OperationToken, request.Clone(request.Context()))
	if err == nil {
		err = t.session.redactor.refusal(got)
	}
	if err != nil {
		t.err = err
		return nil, err
	}
	fields, _ := parseObject(got.body)
	t.life = lifeOf(fields)
	return tokenResponse(request, fields), nil
}

// refusal is the error of a response of the token endpoint without a token.
func (r *redactor) refusal(got response) error {
	fields, isObject := parseObject(got.body)
	switch {
	case got.status == http.StatusOK && !isObject:
		return tokenProblem("the body is not a JSON object")
	case got.status == http.StatusOK && fields.text("error") == "":
		return nil
	case got.status == http.StatusOK:
		return r.authError(got)
	case got.status >= 400 && got.status < 500 && !isTemporary(got.status):
		return r.authError(got)
	default:
		return r.apiError(OperationToken, got)
	}
}

// isTemporary reports whether a 4xx is about the moment and not about what was sent.
func isTemporary(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusTooManyRequests
}

func tokenProblem(problem string) error {
	return &ResponseError{Operation: OperationToken, StatusCode: http.StatusOK, Problem: problem}
}

// lifeOf reads expires_in, in seconds, as a number or as a string, and cuts it off at maxTokenLife. It is
// 0 if there is none above 0.
func lifeOf(fields object) time.Duration {
	var number json.Number
	if json.Unmarshal(fields["expires_in"], &number) != nil {
		return 0
	}
	seconds, err := number.Float64()
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, maxTokenLife.Seconds()) * float64(time.Second))
}

// tokenResponse gives the library the one field that it is needed for, of whatever media type the
// response was, and keeps from it an expires_in that would make it refuse the rest.
func tokenResponse(request *http.Request, fields object) *http.Response {
	body, _ := json.Marshal(map[string]string{"access_token": fields.text("access_token")})
	return &http.Response{
		StatusCode: http.StatusOK,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(bytes.NewReader(body)),
		Request:    request,
	}
}
