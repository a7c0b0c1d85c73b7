// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// kind is what goes wrong.
type kind string

const (
	list429         kind = "LIST 429"
	list503         kind = "LIST 503"
	listHangs       kind = "LIST hangs"
	listLate        kind = "LIST shows new jobs 5 s late"
	listEmpty       kind = "LIST is empty"
	get503          kind = "GET 503 for one key"
	get429          kind = "GET 429 for one key"
	getHangs        kind = "GET hangs for one key"
	getReset        kind = "GET connections are reset"
	truncated       kind = "answers are truncated"
	slow            kind = "answers take 3 s longer"
	vectaraDown     kind = "Vectara answers 503 to everything"
	jobRefused      kind = "one job answers 403 with the key in the message"
	tokenDown       kind = "token endpoint 503, tokens expired"
	keyRotated      kind = "key rotated"
	keyRotatedLate  kind = "key revoked before the Secret has the new one"
	secretRemoved   kind = "Secret removed and brought back"
	connectionsCut  kind = "connections to the API server cut"
	apiServerPaused kind = "API server stopped"
	etcdPaused      kind = "etcd stopped"
	managerPaused   kind = "manager stopped"
)

// kinds say how long each fault lasts, at a period of half a minute.
var kinds = []struct {
	kind kind
	last time.Duration
}{
	{list429, 12 * time.Second}, {list503, 15 * time.Second}, {listHangs, 15 * time.Second},
	{listLate, 20 * time.Second}, {listEmpty, 20 * time.Second},
	{get503, 15 * time.Second}, {get429, 10 * time.Second}, {getHangs, 15 * time.Second},
	{getReset, 10 * time.Second}, {truncated, 10 * time.Second}, {slow, 15 * time.Second}, {vectaraDown, 15 * time.Second},
	{jobRefused, 15 * time.Second}, {tokenDown, 15 * time.Second},
	{keyRotated, 3 * time.Second}, {keyRotatedLate, 5 * time.Second}, {secretRemoved, 5 * time.Second},
	{connectionsCut, 0}, {apiServerPaused, 4 * time.Second}, {etcdPaused, 5 * time.Second}, {managerPaused, 5 * time.Second},
}

// period is that of the faults whose lengths kinds give.
const period = 30 * time.Second

// recheck is how long the operator may leave a job alone that was refused: five minutes, and a tenth.
const recheck = 6 * time.Minute

// fault is one that is to come.
type fault struct {
	At      time.Duration `json:"at"` // since the beginning
	Kind    kind          `json:"kind"`
	For     time.Duration `json:"for"`
	Account int           `json:"account"` // of those that concern one
	Pick    uint64        `json:"pick"`    // chooses a job
}

func (f fault) String() string {
	return fmt.Sprintf("%s (%s, account %d)", f.Kind, f.For, f.Account)
}

// schedule plans faults from a seed, one at each period up to the quiet at the end. Every kind comes before one comes
// again. A short period makes faults short.
func schedule(seed uint64, o options) []fault {
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // It has to be the same for the same seed.
	var plan []fault
	var order []int
	until := o.duration - o.quiet
	for at := o.every; at+o.every <= until; at += o.every {
		if len(order) == 0 {
			order = random.Perm(len(kinds))
		}
		next := 0
		// The operator asks again about a refused job only after minutes, which have to pass before the quiet.
		for next < len(order)-1 && kinds[order[next]].kind == jobRefused && until-at < recheck {
			next++
		}
		chosen := kinds[order[next]]
		order = append(order[:next], order[next+1:]...)
		last := time.Duration(float64(chosen.last) * min(1, float64(o.every)/float64(period)))
		account, pick := random.IntN(accounts), random.Uint64()
		if chosen.kind == jobRefused && until-at < recheck {
			continue
		}
		plan = append(plan, fault{At: at, Kind: chosen.kind, For: last, Account: account, Pick: pick})
	}
	return plan
}
