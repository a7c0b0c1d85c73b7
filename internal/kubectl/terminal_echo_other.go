// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin

package kubectl

import "golang.org/x/term"

// hideInput leaves it to term.ReadPassword to hide what is typed.
func hideInput(fd int) (restore func() error, err error) {
	before, err := term.GetState(fd)
	return func() error { return term.Restore(fd, before) }, err
}
