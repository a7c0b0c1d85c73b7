// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"testing"
)

// TestHugeBodiesTakeLittleMemory measures all that is allocated while a response without end is refused.
func TestHugeBodiesTakeLittleMemory(t *testing.T) {
	const tenGiB = 10 << 30
	zeros := zipped(t, bytes.Repeat([]byte(" "), 64<<20))
	handlers := map[string]http.HandlerFunc{
		"announced as 10 GiB": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(tenGiB))
			w.Header().Set("Content-Type", "application/json")
			endless(w, r)
		},
		"in chunks without end": endless,
		"a gzip bomb":           func(w http.ResponseWriter, _ *http.Request) { writeZipped(w, zeros) },
		"an error without end": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			endless(w, r)
		},
		"a redirect without end": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
			endless(w, r)
		},
	}
	for name, handler := range handlers {
		for operation, call := range calls {
			t.Run(name+", "+operation, func(t *testing.T) {
				client := clientFor(t, serve(t, handler).URL)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := call(within(t), client)
				runtime.ReadMemStats(&after)
				var refused *ResponseError
				var failed *APIError
				if !errors.As(err, &refused) && !errors.As(err, &failed) {
					t.Errorf("got error %v, want a ResponseError or an APIError", err)
				}
				// A buffer that doubles has allocated twice what it holds, and both ends of the connection take some.
				most := allocations * (uint64(4*maxBody(operation)) + 4<<20)
				if took := after.TotalAlloc - before.TotalAlloc; took > most {
					t.Errorf("%d KiB were allocated, want at most %d KiB", took>>10, most>>10)
				}
			})
		}
	}
}
