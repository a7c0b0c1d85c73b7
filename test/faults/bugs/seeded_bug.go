// SPDX-License-Identifier: Apache-2.0

package bugs

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// SeededBug is a mistake in a patch.
type SeededBug struct {
	// Name is that of the patch without its extension.
	Name string
	// Sentence says what is wrong.
	Sentence string
	// CaughtBy are the invariants of which at least one must be violated.
	CaughtBy []string
	// Runs are tried in turn, until one of them catches the bug.
	Runs []Run
	// Limit bounds the time of a run.
	Limit time.Duration
	// Files are those that the patch changes, relative to the top of the source tree.
	Files []string

	patch string // the absolute path
}

const defaultLimit = 2 * time.Minute

var invariant = regexp.MustCompile(`^I[1-9]$`)

// Load reads all bugs below the top of the source tree, ordered by name.
func Load(repository string) ([]SeededBug, error) {
	paths, err := filepath.Glob(filepath.Join(repository, "test", "faults", "bugs", "*.patch"))
	if err != nil {
		return nil, err
	}
	bugs := make([]SeededBug, 0, len(paths))
	for _, path := range paths {
		text, err := os.ReadFile(path) //nolint:gosec // It is one of the tree's own patches.
		if err != nil {
			return nil, err
		}
		bug, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		bug.Name, bug.patch = strings.TrimSuffix(filepath.Base(path), ".patch"), path
		bugs = append(bugs, bug)
	}
	return bugs, nil
}

// parse reads the header of a patch, and which files it changes.
func parse(text []byte) (SeededBug, error) {
	var bug SeededBug
	inHeader := true
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if file, ok := strings.CutPrefix(line, "+++ b/"); ok {
			bug.Files = append(bug.Files, file)
		}
		if inHeader = inHeader && line != ""; !inHeader {
			continue
		}
		if err := bug.readField(line); err != nil {
			return SeededBug{}, err
		}
	}
	bug.Limit = cmp.Or(bug.Limit, defaultLimit)
	if bug.Runs == nil {
		bug.Runs = []Run{{Scene: "life"}}
	}
	switch {
	case lines.Err() != nil:
		return SeededBug{}, lines.Err()
	case bug.Sentence == "" || bug.CaughtBy == nil:
		return SeededBug{}, errors.New("expected the lines Wrong: and Caught-by: at the start")
	case len(bug.Files) == 0:
		return SeededBug{}, errors.New("expected a unified diff whose new files begin with b/")
	}
	return bug, nil
}

// readField reads a line of the header.
func (b *SeededBug) readField(line string) error {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch name {
	case "Wrong":
		b.Sentence = value
	case "Caught-by":
		for word := range strings.SplitSeq(value, ",") {
			b.CaughtBy = append(b.CaughtBy, strings.TrimSpace(word))
		}
		if at := slices.IndexFunc(b.CaughtBy, func(word string) bool { return !invariant.MatchString(word) }); at >= 0 {
			return fmt.Errorf("expected the invariants I1 to I9 in Caught-by, got %q", b.CaughtBy[at])
		}
	case "Run":
		run, err := parseRun(value)
		if err != nil {
			return err
		}
		b.Runs = append(b.Runs, run)
	case "Limit":
		limit, err := time.ParseDuration(value)
		if err != nil || limit <= 0 {
			return fmt.Errorf("expected a duration such as 90s in Limit, got %q", value)
		}
		b.Limit = limit
	default:
		return fmt.Errorf("expected one of Wrong, Caught-by, Run and Limit in the header, got %q", line)
	}
	return nil
}
