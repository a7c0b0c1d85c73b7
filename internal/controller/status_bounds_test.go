// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	// maxMessage is the longest message that the API server takes in a condition, in characters.
	maxMessage = 32768
	// maxStatus is how much of an object status may be, in bytes. etcd takes 1.5 MiB by default, and metadata needs some.
	maxStatus = 1 << 20
)

// bounds are what the CRD's markers say of a field of status; 0 where they say nothing.
type bounds struct{ length, items, itemLength int }

var boundMarker = regexp.MustCompile(`\+kubebuilder:validation:(items:MaxLength|MaxLength|MaxItems)=(\d+)`)

// statusBounds reads the markers of the fields of VectaraJobStatus, by the name of the field in Go.
func statusBounds(t *testing.T) map[string]bounds {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/vectarajob_types.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatalf("Reading the API package: %v", err)
	}
	found := map[string]bounds{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "VectaraJobStatus" {
			return true
		}
		body, ok := spec.Type.(*ast.StructType)
		if !ok {
			t.Fatal("VectaraJobStatus is not a struct")
		}
		for _, field := range body.Fields.List {
			found[field.Names[0].Name] = markedBounds(t, field.Doc)
		}
		return false
	})
	return found
}

func markedBounds(t *testing.T, doc *ast.CommentGroup) bounds {
	t.Helper()
	var b bounds
	for _, line := range doc.List {
		marker := boundMarker.FindStringSubmatch(line.Text)
		if marker == nil {
			continue
		}
		value, err := strconv.Atoi(marker[2])
		if err != nil {
			t.Fatalf("Reading %q: %v", line.Text, err)
		}
		switch marker[1] {
		case "MaxLength":
			b.length = value
		case "MaxItems":
			b.items = value
		case "items:MaxLength":
			b.itemLength = value
		}
	}
	return b
}

func TestBoundsAreThoseOfTheCRD(t *testing.T) {
	got := map[string]bounds{
		"State":                  {length: maxState},
		"Type":                   {length: maxType},
		"CorpusKeys":             {items: maxCorpusKeys, itemLength: maxCorpusKey},
		"CreatedByUsername":      {length: maxUsername},
		"Comment":                {length: maxComment},
		"LastHandledReconcileAt": {length: maxRequest},
		"Conditions":             {items: maxConditions},
	}
	marked := statusBounds(t)
	for field, want := range got {
		if marked[field] != want {
			t.Errorf("%s: the CRD says %+v and the controller %+v", field, marked[field], want)
		}
	}
	for field, said := range marked {
		if _, known := got[field]; !known && said != (bounds{}) {
			t.Errorf("%s: the CRD says %+v, of which the controller knows nothing", field, said)
		}
	}
}

func TestWhateverVectaraSendsFitsTheCRD(t *testing.T) {
	limits := statusBounds(t)
	for name, unit := range map[string]string{
		"in plain letters":           "a",
		"in letters of two bytes":    "ß",
		"in letters of three bytes":  "界",
		"in letters of four bytes":   "🙂",
		"in combining letters":       "e\u0301",
		"in control characters":      "\u0000\u001b\u202e",
		"in quotes and backslashes":  "\"\\",
		"in bytes that are not text": "\xff\xfe",
		"in lines":                   "line\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			flood := func(length int) string { return strings.Repeat(unit, length/len(unit)+1) }
			found := answer(v1alpha1.JobState(flood(10_000)), func(j *vectara.Job) {
				j.Type, j.CreatedByUsername, j.Comment = flood(10_000), flood(10_000), flood(1<<20)
				j.CorpusKeys = make([]string, 2000)
				for i := range j.CorpusKeys {
					j.CorpusKeys[i] = flood(1000)
				}
			})
			expectWithin(t, limits, statusAfter(job(withRequestedAt(flood(200_000))), found, noon))
		})
	}
}

func expectWithin(t *testing.T, limits map[string]bounds, status v1alpha1.VectaraJobStatus) {
	t.Helper()
	for field, value := range map[string]string{
		"State": string(status.State), "Type": string(status.Type), "CreatedByUsername": status.CreatedByUsername,
		"Comment": status.Comment, "LastHandledReconcileAt": status.LastHandledReconcileAt,
	} {
		if got, most := utf8.RuneCountInString(value), limits[field].length; got != most {
			t.Errorf("%s has %d characters, want what there is room for, %d", field, got, most)
		}
	}
	if got, most := len(status.CorpusKeys), limits["CorpusKeys"].items; got != most {
		t.Errorf("There are %d corpus keys, want what there is room for, %d", got, most)
	}
	for _, key := range status.CorpusKeys {
		if got, most := utf8.RuneCountInString(key), limits["CorpusKeys"].itemLength; got > most {
			t.Fatalf("A corpus key has %d characters, want at most %d", got, most)
		}
	}
	for _, c := range status.Conditions {
		if got := utf8.RuneCountInString(c.Message); got > maxMessage {
			t.Errorf("%s says %d characters, want at most %d", c.Type, got, maxMessage)
		}
	}
	encoded, err := json.Marshal(status)
	if err != nil {
		t.Fatalf("Encoding the status: %v", err)
	}
	if len(encoded) > maxStatus {
		t.Errorf("The status takes %d bytes, want at most %d", len(encoded), maxStatus)
	}
}

func TestWhatFitsIsNotCut(t *testing.T) {
	for _, length := range []int{0, 1, maxComment - 1, maxComment} {
		want := strings.Repeat("界", length)
		next := statusAfter(job(), answer("started", func(j *vectara.Job) { j.Comment = want }), noon)
		if next.Comment != want {
			t.Errorf("A comment of %d characters was cut to %d", length, utf8.RuneCountInString(next.Comment))
		}
	}
	next := statusAfter(job(), answer("started", func(j *vectara.Job) { j.Comment = strings.Repeat("界", maxComment+1) }), noon)
	if got, want := next.Comment, strings.Repeat("界", maxComment-1)+"…"; got != want {
		t.Errorf("A comment that is one character too long was cut to %d characters and ends in %q", utf8.RuneCountInString(got), got[len(got)-3:])
	}
}

func TestEdgesOfTimeSurviveTheWayToTheClusterAndBack(t *testing.T) {
	for name, at := range map[string]time.Time{
		"the first second there is": time.Date(1, time.January, 1, 0, 0, 1, 0, time.UTC),
		"the last second there is":  time.Date(9999, time.December, 31, 23, 59, 59, 999_999_999, time.UTC),
		"a time in another zone":    time.Date(2026, time.March, 1, 12, 0, 0, 5, time.FixedZone("", -5*3600)),
		"a time before 1970":        time.Date(1955, time.November, 5, 6, 15, 0, 500_000_000, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			found := answer("started", func(j *vectara.Job) { j.CreatedAt, j.StartedAt, j.CompletedAt = at, at, at })
			object := job()
			next := statusAfter(object, found, noon)
			if stored := asStored(t, object, next); !equality.Semantic.DeepEqual(stored.Status, next) {
				t.Errorf("The status came back as %+v, want %+v", stored.Status, next)
			}
			if got, want := next.StartedAt.Time, at.Truncate(time.Second); !got.Equal(want) {
				t.Errorf("startedAt is %v, want %v", got, want)
			}
		})
	}
}
