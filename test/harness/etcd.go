// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// gateway is a client of etcd's JSON gateway.
var gateway = &http.Client{Timeout: time.Minute}

// etcdPage is how many keys are read at a time.
const etcdPage = 500

// EachEtcdKey calls visit for every key that the API server keeps in etcd, with its value as it is stored.
func (c *ControlPlane) EachEtcdKey(ctx context.Context, visit func(key string, value []byte)) error {
	type pair struct{ Key, Value []byte }
	from := []byte("/")
	for {
		request, err := json.Marshal(map[string]any{"key": from, "range_end": []byte("0"), "limit": etcdPage}) // "0" comes after "/".
		if err != nil {
			return err
		}
		var page struct {
			Kvs  []pair
			More bool
		}
		if err := c.etcdRange(ctx, request, &page); err != nil {
			return fmt.Errorf("reading etcd: %w", err)
		}
		for _, p := range page.Kvs {
			visit(string(p.Key), p.Value)
			from = append(p.Key, 0)
		}
		if !page.More {
			return nil
		}
	}
}

func (c *ControlPlane) etcdRange(ctx context.Context, body []byte, page any) error {
	url := c.env.ControlPlane.Etcd.URL.JoinPath("/v3/kv/range").String()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := gateway.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd answered %s", response.Status)
	}
	return json.NewDecoder(response.Body).Decode(page)
}
