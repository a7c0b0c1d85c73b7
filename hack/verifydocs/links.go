// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// checkLinks finds the page's links to files and anchors that do not exist. Links to other sites are not followed:
// whether a check passes must not depend on the network.
func checkLinks(tree fs.FS, pages map[string]markdown.Page, name string) []problem {
	var problems []problem
	for _, link := range pages[name].Links {
		if text := brokenLink(tree, pages, name, link.Target); text != "" {
			problems = append(problems, problem{name, link.Line, text})
		}
	}
	return problems
}

// checkIndex finds the pages to which the README has no link.
func checkIndex(pages map[string]markdown.Page) []problem {
	linked := map[string]bool{readmePage: true}
	for _, link := range pages[readmePage].Links {
		if target, err := url.Parse(link.Target); err == nil {
			linked[resolve(readmePage, target.Path)] = true
		}
	}
	var problems []problem
	for name := range pages {
		if !linked[name] {
			problems = append(problems, problem{name, 1, readmePage + " has no link to this page"})
		}
	}
	return problems
}

// brokenLink says what is wrong with a link on the page from, or nothing.
func brokenLink(tree fs.FS, pages map[string]markdown.Page, from, target string) string {
	link, err := url.Parse(target)
	if err != nil {
		return fmt.Sprintf("link %q is no URL", target)
	}
	if link.Scheme != "" || link.Host != "" {
		return ""
	}
	file := from
	if link.Path != "" {
		file = resolve(from, link.Path)
		if _, err := fs.Stat(tree, file); err != nil {
			return fmt.Sprintf("link %q leads to no file", target)
		}
	}
	page, isPage := pages[file]
	if isPage && link.Fragment != "" && !page.Anchors[link.Fragment] {
		return fmt.Sprintf("link %q leads to no heading of %s", target, file)
	}
	return ""
}

// resolve makes a link's path a path from the top of the tree; a leading slash means that it is one already.
func resolve(from, target string) string {
	if rooted, ok := strings.CutPrefix(target, "/"); ok {
		return path.Clean(rooted)
	}
	return path.Join(path.Dir(from), target)
}
