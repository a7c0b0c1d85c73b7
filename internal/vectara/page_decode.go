// SPDX-License-Identifier: Apache-2.0

package vectara

// Bounds on a page: the key in bytes, since it has to fit into a URL, and how many jobs a server may send that
// ignores the limit. Without the latter the smallest of jobs would fill a page with half a million.
const (
	maxPageKeyLength = 4 << 10
	maxElements      = 10 * MaxPageSize
)

// decodePage reads the body of a 200 to GET /v2/jobs. It is tolerant towards jobs, as decodeJob is, and strict
// where a mistake would end the list too early: who lists concludes from what is missing.
func decodePage(body []byte) (Page, *badResponse) {
	root, ok := parseValue(body)
	if !ok || !root.isObject() {
		return Page{}, &badResponse{problem: problemNoObject}
	}
	var jobs, metadata, requestID value
	for name, member := range root.members() {
		switch string(name) {
		case "jobs":
			jobs = member
		case "metadata":
			metadata = member
		case "request_id":
			requestID = member
		}
	}
	key, problem := pageKey(metadata)
	if problem == "" && !jobs.isList() && !jobs.isNothing() {
		problem = "the jobs in the body are not a list"
	}
	if problem != "" {
		return Page{}, &badResponse{problem: problem, requestID: requestID.text()}
	}
	page := Page{NextPageKey: key}
	for element := range jobs.elements() {
		if len(page.Jobs)+page.Dropped == maxElements {
			return Page{}, &badResponse{problem: "the body holds more than 1000 jobs", requestID: requestID.text()}
		}
		if job := jobOf(element); job.ID != "" {
			page.Jobs = append(page.Jobs, job)
		} else {
			page.Dropped++
		}
	}
	return page, nil
}

// pageKey reads the key of the next page, or says why there is no telling whether there is one.
func pageKey(metadata value) (key, problem string) {
	if !metadata.isObject() && !metadata.isNothing() {
		return "", "the metadata in the body are not an object"
	}
	var encoded value
	for name, member := range metadata.members() {
		if string(name) == "page_key" {
			encoded = member
		}
	}
	key, ok := encoded.asText()
	switch {
	case !ok && !encoded.isNothing():
		return "", "the page key in the body is not a string"
	case len(key) > maxPageKeyLength:
		return "", "the page key in the body is longer than 4 KiB"
	default:
		return key, ""
	}
}
