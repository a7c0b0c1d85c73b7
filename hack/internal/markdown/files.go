// SPDX-License-Identifier: Apache-2.0

package markdown

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// Files are the project's pages: those at the top of the tree, those of charts, and those anywhere in docs, as slash-separated
// paths.
func Files(tree fs.FS) ([]string, error) {
	pages, err := fs.Glob(tree, "*.md")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	charts, err := fs.Glob(tree, "charts/*/*.md")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	pages = append(pages, charts...)
	err = fs.WalkDir(tree, "docs", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && path.Ext(name) == ".md" {
			pages = append(pages, name)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	return pages, nil
}

// ReadAll parses all of the project's pages, by path.
func ReadAll(tree fs.FS) (map[string]Page, error) {
	names, err := Files(tree)
	if err != nil {
		return nil, err
	}
	pages := make(map[string]Page, len(names))
	for _, name := range names {
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, fmt.Errorf("read page: %w", err)
		}
		pages[name] = Parse(string(source))
	}
	return pages, nil
}
