// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// parseURL checks one of the two configured URLs. Its errors leave the value out: a URL that is refused
// for its user info holds a password.
func parseURL(field, value string, allowInsecure bool) (*url.URL, error) {
	refuse := func(expected string) (*url.URL, error) {
		return nil, fmt.Errorf("%s: expected %s", field, expected)
	}
	schemes := "https://"
	if allowInsecure {
		schemes = "https:// or http://"
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return refuse("an absolute URL, " + schemes + " with a host")
	case u.Scheme != "https" && (u.Scheme != "http" || !allowInsecure):
		return refuse("a URL that starts with " + schemes)
	case !validPort(u):
		return refuse("a port between 1 and 65535")
	case u.User != nil:
		return refuse("a URL without user info")
	case strings.ContainsAny(value, "?#"):
		return refuse("a URL without query and fragment")
	}
	return u, nil
}

// validPort reports whether u has no port, or one that exists.
func validPort(u *url.URL) bool {
	number, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" || err == nil && number > 0
}

// withoutTrailingSlash drops the slashes that end the path of u, but no escaped ones.
func withoutTrailingSlash(u *url.URL) *url.URL {
	trimmed := *u
	trimmed.RawPath = strings.TrimRight(u.EscapedPath(), "/")
	trimmed.Path, _ = url.PathUnescape(trimmed.RawPath) // It was escaped by net/url a line ago.
	return &trimmed
}

// resource is the URL of base plus the path segments, each escaped so that it stays one
// segment. The path is not cleaned: url.JoinPath would take a segment ".." for
// a step upwards.
func resource(base *url.URL, segments ...string) *url.URL {
	var plain, escaped strings.Builder
	plain.WriteString(base.Path)
	escaped.WriteString(base.EscapedPath())
	for _, segment := range segments {
		plain.WriteString("/" + segment)
		escaped.WriteString("/" + url.PathEscape(segment))
	}
	u := *base
	u.Path, u.RawPath = plain.String(), escaped.String()
	return &u
}
