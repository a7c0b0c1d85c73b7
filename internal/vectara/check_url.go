// SPDX-License-Identifier: Apache-2.0

package vectara

// CheckURL reports what is wrong with a URL for Options.Endpoint or Options.TokenURL, so that it can be said before
// anything is set up. The error starts with name, and leaves the value out: it may hold a password.
func CheckURL(name, value string, allowInsecure bool) error {
	_, err := parseURL(name, value, allowInsecure)
	return err
}
