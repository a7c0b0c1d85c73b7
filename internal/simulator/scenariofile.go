// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// LoadScenario reads a scenario from YAML; demo.yaml in this folder is an example. The lists are
// apiKeys, clients, jobs and faults. Their fields are those of the Go types in lower camel case,
// those of Access beside the key or the client's ID. Durations are strings such as "2s", and a
// header has one value. An unknown field, a wrong type and a senseless value are errors that name
// the entry. Errors never contain a key or a secret.
func LoadScenario(data []byte) (Scenario, error) {
	scenario, err := parseScenario(data)
	if err == nil {
		err = scenario.validate()
	}
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario: %w", err)
	}
	return scenario, nil
}

// parseScenario decodes entry by entry, because the decoder alone would not say which one is wrong.
func parseScenario(data []byte) (Scenario, error) {
	object, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return Scenario{}, err
	}
	var file struct {
		APIKeys []json.RawMessage `json:"apiKeys"`
		Clients []json.RawMessage `json:"clients"`
		Jobs    []json.RawMessage `json:"jobs"`
		Faults  []json.RawMessage `json:"faults"`
	}
	if err := decodeStrict(object, &file); err != nil {
		return Scenario{}, err
	}
	var s Scenario
	return s, errors.Join(
		decodeEach("apiKeys", file.APIKeys, &s.APIKeys, fileAPIKey.build),
		decodeEach("clients", file.Clients, &s.Clients, fileClient.build),
		decodeEach("jobs", file.Jobs, &s.Jobs, fileJob.build),
		decodeEach("faults", file.Faults, &s.Faults, fileFault.build),
	)
}

// decodeEach decodes the entries of a list and builds what they stand for.
func decodeEach[F, T any](list string, entries []json.RawMessage, out *[]T, build func(F) T) error {
	for i, raw := range entries {
		var entry F
		if err := decodeStrict(raw, &entry); err != nil {
			return fmt.Errorf("%s[%d]: %w", list, i, err)
		}
		*out = append(*out, build(entry))
	}
	return nil
}

// decodeStrict refuses unknown fields and rewords the decoder's errors for somebody who wrote YAML.
func decodeStrict(data []byte, out any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(out)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s: want %s, got a JSON %s", cmp.Or(wrong.Field, "the whole"), wanted(wrong.Type.Kind()), wrong.Value)
	}
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// wanted names a Go type for somebody who wrote YAML.
func wanted(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	default:
		return "a mapping"
	}
}

// duration is written as Go writes it.
type duration time.Duration

func (d *duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("%s: want a duration in quotes, such as \"2s\"", data)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q: want a duration, such as \"2s\"", text)
	}
	*d = duration(parsed)
	return nil
}

type fileAccess struct {
	Denied            bool     `json:"denied"`
	Corpora           []string `json:"corpora"`
	RequestsPerSecond float64  `json:"requestsPerSecond"`
	Username          string   `json:"username"`
}

type fileAPIKey struct {
	Key string `json:"key"`
	fileAccess
}

func (f fileAPIKey) build() APIKey {
	return APIKey{Key: f.Key, Access: Access(f.fileAccess)}
}

type fileClient struct {
	ID       string   `json:"id"`
	Secret   string   `json:"secret"`
	Lifetime duration `json:"lifetime"`
	fileAccess
}

func (f fileClient) build() Client {
	return Client{ID: f.ID, Secret: f.Secret, Lifetime: time.Duration(f.Lifetime), Access: Access(f.fileAccess)}
}

type fileJob struct {
	ID                string         `json:"id"`
	Type              string         `json:"type"`
	CorpusKeys        []string       `json:"corpusKeys"`
	CreatedByUsername string         `json:"createdByUsername"`
	CreatedAt         time.Time      `json:"createdAt"`
	Steps             []fileStep     `json:"steps"`
	StartOnFirstGet   bool           `json:"startOnFirstGet"`
	Extra             map[string]any `json:"extra"`
}

type fileStep struct {
	State   string   `json:"state"`
	For     duration `json:"for"`
	Comment string   `json:"comment"`
}

func (f fileJob) build() Job {
	job := Job{
		ID:                f.ID,
		Type:              f.Type,
		CorpusKeys:        f.CorpusKeys,
		CreatedByUsername: f.CreatedByUsername,
		CreatedAt:         f.CreatedAt,
		StartOnFirstGet:   f.StartOnFirstGet,
		Extra:             f.Extra,
	}
	for _, step := range f.Steps {
		job.Steps = append(job.Steps, Step{State: step.State, For: time.Duration(step.For), Comment: step.Comment})
	}
	return job
}

type fileFault struct {
	Operation   Operation         `json:"operation"`
	JobID       string            `json:"jobID"`
	Times       int               `json:"times"`
	After       int               `json:"after"`
	Status      int               `json:"status"`
	Body        string            `json:"body"`
	ContentType string            `json:"contentType"`
	Header      map[string]string `json:"header"`
	RetryAfter  string            `json:"retryAfter"`
	Redirect    string            `json:"redirect"`
	Delay       duration          `json:"delay"`
	Trickle     duration          `json:"trickle"`
	Hang        bool              `json:"hang"`
	Reset       bool              `json:"reset"`
	Truncate    bool              `json:"truncate"`
	Endless     bool              `json:"endless"`
	GzipBomb    bool              `json:"gzipBomb"`

	Credential        string   `json:"credential"`
	Lag               duration `json:"lag"`
	Omit              []string `json:"omit"`
	Empty             bool     `json:"empty"`
	PageSize          int      `json:"pageSize"`
	FilterAfterPaging bool     `json:"filterAfterPaging"`
}

func (f fileFault) build() Fault {
	fault := Fault{
		Operation:   f.Operation,
		JobID:       f.JobID,
		Times:       f.Times,
		After:       f.After,
		Status:      f.Status,
		Body:        f.Body,
		ContentType: f.ContentType,
		Header:      http.Header{},
		RetryAfter:  f.RetryAfter,
		Redirect:    f.Redirect,
		Delay:       time.Duration(f.Delay),
		Trickle:     time.Duration(f.Trickle),
		Hang:        f.Hang,
		Reset:       f.Reset,
		Truncate:    f.Truncate,
		Endless:     f.Endless,
		GzipBomb:    f.GzipBomb,

		Credential:        f.Credential,
		Lag:               time.Duration(f.Lag),
		Omit:              f.Omit,
		Empty:             f.Empty,
		PageSize:          f.PageSize,
		FilterAfterPaging: f.FilterAfterPaging,
	}
	for name, value := range f.Header {
		fault.Header.Set(name, value)
	}
	return fault
}
