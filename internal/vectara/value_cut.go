// SPDX-License-Identifier: Apache-2.0

package vectara

import "bytes"

// jsonSpace is what JSON allows between tokens (RFC 8259, section 2).
const jsonSpace = " \t\r\n"

// cutValue splits the inside of a valid object or list behind the value that it starts with, and drops the space that
// follows. The closing bracket has to be there still, so that something ends every value. There is no
// recursion: nesting costs no stack.
func cutValue(data []byte) (first value, rest []byte) {
	end := valueEnd(data)
	return data[:end], skipSpace(data[end:])
}

// valueEnd is the length of the value that data starts with.
func valueEnd(data []byte) int {
	switch data[0] {
	case '"':
		return stringEnd(data)
	case '{', '[':
		return nestEnd(data)
	default:
		return bytes.IndexAny(data, ",]}"+jsonSpace)
	}
}

func stringEnd(data []byte) int {
	for i := 1; ; i++ {
		switch data[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
}

func nestEnd(data []byte) int {
	for i, depth := 0, 0; ; i++ {
		switch data[i] {
		case '"':
			i += stringEnd(data[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
	}
}

func skipSpace(data []byte) []byte {
	for len(data) > 0 && (data[0] == ' ' || data[0] == '\t' || data[0] == '\r' || data[0] == '\n') {
		data = data[1:]
	}
	return data
}

// skipComma steps over a comma and the space behind it, if there is one.
func skipComma(data []byte) []byte {
	if data[0] == ',' {
		return skipSpace(data[1:])
	}
	return data
}
