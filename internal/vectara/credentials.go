// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"fmt"
	"io"
	"log/slog"
)

// Bounds on credentials, in bytes. Vectara documents none; these admit every key, secret
// and ID that is known to be issued, and fit into a request header.
const (
	minSecretLength   = 8
	maxSecretLength   = 4096
	maxClientIDLength = 512
)

// hidden stands for every secret in text.
const hidden = "[redacted]"

// Credentials authenticate requests to Vectara: either an API key, or the ID and secret of an
// OAuth 2.0 client. Printing, logging or encoding them shows which of the two they
// are and no more.
type Credentials struct {
	// APIKey is sent as x-api-key, 8 to 4096 bytes.
	APIKey string
	// ClientID, 1 to 512 bytes, and ClientSecret, 8 to 4096 bytes, get access tokens.
	ClientID, ClientSecret string
}

// CredentialsError says what is wrong with credentials, and never shows any of them.
type CredentialsError struct {
	// Problem names the part that is wrong and what was expected instead.
	Problem string
}

// Error implements error.
func (e *CredentialsError) Error() string { return "invalid credentials: " + e.Problem }

// Validate reports, as a *CredentialsError, the first thing that is wrong: not exactly one of an API key
// and a client, a length out of bounds, or a character other than printable ASCII.
func (c Credentials) Validate() error {
	client := c.ClientID != "" || c.ClientSecret != ""
	switch {
	case c.APIKey == "" && !client:
		return &CredentialsError{Problem: "expected either an API key, or a client ID and a client secret"}
	case c.APIKey != "" && client:
		return &CredentialsError{Problem: "expected an API key or a client, not both"}
	case client:
		if err := checkPart("client ID", c.ClientID, 1, maxClientIDLength); err != nil {
			return err
		}
		return checkPart("client secret", c.ClientSecret, minSecretLength, maxSecretLength)
	default:
		return checkPart("API key", c.APIKey, minSecretLength, maxSecretLength)
	}
}

func checkPart(name, value string, least, most int) error {
	if len(value) < least || len(value) > most {
		return &CredentialsError{Problem: fmt.Sprintf("%s: expected %d to %d bytes", name, least, most)}
	}
	if !visibleASCII(value) {
		return &CredentialsError{Problem: name + ": expected printable ASCII without spaces"}
	}
	return nil
}

// String names the kind of credentials.
func (c Credentials) String() string {
	switch {
	case c.APIKey != "":
		return "API key " + hidden
	case c.ClientID != "" || c.ClientSecret != "":
		return "client credentials " + hidden
	default:
		return "no credentials"
	}
}

// GoString is String: %#v is no way around it.
func (c Credentials) GoString() string { return c.String() }

// Format writes String for every verb. Without it a verb meant for another type, such as %d, would
// print the fields.
func (c Credentials) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// LogValue is String.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON encodes String.
func (c Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + c.String() + `"`), nil }
