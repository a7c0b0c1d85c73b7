// SPDX-License-Identifier: Apache-2.0

package vectara

import "math"

// Bounds on what is kept of an error's body, in bytes but for the first.
const (
	maxMessages         = 10
	maxMessageLength    = 1 << 10
	maxRequestIDLength  = 128
	maxOAuthErrorLength = 64
)

// sanitize makes a foreign text fit for an error: without credentials, on one line, bounded.
func (r *redactor) sanitize(text string, limit int) string {
	return oneLine(r.redact(text), limit)
}

// messagesOf takes the usable ones of an error's messages. One that is a string in place of a list
// counts; a body that is not JSON holds none, as a proxy's error page is not Vectara's word.
func (r *redactor) messagesOf(fields object) []string {
	said := fields["messages"].texts(math.MaxInt)
	if text, ok := fields["messages"].asText(); ok {
		said = []string{text}
	}
	var messages []string
	for _, text := range said {
		if len(messages) == maxMessages {
			break
		}
		if message := r.sanitize(text, maxMessageLength); message != "" {
			messages = append(messages, message)
		}
	}
	return messages
}

// apiError makes an error of a response with any status but 200.
func (r *redactor) apiError(operation string, got response) *APIError {
	fields, _ := parseObject(got.body)
	return &APIError{
		Operation:  operation,
		StatusCode: got.status,
		Messages:   r.messagesOf(fields),
		RequestID:  r.sanitize(fields.text("request_id"), maxRequestIDLength),
		RetryAfter: got.retryAfter,
	}
}

// authError makes an error of the token endpoint's refusal.
func (r *redactor) authError(got response) *AuthError {
	fields, _ := parseObject(got.body)
	refusal := &AuthError{
		StatusCode:  got.status,
		Code:        r.sanitize(fields.text("error"), maxOAuthErrorLength),
		Description: r.sanitize(fields.text("error_description"), maxMessageLength),
		RetryAfter:  got.retryAfter,
	}
	if messages := r.messagesOf(fields); refusal.Description == "" && len(messages) > 0 {
		refusal.Description = messages[0] // The token endpoint may respond like the rest of the API.
	}
	return refusal
}
