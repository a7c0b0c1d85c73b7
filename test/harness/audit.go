// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

func (c *ControlPlane) auditLog() string { return filepath.Join(c.folder, "audit.log") }

// OperatorRequests returns what the operator requested of the API server so far, in the order of the responses, as far as
// match says yes to all of it.
func (c *ControlPlane) OperatorRequests(match ...func(auditv1.Event) bool) ([]auditv1.Event, error) {
	file, err := os.Open(c.auditLog())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var events []auditv1.Event
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event auditv1.Event
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		if event.User.Username == OperatorUser && all(event, match) {
			events = append(events, event)
		}
	}
	return events, lines.Err()
}

// IsWrite reports whether a request changes something in a namespace.
func IsWrite(namespace string) func(auditv1.Event) bool {
	return func(event auditv1.Event) bool {
		switch event.Verb {
		case "create", "update", "patch", "delete", "deletecollection":
			return event.ObjectRef != nil && event.ObjectRef.Namespace == namespace
		default:
			return false
		}
	}
}

// OnResource reports whether a request is about a resource, such as "vectarajobs".
func OnResource(resource string) func(auditv1.Event) bool {
	return func(event auditv1.Event) bool { return event.ObjectRef != nil && event.ObjectRef.Resource == resource }
}

func all(event auditv1.Event, match []func(auditv1.Event) bool) bool {
	for _, m := range match {
		if !m(event) {
			return false
		}
	}
	return true
}
