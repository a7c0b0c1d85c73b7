// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	defaultLimit = 10
	maxLimit     = 100
)

// listQuery is the query of a list, understood.
type listQuery struct {
	states  []string
	corpora []string
	after   time.Time // zero: no bound
	limit   int
	before  *position // nil: from the newest
}

func parseListQuery(values url.Values) (listQuery, error) {
	q := listQuery{states: values["state"], corpora: values["corpus_key"], limit: defaultLimit}
	if text := values.Get("limit"); values.Has("limit") {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 || limit > maxLimit {
			return q, errors.New("limit: want a whole number from 1 to 100")
		}
		q.limit = limit
	}
	if text := values.Get("after"); values.Has("after") {
		after, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return q, errors.New("after: want an RFC 3339 time")
		}
		q.after = after
	}
	// An empty key is what some responses end with, so it means the beginning.
	if text := values.Get("page_key"); text != "" {
		before, ok := parsePageKey(text)
		if !ok {
			return q, errors.New("page_key: want one that a previous page gave")
		}
		q.before = &before
	}
	return q, nil
}

func (s *Server) listJobs(c *call, access Access) response {
	if c.queryErr != nil {
		return c.refuse(http.StatusBadRequest, "The query is malformed.")
	}
	q, err := parseListQuery(c.query)
	if err != nil {
		return c.refuse(http.StatusBadRequest, err.Error())
	}
	if access.Denied {
		return c.forbidden()
	}
	now := s.options.Now()
	if c.fault.PageSize > 0 {
		q.limit = min(q.limit, c.fault.PageSize)
	}
	jobs, more := s.store.page(q.before, q.after, q.limit, func(job *liveJob) bool {
		return access.allows(job.CorpusKeys) && c.fault.lists(job, now) && (c.fault.FilterAfterPaging || q.wants(job, now))
	})
	list := make([]map[string]any, 0, len(jobs))
	for i := range jobs {
		if q.wants(&jobs[i], now) {
			list = append(list, jobs[i].fields(now))
		}
	}
	return jsonResponse(http.StatusOK, map[string]any{"jobs": list, "metadata": s.listMetadata(jobs, more)})
}

// lists reports whether the fault lets a list contain the job.
func (f *Fault) lists(job *liveJob, now time.Time) bool {
	return !f.Empty && now.Sub(job.added) >= f.Lag && !slices.Contains(f.Omit, job.ID)
}

// wants reports whether the job passes the filters, except for those that the order of jobs takes care of.
func (q *listQuery) wants(job *liveJob, now time.Time) bool {
	if len(q.corpora) > 0 && !slices.ContainsFunc(job.CorpusKeys, func(key string) bool {
		return slices.Contains(q.corpora, key)
	}) {
		return false
	}
	return len(q.states) == 0 || slices.Contains(q.states, job.at(now).state)
}

func (s *Server) listMetadata(jobs []liveJob, more bool) map[string]any {
	switch {
	case more:
		return map[string]any{"page_key": jobs[len(jobs)-1].position().pageKey()}
	case s.options.EndOfList == EndAbsent:
		return map[string]any{}
	case s.options.EndOfList == EndEmpty:
		return map[string]any{"page_key": ""}
	default:
		return map[string]any{"page_key": nil}
	}
}

// A page key is the position of the last job shown, with a checksum: seconds, nanoseconds, serial,
// CRC-32. So it stays right while jobs are added and removed.
const pageKeySize = 8 + 4 + 8 + 4

func (p position) pageKey() string {
	key := make([]byte, 0, pageKeySize)
	key = binary.BigEndian.AppendUint64(key, uint64(p.created.Unix()))
	key = binary.BigEndian.AppendUint32(key, uint32(p.created.Nanosecond()))
	key = binary.BigEndian.AppendUint64(key, p.serial)
	key = binary.BigEndian.AppendUint32(key, crc32.ChecksumIEEE(key))
	return base64.URLEncoding.EncodeToString(key)
}

func parsePageKey(text string) (position, bool) {
	key, err := base64.URLEncoding.DecodeString(text)
	if err != nil || len(key) != pageKeySize {
		return position{}, false
	}
	sum := binary.BigEndian.Uint32(key[20:])
	if crc32.ChecksumIEEE(key[:20]) != sum {
		return position{}, false
	}
	seconds, nanos := binary.BigEndian.Uint64(key), binary.BigEndian.Uint32(key[8:])
	return position{
		created: time.Unix(int64(seconds), int64(nanos)),
		serial:  binary.BigEndian.Uint64(key[12:]),
	}, true
}
