// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// checkSecrets is I6: credentials go to Vectara, in their own header or form, and are found nowhere else.
func checkSecrets(r *Record) []Violation {
	var violations []Violation
	report := func(where, text string, at *Request) {
		for _, name := range leaked(text, r.Canaries) {
			v := Violation{Invariant: "I6", At: r.Ended, Text: fmt.Sprintf("the %s is in %s", name, where)}
			if at != nil {
				v.At, v.Object = at.Sent, at.Object
			}
			violations = append(violations, v)
		}
	}
	for _, t := range r.Texts {
		report("the "+t.Where, t.Text, nil)
	}
	for _, q := range r.Strays {
		violations = append(violations, Violation{Invariant: "I6", At: q.Sent, Text: "another host got a request: " + q.Method + " " + q.URL})
	}
	for _, v := range r.Versions {
		text, err := json.Marshal(v.Object)
		if err == nil {
			report("the object "+v.Object.Name, string(text), nil)
		}
	}
	for _, q := range r.Requests {
		where := fmt.Sprintf("request %d to %s", q.Number, q.Side)
		report("the URL of "+where, q.URL, q)
		if q.Side != Vectara || q.Kind != KindToken {
			report("the body of "+where, string(q.Body), q)
		}
		for name, values := range q.Header {
			if q.Side == Vectara && (name == "X-Api-Key" || name == "Authorization") {
				continue
			}
			report("the header "+name+" of "+where, strings.Join(values, " "), q)
		}
	}
	return violations
}

// leaked are the names of the canaries that are in a text, as they are or in a form that is as good.
func leaked(text string, canaries []Canary) []string {
	var names []string
	for _, c := range canaries {
		forms := []string{
			c.Value, url.QueryEscape(c.Value), hex.EncodeToString([]byte(c.Value)),
			// Where a value begins within a group of three bytes decides what base64 makes of it; the first two thirds of it are
			// the same with and without padding.
			base64.StdEncoding.EncodeToString([]byte(c.Value))[:len(c.Value)],
		}
		for _, form := range forms {
			if strings.Contains(text, form) {
				names = append(names, c.Name)
				break
			}
		}
	}
	return names
}
