// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"mime"
	"strings"
)

// isOtherThanJSON reports whether a Content-Type says that a body is something else than JSON, such as the page of a portal that
// stands between. What says nothing is given the benefit of the doubt: no type, a malformed one, and the two that
// servers send that do not know: text/plain and application/octet-stream.
func isOtherThanJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	switch {
	case media == "" && err != nil:
		return false
	case strings.HasSuffix(media, "/json"), strings.HasSuffix(media, "+json"):
		return false
	}
	return media != "text/plain" && media != "application/octet-stream"
}
