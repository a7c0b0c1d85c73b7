// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// present is how many objects there are, or are about to be.
func (r *record) present() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}

// key returns the object of a job, if it has a state and is there.
func (r *record) key(id string) (client.ObjectKey, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.lives[id]
	return client.ObjectKey{Namespace: e.namespace, Name: e.name}, !e.seen.IsZero() && e.gone.IsZero()
}

// toDelete returns the objects without a TTL whose jobs were seen to have ended before a time.
func (r *record) toDelete(before time.Time) []client.ObjectKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	var keys []client.ObjectKey
	for _, e := range r.lives {
		if !e.ttl && !e.final.IsZero() && e.final.Before(before) && e.gone.IsZero() {
			keys = append(keys, client.ObjectKey{Namespace: e.namespace, Name: e.name})
		}
	}
	return keys
}

// toForget returns the jobs whose objects have been gone since before a time. Each is returned once.
func (r *record) toForget(before time.Time) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []string
	for id, e := range r.lives {
		if !e.forgotten && !e.gone.IsZero() && e.gone.Before(before) {
			e.forgotten = true
			ids = append(ids, id)
		}
	}
	return ids
}

// forget takes a job out that never had an object.
func (r *record) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.lives[id]; ok && e.uid == "" {
		delete(r.lives, id)
		r.open--
	}
}

// pick chooses a job of an account that has not ended, of the youngest: those are asked for one by one.
func (r *record) pick(account int, pick uint64) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []string
	for id, e := range r.lives {
		if e.account == account && e.endedAt.IsZero() && e.gone.IsZero() && !e.seen.IsZero() {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	slices.SortFunc(ids, func(a, b string) int { return r.lives[b].added.Compare(r.lives[a].added) })
	return ids[pick%uint64(min(len(ids), 100))]
}
