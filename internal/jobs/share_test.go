// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"testing"
	"time"
)

func TestSessionsWhoseRequestsHangLeaveRoomForOthers(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Hour
		const sessions = 50
		for s := range sessions {
			for i := range maxInFlight {
				w.source.Watch(watching(fmt.Sprint("hanging", s, "-", i), func(w *Subscription) {
					w.Credentials, w.Timeout = credentials("", fmt.Sprint("key", s)), 5*time.Minute
				}))
			}
			w.after(10 * time.Millisecond)
		}
		w.source.mu.Lock()
		if got := w.source.inFlight; got > maxInFlightInAll+sessions {
			t.Errorf("%d requests are in flight, want at most %d and one for each session", got, maxInFlightInAll)
		}
		for _, session := range w.source.sessions {
			if session.inFlight == 0 {
				t.Error("a session has no request in flight")
			}
		}
		w.source.mu.Unlock()

		w.vectara.mu.Lock()
		w.vectara.latency = time.Millisecond
		w.vectara.mu.Unlock()
		other := watching("other", func(w *Subscription) { w.Credentials = credentials("", "another-key") })
		w.source.Watch(other)
		w.after(time.Second)
		if o := w.latest(other); o.reason() != "" {
			t.Errorf("told %+v while the requests of other sessions hang, want the job", o)
		}
	})
}
