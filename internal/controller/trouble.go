// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// maxWords bounds what a condition quotes of Vectara, in characters.
const maxWords = 1024

// trouble is a fault in the words of a condition.
type trouble struct {
	reason string
	// blocking says that a person has to do something; otherwise time may heal it.
	blocking bool
	// text is the message, but for the request ID.
	text      string
	requestID string
}

// troubleOf words a fault for the person who reads kubectl describe.
func troubleOf(fault *jobs.Fault, secretName string) trouble {
	t := trouble{requestID: fault.RequestID}
	var what string
	switch fault.Kind {
	case jobs.PermissionDenied:
		t.reason, t.blocking = v1alpha1.ReasonPermissionDenied, true
		what = fmt.Sprintf("Vectara does not let the credentials in Secret %q see this job", secretName)
	case jobs.NotFound:
		t.reason, t.blocking = v1alpha1.ReasonJobNotFound, true
		what = fmt.Sprintf("Vectara knows no job of this ID for the credentials in Secret %q", secretName)
	case jobs.Unauthorized:
		t.reason, t.blocking = v1alpha1.ReasonUnauthorized, true
		what = fmt.Sprintf("Vectara refused the credentials in Secret %q", secretName)
	case jobs.RateLimited:
		t.reason = v1alpha1.ReasonRateLimited
		what = fmt.Sprintf("Vectara asks to wait before anything more is asked with the credentials in Secret %q", secretName)
	case jobs.InvalidResponse:
		t.reason = v1alpha1.ReasonInvalidResponse
		what = "Vectara's answer cannot be believed"
	default:
		t.reason = v1alpha1.ReasonAPIUnavailable
		what = "Vectara is not available"
	}
	t.text = what + circumstances(fault) + words(fault)
	return t
}

// listTroubleOf words a fault that kept the jobs of an account from being listed.
func listTroubleOf(fault *jobs.Fault, secretName string) trouble {
	t := troubleOf(fault, secretName)
	switch fault.Kind {
	case jobs.PermissionDenied:
		t.text = fmt.Sprintf("Vectara does not let the credentials in Secret %q list jobs", secretName) + circumstances(fault) + words(fault)
	case jobs.NotFound:
		t.text = fmt.Sprintf("Vectara has no list of jobs for the credentials in Secret %q", secretName) + circumstances(fault) + words(fault)
	default:
	}
	return t
}

// circumstances names the status and the endpoint, in parentheses.
func circumstances(fault *jobs.Fault) string {
	var parts []string
	if fault.FromTokenEndpoint {
		parts = append(parts, "token endpoint")
	}
	if fault.StatusCode != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", fault.StatusCode))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// words quotes what the client and Vectara said.
func words(fault *jobs.Fault) string {
	said := fault.Words
	if fault.Detail != "" {
		said = append([]string{fault.Detail}, said...)
	}
	if len(said) == 0 {
		return "."
	}
	return ": " + clip(strings.Join(said, "; "), maxWords)
}

func credentialsNotFound(namespace, name string) trouble {
	return trouble{
		reason:   v1alpha1.ReasonCredentialsNotFound,
		blocking: true,
		text: fmt.Sprintf("There is no Secret %q of type %s in namespace %q. A Secret of another type does not count.",
			name, v1alpha1.CredentialsSecretType, namespace),
	}
}

func credentialsInvalid(name string, err error) trouble {
	return trouble{
		reason:   v1alpha1.ReasonCredentialsInvalid,
		blocking: true,
		text:     fmt.Sprintf("Secret %q cannot be used: %v.", name, err),
	}
}

// message is what the conditions say. For as long as the trouble is the same it stays what it was when the trouble
// began, request ID included, so that a persisting fault costs no writes:
//
//   - What time may heal is the same for as long as the reason is. In an outage one call is refused, the next one times
//     out, the third gets a 502; that is one outage.
//   - What a person has to see to is the same for as long as Vectara says the same of it, but for words with digits in
//     them, which may be IDs and times. A new explanation is what that person needs.
//
// The message before is that of the Synced condition, or nil where another one is wanted in any case.
func (t trouble) message(before *metav1.Condition) string {
	message := t.text
	if t.requestID != "" {
		message += requestIDPrefix + t.requestID + ")"
	}
	if before == nil || before.Reason != t.reason {
		return message
	}
	if !t.blocking || sameEssence(before.Message, message) {
		return before.Message
	}
	return message
}

const requestIDPrefix = " (request ID "

var volatileWord = regexp.MustCompile(`[\w.:-]*\d[\w.:-]*`)

// essence is a message without what may differ from one answer to the next.
func essence(message string) string {
	if at := strings.LastIndex(message, requestIDPrefix); at >= 0 {
		message = message[:at]
	}
	return volatileWord.ReplaceAllString(message, "#")
}

// sameEssence compares two messages without what may differ from one answer to the next. Where a message was cut
// depends on that too, so of one that was cut only the beginning counts.
func sameEssence(a, b string) bool {
	essenceA, essenceB := essence(a), essence(b)
	if strings.Contains(a, ellipsis) || strings.Contains(b, ellipsis) {
		common := min(len(essenceA), len(essenceB))
		whole := min(strings.LastIndexByte(essenceA[:common], ' '), strings.LastIndexByte(essenceB[:common], ' '))
		return whole > 0 && essenceA[:whole] == essenceB[:whole]
	}
	return essenceA == essenceB
}

// ellipsis ends what was cut.
const ellipsis = "…"

// clip cuts a string to a number of characters, the last of which is then "…".
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + ellipsis
}

// oneLine makes one line of a text, without anything that a terminal would obey.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// clipBytes cuts a string to a number of bytes, without cutting a character in two.
func clipBytes(s string, limit int) string {
	for limit < len(s) && limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:min(limit, len(s))]
}
