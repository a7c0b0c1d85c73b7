// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	_ "embed"
	"errors"
	"fmt"
	"time"
)

// Scenario is what a simulator is filled with.
type Scenario struct {
	APIKeys []APIKey
	Clients []Client
	Jobs    []Job
	Faults  []Fault
}

// APIKey is a key and what it may do.
type APIKey struct {
	Key    string
	Access Access
}

// Client is an OAuth client and what it may do.
type Client struct {
	ID       string
	Secret   string
	Lifetime time.Duration // of its tokens; 30 minutes when zero
	Access   Access
}

//go:embed demo.yaml
var demoYAML []byte

// DemoScenario returns the built-in scenario: the lives that the demo shows, with credentials that
// are obviously fake. Each life ends within 25 s of the first GET of its job.
func DemoScenario() Scenario {
	scenario, err := LoadScenario(demoYAML)
	if err != nil {
		// It is part of the program, and a test loads it.
		panic(err)
	}
	return scenario
}

// Apply adds everything of the scenario to what there is. Entries of the same ID are replaced.
func (s *Server) Apply(scenario Scenario) {
	for _, key := range scenario.APIKeys {
		s.AddAPIKey(key.Key, key.Access)
	}
	for _, client := range scenario.Clients {
		s.AddClient(client.ID, client.Secret, client.Lifetime, client.Access)
	}
	for _, job := range scenario.Jobs {
		s.AddJob(job)
	}
	for _, fault := range scenario.Faults {
		s.Inject(fault)
	}
}

// validate finds what the form of a scenario file allows and makes no sense. The errors name the
// entry by its place and, for a job, its ID, never by a key or a secret.
func (s *Scenario) validate() error {
	return errors.Join(
		checkEach("apiKeys", s.APIKeys, APIKey.validate),
		checkEach("clients", s.Clients, Client.validate),
		checkEach("jobs", s.Jobs, Job.validate),
		checkEach("faults", s.Faults, func(f Fault) error { return f.validate() }),
		checkUnique("apiKeys", s.APIKeys, func(k APIKey) string { return k.Key }),
		checkUnique("clients", s.Clients, func(c Client) string { return c.ID }),
		checkUnique("jobs", s.Jobs, func(j Job) string { return j.ID }),
	)
}

func (k APIKey) validate() error {
	if k.Key == "" {
		return errors.New("key is missing")
	}
	return k.Access.validate()
}

func (c Client) validate() error {
	switch {
	case c.ID == "":
		return errors.New("id is missing")
	case c.Secret == "":
		return errors.New("secret is missing")
	case c.Lifetime < 0:
		return errors.New("lifetime is negative")
	}
	return c.Access.validate()
}

func (a Access) validate() error {
	if a.RequestsPerSecond < 0 {
		return errors.New("requestsPerSecond is negative")
	}
	return nil
}

func (j Job) validate() error {
	if j.ID == "" {
		return errors.New("id is missing")
	}
	for i, step := range j.Steps {
		switch {
		case step.For < 0:
			return fmt.Errorf("%s: steps[%d]: for is negative", j.ID, i)
		case step.For == 0 && i < len(j.Steps)-1:
			return fmt.Errorf("%s: steps[%d]: for is missing; only the last step lasts for ever", j.ID, i)
		}
	}
	return nil
}

func checkEach[T any](list string, entries []T, check func(T) error) error {
	for i, entry := range entries {
		if err := check(entry); err != nil {
			return fmt.Errorf("%s[%d]: %w", list, i, err)
		}
	}
	return nil
}

// checkUnique names the places of two entries that are one: the second would silently win.
func checkUnique[T any](list string, entries []T, name func(T) string) error {
	seen := map[string]int{}
	for i, entry := range entries {
		if first, ok := seen[name(entry)]; ok {
			return fmt.Errorf("%s[%d]: the same as %s[%d]", list, i, list, first)
		}
		seen[name(entry)] = i
	}
	return nil
}
