// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"errors"
	"io"
)

// Bounds on what is read of a body, in bytes after decompression.
const (
	maxJobBody   = 1 << 20
	maxPageBody  = 16 << 20
	maxErrorBody = 64 << 10
	maxDrain     = 64 << 10
)

// maxBody is what is read of a 200 to an operation. A hundred jobs may each name a thousand corpora.
func maxBody(operation string) int {
	if operation == OperationListJobs {
		return maxPageBody
	}
	return maxJobBody
}

var errBodyTooLarge = errors.New("the body is too large")

// readBody reads all of body, or fails with errBodyTooLarge once it proves longer than limit.
// declared is the Content-Length, or less than 0 if it is not known.
func readBody(body io.Reader, declared int64, limit int) ([]byte, error) {
	if declared > int64(limit) {
		return nil, errBodyTooLarge
	}
	var buffer bytes.Buffer
	if declared > 0 {
		// The declared length may be wrong: nobody reserves a megabyte for it.
		buffer.Grow(int(min(declared, maxErrorBody)) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(io.LimitReader(body, int64(limit)+1))
	switch {
	case err != nil:
		return nil, err
	case buffer.Len() > limit:
		return nil, errBodyTooLarge
	}
	return buffer.Bytes(), nil
}

// discard reads a little of what is left of body, so that its connection can be used again, and
// closes it. A longer rest costs the connection.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxDrain)
	_ = body.Close()
}
