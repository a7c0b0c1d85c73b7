// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// maxWords bounds what a condition quotes of Vectara, in characters.
const maxWords = 1024

// fault is why a job could not be polled, in the words of a condition.
type fault struct {
	reason string
	// blocking says that a person has to act; otherwise waiting may help.
	blocking bool
	// text is the message without the request ID.
	text      string
	requestID string
	// exact says that the text differs only if the fault does: nothing in it is from a response.
	exact bool
}

// request is what a fault kept Vectara from doing, in the words of its message.
type request struct{ purpose, notFound string }

var (
	toPoll = request{"see this job", "knows no job of this ID"}
	toList = request{"list jobs", "has no list of jobs"}
)

// faultOf words a fault of the source for the person who reads kubectl describe.
func faultOf(f *jobs.Fault, secretName string, failed request) *fault {
	with := fmt.Sprintf("the credentials in Secret %q", secretName)
	described := fault{requestID: f.RequestID}
	switch f.Kind {
	case jobs.PermissionDenied:
		described.reason, described.blocking, described.text = v1alpha1.ReasonPermissionDenied, true, "Vectara does not let "+with+" "+failed.purpose
	case jobs.NotFound:
		described.reason, described.blocking, described.text = v1alpha1.ReasonJobNotFound, true, "Vectara "+failed.notFound+" for "+with
	case jobs.Unauthorized:
		described.reason, described.blocking, described.text = v1alpha1.ReasonUnauthorized, true, "Vectara refused "+with
	case jobs.RequestRejected:
		described.reason, described.blocking, described.text = v1alpha1.ReasonRequestRejected, true, "Vectara rejected the request to "+failed.purpose
	case jobs.RateLimited:
		described.reason, described.text = v1alpha1.ReasonRateLimited, "Vectara limits the rate of requests with "+with
		if f.StatusCode == 0 {
			described.text = "The operator's own request budget for " + with + " does not suffice. " +
				"Have --requests-per-second raised, or poll less often"
		}
	case jobs.InvalidResponse:
		described.reason, described.text = v1alpha1.ReasonInvalidResponse, "Vectara's response is invalid"
	default:
		described.reason, described.text = v1alpha1.ReasonAPIUnavailable, "Vectara is not available"
	}
	described.text += circumstances(f) + words(f)
	return &described
}

// circumstances names the status and the endpoint, in parentheses.
func circumstances(f *jobs.Fault) string {
	var parts []string
	if f.FromTokenEndpoint {
		parts = append(parts, "token endpoint")
	}
	if f.StatusCode != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", f.StatusCode))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// words quotes the client and Vectara.
func words(f *jobs.Fault) string {
	quotes := f.Words
	if f.Detail != "" {
		quotes = append([]string{f.Detail}, quotes...)
	}
	if len(quotes) == 0 {
		return "."
	}
	return ": " + plaintext.Clip(strings.Join(quotes, "; "), maxWords)
}

func credentialsNotFound(namespace, name string) *fault {
	return &fault{
		reason:   v1alpha1.ReasonCredentialsNotFound,
		blocking: true,
		text: fmt.Sprintf("There is no Secret %q of type %s in namespace %q. A Secret of another type does not count.",
			name, v1alpha1.CredentialsSecretType, namespace),
	}
}

func credentialsInvalid(name string, err error) *fault {
	return &fault{
		reason:   v1alpha1.ReasonCredentialsInvalid,
		blocking: true,
		exact:    true,
		text:     fmt.Sprintf("Secret %q cannot be used: %v.", name, err),
	}
}

// message is what the conditions say. It does not change while a fault persists, request ID included, so that a persisting
// fault costs no writes:
//
//   - A fault that waiting may help is the same as long as its reason is. In an outage one request is refused, the next one
//     times out, the third gets a 502.
//   - A fault that a person has to act on is the same as long as Vectara says the same about it, except for words with
//     digits, which may be IDs and times.
//
// The message before is that of the Synced condition, or nil if a new message is wanted in any case.
func (f *fault) message(before *metav1.Condition) string {
	message := f.text
	if f.requestID != "" {
		message += requestIDPrefix + f.requestID + ")"
	}
	if before == nil || before.Reason != f.reason {
		return message
	}
	if !f.blocking || !f.exact && sameEssence(before.Message, message) {
		return before.Message
	}
	return message
}

const requestIDPrefix = " (request ID "

var volatileWord = regexp.MustCompile(`[\w.:-]*\d[\w.:-]*`)

// essence is a message without what may differ from one response to the next.
func essence(message string) string {
	if at := strings.LastIndex(message, requestIDPrefix); at >= 0 {
		message = message[:at]
	}
	return volatileWord.ReplaceAllString(message, "#")
}

// sameEssence compares two messages without what may differ from one response to the next. Where a message was cut
// depends on that too, so of one that was cut only the beginning counts.
func sameEssence(a, b string) bool {
	essenceA, essenceB := essence(a), essence(b)
	if strings.Contains(a, plaintext.Ellipsis) || strings.Contains(b, plaintext.Ellipsis) {
		common := min(len(essenceA), len(essenceB))
		whole := min(strings.LastIndexByte(essenceA[:common], ' '), strings.LastIndexByte(essenceB[:common], ' '))
		return whole > 0 && essenceA[:whole] == essenceB[:whole]
	}
	return essenceA == essenceB
}

// quoted is a text from elsewhere, as one line of bounded length.
func quoted(text string) string { return plaintext.Clip(plaintext.OneLine(text), maxWords) }

// clipBytes cuts a string to a number of bytes, without cutting a character in two.
func clipBytes(s string, limit int) string {
	for limit < len(s) && limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:min(limit, len(s))]
}
