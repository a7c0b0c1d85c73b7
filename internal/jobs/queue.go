// SPDX-License-Identifier: Apache-2.0

package jobs

import "container/heap"

// queued is something that can stand in one queue at a time.
type queued interface{ position() *int }

// queue is a priority queue whose elements know where they stand, so that they can be moved and taken out. The place
// of an element that stands in no queue is -1.
type queue[T queued] struct{ heap innerHeap[T] }

func newQueue[T queued](before func(a, b T) bool) queue[T] {
	return queue[T]{heap: innerHeap[T]{before: before}}
}

func (q *queue[T]) len() int { return len(q.heap.items) }

// first returns the element that is before all others. The queue must not be empty.
func (q *queue[T]) first() T { return q.heap.items[0] }

// put adds an element, or moves it to its right place if it is in the queue already.
func (q *queue[T]) put(item T) {
	if at := *item.position(); at >= 0 {
		heap.Fix(&q.heap, at)
		return
	}
	heap.Push(&q.heap, item)
}

// remove takes an element out; one that is not in the queue stays out.
func (q *queue[T]) remove(item T) {
	if at := *item.position(); at >= 0 {
		heap.Remove(&q.heap, at)
	}
}

// innerHeap is what container/heap wants.
type innerHeap[T queued] struct {
	items  []T
	before func(a, b T) bool
}

func (h *innerHeap[T]) Len() int           { return len(h.items) }
func (h *innerHeap[T]) Less(i, j int) bool { return h.before(h.items[i], h.items[j]) }

func (h *innerHeap[T]) Swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	*h.items[i].position() = i
	*h.items[j].position() = j
}

func (h *innerHeap[T]) Push(x any) {
	item := x.(T) //nolint:forcetypeassert // heap.Push is called with a T only, in put.
	*item.position() = len(h.items)
	h.items = append(h.items, item)
}

func (h *innerHeap[T]) Pop() any {
	last := len(h.items) - 1
	item := h.items[last]
	var none T
	h.items[last] = none
	h.items = h.items[:last]
	*item.position() = -1
	return item
}
