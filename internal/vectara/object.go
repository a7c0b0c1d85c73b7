// SPDX-License-Identifier: Apache-2.0

package vectara

// object holds the fields of a JSON object, still encoded. Names are matched exactly, and of two fields with
// the same name the last one counts.
type object map[string]value

// parseObject reads data as one JSON object with nothing behind it.
func parseObject(data []byte) (object, bool) {
	parsed, ok := parseValue(data)
	if !ok || !parsed.isObject() {
		return nil, false
	}
	return objectOf(parsed), true
}

// objectOf collects the members of a value; there are none if it is not an object.
func objectOf(v value) object {
	fields := object{}
	for name, member := range v.members() {
		fields[string(name)] = member
	}
	return fields
}

// text is the string with the given name, or "" if there is none.
func (o object) text(name string) string { return o[name].text() }
