// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// canaries are the secrets of the soak, which have to be found nowhere.
type canaries struct {
	mu  sync.RWMutex
	all []string
}

// issuedTokens is what all access tokens of the simulator begin with.
const issuedTokens = "simulated-token-"

// issue makes a secret.
func (c *canaries) issue() string {
	secret := "canary_" + rand.Text()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, secret)
	return secret
}

// find reports whether a secret, or an access token, is in a text.
func (c *canaries) find(text string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, secret := range c.all {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return strings.Contains(text, issuedTokens)
}

// check returns a violation if a secret is in something. The violation does not repeat it.
func (c *canaries) check(where string, what any) []string {
	text, ok := what.(string)
	if !ok {
		data, err := json.Marshal(what)
		if err != nil {
			return []string{fmt.Sprintf("%s cannot be read: %v", where, err)}
		}
		text = string(data)
	}
	if c.find(text) {
		return []string{"a key is in " + where}
	}
	return nil
}
