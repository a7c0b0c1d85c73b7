// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

func TestCredentialsValidate(t *testing.T) {
	client := Credentials{ClientID: "app", ClientSecret: testSecret}
	cases := map[string]struct {
		credentials Credentials
		want        string
	}{
		"an API key":                      {Credentials{APIKey: testKey}, ""},
		"a client":                        {client, ""},
		"the shortest key":                {Credentials{APIKey: strings.Repeat("k", 8)}, ""},
		"the longest key":                 {Credentials{APIKey: strings.Repeat("k", 4096)}, ""},
		"the longest client ID":           {Credentials{ClientID: strings.Repeat("i", 512), ClientSecret: testSecret}, ""},
		"nothing":                         {Credentials{}, "expected either an API key, or a client ID and a client secret"},
		"both":                            {Credentials{APIKey: testKey, ClientID: "app", ClientSecret: testSecret}, "not both"},
		"an API key and a client ID":      {Credentials{APIKey: testKey, ClientID: "app"}, "not both"},
		"a client without a secret":       {Credentials{ClientID: "app"}, "client secret: expected 8 to 4096 bytes"},
		"a secret without a client":       {Credentials{ClientSecret: testSecret}, "client ID: expected 1 to 512 bytes"},
		"a key that is too short":         {Credentials{APIKey: "short77"}, "API key: expected 8 to 4096 bytes"},
		"a key that is too long":          {Credentials{APIKey: strings.Repeat("k", 4097)}, "API key: expected 8 to 4096 bytes"},
		"a secret that is too short":      {Credentials{ClientID: "app", ClientSecret: "short77"}, "client secret: expected 8"},
		"a client ID that is too long":    {Credentials{ClientID: strings.Repeat("i", 513), ClientSecret: testSecret}, "client ID: expected 1 to 512 bytes"},
		"a key with a newline at its end": {Credentials{APIKey: testKey + "\n"}, "API key: expected printable ASCII without spaces"},
		"a key with a space":              {Credentials{APIKey: "key with spaces"}, "API key: expected printable ASCII"},
		"a key that is not ASCII":         {Credentials{APIKey: "schlüssel"}, "API key: expected printable ASCII"},
		"a secret with a control":         {Credentials{ClientID: "app", ClientSecret: testSecret + "\x7f"}, "client secret: expected printable ASCII"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := tc.credentials.Validate()
			if tc.want == "" {
				if err != nil {
					t.Fatalf("unexpected error: %v", err)
				}
				return
			}
			var invalid *CredentialsError
			if !errors.As(err, &invalid) || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got error %v, want a CredentialsError with %q", err, tc.want)
			}
			for _, value := range []string{tc.credentials.APIKey, tc.credentials.ClientSecret} {
				if value != "" && strings.Contains(err.Error(), value) {
					t.Errorf("the error shows a secret: %v", err)
				}
			}
		})
	}
}

func TestCredentialsAndSessionsNeverShowSecrets(t *testing.T) {
	client, err := NewClient(Options{Endpoint: DefaultEndpoint, TokenURL: DefaultTokenURL})
	if err != nil {
		t.Fatal(err)
	}
	for _, credentials := range []Credentials{{APIKey: testKey}, {ClientID: "app", ClientSecret: testSecret}} {
		values := []any{credentials, &credentials, struct{ C Credentials }{credentials}, client.NewSession(credentials, nil)}
		var shown bytes.Buffer
		for _, value := range values {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
				fmt.Fprintf(&shown, verb+"\n", value)
			}
			slog.New(slog.NewJSONHandler(&shown, nil)).Info("test", "value", value)
			slog.New(slog.NewTextHandler(&shown, nil)).Info("test", "value", value)
			data, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			shown.Write(data)
		}
		hexed := fmt.Sprintf("%x %x", credentials.APIKey, credentials.ClientSecret)
		for _, secret := range append(strings.Fields(hexed), testKey, testSecret) {
			if strings.Contains(shown.String(), secret) {
				t.Errorf("a secret is shown:\n%s", shown.String())
			}
		}
		if !strings.Contains(shown.String(), "[redacted]") {
			t.Errorf("nothing says that something was left out:\n%s", shown.String())
		}
	}
}

func TestSessionOfInvalidCredentialsSendsNothing(t *testing.T) {
	var seen recorder
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen.record(r) })
	client := clientFor(t, server.URL)
	for _, credentials := range []Credentials{{}, {APIKey: "key\r\nX-Evil: 1"}, {ClientID: "app"}} {
		_, err := client.NewSession(credentials, nil).GetJob(within(t), testID)
		var invalid *CredentialsError
		if !errors.As(err, &invalid) {
			t.Errorf("got error %v, want a CredentialsError", err)
		}
	}
	if seen.count() != 0 {
		t.Errorf("%d requests were sent", seen.count())
	}
}
