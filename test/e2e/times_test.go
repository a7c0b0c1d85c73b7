// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// TestTimesInStatus holds that every time is admitted that the operator may write: it takes those of the years 1 to 9999 from
// Vectara, and writes them in UTC, to the second.
func TestTimesInStatus(t *testing.T) {
	s := newSchemaScene(t)
	s.create("a", "job_a")
	for _, test := range []struct {
		name, value string
		admitted    bool
	}{
		{"today", `"2026-01-31T12:00:00Z"`, true},
		{"the first second but one", `"0001-01-01T00:00:01Z"`, true},
		{"the last second", `"9999-12-31T23:59:59Z"`, true},
		{"a year that ends in zeros", `"1000-10-10T10:10:10Z"`, true},
		{"a year of two digits", `"0099-09-30T23:59:59Z"`, true},
		{"a leap day", `"2024-02-29T00:00:00Z"`, true},
		{"a leap day of another year", `"2023-02-29T00:00:00Z"`, false},
		{"the year 0", `"0000-12-31T23:59:59Z"`, false},
		{"a month that does not exist", `"2026-13-01T00:00:00Z"`, false},
		{"an hour that does not exist", `"2026-01-01T24:00:00Z"`, false},
		{"a leap second", `"2016-12-31T23:59:60Z"`, false},
		{"another time zone", `"2026-01-31T12:00:00+01:00"`, false},
		{"a line end", `"2026-01-31T12:00:00Z\n"`, false},
		{"an empty list", `[]`, false},
		{"a list of a time", `["2026-01-31T12:00:00Z"]`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for field, patch := range map[string]string{
				"createdAt":          fmt.Sprintf(`{"createdAt": %s}`, test.value),
				"lastTransitionTime": fmt.Sprintf(`{"lastTransitionTime": %s}`, test.value),
				"a condition":        `{"conditions": ` + conditionsWith("lastTransitionTime", test.value) + `}`,
			} {
				err := s.patchStatus("a", `{"status": `+patch+`}`)
				if test.admitted && err != nil || !test.admitted && !apierrors.IsInvalid(err) {
					t.Errorf("%s: admitted should be %v, got %v", field, test.admitted, err)
				}
			}
		})
	}
	s.everythingIsReadable()
}
