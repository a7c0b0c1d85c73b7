// SPDX-License-Identifier: Apache-2.0

package crds

import (
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// explainWidth is how many characters "kubectl explain" puts into a line. It breaks longer ones without joining what is
// left of them to the next, so that every other line comes out short.
const explainWidth = 76

// TestKubectlExplainSaysAllOfAField reads the CRDs, because that is what "kubectl explain" reads.
func TestKubectlExplainSaysAllOfAField(t *testing.T) {
	kinds, err := Read(os.DirFS("../../.."))
	if err != nil || len(kinds) == 0 {
		t.Fatalf("There are %d kinds (%v)", len(kinds), err)
	}
	for _, kind := range kinds {
		t.Run(kind.Name, func(t *testing.T) {
			if len(kind.Fields) < 10 {
				t.Errorf("Only %d fields were found", len(kind.Fields))
			}
			for _, field := range kind.Fields {
				for _, lack := range missing(field) {
					t.Errorf("The description of %s does not have %q: %q", field.Path, lack, field.Description)
				}
				for _, line := range tooLong(field.Description) {
					t.Errorf("In the description of %s, a line is longer than %d characters: %q", field.Path, explainWidth, line)
				}
			}
		})
	}
}

// missing is what the description of a field lacks: an example, what holds when it is absent, its bounds and those of its
// elements. Of an object, its fields say so themselves. That a field is required kubectl says.
func missing(field Field) []string {
	if field.Description == "" {
		return []string{"anything"}
	}
	var lacks []string
	isObject := len(field.Properties) > 0
	if !isObject && !strings.Contains(field.Description, "Example: ") {
		lacks = append(lacks, "Example: ")
	}
	if field.Default != nil && strings.HasPrefix(field.Path, ".spec") && !strings.Contains(field.Description, "Default: ") {
		lacks = append(lacks, "Default: ")
	}
	bounds := boundsOf(field.Schema)
	if field.Items != nil {
		bounds = append(bounds, boundsOf(*field.Items)...)
	}
	words := strings.FieldsFunc(field.Description, func(r rune) bool { return strings.ContainsRune(" \n.,;:()", r) })
	for _, bound := range bounds {
		if !slices.Contains(words, bound) {
			lacks = append(lacks, bound)
		}
	}
	return lacks
}

// durations are those in a rule such as "duration(self) >= duration('1s')".
var durations = regexp.MustCompile(`duration\('([^']+)'\)`)

// boundsOf are the bounds that a description has to give. A duration's are in its rule, and how many characters it has
// says nothing. Nor does it say anything that a number is not negative, that a text is not empty, that it is no list, or what
// is the largest number of its type.
func boundsOf(schema Schema) []string {
	var bounds []string
	for _, validation := range schema.Validations {
		for _, match := range durations.FindAllStringSubmatch(validation.Rule, -1) {
			bounds = append(bounds, match[1])
		}
	}
	if len(bounds) > 0 {
		return bounds
	}
	for _, least := range []*int64{schema.Minimum, schema.MinLength, schema.MinItems} {
		if least != nil && *least > 1 {
			bounds = append(bounds, strconv.FormatInt(*least, 10))
		}
	}
	upper := []*int64{schema.Maximum, schema.MaxLength}
	if schema.MaxItems != nil && *schema.MaxItems > 0 {
		upper = append(upper, schema.MaxItems)
	}
	for _, most := range upper {
		if most != nil && *most < math.MaxInt32 {
			bounds = append(bounds, strconv.FormatInt(*most, 10))
		}
	}
	return bounds
}

// tooLong is the lines of a description that "kubectl explain" would break.
func tooLong(description string) []string {
	lines := strings.Split(description, "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return utf8.RuneCountInString(line) <= explainWidth })
}

func TestLinesThatKubectlWouldBreakAreFound(t *testing.T) {
	fits := strings.Repeat("…", explainWidth)
	if got := tooLong(fits + "\n" + fits + "!\nlast"); !slices.Equal(got, []string{fits + "!"}) {
		t.Errorf("Too long are %q", got)
	}
}

func TestDescriptionsThatSayTooLittleAreFound(t *testing.T) {
	two, ten := int64(2), int64(10)
	field := func(description string, changes ...func(*Field)) Field {
		field := Field{Path: ".spec.a", Schema: Schema{Description: description}}
		for _, change := range changes {
			change(&field)
		}
		return field
	}
	const good = "a, from 2 to\n10. Default: 3. Example: 4."
	bounded := func(f *Field) { f.Minimum, f.Maximum, f.Default = &two, &ten, 3 }
	object := func(f *Field) { f.Properties = map[string]Schema{"b": {}} }
	inStatus := func(f *Field) { f.Path = ".status.a" }
	duration := func(f *Field) {
		f.MaxLength, f.Validations = &ten, []Validation{{Rule: "duration(self) >= duration('1s')"}}
	}
	for name, test := range map[string]struct {
		field Field
		want  []string
	}{
		"all is said":                       {field(good, bounded), nil},
		"nothing is said":                   {field(""), []string{"anything"}},
		"no example":                        {field("a."), []string{"Example: "}},
		"no example of an object is needed": {field("a.", object), nil},
		"no default":                        {field("a, from 2 to 10. Example: 4.", bounded), []string{"Default: "}},
		"no default of an object":           {field("a, from 2 to 10.", object, bounded), []string{"Default: "}},
		"no default in status is needed":    {field("a, from 2 to 10. Example: 4.", bounded, inStatus), nil},
		"neither bound":                     {field("a. Default: 3. Example: 4.", bounded), []string{"2", "10"}},
		"a bound within another number":     {field("a, from 2 to 100. Default: 3. Example: 4.", bounded), []string{"10"}},
		"how long it may be":                {field("a. Example: b.", func(f *Field) { f.MaxLength = &two }), []string{"2"}},
		"how many there may be":             {field("a. Example: b.", func(f *Field) { f.MaxItems = &two }), []string{"2"}},
		"that a text is no list":            {field("a. Example: b.", func(f *Field) { f.MaxItems = new(int64) }), nil},
		"how long its elements may be":      {field("a. Example: b.", func(f *Field) { f.Items = &Schema{MaxLength: &two} }), []string{"2"}},
		"how long it may last":              {field("a. Example: b.", duration), []string{"1s"}},
		"how long it may last is said":      {field("a, from 1s. Example: b.", duration), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := missing(test.field); !slices.Equal(got, test.want) {
				t.Errorf("Missing is %q, want %q", got, test.want)
			}
		})
	}
}
